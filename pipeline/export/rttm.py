"""RTTM: who speaks when, for diarization tools. One line per turn, seconds with three decimals."""

from __future__ import annotations

from pipeline.schema import Draft


def render(draft: Draft) -> bytes:
    return "".join(
        f"SPEAKER {draft.recording.id} 1 {turn.start_ms / 1000:.3f} {turn.duration_ms / 1000:.3f} "
        f"<NA> <NA> {turn.speaker} <NA> <NA>\n"
        for turn in draft.turns
    ).encode()

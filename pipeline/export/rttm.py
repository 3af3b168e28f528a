"""RTTM: who speaks when, for diarization tools. One line per turn, seconds with three decimals.

Fields are parted by spaces, so a recording or speaker whose name has some gets ``_`` for them.
"""

from __future__ import annotations

from pipeline.schema import Draft


def render(draft: Draft) -> bytes:
    return "".join(
        f"SPEAKER {_field(draft.recording.id)} 1 {turn.start_ms / 1000:.3f} {turn.duration_ms / 1000:.3f} "
        f"<NA> <NA> {_field(turn.speaker)} <NA> <NA>\n"
        for turn in draft.turns
    ).encode()


def _field(text: str) -> str:
    return "_".join(text.split()) or "_"

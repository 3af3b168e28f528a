"""SubRip subtitles."""

from __future__ import annotations

from pipeline.export.subtitles import clock, cues
from pipeline.schema import Draft


def render(draft: Draft) -> bytes:
    return "".join(
        f"{n}\n{clock(cue.start_ms, ',')} --> {clock(cue.end_ms, ',')}\n({cue.speaker}) {cue.text}\n\n"
        for n, cue in enumerate(cues(draft), start=1)
    ).encode()

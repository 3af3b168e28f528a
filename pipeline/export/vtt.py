"""WebVTT with voice tags, which ``minutes assemble`` reads as well."""

from __future__ import annotations

import html

from pipeline.export.subtitles import clock, cues
from pipeline.schema import Draft


def render(draft: Draft) -> bytes:
    body = "".join(
        f"{clock(cue.start_ms, '.')} --> {clock(cue.end_ms, '.')}\n<v {html.escape(cue.speaker)}>{html.escape(cue.text, quote=False)}</v>\n\n"
        for cue in cues(draft)
    )
    return f"WEBVTT\n\n{body}".encode()

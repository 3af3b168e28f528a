"""Documents from a draft: one file per format, each a pure ``Draft -> bytes``, or from a parsed ``Document``. This table is all the registry there is.

Modules are imported when used: ``--help`` must not wait for python-docx.
"""

from __future__ import annotations

from importlib import import_module
from typing import NamedTuple

from pipeline.export.blocks import Document
from pipeline.schema import Draft


class Export(NamedTuple):
    """``module`` has a function ``render(draft) -> bytes``; ``timed`` ones need the times of a draft."""

    extension: str
    module: str
    timed: bool = False

    def render(self, draft: Draft | Document) -> bytes:
        result: bytes = import_module(self.module).render(draft)
        return result


EXPORTERS = {
    "text": Export("txt", "pipeline.export.plaintext"),
    "markdown": Export("md", "pipeline.export.markdowntext"),
    "docx": Export("docx", "pipeline.export.worddocument"),
    "srt": Export("srt", "pipeline.export.srt", timed=True),
    "vtt": Export("vtt", "pipeline.export.vtt", timed=True),
    "rttm": Export("rttm", "pipeline.export.rttm", timed=True),
    "json": Export("json", "pipeline.export.draftjson"),
}

"""The draft (or a parsed document) itself as JSON, the form that ``score`` and other programs read."""

from __future__ import annotations

from pipeline.export.blocks import Document
from pipeline.schema import Draft


def render(draft: Draft | Document) -> bytes:
    return (draft.model_dump_json(by_alias=True, indent=1) + "\n").encode()

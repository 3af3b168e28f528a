"""Plain text for the city's web system: one block, one empty line, as the published documents have it."""

from __future__ import annotations

from pipeline import layouts
from pipeline.export.blocks import Kind
from pipeline.export.document import blocks
from pipeline.schema import Draft


def render(draft: Draft) -> bytes:
    """UTF-8, LF, ends with a line feed."""
    layout = layouts.load(draft.meeting.template)
    parts: list[str] = []
    items = 0
    for block in blocks(draft):
        if block.kind is Kind.ITEM:
            items += 1
            if items > 1 and layout.blank_before_item:
                parts.append("")
        parts += [*block.lines, ""]
    return ("\n".join(parts).rstrip("\n") + "\n").encode()

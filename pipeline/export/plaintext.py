"""Plain text for the city's web system: one block, one empty line, as the published documents have it."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline import layouts
from pipeline.export.blocks import Block, Document, Kind
from pipeline.export.document import blocks, template_of
from pipeline.export.dressing import dressed
from pipeline.layouts import Layout
from pipeline.schema import Draft


def render(document: Draft | Document) -> bytes:
    """UTF-8, LF; ends with a line feed unless a page around the 会議録 does not."""
    return text(blocks(document), layouts.load(template_of(document))).encode()


def text(printed: Sequence[Block], layout: Layout) -> str:
    """The law: ``parsing.parse`` reads this back into the same blocks."""
    lines: list[str] = []
    items = 0
    for shown in dressed(printed, layout):
        kind = shown.block.kind
        if kind is Kind.AROUND:
            lines += shown.lines
            continue
        if kind is Kind.ITEM:
            items += 1
            if items > 1 and layout.blank_before_item:
                lines.append("")
        first, *others = shown.lines
        indent = layout.indent if kind is Kind.PARAGRAPH and not shown.lead else ""
        lines += [indent + first, *others, ""]
    if printed and printed[-1].kind is Kind.AROUND:
        return "\n".join(lines)
    return "\n".join(lines).rstrip("\n") + "\n"

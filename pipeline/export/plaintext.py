"""Plain text for the city's web system: one block, one empty line, as the published documents have it."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline import layouts
from pipeline.export.blocks import Block, Document, Kind
from pipeline.export.document import blocks
from pipeline.layouts import Layout
from pipeline.schema import Draft


def render(document: Draft | Document) -> bytes:
    """UTF-8, LF; ends with a line feed unless a page around the 会議録 does not."""
    template = document.template if isinstance(document, Document) else document.meeting.template
    return text(blocks(document), layouts.load(template)).encode()


def text(printed: Sequence[Block], layout: Layout) -> str:
    """The law: ``parsing.parse`` reads this back into the same blocks."""
    lines: list[str] = []
    items = fields = 0
    waiting = ""  # a label or a field's name that the next block stands behind
    for block in printed:
        if block.kind is Kind.AROUND:
            lines += block.lines
            continue
        if block.kind is Kind.ITEM:
            items += 1
            if items > 1 and layout.blank_before_item:
                lines.append("")
        if block.kind is Kind.FIELD:
            fields += 1
            if waiting:
                lines += [waiting.format(value="").rstrip(), ""]
            waiting = layout.field_line.format(n=fields, name=block.lines[0], value="{value}")
            if "{value}" in waiting:
                continue
            lines += [waiting, ""]
            waiting = ""
        elif block.kind is Kind.LABEL and layout.label_inline:
            waiting = block.lines[0].replace("{", "{{").replace("}", "}}") + "{value}"
        elif waiting:
            lines += [waiting.format(value=block.lines[0]), *block.lines[1:], ""]
            waiting = ""
        else:
            lines += [*block.lines, ""]
    if printed and printed[-1].kind is Kind.AROUND:
        return "\n".join(lines)
    return "\n".join(lines).rstrip("\n") + "\n"

"""Markdown: the same document with headings, for reading on a screen and for other tools."""

from __future__ import annotations

import re

from pipeline.export.blocks import Document, Kind
from pipeline.export.document import blocks
from pipeline.schema import Draft

_PREFIX = {
    Kind.NOTE_HEADING: "## ",
    Kind.NOTE: "> ",
    Kind.FIELD: "## ",
    Kind.ITEM: "## ",
    Kind.RESULTS: "### ",
    Kind.SECTION: "### ",
}
_ACTIVE = re.compile(r"[\\`*_\[\]<>#|~&]|^[-+=]|(?<=^\d)[.)]|(?<=^\d\d)[.)]")


def render(draft: Draft | Document) -> bytes:
    """UTF-8; characters that Markdown would take for markup are escaped."""
    parts: list[str] = []
    for block in blocks(draft):
        if block.kind is Kind.AROUND:
            continue  # of the page, not of the 会議録
        lines = [_ACTIVE.sub(r"\\\g<0>", line.strip()) for line in block.lines]
        if block.kind is Kind.LABEL:
            lines = [f"**{line}**" for line in lines]
        joint = "  \n" if block.kind is Kind.LIST else "\n>\n" if block.kind is Kind.NOTE else "\n"
        parts.append(joint.join(_PREFIX.get(block.kind, "") + line for line in lines))
    return ("\n\n".join(parts) + "\n").encode()

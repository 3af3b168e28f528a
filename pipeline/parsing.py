"""A published 会議録 back into what it is made of: ``minutes parse``.

In: the text of a page and the layout it is printed in. Out: a ``Document``. The law is that the exporter turns it back into the
same text, byte for byte, and that what the exporter prints is read as the blocks it was made from; so a city can bring its
old minutes, and a test can hold every layout to its grammar. What stands on the page before and after the 会議録 is kept as
it is.
"""

from __future__ import annotations

import re
import string
from pathlib import Path

from pipeline import reading
from pipeline.errors import RecordingError
from pipeline.export.blocks import Block, Document, Kind
from pipeline.layouts import HeaderField, Layout
from pipeline.terms import UNDECIDED

_NAME, _LETTER = r"[^\s、。()【】<>:]{0,10}?", "[A-Z]"
MAX_BYTES = 20_000_000  # a day's minutes are about 0.5 MB
_LISTS = (HeaderField.AGENDA, HeaderField.ATTENDEES)
_ADVICE = "どの様式で書かれているかを --template で指定してください(例: --template nagasaki)。"


def read(file: Path) -> str:
    """Raises RecordingError for what is no UTF-8 text."""
    try:
        return reading.whole(file, MAX_BYTES).decode("utf-8")
    except reading.Unreadable as error:
        raise RecordingError(f"会議録として読めません: {file}({error})", "ファイル名と場所を確かめてください。") from error
    except UnicodeDecodeError as error:
        raise RecordingError(f"会議録として読めません: {file}", "UTF-8 のテキストにして指定してください。") from error


class _Grammar:
    """The lines of a layout as patterns, made once per page."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        department = _regex(layout.agenda_department, {"department": r"[^()]+"}).pattern
        entry = {"n": r"\d+", "label": r"\S+", "title": r".+?"}
        self.agenda_entry = _regex(layout.agenda_line, entry, f"(?:{department})?")
        self.fields = [
            (field, _field_pattern(layout, n, layout.field_name(field))) for n, field in enumerate(layout.header, start=1)
        ]
        self.sections = {layout.heading(phase) for phase in layout.phases} if layout.section_heading else set()
        roles = "|".join(re.escape(role) for role in sorted({*layout.labels.values(), UNDECIDED}, key=len, reverse=True))
        self.label = _regex(layout.label, {"role": f"(?:{roles})", "name": _NAME, "letter": _LETTER})

    def headings(self, header: list[Block]) -> set[str]:
        """What items are headed by, from the agenda in the header."""
        found = {self.layout.outside_heading}
        for block in header:
            for n, line in enumerate(block.lines if block.kind is Kind.LIST else (), start=1):
                if match := self.agenda_entry.fullmatch(line):
                    given = {"n": str(n), "label": "", "title": "", "department": "", **match.groupdict(default="")}
                    found.add(self.layout.item_heading.format(**given))
        return found

    def body_line(self, line: str, headings: set[str]) -> list[Block]:
        if line in headings:
            return [Block.of(Kind.ITEM, line)]
        if line == UNDECIDED:  # an item of which nothing was found, in a layout whose labels stand bare
            return [Block.of(Kind.PARAGRAPH, line)]
        if line in self.sections:
            return [Block.of(Kind.SECTION, line)]
        if line in self.layout.directions.values():
            return [Block.of(Kind.DIRECTION, line)]
        if not self.layout.label_inline:
            return [Block.of(Kind.LABEL if self.label.fullmatch(line) else Kind.PARAGRAPH, line)]
        if match := self.label.match(line):
            return [Block.of(Kind.LABEL, match[0]), Block.of(Kind.PARAGRAPH, line[match.end() :])]
        return [Block.of(Kind.PARAGRAPH, line)]


def parse(text: str, layout: Layout, template: str) -> Document:
    """Raises RecordingError where not even the header of the layout is found."""
    lines = text.split("\n")
    grammar = _Grammar(layout)
    begin = _header_begins(lines, grammar)
    end = next((i for i in range(begin, len(lines)) if lines[i] in layout.page_ends), len(lines))
    blocks: list[Block] = []
    if begin:
        blocks.append(Block(kind=Kind.AROUND, lines=tuple(lines[:begin])))
    header, at = _header(lines[begin:end], grammar)
    blocks += header
    headings = grammar.headings(header)
    for line in filter(None, lines[begin + at : end]):
        blocks += grammar.body_line(line, headings)
    if end < len(lines):  # the exporter sets one blank line before what stands around: keep the others
        written = end
        while lines[written - 1] == "":
            written -= 1
        blocks.append(Block(kind=Kind.AROUND, lines=(*lines[written + 1 : end], *lines[end:])))
    return Document(template=template, blocks=tuple(blocks))


def _field_pattern(layout: Layout, n: int, name: str) -> re.Pattern[str]:
    escaped = re.escape(layout.field_line.format(n=n, name=name, value="\0"))
    return re.compile(escaped.replace("\0", "(?P<value>.*)"))


def _header_begins(lines: list[str], grammar: _Grammar) -> int:
    field, first = grammar.fields[0]
    for i, line in enumerate(lines):
        if first.fullmatch(line):
            return i
    raise RecordingError(
        f"この様式の会議録として読めません: 「{grammar.layout.field_name(field)}」の行がありません。", _ADVICE
    )


def _header(lines: list[str], grammar: _Grammar) -> tuple[list[Block], int]:
    """Blocks of the header, and where the body begins: at the first heading of an item or a part, or the first label."""
    blocks: list[Block] = []
    values: list[str] = []
    layout, fields = grammar.layout, list(grammar.fields)
    now: HeaderField | None = None
    at = 0

    def close() -> None:
        if now in _LISTS and values:
            blocks.append(Block(kind=Kind.LIST, lines=tuple(values)))
        else:
            for value in values:
                kind = Kind.RESULTS if value == layout.results_heading and now is HeaderField.RESULTS else Kind.VALUE
                blocks.append(Block.of(kind, value))
        values.clear()

    while at < len(lines):
        line = lines[at]
        if fields and (match := fields[0][1].fullmatch(line)):
            close()
            now = fields.pop(0)[0]
            blocks.append(Block.of(Kind.FIELD, layout.field_name(now)))
            if match.groupdict().get("value"):
                values.append(match["value"])
        elif not fields and line and _begins_body(line, blocks, now, values, grammar):
            break
        elif line:
            values.append(line)
        at += 1
    close()
    return blocks, at


def _begins_body(line: str, blocks: list[Block], now: HeaderField | None, values: list[str], grammar: _Grammar) -> bool:
    known = [*blocks, Block(kind=Kind.LIST, lines=tuple(values))] if now is HeaderField.AGENDA else blocks
    kind = grammar.body_line(line, grammar.headings(known))[0].kind
    return kind is not Kind.PARAGRAPH or (now not in (HeaderField.RESULTS, *_LISTS) and bool(values))


def _regex(pattern: str, fields: dict[str, str], more: str = "") -> re.Pattern[str]:
    """A pattern of the layout as a regular expression with a group for each placeholder."""
    parts = []
    for literal, name, _, _ in string.Formatter().parse(pattern):
        parts.append(re.escape(literal))
        if name is not None:
            parts.append(f"(?P<{name}>{fields[name]})")
    return re.compile("".join(parts) + more)

"""A published 会議録 back into what it is made of: ``minutes parse``.

In: the text of a page and the layout it is printed in. Out: a ``Document``. The law is that the exporter turns it back into the
same text, byte for byte, and that what the exporter prints is read as the blocks it was made from; so a city can bring its
old minutes, and a test can hold every layout to its grammar. What stands on the page before and after the 会議録 is kept as
it is.
"""

from __future__ import annotations

import re
import string
from collections.abc import Iterator
from pathlib import Path

from pipeline import reading
from pipeline.errors import RecordingError
from pipeline.export.blocks import Block, Document, Kind
from pipeline.layouts import LISTS, HeaderField, Layout
from pipeline.terms import UNDECIDED

_SPEAKER = {"name": r"[^\s、。()【】<>:]{0,10}?", "letter": "[A-Z]+?", "number": r"\d+?"}
MAX_BYTES = 20_000_000  # a day's minutes are about 0.5 MB
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
        self.sections = {layout.heading(phase) for phase in layout.phases} if layout.section_heading else set()
        roles = "|".join(re.escape(role) for role in sorted({*layout.labels.values(), UNDECIDED}, key=len, reverse=True))
        self.label = _regex(layout.label, {"role": f"(?:{roles})", **_SPEAKER})

    def fields(self, begin: int, n: int) -> Iterator[tuple[int, re.Pattern[str]]]:
        """The entries of the header, from index ``begin``, that may come next as the ``n``-th printed one."""
        for i, name in enumerate(self.layout.header[begin:], start=begin):
            yield i, _field_pattern(self.layout, n, self.layout.field_name(name))
            if name not in self.layout.left_out_if_unknown:
                return

    def headings(self, header: list[Block]) -> set[str]:
        """What items are headed by, from the agenda in the header."""
        found = {self.layout.outside_heading}
        for block in header:
            for n, line in enumerate(block.lines if block.kind is Kind.LIST else (), start=1):
                if match := self.agenda_entry.fullmatch(line):
                    given = {"n": str(n), "label": "", "title": "", "department": "", **match.groupdict(default="")}
                    found.add(self.layout.item_heading.format(**given))
        return found

    def body_line(self, line: str, headings: set[str], before: str = "", after: str = "") -> list[Block]:
        """One block, or a label and the paragraph behind it; ``before`` and ``after`` are the lines around."""
        if line in headings:
            return [Block.of(Kind.ITEM, line)]
        if self.layout.indent and line.startswith(self.layout.indent):
            return [Block.of(Kind.PARAGRAPH, line.removeprefix(self.layout.indent))]
        if line == UNDECIDED and before in headings and after in (*headings, ""):  # of this item nothing was found
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
    body = ["", *filter(None, lines[begin + at : end]), ""]
    for before, line, after in zip(body, body[1:], body[2:], strict=False):
        blocks += grammar.body_line(line, headings, before, after)
    if end < len(lines):  # the exporter sets one blank line before what stands around: keep the others
        written = end
        while lines[written - 1] == "":
            written -= 1
        blocks.append(Block(kind=Kind.AROUND, lines=(*lines[written + 1 : end], *lines[end:])))
    return Document(template=template, blocks=tuple(blocks))


def _header_begins(lines: list[str], grammar: _Grammar) -> int:
    first = list(grammar.fields(0, 1))
    for i, line in enumerate(lines):
        if any(pattern.fullmatch(line) for _, pattern in first):
            return i
    name = grammar.layout.field_name(grammar.layout.header[first[-1][0]])
    raise RecordingError(f"この様式の会議録として読めません: 「{name}」の行がありません。", _ADVICE)


def _header(lines: list[str], grammar: _Grammar) -> tuple[list[Block], int]:
    """Blocks of the header, and where the body begins: at the first heading of an item or a part, or the first label."""
    layout = grammar.layout
    blocks: list[Block] = []
    together: list[str] = []  # lines without an empty one between
    now, found, n = "", 0, 0  # the entry, how many of ``header`` are behind, how many were printed

    def close() -> None:
        if together == [layout.results_heading] and now == HeaderField.RESULTS:
            blocks.append(Block.of(Kind.RESULTS, *together))
        elif together:
            blocks.append(Block.of(Kind.LIST if now in LISTS or len(together) > 1 else Kind.VALUE, *together))
        together.clear()

    for at, line in enumerate(lines):
        named = ((i, pattern.fullmatch(line)) for i, pattern in grammar.fields(found, n + 1))
        if entry := next(((i, match) for i, match in named if match), None):
            close()
            now, found, n = layout.header[entry[0]], entry[0] + 1, n + 1
            blocks.append(Block.of(Kind.FIELD, layout.field_name(now)))
            together += filter(None, [entry[1].groupdict().get("value")])
        elif not line:
            close()
        elif not together and _is_complete(layout, found) and _begins_body(line, blocks, now, grammar):
            return blocks, at
        else:
            together.append(line)
    close()
    return blocks, len(lines)


def _is_complete(layout: Layout, found: int) -> bool:
    return set(layout.header[found:]) <= set(layout.left_out_if_unknown)


def _begins_body(line: str, blocks: list[Block], now: str, grammar: _Grammar) -> bool:
    """Whether this line, after an empty one, belongs to the header no more."""
    if line == UNDECIDED:
        return False
    kind = grammar.body_line(line, grammar.headings(blocks))[0].kind
    if blocks[-1].kind is Kind.FIELD:  # its value must follow
        return kind in (Kind.ITEM, Kind.SECTION)
    return kind is not Kind.PARAGRAPH or now != HeaderField.RESULTS


def _field_pattern(layout: Layout, n: int, name: str) -> re.Pattern[str]:
    line = layout.field_line.format(n=n, name=name, value="\0")
    alone = re.escape(line.replace("\0", "").rstrip())  # an entry without a value is printed without the space before it
    return re.compile(f"{re.escape(line)}|{alone}".replace("\0", "(?P<value>.*)"))


def _regex(pattern: str, fields: dict[str, str], more: str = "") -> re.Pattern[str]:
    """A pattern of the layout as a regular expression with a group for each placeholder."""
    parts = []
    for literal, name, _, _ in string.Formatter().parse(pattern):
        parts.append(re.escape(literal))
        if name is not None:
            parts.append(f"(?P<{name}>{fields[name]})")
    return re.compile("".join(parts) + more)

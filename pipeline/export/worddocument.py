"""Word: real styles, East-Asian fonts, and what the recogniser doubts as comments with the time in the recording.

In: a draft. Out: a .docx that Word, LibreOffice and 一太郎 open, plain enough for an office to go on with: lines are those of the
plain text, a speaker who stands on the line of the speech does so here, and where a layout has columns there is a real table.
How it looks is in ``wordstyles.py``.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import docx
from docx.oxml import OxmlElement
from docx.shared import Mm
from rich.cells import cell_len

from pipeline import layouts, timing
from pipeline.export import wordfile, wordstyles
from pipeline.export.blocks import Block, Document, Kind, clock
from pipeline.export.document import blocks, stamp, template_of
from pipeline.export.dressing import Dressed, dressed
from pipeline.schema import Draft, Turn, Word

DOUBTFUL = 0.5  # words below this confidence get a comment
AUTHOR = "minutes"
COLUMNS = (("発言者", Mm(34)), ("内容", Mm(126)))  # of a layout that is a table
_LONGEST_TITLE = 255
_STAYS_WHOLE = 200  # characters of a speech whose row is not cut by the end of a page
_NOTES = (Kind.NOTE_HEADING, Kind.NOTE)
_HEAD = (Kind.VALUE, Kind.LIST, Kind.RESULTS)
_BODY = (Kind.LABEL, Kind.PARAGRAPH, Kind.DIRECTION)  # which bring no room before them, as headings do


def render(draft: Draft | Document) -> bytes:
    layout = layouts.load(template_of(draft))
    made = docx.Document()
    wordstyles.set_up(made, layout, stamp(draft))
    made.core_properties.title = _title(draft)
    made.core_properties.author = AUTHOR
    made.core_properties.created = made.core_properties.modified = wordfile.LONG_AGO.replace(tzinfo=None)
    turns = {} if isinstance(draft, Document) else {turn.id: turn for turn in draft.turns}
    table: Any = None
    last: Any = None  # the paragraph before, with its kind
    before = Kind.AROUND
    beside = 0.0  # characters by which a field's value stands behind its name
    for shown in dressed(blocks(draft), layout):
        kind = shown.block.kind
        if kind is Kind.AROUND:
            continue  # of the page, not of the 会議録
        if before in _HEAD and kind in _BODY:
            last.paragraph_format.space_after = wordstyles.BEFORE_BODY
        if layout.is_table and shown.lead and shown.lead.kind is Kind.LABEL:
            table = table or _table(made)
            _row(made, table, shown, turns)
            before = kind
            continue
        if table and kind is Kind.PARAGRAPH:  # of a speech that has several
            more = table.rows[-1].cells[1].add_paragraph(style=wordstyles.IN_TABLE)
            _speech(made, more, shown.block, 0, turns)
            continue
        table = None
        if kind is Kind.FIELD or shown.lead:
            beside = cell_len(shown.before) / 2
        lines = [_paragraph(made, shown, n, turns, beside) for n in range(len(shown.lines))]
        if before in _NOTES and kind not in _NOTES:  # the notes can be taken off with their page
            lines[0].paragraph_format.page_break_before = True
        last, before = lines[-1], kind
    return wordfile.saved(made)


def _paragraph(made: Any, shown: Dressed, n: int, turns: dict[str, Turn], beside: float) -> Any:
    """The ``n``-th line of a block; what stands before it on the line is dressed as the name or speaker that it is."""
    paragraph = made.add_paragraph(style=wordstyles.STYLES[shown.block.kind])
    is_first = n == 0 and bool(shown.before)
    if beside and shown.block.kind in _HEAD:
        wordstyles.hang(paragraph, beside, is_first)
    if is_first:
        paragraph.add_run(shown.before, style=wordstyles.SPEAKER)
    _speech(made, paragraph, shown.block, n, turns)
    if n == 0 and shown.after:
        paragraph.add_run(shown.after)
    return paragraph


def _speech(made: Any, paragraph: Any, block: Block, n: int, turns: dict[str, Turn]) -> None:
    line = block.lines[n] if block.lines else ""
    if block.kind is Kind.PARAGRAPH and block.turn_id:
        _spoken(made, paragraph, line, turns[block.turn_id])
    else:
        paragraph.add_run(line)


def _table(made: Any) -> Any:
    """With a head that comes again on every page."""
    table = made.add_table(rows=1, cols=len(COLUMNS), style="Table Grid")
    table.autofit = False
    for column, (_, width) in zip(table.columns, COLUMNS, strict=True):
        column.width = width
    head = table.rows[0]
    head._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))
    for cell, (name, width) in zip(head.cells, COLUMNS, strict=True):
        cell.width = width
        cell.paragraphs[0].style = wordstyles.IN_TABLE
        cell.paragraphs[0].add_run(name, style=wordstyles.SPEAKER)
    return table


def _row(made: Any, table: Any, shown: Dressed, turns: dict[str, Turn]) -> None:
    row = table.add_row()
    cells = row.cells
    if len(shown.block.lines[0]) <= _STAYS_WHOLE:
        row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))
    for cell, (_, width) in zip(cells, COLUMNS, strict=True):
        cell.width = width
        cell.paragraphs[0].style = wordstyles.IN_TABLE
    cells[0].paragraphs[0].add_run(shown.before.strip(), style=wordstyles.SPEAKER)
    _speech(made, cells[1].paragraphs[0], shown.block, 0, turns)


def _title(draft: Draft | Document) -> str:
    """Word refuses more than 255 characters."""
    if isinstance(draft, Document):
        name = next((block.lines[0] for block in draft.blocks if block.kind is Kind.VALUE), "")
    else:
        name = draft.meeting.name or draft.recording.source
    return Block.of(Kind.FIELD, name).lines[0][:_LONGEST_TITLE]


def _spoken(document: Any, paragraph: Any, line: str, turn: Turn) -> None:
    """The written text; what came of a run of doubtful words gets a comment with their time."""
    at = 0
    for words, begin, end in _doubts(line, turn):
        if begin < at:
            continue
        paragraph.add_run(line[at:begin])
        run = paragraph.add_run(line[begin:end])
        sure = min(word.confidence for word in words)
        comment = document.add_comment(
            run,
            text=f"{clock(words[0].start_ms)} 聞き取りの確かさ {sure:.0%}。音声で確かめてください。",
            author=AUTHOR,
            initials="M",
        )
        comment._comment_elm.date = wordfile.LONG_AGO
        at = end
    paragraph.add_run(line[at:])


def _doubts(line: str, turn: Turn) -> Iterator[tuple[list[Word], int, int]]:
    """Doubtful words that left a trace in ``line``, with its place there."""
    ends = itertools.accumulate(len(word.text) for word in turn.words)
    starts = {id(word): end - len(word.text) for word, end in zip(turn.words, ends, strict=True)}
    traced = timing.is_traced(turn) and len(line) == len(turn.written)
    at = 0
    for words in _doubtful(turn):
        text = Block.of(Kind.PARAGRAPH, "".join(word.text for word in words)).lines[0]
        start = starts[id(words[0])]
        if traced:
            found = timing.written_range(turn, start, start + sum(len(word.text) for word in words))
        else:  # edited by hand: only what still stands there word for word
            begin = line.find(text, at)
            found = (begin, begin + len(text)) if begin >= 0 else None
        if found:
            at = found[1]
            yield words, *found


def _doubtful(turn: Turn) -> list[list[Word]]:
    """Neighbouring words of low confidence, together; punctuation alone is no doubt worth a comment."""
    groups: list[list[Word]] = []
    open_group = False
    for word in turn.words:
        doubtful = word.confidence < DOUBTFUL and word.text.strip("、。 ") != ""
        if doubtful and open_group:
            groups[-1].append(word)
        elif doubtful:
            groups.append([word])
        open_group = doubtful
    return groups

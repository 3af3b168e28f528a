"""Word: real styles, East-Asian fonts, and what the recogniser doubts as comments with the time in the recording.

In: a draft. Out: a .docx that Word, LibreOffice and 一太郎 open, plain enough for an office to go on with: headings are
heading styles, speaker labels and paragraphs have styles of their own, so that an office changes a look in one place.
"""

from __future__ import annotations

import datetime as dt
import io
import itertools
import zipfile
from collections.abc import Iterator
from typing import Any

from pipeline import timing
from pipeline.export.blocks import Block, Document, Kind, clock
from pipeline.export.document import blocks
from pipeline.schema import Draft, Turn, Word

MINCHO, GOTHIC = "ＭＳ 明朝", "ＭＳ ゴシック"
DOUBTFUL = 0.5  # words below this confidence get a comment
AUTHOR = "minutes"
STAMP = "下書き"  # at the head of every page of what a machine has written, and nobody has confirmed yet
_LONGEST_TITLE = 255
LONG_AGO = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)  # an export is a pure function of its draft: no clock
_STYLES = {
    Kind.NOTE_HEADING: "下書きの注意",
    Kind.NOTE: "下書きの注意",
    Kind.FIELD: "Heading 1",
    Kind.VALUE: "Normal",
    Kind.LIST: "Normal",
    Kind.ITEM: "Heading 1",
    Kind.RESULTS: "Heading 2",
    Kind.SECTION: "Heading 2",
    Kind.DIRECTION: "発言",
    Kind.LABEL: "発言者",
    Kind.PARAGRAPH: "発言",
}


def render(draft: Draft | Document) -> bytes:
    import docx

    document = docx.Document()
    _set_styles(document)
    document.core_properties.title = _title(draft)
    document.core_properties.author = AUTHOR
    document.core_properties.created = document.core_properties.modified = LONG_AGO.replace(tzinfo=None)
    _set_page(document.sections[0], "" if isinstance(draft, Document) or not draft.recording.audio else STAMP)
    turns = {} if isinstance(draft, Document) else {turn.id: turn for turn in draft.turns}
    for block in blocks(draft):
        if block.kind is Kind.AROUND:
            continue  # of the page, not of the 会議録
        for line in block.lines:
            paragraph = document.add_paragraph(style=_STYLES[block.kind])
            if block.kind is Kind.PARAGRAPH and block.turn_id:
                _spoken(document, paragraph, line, turns[block.turn_id])
            else:
                paragraph.add_run(line)
    out = io.BytesIO()
    document.save(out)
    return _without_times(out.getvalue())


def _title(draft: Draft | Document) -> str:
    """Word refuses more than 255 characters."""
    if isinstance(draft, Document):
        name = next((block.lines[0] for block in draft.blocks if block.kind is Kind.VALUE), "")
    else:
        name = draft.meeting.name or draft.recording.source
    return Block.of(Kind.FIELD, name).lines[0][:_LONGEST_TITLE]


def _without_times(package: bytes) -> bytes:
    """The same zip with one fixed time on every part: the same draft must give the same bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(package)) as parts, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as fixed:
        for name in parts.namelist():
            info = zipfile.ZipInfo(name, LONG_AGO.timetuple()[:6])
            info.compress_type = zipfile.ZIP_DEFLATED
            fixed.writestr(info, parts.read(name))
    return out.getvalue()


def _set_page(section: Any, stamp: str) -> None:
    """A4, the number of the page below, the stamp above."""
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn
    from docx.shared import Mm, RGBColor

    section.page_width, section.page_height = Mm(210), Mm(297)
    section.left_margin = section.right_margin = section.top_margin = section.bottom_margin = Mm(25)
    if stamp:
        above = section.header.paragraphs[0]
        above.alignment = WD_ALIGN_PARAGRAPH.RIGHT
        above.add_run(stamp).font.color.rgb = RGBColor(0x9C, 0x2A, 0x10)
    below = section.footer.paragraphs[0]
    below.alignment = WD_ALIGN_PARAGRAPH.CENTER
    field = OxmlElement("w:fldSimple")
    field.set(qn("w:instr"), "PAGE")
    below._p.append(field)


def _set_styles(document: Any) -> None:
    from docx.enum.style import WD_STYLE_TYPE
    from docx.oxml.ns import qn
    from docx.shared import Pt, RGBColor

    for name in ("発言者", "発言", "下書きの注意"):
        document.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH).base_style = document.styles["Normal"]
    document.styles["発言者"].paragraph_format.keep_with_next = True
    document.styles["発言者"].paragraph_format.space_after = Pt(0)
    document.styles["発言"].paragraph_format.space_after = Pt(8)
    document.styles["Normal"].paragraph_format.space_after = Pt(4)
    document.styles["Normal"].paragraph_format.widow_control = True
    document.styles["下書きの注意"].font.color.rgb = RGBColor(0x9C, 0x2A, 0x10)
    for name, font, size in (
        ("Normal", MINCHO, 10.5),
        ("Title", GOTHIC, 14),
        ("Heading 1", GOTHIC, 12),
        ("Heading 2", GOTHIC, 11),
        ("発言者", GOTHIC, 10.5),
    ):
        style = document.styles[name]
        style.font.name, style.font.size = font, Pt(size)
        fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
        for script in ("w:eastAsia", "w:ascii", "w:hAnsi"):
            fonts.set(qn(script), font)
        for theme in ("w:asciiTheme", "w:eastAsiaTheme", "w:hAnsiTheme", "w:cstheme"):
            fonts.attrib.pop(qn(theme), None)
        if name.startswith("Heading") or name == "Title":
            style.font.color.rgb = RGBColor(0, 0, 0)


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
        comment._comment_elm.date = LONG_AGO
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

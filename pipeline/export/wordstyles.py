"""How a Word document looks: its styles and its page, so that an office changes a look in one place.

In: a new document of python-docx and the layout. Out: the same with A4 pages, East-Asian fonts and a style for each kind of
block. Sizes are points, indents are characters of the text's size, because that is how offices count them.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor

from pipeline.export.blocks import Kind
from pipeline.layouts import Layout

MINCHO, GOTHIC = "ＭＳ 明朝", "ＭＳ ゴシック"
TEXT_PT = 10.5
BEFORE_BODY = Pt(14)
WARNING = RGBColor(0x9C, 0x2A, 0x10)
BLACK = RGBColor(0, 0, 0)
SPEAKER = "発言者名"  # of a run, where the speaker stands on the line of the speech
IN_TABLE = "表の文"
STYLES = {
    Kind.NOTE_HEADING: "下書きの注意",
    Kind.NOTE: "下書きの注意",
    Kind.FIELD: "項目名",
    Kind.VALUE: "項目の値",
    Kind.LIST: "項目の値",
    Kind.RESULTS: "項目の値",
    Kind.ITEM: "Heading 1",
    Kind.SECTION: "Heading 2",
    Kind.DIRECTION: "発言",
    Kind.LABEL: "発言者",
    Kind.PARAGRAPH: "発言",
}


class _Look(NamedTuple):
    """``hanging``: characters by which the lines after the first stand further right."""

    name: str
    font: str = MINCHO
    size_pt: float = TEXT_PT
    before_pt: float = 0
    after_pt: float = 0
    left: float = 0
    hanging: float = 0
    with_next: bool = False
    color: RGBColor = BLACK


def _looks(layout: Layout) -> tuple[_Look, ...]:
    inline = 1.0 if layout.label_inline else 0.0
    return (
        _Look("Normal", after_pt=4),
        _Look("下書きの注意", after_pt=2, left=1, hanging=1, color=WARNING),
        _Look("項目名", GOTHIC, before_pt=6, with_next=True),
        _Look("項目の値", left=2, hanging=1),
        _Look("Heading 1", GOTHIC, 12, before_pt=24 if layout.blank_before_item else 14, after_pt=4, with_next=True),
        _Look("Heading 2", GOTHIC, 11, before_pt=10, after_pt=4, with_next=True),
        _Look("発言者", GOTHIC, with_next=True),
        _Look("発言", after_pt=8 if not inline else 4, left=inline, hanging=inline or -float(len(layout.indent))),
        _Look(IN_TABLE, before_pt=2, after_pt=2),
    )


def set_up(document: Any, layout: Layout, stamp: str) -> None:
    for look in _looks(layout):
        if look.name not in document.styles:
            document.styles.add_style(look.name, WD_STYLE_TYPE.PARAGRAPH).base_style = document.styles["Normal"]
        _dress(document.styles[look.name], look)
    speaker = document.styles.add_style(SPEAKER, WD_STYLE_TYPE.CHARACTER)
    _set_font(speaker, GOTHIC)
    language = document.styles.element.find(".//" + qn("w:lang"))
    language.set(qn("w:eastAsia"), "ja-JP")
    _set_page(document.sections[0], stamp)


def hang(paragraph: Any, chars: float, is_first: bool) -> None:
    """Let the lines of a value stand ``chars`` characters in, below each other; the first one begins with its name."""
    _indent(paragraph.paragraph_format, chars, chars if is_first else 0)


def _dress(style: Any, look: _Look) -> None:
    _set_font(style, look.font)
    style.font.size, style.font.color.rgb, style.font.bold = Pt(look.size_pt), look.color, False
    form = style.paragraph_format
    form.space_before, form.space_after = Pt(look.before_pt), Pt(look.after_pt)
    form.keep_with_next, form.widow_control = look.with_next, True
    _indent(form, look.left, look.hanging)


def _indent(form: Any, left: float, hanging: float) -> None:
    form.left_indent, form.first_line_indent = Pt(left * TEXT_PT), Pt(-hanging * TEXT_PT)


def _set_font(style: Any, font: str) -> None:
    style.font.name = font
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    for script in ("w:eastAsia", "w:ascii", "w:hAnsi"):
        fonts.set(qn(script), font)
    for theme in ("w:asciiTheme", "w:eastAsiaTheme", "w:hAnsiTheme", "w:cstheme"):
        fonts.attrib.pop(qn(theme), None)


def _set_page(section: Any, stamp: str) -> None:
    """A4, the number of the page below, the stamp above."""
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.left_margin = section.right_margin = section.top_margin = section.bottom_margin = Mm(25)
    if stamp:
        above = section.header.paragraphs[0]
        above.alignment = WD_ALIGN_PARAGRAPH.RIGHT
        above.add_run(stamp).font.color.rgb = WARNING
    below = section.footer.paragraphs[0]
    below.alignment = WD_ALIGN_PARAGRAPH.CENTER
    field = OxmlElement("w:fldSimple")
    field.set(qn("w:instr"), "PAGE")
    below._p.append(field)

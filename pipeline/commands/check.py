"""What ``minutes check`` shows: slips and spellings in what is printed, for the clerk to decide."""

from __future__ import annotations

from pipeline import checks
from pipeline.checks import Place
from pipeline.commands.columns import aligned
from pipeline.export.blocks import Document, clock
from pipeline.schema import Draft

NOTHING = "直す候補は見つかりませんでした(見つけられないものもあります)。"
AROUND_CHARS = 8


def table(document: Draft | Document) -> str:
    """Paragraph, time and turn of a draft, kind, the words with what stands around them, what to write, why."""
    found = checks.check(document)
    texts = checks.paragraphs(document)
    return aligned([_row(place, texts[place.paragraph - 1]) for place in found]) if found else NOTHING


def _row(place: Place, text: str) -> tuple[str, ...]:
    remark = place.remark
    around = text[max(0, remark.start - AROUND_CHARS) : remark.start], text[remark.end : remark.end + AROUND_CHARS]
    where = (f"{place.paragraph}段落", *(() if place.start_ms is None else (clock(place.start_ms), place.turn_id or "")))
    after = "" if remark.after is None else f"→ {remark.after or '(削除)'}"
    return (*where, remark.kind, f"{around[0]}[{remark.before}]{around[1]}", after, remark.reason)

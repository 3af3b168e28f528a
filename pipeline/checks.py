"""What a proofreader should look at in the text itself: slips, and spellings that the city's standard writes otherwise.

In: a draft, or a 会議録 that was parsed. Out: each ``Remark`` with the paragraph it stands in. Nothing is changed: whoever
accepts a remark does that, at the desk or in the document.
"""

from __future__ import annotations

from pipeline import layouts, notation, slips, timing
from pipeline.export.blocks import Document, Kind
from pipeline.export.document import template_of
from pipeline.layouts import Layout
from pipeline.remarks import Remark
from pipeline.schema import Draft, Record, Turn


class Place(Record):
    """Where a remark stands: the paragraph, counted from 1 among those printed; of a draft also the turn and the time."""

    paragraph: int
    turn_id: str | None
    start_ms: int | None
    remark: Remark


def remarks(text: str, layout: Layout) -> tuple[Remark, ...]:
    """Of one paragraph, in order."""
    return tuple(sorted((*slips.find(text), *notation.suggestions(text, layout)), key=lambda r: (r.start, r.end)))


def paragraphs(document: Draft | Document) -> list[str]:
    """The texts that are checked, in the order of their numbers."""
    if isinstance(document, Document):
        return [block.lines[0] for block in document.blocks if block.kind is Kind.PARAGRAPH]
    return [turn.written for turn in _printed(document)]


def check(document: Draft | Document) -> tuple[Place, ...]:
    """Of all that is printed. Raises SettingsError if the layout is not to be found."""
    layout = layouts.load(template_of(document))
    turns = [] if isinstance(document, Document) else _printed(document)
    found: list[Place] = []
    for number, text in enumerate(paragraphs(document)):
        for remark in remarks(text, layout):
            turn = turns[number] if turns else None
            start_ms = timing.audio_ms(turn, remark.start, remark.end)[0] if turn else None
            found.append(Place(paragraph=number + 1, turn_id=turn.id if turn else None, start_ms=start_ms, remark=remark))
    return tuple(found)


def _printed(draft: Draft) -> list[Turn]:
    return [turn for turn in draft.turns if turn.printed and turn.written]

"""The document before any format: what is printed, in the order and words of the layout.

In: a draft. Out: ``Block``s (headings, labels, paragraphs) that plain text, Markdown and Word only dress. Regrouped by
agenda item, because meetings may decide all items at the end while the document keeps them together, unless the layout goes
by time. What belongs to no item stands at the end under a heading of its own. The notes for the proofreader are a part apart,
before the 会議録; its head is made in ``header.py``.
"""

from __future__ import annotations

import itertools
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from pipeline import layouts
from pipeline.export.blocks import Block, Document, Kind
from pipeline.export.header import header
from pipeline.export.notes import notes
from pipeline.layouts import Layout
from pipeline.proof import Proof, State
from pipeline.schema import Draft, Speaker, Turn
from pipeline.style import FAILED_TEXT
from pipeline.terms import UNDECIDED, FlagKind, Phase, Role

STAMP = "下書き"
_TEXT = (Kind.PARAGRAPH, Kind.VALUE, Kind.LIST, Kind.ITEM)  # whose commas and figures are the layout's ...
_COUNTED = (*_TEXT, Kind.LABEL)  # ... or figures alone
_WIDE = {ord(c): ord(c) + 0xFEE0 for c in "0123456789"}


@dataclass(frozen=True)
class _Printing:
    """A draft with its layout, and how each speaker is called in print."""

    draft: Draft
    layout: Layout
    labels: dict[str, str]
    grouped: dict[tuple[int | None, Phase], list[Turn]]

    @classmethod
    def of(cls, draft: Draft, layout: Layout) -> _Printing:
        turns = {turn.id: turn for turn in draft.turns}
        grouped: dict[tuple[int | None, Phase], list[Turn]] = {}
        for section in draft.sections:
            grouped.setdefault((section.item, section.phase), []).extend(turns[i] for i in section.turn_ids)
        return cls(draft, layout, _labels(draft.speakers, layout), grouped)


def blocks(document: Draft | Document) -> list[Block]:
    """Of a draft: notes, then header with results, then the body. Raises SettingsError if the layout is not to be found."""
    if isinstance(document, Document):
        return list(document.blocks)
    layout = layouts.load(template_of(document))
    printing = _Printing.of(document, layout)
    body = _by_time(printing) if layout.chronological else _by_item(printing)
    return [*notes(document), *in_form([*header(document, layout), *body], layout)]


def _labels(speakers: tuple[Speaker, ...], layout: Layout) -> dict[str, str]:
    """Letters and numbers go by printed role, in the order of the speakers: 委員A, 委員B, 実施機関A."""
    numbers = {layout.role_name(role): itertools.count(1) for role in Role}
    return {
        speaker.label: layout.label_of(
            speaker.role,
            speaker.name.split()[0] if speaker.name and speaker.name.split() else None,
            next(numbers[layout.role_name(speaker.role)]),
        )
        for speaker in speakers
    }


def template_of(document: Draft | Document) -> str:
    """The layout that it is printed in: a name or a path."""
    return document.template if isinstance(document, Document) else document.meeting.template


def in_form(printed: Iterable[Block], layout: Layout) -> list[Block]:
    """The same with commas and figures as the layout has them."""
    return [_in_form(block, layout) for block in printed]


def stamp(document: Draft | Document) -> str:
    """What stands at the head of every page of what a machine has written; nothing on a public copy or a published text."""
    if isinstance(document, Proof) and document.state is State.FINAL:
        return ""
    return "" if isinstance(document, Document) or not document.recording.source else STAMP


def _in_form(block: Block, layout: Layout) -> Block:
    if block.kind not in _COUNTED:
        return block
    lines = [line.replace("、", layout.comma) if block.kind in _TEXT else line for line in block.lines]
    if layout.full_width:
        lines = [unicodedata.normalize("NFC", line).translate(_WIDE) for line in lines]
    return block.model_copy(update={"lines": tuple(lines)})


def _by_time(printing: _Printing) -> list[Block]:
    """As it was said; a heading where an item begins or comes back."""
    draft, layout = printing.draft, printing.layout
    turns = {turn.id: turn for turn in draft.turns}
    result: list[Block] = []
    item: int | None = None
    for section in draft.sections:
        said = [turns[i] for i in section.turn_ids]
        printed = _phase(section.item, section.phase, said, printing)
        if section.item is not None and section.item != item and printed:
            result.append(_item_heading(section.item, draft, layout))
            item = section.item
        result += printed
    return result


def _by_item(printing: _Printing) -> list[Block]:
    draft, layout = printing.draft, printing.layout
    result: list[Block] = []
    for item in range(len(draft.meeting.agenda)):
        result.append(_item_heading(item, draft, layout))
        # an item of which nothing was found is a gap in the record, not an item without opinions
        result += _item(item, printing) or [Block.of(Kind.PARAGRAPH, UNDECIDED)]
    outside = _item(None, printing)
    if outside and draft.meeting.agenda:
        result.append(Block.of(Kind.ITEM, layout.outside_heading))
    return result + outside


def _item_heading(item: int, draft: Draft, layout: Layout) -> Block:
    entry = draft.meeting.agenda[item]
    title = entry.title or UNDECIDED
    return Block.of(
        Kind.ITEM, layout.item_heading.format(n=item + 1, label=entry.label, title=title, department=entry.department)
    )


def _item(item: int | None, printing: _Printing) -> list[Block]:
    """The sections of one item; first, under no section, what failed in a part that is not printed."""
    layout, grouped = printing.layout, printing.grouped
    result: list[Block] = []
    for (where, phase), said in grouped.items():
        if where == item and phase not in layout.phases:
            for turn in said:
                if turn.printed and any(flag.kind is FlagKind.FAILED for flag in turn.flags):
                    result += _turn(turn, printing)
    for phase in layout.phases:
        result += _phase(item, phase, grouped.get((item, phase)), printing)
    return result


def _phase(item: int | None, phase: Phase, said: list[Turn] | None, printing: _Printing) -> list[Block]:
    """One part: its heading and turns, a stage direction in their place, or the words for a part without any.

    ``said`` is None for a part that was not held, empty for one of which a public copy keeps no turn.
    """
    layout = printing.layout
    if phase not in layout.phases or said is None:
        return []
    heading = [Block.of(Kind.SECTION, layout.heading(phase))] if layout.section_heading else []
    if phase in layout.directions:
        return [Block.of(Kind.DIRECTION, layout.directions[phase])]
    printed = [turn for turn in said if turn.printed and turn.written]
    if printed:
        return [*heading, *(block for turn in printed for block in _turn(turn, printing))]
    if item is not None and phase in layout.nothing_said_in:
        return [*heading, Block.of(Kind.PARAGRAPH, layout.nothing_said)]
    return []


def _turn(turn: Turn, printing: _Printing) -> list[Block]:
    if not turn.written:  # a proofreader may have struck it out
        return []
    written = turn.written
    if any(flag.kind is FlagKind.FAILED for flag in turn.flags):
        written = written.replace(FAILED_TEXT, printing.layout.inaudible)
    return [
        Block.of(Kind.LABEL, printing.labels[turn.speaker], turn_id=turn.id),
        Block.of(Kind.PARAGRAPH, written, turn_id=turn.id),
    ]

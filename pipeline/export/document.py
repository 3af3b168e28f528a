"""The document before any format: what is printed, in the order and words of the layout.

In: a draft. Out: ``Block``s (headings, labels, paragraphs) that plain text, Markdown and Word only dress. Regrouped by
agenda item, because meetings may decide all items at the end while the document keeps them together. What belongs to no
item stands at the end under a heading of its own. The notes for the proofreader are a part apart, before the 会議録.
"""

from __future__ import annotations

from pipeline import layouts
from pipeline.export.blocks import Block, Kind
from pipeline.export.era import date_time
from pipeline.export.notes import notes
from pipeline.layouts import HeaderField, Layout
from pipeline.schema import Draft, Meeting, Turn
from pipeline.terms import UNDECIDED, FlagKind, Phase, Role


def blocks(draft: Draft) -> list[Block]:
    """Notes, then header with results, then items. Raises SettingsError if the layout is not to be found."""
    layout = layouts.load(draft.meeting.template)
    return [*notes(draft), *_header(draft, layout), *_body(draft, layout)]


def _header(draft: Draft, layout: Layout) -> list[Block]:
    meeting = draft.meeting
    result: list[Block] = []
    for field in layout.header:
        result.append(Block.of(Kind.FIELD, field.value))
        match field:
            case HeaderField.AGENDA:
                result.append(Block.of(Kind.LIST, *_agenda_lines(meeting, layout) or (UNDECIDED,)))
            case HeaderField.RESULTS:
                result.append(Block.of(Kind.RESULTS, layout.results_heading))
                result += [Block.of(Kind.VALUE, line) for line in _result_lines(draft, layout) or (UNDECIDED,)]
            case HeaderField.DEPARTMENT:
                result.append(Block.of(Kind.VALUE, meeting.department or UNDECIDED))
            case HeaderField.NAME:
                result.append(Block.of(Kind.VALUE, meeting.name or UNDECIDED))
            case HeaderField.TIME:
                result.append(Block.of(Kind.VALUE, date_time(meeting) or UNDECIDED))
            case HeaderField.PLACE:
                result.append(Block.of(Kind.VALUE, meeting.place or UNDECIDED))
    return result


def _agenda_lines(meeting: Meeting, layout: Layout) -> list[str]:
    return [
        layout.agenda_line.format(n=n, label=item.label, title=item.title or UNDECIDED)
        + (layout.agenda_department.format(department=item.department) if item.department else "")
        for n, item in enumerate(meeting.agenda, start=1)
    ]


def _result_lines(draft: Draft, layout: Layout) -> list[str]:
    agenda = draft.meeting.agenda
    return [
        layout.result_line.format(
            n=decision.item + 1,
            label=agenda[decision.item].label,
            title=agenda[decision.item].title,
            result=decision.result or UNDECIDED,
        )
        for decision in draft.decisions
    ]


def _body(draft: Draft, layout: Layout) -> list[Block]:
    turns = {turn.id: turn for turn in draft.turns}
    roles = {speaker.label: speaker.role for speaker in draft.speakers}
    grouped: dict[tuple[int | None, Phase], list[Turn]] = {}
    for section in draft.sections:
        grouped.setdefault((section.item, section.phase), []).extend(turns[i] for i in section.turn_ids)
    result: list[Block] = []
    for item, entry in enumerate(draft.meeting.agenda):
        heading = layout.item_heading.format(
            n=item + 1, label=entry.label, title=entry.title or UNDECIDED, department=entry.department
        )
        result.append(Block.of(Kind.ITEM, heading))
        # an item of which nothing was found is a gap in the record, not an item without opinions
        result += _item(item, grouped, roles, layout) or [Block.of(Kind.PARAGRAPH, UNDECIDED)]
    outside = _item(None, grouped, roles, layout)
    if outside and draft.meeting.agenda:
        result.append(Block.of(Kind.ITEM, layout.outside_heading))
    return result + outside


def _item(
    item: int | None, grouped: dict[tuple[int | None, Phase], list[Turn]], roles: dict[str, Role], layout: Layout
) -> list[Block]:
    """The sections of one item; first, under no section, what failed in a part that is not printed."""
    result: list[Block] = []
    for (where, phase), said in grouped.items():
        if where == item and phase not in layout.phases:
            for turn in said:
                if turn.printed and any(flag.kind is FlagKind.FAILED for flag in turn.flags):
                    result += _turn(turn, roles[turn.speaker], layout)
    for phase in layout.phases:
        said = grouped.get((item, phase), [])
        printed = [turn for turn in said if turn.printed and turn.written]
        heading = Block.of(Kind.SECTION, layout.section_heading.format(phase=phase.value))
        if printed:
            result.append(heading)
            for turn in printed:
                result += _turn(turn, roles[turn.speaker], layout)
        elif said and item is not None and phase in layout.nothing_said_in:
            result += [heading, Block.of(Kind.PARAGRAPH, layout.nothing_said)]
    return result


def _turn(turn: Turn, role: Role, layout: Layout) -> list[Block]:
    if not turn.written:  # a proofreader may have struck it out
        return []
    label = layout.label.format(role=layout.labels.get(role, UNDECIDED))
    return [
        Block.of(Kind.LABEL, label, turn_id=turn.id),
        Block.of(Kind.PARAGRAPH, turn.written, turn_id=turn.id),
    ]

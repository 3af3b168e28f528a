"""The head of a document: what is known of the meeting, in the order and words of the layout.

In: a draft and its layout. Out: a name and its lines for each entry of ``header``. What nobody told prints 〔要確認〕, unless
the layout leaves it out; an entry in the meeting file's ``[fields]`` counts before what the program knows itself, because a
clerk wrote it for print.
"""

from __future__ import annotations

from pipeline.export.blocks import Block, Kind
from pipeline.export.era import date_time
from pipeline.layouts import LISTS, HeaderField, Layout
from pipeline.schema import Draft, Meeting
from pipeline.terms import UNDECIDED


def header(draft: Draft, layout: Layout) -> list[Block]:
    result: list[Block] = []
    for name in layout.header:
        lines = field_lines(draft, layout, name)
        if not lines and name in layout.left_out_if_unknown:
            continue
        result.append(Block.of(Kind.FIELD, layout.field_name(name)))
        result += _value(name, lines or (UNDECIDED,), layout)
    return result


def field_lines(draft: Draft, layout: Layout, name: str) -> tuple[str, ...]:
    """The lines of one entry, by its name in ``header``; none where nothing is known."""
    meeting = draft.meeting
    if name in meeting.fields:
        return meeting.fields[name]
    match name:
        case HeaderField.AGENDA:
            return agenda_lines(meeting, layout)
        case HeaderField.RESULTS:
            return result_lines(draft, layout)
        case HeaderField.ATTENDEES:
            return tuple(
                f"{layout.labels.get(person.role, person.role.value)} {person.name}" for person in meeting.attendees
            )
    known: dict[str, str] = {
        HeaderField.DEPARTMENT: meeting.department,
        HeaderField.NAME: meeting.name,
        HeaderField.TIME: date_time(meeting),
        HeaderField.PLACE: meeting.place,
    }
    return tuple(filter(None, [known.get(name, "")]))


def agenda_lines(meeting: Meeting, layout: Layout) -> tuple[str, ...]:
    return tuple(
        layout.agenda_line.format(n=n, label=item.label, title=item.title or UNDECIDED)
        + (layout.agenda_department.format(department=item.department) if item.department else "")
        for n, item in enumerate(meeting.agenda, start=1)
    )


def result_lines(draft: Draft, layout: Layout) -> tuple[str, ...]:
    agenda = draft.meeting.agenda
    return tuple(
        layout.result_line.format(
            n=decision.item + 1,
            label=agenda[decision.item].label,
            title=agenda[decision.item].title,
            result=layout.result_name(decision.result) if decision.result else UNDECIDED,
        )
        for decision in draft.decisions
    )


def _value(name: str, lines: tuple[str, ...], layout: Layout) -> list[Block]:
    """Results stand apart, each a paragraph; other lines stand together."""
    if name == HeaderField.RESULTS:
        heading = [Block.of(Kind.RESULTS, layout.results_heading)] if layout.results_heading else []
        return [*heading, *(Block.of(Kind.VALUE, line) for line in lines)]
    return [Block.of(Kind.LIST if name in LISTS or len(lines) > 1 else Kind.VALUE, *lines)]

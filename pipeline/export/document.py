"""The document before any format: what is printed, in the order and words of the layout.

In: a draft. Out: ``Block``s (headings, labels, paragraphs) that plain text, Markdown and Word only dress. Regrouped by
agenda item, because meetings may decide all items at the end while the document keeps them together.
"""

from __future__ import annotations

from enum import StrEnum

from pipeline import layouts
from pipeline.layouts import Layout
from pipeline.schema import UNDECIDED, Draft, Flag, Meeting, Phase, Record, Role, Turn

WEEKDAYS = "月火水木金土日"
REIWA_START = (2019, 5, 1)
HEISEI_START = (1989, 1, 8)
KEY_NOTES = ("【下書きの注意】", "【ここから会議録の案】")


class Kind(StrEnum):
    TITLE = "title"
    NOTE_HEADING = "note-heading"
    NOTE = "note"
    FIELD = "field"
    VALUE = "value"
    LIST = "list"
    ITEM = "item"
    SECTION = "section"
    LABEL = "label"
    PARAGRAPH = "paragraph"


class Block(Record):
    """One block; ``turn_id`` leads from a paragraph to its words and audio. ``lines`` has one entry except in LIST."""

    kind: Kind
    lines: tuple[str, ...]
    turn_id: str | None = None


def blocks(draft: Draft) -> list[Block]:
    """Warnings first, in a part of their own that does not belong to the 会議録; then header, results, items."""
    layout = layouts.load(draft.meeting.template)
    return [*_notes(draft), *_header(draft, layout), *_body(draft, layout)]


def clock(ms: int) -> str:
    """H:MM:SS from the start of the recording."""
    return f"{ms // 3_600_000}:{ms // 60_000 % 60:02}:{ms // 1000 % 60:02}"


def _notes(draft: Draft) -> list[Block]:
    lines = [warning.message for warning in draft.warnings]
    for turn in draft.turns:
        lines += [f"{clock(turn.start_ms)} {_short(flag)}" for flag in turn.flags if turn.printed]
    if not lines:
        return []
    return [
        Block(kind=Kind.NOTE_HEADING, lines=(KEY_NOTES[0],)),
        Block(kind=Kind.NOTE, lines=tuple(f"※ {line}" for line in dict.fromkeys(lines))),
        Block(kind=Kind.NOTE_HEADING, lines=(KEY_NOTES[1],)),
    ]


def _short(flag: Flag) -> str:
    return flag.reason


def _header(draft: Draft, layout: Layout) -> list[Block]:
    meeting = draft.meeting
    result: list[Block] = []
    for field in layout.header:
        result.append(Block(kind=Kind.FIELD, lines=(field,)))
        if field == "議題":
            if lines := tuple(_agenda_lines(meeting)):
                result.append(Block(kind=Kind.LIST, lines=lines))
            else:
                result.append(Block(kind=Kind.VALUE, lines=(UNDECIDED,)))
        elif field == "審議結果":
            result.append(Block(kind=Kind.SECTION, lines=(layout.results_heading,)))
            result += [Block(kind=Kind.VALUE, lines=(line,)) for line in _result_lines(draft, layout)]
        else:
            value = {
                "担当所属名": meeting.department,
                "会議名": meeting.name,
                "日時": date_time(meeting),
                "場所": meeting.place,
            }.get(field, "")
            result.append(Block(kind=Kind.VALUE, lines=(value or UNDECIDED,)))
    return result


def _agenda_lines(meeting: Meeting) -> list[str]:
    return [
        f"{n} {item.label} {item.title}" + (f"({item.department})" if item.department else "")
        for n, item in enumerate(meeting.agenda, start=1)
    ]


def _result_lines(draft: Draft, layout: Layout) -> list[str]:
    return [
        layout.result_line.format(
            n=decision.item + 1,
            label=draft.meeting.agenda[decision.item].label,
            result=decision.result or UNDECIDED,
        )
        for decision in draft.decisions
    ]


def date_time(meeting: Meeting) -> str:
    """「令和8年5月14日(木曜日) 14時00分~」; empty without a date."""
    if not meeting.date:
        return ""
    day = meeting.date
    year = era_year(day.year, day.month, day.day)
    text = f"{year}{day.month}月{day.day}日({WEEKDAYS[day.weekday()]}曜日)"
    if meeting.start:
        text += f" {_time(meeting.start)}~" + (_time(meeting.end) if meeting.end else "")
    return text


def _time(text: str) -> str:
    hours, _, minutes = text.partition(":")
    return f"{int(hours)}時{int(minutes or 0):02}分" if hours.isdigit() and (minutes or "0").isdigit() else text


def era_year(year: int, month: int, day: int) -> str:
    """Japanese era year; the first is 元年. Before 平成 the western year."""
    for name, start in (("令和", REIWA_START), ("平成", HEISEI_START)):
        if (year, month, day) >= start:
            n = year - start[0] + 1
            return f"{name}{'元' if n == 1 else n}年"
    return f"{year}年"


def _body(draft: Draft, layout: Layout) -> list[Block]:
    turns = {turn.id: turn for turn in draft.turns}
    roles = {speaker.label: speaker.role for speaker in draft.speakers}
    grouped: dict[tuple[int | None, Phase], list[Turn]] = {}
    for section in draft.sections:
        grouped.setdefault((section.item, section.phase), []).extend(turns[i] for i in section.turn_ids)
    result: list[Block] = []
    items: list[int | None] = [*range(len(draft.meeting.agenda)), None]
    for item in items:
        here = [(phase, [t for t in grouped.get((item, phase), []) if t.printed]) for phase in layout.phases]
        loose = [t for (i, p), ts in grouped.items() if i == item and p not in layout.phases for t in ts if _must_show(t)]
        if item is None and not loose and not any(said for _, said in here):
            continue
        if item is not None:
            entry = draft.meeting.agenda[item]
            heading = layout.item_heading.format(
                label=entry.label, title=entry.title, department=entry.department, n=item + 1
            )
            result.append(Block(kind=Kind.ITEM, lines=(heading,)))
        for turn in loose:
            result += _turn(turn, roles[turn.speaker], layout)
        for phase, said in here:
            empty = layout.nothing_said if phase in layout.nothing_said_in else ""
            if not said and (item is None or not empty):
                continue
            result.append(Block(kind=Kind.SECTION, lines=(layout.section_heading.format(phase=phase.value),)))
            for turn in said:
                result += _turn(turn, roles[turn.speaker], layout)
            if not said:
                result.append(Block(kind=Kind.PARAGRAPH, lines=(empty,)))
    return result


def _must_show(turn: Turn) -> bool:
    """What could not be transcribed is shown wherever it lies."""
    return turn.printed and not turn.spoken


def _turn(turn: Turn, role: Role, layout: Layout) -> list[Block]:
    label = layout.label.format(role=layout.labels.get(role, UNDECIDED))
    return [
        Block(kind=Kind.LABEL, lines=(label,), turn_id=turn.id),
        Block(kind=Kind.PARAGRAPH, lines=(turn.written or turn.spoken,), turn_id=turn.id),
    ]

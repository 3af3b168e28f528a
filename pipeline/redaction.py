"""The public copy of a draft: what was marked, and everything behind it, is gone.

In: a draft (or proof) and the layout's note. Out: a draft that holds only what is printed: marked ranges and secret words
are the note, names of people are roles, and there are no words, no times of words, no ``spoken``, no changes, flags or
warnings left from which an exporter could bring a marked word back. The full draft is not touched.

``suggestions`` finds what might have to be marked; nothing is ever marked unasked.
"""

from __future__ import annotations

import functools
import re
from collections import Counter
from itertools import pairwise

from pipeline import timing
from pipeline.japanese import morphemes, tables
from pipeline.layouts import HeaderField, Layout
from pipeline.schema import Draft, Meeting, Provenance, Record, Section, Span, Turn

_People = list[tuple[re.Pattern[str], str]]  # what to write for whom
_HONORIFIC = r"(?:さん|様|氏|先生)"
_POST = r"(?=副?(?:会長|委員長|委員|座長|議長|部長|課長|係長|室長|所長|館長|主査|主任))"


class Suggestion(Span):
    """Something printed in turn ``turn_id`` that offices often keep back: ``written[start:end]``, and when it was said."""

    turn_id: str
    start: int
    end: int
    kind: str
    text: str


class Pattern(Record):
    """One line of ``sensitive.toml``."""

    name: str
    pattern: str


def public(draft: Draft, layout: Layout) -> Draft:
    """Only printed turns, each with nothing but its text; sections and decisions that still stand."""
    roles = {speaker.label: layout.labels.get(speaker.role, speaker.role.value) for speaker in draft.speakers}
    people = _people(draft, roles, layout)
    turns = tuple(_public_turn(turn, draft.meeting, people, layout.redacted) for turn in draft.turns if turn.printed)
    kept = {turn.id for turn in turns}
    sections = tuple(
        Section(item=s.item, phase=s.phase, heading=s.heading, turn_ids=tuple(i for i in s.turn_ids if i in kept))
        for s in draft.sections
    )
    meeting = draft.meeting.model_copy(update={"attendees": (), "glossary": (), "secret": (), "channels": ()})
    return draft.model_copy(
        update={
            "meeting": meeting.model_copy(update=_hidden_particulars(draft.meeting, people, layout)),
            "recording": draft.recording.model_copy(update={"source": "", "audio": "", "warnings": ()}),
            "speakers": tuple(s.model_copy(update={"name": None, "reasons": ()}) for s in draft.speakers),
            "turns": turns,
            "sections": sections,
            "decisions": tuple(d.model_copy(update={"turn_id": None}) for d in draft.decisions),
            "warnings": (),
            "provenance": Provenance(program=draft.provenance.program),
        }
    )


def suggestions(draft: Draft) -> tuple[Suggestion, ...]:
    """In the order of the meeting; what is marked already is left out."""
    found: list[Suggestion] = []
    for turn in draft.turns:
        if not turn.printed:
            continue
        spans = [(m.start(), m.end(), kind) for kind, pattern in _patterns() for m in pattern.finditer(turn.written)]
        spans += [(begin, end, "人の名前") for begin, end in _names(turn.written)]
        for start, end, kind in sorted(set(spans)):
            if not any(start < r.end and r.start < end for r in turn.redactions):
                at = timing.audio_ms(turn, start, end)
                found.append(
                    Suggestion(
                        start_ms=at[0],
                        end_ms=at[1],
                        turn_id=turn.id,
                        start=start,
                        end=end,
                        kind=kind,
                        text=turn.written[start:end],
                    )
                )
    return tuple(found)


def _public_turn(turn: Turn, meeting: Meeting, people: _People, note: str) -> Turn:
    text = turn.written
    for start, end in reversed(_merged(turn)):
        text = text[:start] + note + text[end:]
    text = _without_secrets(text, meeting.secret, note)
    text = _without_names(text, people)
    text = re.sub(f"(?:{re.escape(note)}){{2,}}", note.replace("\\", r"\\"), text)
    return Turn(
        id=turn.id, speaker=turn.speaker, start_ms=turn.start_ms, end_ms=turn.end_ms, words=(), spoken="", written=text
    )


def _merged(turn: Turn) -> list[tuple[int, int]]:
    """Marked ranges in order and apart: overlapping ones would be cut at places that have moved."""
    ranges: list[tuple[int, int]] = []
    for redaction in sorted(turn.redactions, key=lambda r: r.start):
        if ranges and redaction.start <= ranges[-1][1]:
            ranges[-1] = (ranges[-1][0], max(ranges[-1][1], redaction.end))
        else:
            ranges.append((redaction.start, redaction.end))
    return ranges


def _without_secrets(text: str, secret: tuple[str, ...], note: str) -> str:
    words = sorted(filter(None, secret), key=len, reverse=True)
    return re.sub("|".join(map(re.escape, words)), lambda _: note, text) if words else text


def _without_names(text: str, people: _People) -> str:
    for pattern, role in people:
        text = pattern.sub(lambda _, role=role: role, text)  # type: ignore[misc]
    return text


def _hidden_particulars(meeting: Meeting, people: _People, layout: Layout) -> dict[str, object]:
    """Secret words and names may stand in the head too; who attended becomes how many in which role."""

    def shown(text: str) -> str:
        return _without_secrets(text, meeting.secret, layout.redacted)

    agenda = tuple(
        item.model_copy(update={key: shown(getattr(item, key)) for key in ("label", "title", "department")})
        for item in meeting.agenda
    )
    fields = {name: tuple(_without_names(shown(line), people) for line in lines) for name, lines in meeting.fields.items()}
    if meeting.attendees and HeaderField.ATTENDEES not in fields:
        numbers = Counter(layout.labels.get(person.role, person.role.value) for person in meeting.attendees)
        fields[HeaderField.ATTENDEES] = tuple(f"{role} {number}名" for role, number in numbers.items())
    particulars = {key: shown(getattr(meeting, key)) for key in ("name", "place", "department")}
    return {**particulars, "agenda": agenda, "fields": fields}


def _people(draft: Draft, roles: dict[str, str], layout: Layout) -> _People:
    """What to write for each name: full names always, surnames where a title shows that they are names."""
    named = [(speaker.name, roles[speaker.label]) for speaker in draft.speakers if speaker.name]
    named += [(a.name, layout.labels.get(a.role, a.role.value)) for a in draft.meeting.attendees]
    result: list[tuple[re.Pattern[str], str]] = []
    for name, role in sorted(dict(named).items(), key=lambda entry: -len(entry[0])):
        surname, *given = name.split()
        if given:
            full = r"\s*".join(map(re.escape, (surname, *given)))
            result.append((re.compile(f"{full}{_HONORIFIC}?"), role))
        result.append((re.compile(f"{re.escape(surname)}{_HONORIFIC}"), role))
        result.append((re.compile(f"{re.escape(surname)}{_POST}"), ""))
    return result


@functools.cache
def _patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    kinds = (Pattern.model_validate(table) for table in tables.read("sensitive")["kinds"])
    return tuple((kind.name, re.compile(kind.pattern)) for kind in kinds)


def _names(text: str) -> list[tuple[int, int]]:
    """People's names by the analyser, with what makes them certain: a title after them, or a given name."""
    morphs = morphemes.of(text)
    found = []
    for morph, after in pairwise((*morphs, morphemes.NOTHING)):
        if morph.is_name and (after.is_name or re.match(f"{_HONORIFIC}|{_POST}.", text[morph.end :])):
            found.append((morph.begin, after.end if after.is_name else morph.end))
    return found

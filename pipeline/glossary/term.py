"""A word of the glossary, and the meetings that it belongs to.

In: an entry as people write it. Out: ``Term``, and which terms hold at a meeting. A scope is a piece of a name (「若葉市」,
「個人情報保護審議会」, 「図書館」), because that is what somebody who edits the file has before their eyes; an empty one holds
everywhere. What the meeting file itself tells (glossary, attendees, agenda) are terms of this meeting only.
"""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field, field_validator

from pipeline.glossary import compounds
from pipeline.japanese.reading import kana
from pipeline.schema import Meeting, Record


class Kind(StrEnum):
    """What the analyser makes of a word; the ones it is least likely to be heard as come first."""

    UNKNOWN = "未知語"
    NAME = "固有名詞"
    COMPOUND = "複合語"
    WORD = "一般語"


class Term(Record):
    """``text`` as it is to be written. ``reading``: katakana, the analyser's own where it is empty.

    ``heard``: how recognisers have written it by mistake. ``count``: times in the papers, ``corrected``: times at the desk.
    ``use`` False: no word for the glossary, and not to be proposed again; ``correct`` False: a hint, but nothing is replaced.
    """

    text: str = Field(min_length=1, max_length=100)
    reading: str = ""
    heard: tuple[str, ...] = ()
    city: str = ""
    council: str = ""
    item: str = ""
    count: int = Field(default=0, ge=0)
    corrected: int = Field(default=0, ge=0)
    papers: tuple[str, ...] = ()
    use: bool = True
    correct: bool = True
    chosen: bool = Field(default=False, exclude=True)  # by the meeting file, for this meeting

    @field_validator("text")
    @classmethod
    def _without_blanks(cls, value: str) -> str:
        return value.strip()

    @property
    def sound(self) -> str:
        """Katakana, as ``japanese.reading`` writes it."""
        return kana(self.reading or self.text)

    @property
    def scope(self) -> str:
        """For people: from the widest to the narrowest, 「すべて」 for none."""
        return " / ".join(part for part in (self.city, self.council, self.item) if part) or "すべて"


def holding(terms: tuple[Term, ...], meeting: Meeting) -> tuple[Term, ...]:
    """The terms of this meeting, one for each ``text``: the meeting file's own, then the glossary's, narrowest scope first."""
    named = [term for term in terms if term.use and _holds(term, meeting)]
    named.sort(key=lambda term: (not term.item, not term.council, not term.city))
    unwanted = {term.text for term in terms if not term.use and _holds(term, meeting)}
    found: dict[str, Term] = {}
    for term in (*named, *of_meeting(meeting)):
        if term.text in unwanted and not term.chosen:
            continue
        known = found.get(term.text)
        found[term.text] = known.model_copy(update={"chosen": known.chosen or term.chosen}) if known else term
    return tuple(found.values())


def of_meeting(meeting: Meeting) -> tuple[Term, ...]:
    """What the meeting file names: glossary (chosen by hand), attendees, and the agenda's labels, departments and compounds."""
    names = [
        Term(text=spelling, reading=attendee.reading if spelling == attendee.name else "")
        for attendee in meeting.attendees
        for name in (attendee.name, *attendee.name.split(), *attendee.aliases)
        if (spelling := "".join(name.split()))
    ]
    agenda = [
        text for item in meeting.agenda for text in (item.label, item.department, *compounds.of(item.title)) if len(text) > 1
    ]
    chosen = [Term(text=text, chosen=True) for text in meeting.glossary if text.strip()]
    return tuple({term.text: term for term in (*(Term(text=text) for text in agenda), *names, *chosen)}.values())


def _holds(term: Term, meeting: Meeting) -> bool:
    whole = f"{meeting.name} {meeting.place} {meeting.department}"
    items = " ".join(f"{item.label} {item.title} {item.department}" for item in meeting.agenda)
    return term.city in whole and term.council in meeting.name and term.item in items

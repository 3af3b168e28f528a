"""What was decided, only where somebody was heard to decide it.

In: turns, roles, sections. Out: one ``Decision`` per agenda item; ``result`` None where nothing was heard (it prints
〔要確認〕: a result is never invented). Two things count: the chair puts a result to the members (「承認することでよろしいで
しょうか」) and one of them agrees before anybody objects, or the chair states it (「異議なしと認め、承認することに決定」).
Both only where the item is deliberated, or where the chair names it: 「異議なし」 on a date or on the last minutes decides
nothing, and neither does 「承認」 in an explanation.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from pipeline.japanese import agenda, cues, results
from pipeline.japanese.sentences import texts
from pipeline.schema import Decision, Meeting, Section, Speaker, Turn
from pipeline.terms import Phase, Role

WITHIN_TURNS = 8  # assent and finding follow the question soon
CLEARLY = 1.0  # an item is named by its number or title
DECIDING = (Phase.DELIBERATION, Phase.REPORT_DELIBERATION)


@dataclass
class _Item:
    """What was heard on one item so far: the result put to the members, and the result decided."""

    asked: str = ""
    asked_at: int = -WITHIN_TURNS - 1
    asked_last: bool = False  # nothing was said after the question in that turn
    opposed: bool = False
    decided: str | None = None
    evidence: str | None = field(default=None)

    def is_open(self, at: int) -> bool:
        """Whether what was asked may still be answered in turn ``at``."""
        return bool(self.asked) and at - self.asked_at <= WITHIN_TURNS

    def decide(self, result: str, turn: Turn) -> None:
        self.decided, self.evidence = result, turn.id


def hear(
    turns: tuple[Turn, ...], speakers: tuple[Speaker, ...], sections: tuple[Section, ...], meeting: Meeting
) -> tuple[Decision, ...]:
    """Decisions in agenda order; the evidence is the turn in which the decision is complete. The last one counts."""
    chairs = {speaker.label for speaker in speakers if speaker.role is Role.CHAIR}
    place = {turn_id: (section.item, section.phase) for section in sections for turn_id in section.turn_ids}
    items = [_Item() for _ in meeting.agenda]
    for at, turn in enumerate(turns):
        for sentence in () if turn.is_invented else texts(turn):  # nobody decided what nobody said
            if turn.speaker in chairs:
                spoken_of = _spoken_of(sentence, *place[turn.id], meeting)
                for i, item in enumerate(items):
                    item.asked_last = False
                    if i in spoken_of:
                        _chair_says(item, sentence, at, turn)
                    elif spoken_of:
                        item.asked = ""  # the chair has gone on to another item
            else:
                for item in items:
                    _member_says(item, sentence, at, turn)
    return tuple(Decision(item=i, result=item.decided, turn_id=item.evidence) for i, item in enumerate(items))


def _spoken_of(sentence: str, item: int | None, phase: Phase, meeting: Meeting) -> list[int]:
    """The items that a chair's sentence can decide: those it names, else the one that is deliberated."""
    named = [i for i, clarity in agenda.named(sentence, meeting.agenda).items() if clarity >= CLEARLY]
    if named:
        return named
    noted = phase is Phase.QUESTIONS and "noted" in cues.found(sentence)  # a report is taken note of after its questions
    return [item] if item is not None and (phase in DECIDING or noted) else []


def _chair_says(item: _Item, sentence: str, at: int, turn: Turn) -> None:
    families = cues.found(sentence)
    result = results.named(sentence)
    if "not_on_items" in families:
        return
    if families.keys() & {"finding", "so_be_it", "noted"} and "consent_question" not in families:
        stated = result or (item.asked if item.is_open(at) else "")
        if stated:
            item.decide(stated, turn)
            item.asked = ""
    elif "consent_question" in families and (result or item.is_open(at)):
        item.asked, item.asked_at, item.asked_last, item.opposed = result or item.asked, at, True, False


def _member_says(item: _Item, sentence: str, at: int, turn: Turn) -> None:
    if not item.is_open(at):
        return
    families = cues.found(sentence)
    if "objection" in families:
        item.opposed = True
    elif not item.opposed and ("assent" in families or ("yes" in families and item.asked_last and at == item.asked_at + 1)):
        item.decide(item.asked, turn)

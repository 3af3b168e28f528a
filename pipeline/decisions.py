"""What was decided, only where somebody was heard to decide it.

In: turns, roles, sections. Out: one ``Decision`` per agenda item; ``result`` None where nothing was heard (it prints
〔要確認〕, domain rule: never invent the 審議結果). The chair asks (「承認することにご異議ございませんか」) and members
agree, or the chair states it (「異議なしと認めます」「継続審議といたします」). 「異議なし」 alone, or on a date or the last
minutes, is none.
"""

from __future__ import annotations

from pipeline.japanese import cues, reading
from pipeline.japanese.sentences import texts
from pipeline.schema import Decision, Meeting, Phase, Role, Section, Speaker, Turn

WITHIN_TURNS = 8  # assent and finding follow the question soon
# What the chair's words make of the item; the first that is heard counts, 承認 when only assent is heard.
RESULTS = (
    ("継続審議", "継続審議とされた"),
    ("保留", "継続審議とされた"),
    ("条件を付し", "条件を付して承認された"),
    ("不承認", "承認されなかった"),
    ("不適当", "承認されなかった"),
    ("賛成多数", "賛成多数により承認された"),
    ("承認", "承認された"),
    ("適当", "承認された"),
    ("原案のとおり", "承認された"),
    ("答申することに決定", "承認された"),
)
DECIDING = (Phase.REPORT_DELIBERATION, Phase.DELIBERATION)


def hear(
    turns: tuple[Turn, ...], speakers: tuple[Speaker, ...], sections: tuple[Section, ...], meeting: Meeting
) -> tuple[Decision, ...]:
    """Decisions in agenda order; the evidence is the turn in which the decision is complete."""
    chairs = {speaker.label for speaker in speakers if speaker.role is Role.CHAIR}
    place = {turn_id: (section.item, section.phase) for section in sections for turn_id in section.turn_ids}
    return tuple(
        _of_item(i, [t for t in turns if place[t.id][0] == i and place[t.id][1] in DECIDING], chairs)
        for i in range(len(meeting.agenda))
    )


def _of_item(item: int, turns: list[Turn], chairs: set[str]) -> Decision:
    decided = Decision(item=item, result=None)
    asked: tuple[int, str] | None = None
    for number, turn in enumerate(turns):
        for sentence in texts(turn):
            families = cues.found(sentence)
            by_chair = turn.speaker in chairs
            named = _result(sentence)
            if by_chair and "proposal" in families:
                asked = (number, named or (asked[1] if asked else ""))
            elif by_chair and "finding" in families:
                result = named or (asked[1] if asked else "")
                if result:
                    decided = Decision(item=item, result=result, turn_id=turn.id)
            elif "assent" in families and not by_chair and asked and number - asked[0] <= WITHIN_TURNS and asked[1]:
                # The chair's finding, if it follows, is the better evidence and replaces this one.
                decided = Decision(item=item, result=asked[1], turn_id=turn.id)
    return decided


def _result(sentence: str) -> str:
    sound = reading.kana(sentence)
    return next((result for words, result in RESULTS if words in sentence or reading.kana(words) in sound), "")

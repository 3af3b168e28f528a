"""What the order of voices tells, whatever their words: who is given the floor, who answers whom, who is left among whom.

In: the ``Unit``s of each turn. Out: announcements added to them, and what the evidence asks about a turn's neighbours. Chairs
without formulas, dialects and misheard words are followed by this.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator

from pipeline.structure.section_units import INTERJECTION_CHARS, OFFICIALS, Unit
from pipeline.terms import Phase, Role

CALLED = 2.0  # an item's department explains, a member asks
LONG_CHARS = 150  # of one speech: longer explains
GIVES_FLOOR, TAKES_FLOOR = 2.0, 1.0  # the chair before and after such a speech
ASKS = 1.5  # ... with a question
NEW_VOICE = 1.0  # officials come with their item
AMONG, AMONG_THEMSELVES = 3, 2.0  # so many members in a row, after an official
SUMMARY_CHARS, YES_CHARS, SUMS_UP = 60, 25, 2.0  # words of the chair that a member says yes to
NEAR_TURNS = 2


def around_explanations(of_turns: list[list[Unit]]) -> None:
    """A long speech by an official, given the floor by the chair and taken back by him, whatever the words."""
    heard: set[str] = set()
    for number, mine in enumerate(of_turns):
        speaker = mine[0].turn.speaker
        heard_before = speaker in heard
        heard.add(speaker)
        if mine[0].role not in OFFICIALS or speech_chars(of_turns, number) < LONG_CHARS:
            continue
        before, after = speaking(earlier(of_turns, number)), speaking(later(of_turns, number))
        if not before or before[0].role is not Role.CHAIR:
            continue
        calling = announcing(before, Phase.EXPLANATION)
        if not calling.announces[Phase.EXPLANATION]:
            calling = ([unit for unit in before if "next" in unit.families or unit.here] or before)[-1]
        calling.announces[Phase.EXPLANATION] += GIVES_FLOOR + (0.0 if heard_before else NEW_VOICE)
        if after and after[0].role in (Role.CHAIR, Role.MEMBER):
            asks = any("question" in unit.families for unit in after)
            after[0].announces[Phase.QUESTIONS] += TAKES_FLOOR + (ASKS if asks else 0.0)


def around_opinions(of_turns: list[list[Unit]]) -> None:
    """The chair turns from officials to members, or sums up and they agree, whatever the words."""
    for number, mine in enumerate(of_turns):
        if mine[0].role is not Role.CHAIR:
            continue
        near = itertools.islice(later(of_turns, number), 2 * AMONG)
        after = [u[0].role for u in near if u[0].role is not Role.CHAIR and is_speech(u)]
        before = next((u[0].role for u in earlier(of_turns, number) if u[0].role is not Role.CHAIR and is_speech(u)), None)
        next_speech = speaking(later(of_turns, number))
        if (
            next_speech
            and next_speech[0].role is Role.MEMBER
            and before in OFFICIALS
            and len(after) >= AMONG
            and set(after[:AMONG]) == {Role.MEMBER}
        ):
            announcing(mine, Phase.DELIBERATION).announces[Phase.DELIBERATION] += AMONG_THEMSELVES
        answers = [units for units in of_turns[number + 1 : number + 2] if len(units[0].turn.spoken) <= YES_CHARS]
        agreed = any({"assent", "yes"} & unit.families.keys() for units in answers for unit in units)
        if len(mine[0].turn.spoken) >= SUMMARY_CHARS and agreed and answers[0][0].role is Role.MEMBER:
            announcing(mine, Phase.REPORT_DELIBERATION).announces[Phase.REPORT_DELIBERATION] += SUMS_UP


def earlier(of_turns: list[list[Unit]], number: int) -> Iterator[list[Unit]]:
    """The turns before, the nearest first."""
    return (of_turns[i] for i in range(number - 1, -1, -1))


def later(of_turns: list[list[Unit]], number: int) -> Iterator[list[Unit]]:
    """The turns after, the nearest first."""
    return (of_turns[i] for i in range(number + 1, len(of_turns)))


def announcing(units: list[Unit], phase: Phase) -> Unit:
    """Where in a turn the phase begins: where something says so, else with the turn."""
    return max(reversed(units), key=lambda u: u.announces[phase]) if any(u.announces[phase] for u in units) else units[0]


def is_speech(units: list[Unit]) -> bool:
    return len(units[0].turn.spoken) >= INTERJECTION_CHARS


def explains(units: list[Unit]) -> bool:
    """Whether the chair has just asked for an explanation."""
    return bool(units) and units[0].role is Role.CHAIR and any(u.announces[Phase.EXPLANATION] >= CALLED for u in units)


def speaking(others: Iterable[list[Unit]]) -> list[Unit]:
    """The nearest turn in ``others`` that is more than an interjection."""
    return next((units for units in others if is_speech(units)), [])


def partners(others: Iterable[list[Unit]]) -> list[Role]:
    """The roles of the next few in ``others`` who say something and do not chair, up to a call for an explanation."""
    roles: list[Role] = []
    for units in others:
        if len(roles) == NEAR_TURNS or any(unit.announces[Phase.EXPLANATION] >= CALLED for unit in units):
            break
        if units[0].role is not Role.CHAIR and is_speech(units):
            roles.append(units[0].role)
    return roles


def speech_chars(of_turns: list[list[Unit]], number: int) -> int:
    """Characters of the whole speech that a turn is a part of: interjections of others do not end it."""
    turn = of_turns[number][0].turn
    total = len(turn.spoken)
    for others in (earlier(of_turns, number), later(of_turns, number)):
        for units in others:
            if units[0].turn.speaker == turn.speaker:
                total += len(units[0].turn.spoken)
            elif is_speech(units):
                break
    return total

"""Which part of the meeting is this: every sentence gets an agenda item and a phase, decided over the whole meeting.

In: turns, speakers with roles, the meeting file. Out: the turns, cut where a part begins in the middle of one, and the
sections that hold them. A Viterbi pass over (item, phase) states: each sentence fits some parts better than others;
entering a part costs, and what is announced just there pays for it; the usual order (説明 → 質疑 → 審議 → 答申審議, item after
item) makes other steps dear but none impossible, because real chairs skip, go back and handle items together. A recess
remembers where it interrupted.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import groupby

import numpy as np
import numpy.typing as npt

from pipeline.japanese.reading import content_words
from pipeline.schema import Meeting, Section, Speaker, Turn
from pipeline.structure import cohesion, section_order
from pipeline.structure.section_evidence import MENTIONED, OWN_ITEM, collect, handled_together
from pipeline.structure.section_order import State
from pipeline.structure.section_units import Unit
from pipeline.terms import Phase, Role

Floats = npt.NDArray[np.float64]
Place = tuple[int | None, Phase]

# Nats. Where a part begins:
UNANNOUNCED, UNANNOUNCED_INSIDE = 1.5, 2.0  # where nothing is announced: with a turn, in the middle of one
NOT_BY_CHAIR = 2.0  # parts begin with the chair ...
BY_OTHERS = {  # ... but for these
    (Role.MEMBER, Phase.QUESTIONS): 0.5,
    (Role.SECRETARIAT, Phase.OPENING): 0.0,
    (Role.SECRETARIAT, Phase.CLOSING): 0.5,
    (Role.SECRETARIAT, Phase.REPORT_DELIBERATION): 1.0,
    (Role.SECRETARIAT, Phase.EXPLANATION): 1.0,
    (Role.AGENCY, Phase.EXPLANATION): 1.0,
}
NEW_SUBJECT = 1.5  # another item, per standard deviation by which the words change
# What a sentence tells of the item:
NAMED = 4.0  # an item begins where the chair names it ...
OTHER_NAMED = -3.0  # ... or another
IN_RECESS, RESUMED = 0.1, -4.0  # a sentence during a recess that has no other place; one that says it is over


def divide(
    turns: tuple[Turn, ...], speakers: tuple[Speaker, ...], meeting: Meeting
) -> tuple[tuple[Turn, ...], tuple[Section, ...]]:
    """Turns (renumbered where one was cut) and sections in time order, covering each turn once."""
    units = collect(turns, speakers, meeting)
    if not units:
        return turns, ()
    places = decode(units, len(meeting.agenda))
    pieces: list[tuple[Place, Turn]] = []
    for (_, place), group in groupby(zip(units, places, strict=True), key=lambda pair: (pair[0].turn.id, pair[1])):
        said = [unit for unit, _ in group]
        pieces.append((place, _cut(said[0].turn, said[0].begin, said[-1].end)))
    numbered = [turn.model_copy(update={"id": f"t{n:04}"}) for n, (_, turn) in enumerate(pieces, start=1)]
    placed = zip((place for place, _ in pieces), numbered, strict=True)
    sections = tuple(
        Section(item=item, phase=phase, heading=phase.value, turn_ids=tuple(turn.id for _, turn in members))
        for (item, phase), members in groupby(placed, key=lambda pair: pair[0])
    )
    return tuple(numbered), sections


def decode(units: list[Unit], items: int) -> list[Place]:
    """The best path through (unit x state)."""
    known = section_order.states(items)
    begin, steps, end = section_order.costs(known, items, handled_together(units))
    total = _fitting(units[0], known) - begin
    back = np.zeros((len(units), len(known)), dtype=np.int64)
    changes = np.array([[_begins(before, after) for after in known] for before in known])
    other_item = np.array([[_changes_item(before, after) for after in known] for before in known])
    subjects = cohesion.breaks([content_words(unit.text) for unit in units])
    for n, unit in enumerate(units[1:], start=1):
        reached = total[:, None] - steps + other_item * NEW_SUBJECT * subjects[n]
        unannounced = UNANNOUNCED if unit.starts_turn else UNANNOUNCED_INSIDE
        reached -= changes * np.where(_announced(unit, known) > 0, 0.0, unannounced)
        if unit.starts_turn:
            reached -= changes * _beginner(unit, known)
        back[n] = reached.argmax(axis=0)
        total = reached.max(axis=0) + _fitting(unit, known)
    path = [int((total - end).argmax())]
    for n in range(len(units) - 1, 0, -1):
        path.append(int(back[n, path[-1]]))
    return [(None, Phase.RECESS) if known[k].paused else (known[k].item, known[k].phase) for k in reversed(path)]


def _begins(before: State, after: State) -> bool:
    """Whether a part begins that somebody would announce: a recess just ends."""
    return not before.paused and replace(before, fresh=False) != replace(after, fresh=False)


def _changes_item(before: State, after: State) -> bool:
    return before.item != after.item and not (before.paused or after.paused)


def _beginner(unit: Unit, known: list[State]) -> Floats:
    """What it costs that a part begins with this speaker."""
    if unit.role is Role.CHAIR:
        return np.zeros(len(known))
    return np.array([BY_OTHERS.get((unit.role, state.phase), NOT_BY_CHAIR) for state in known])


def _announced(unit: Unit, known: list[State]) -> Floats:
    return np.array([unit.announces[Phase.RECESS if state.paused else state.phase] for state in known])


def _fitting(unit: Unit, known: list[State]) -> Floats:
    """What the sentence is worth in each state. An announcement counts in its part whether that begins here or goes on:
    paid only to beginnings, it would be earned again and again by leaving and coming back."""
    by_chair = unit.role is Role.CHAIR and any(unit.announces.values())
    named = unit.named if unit.announces[Phase.EXPLANATION] else unit.here  # an item may be named after its call
    clearest = max(named.values(), default=0.0)
    result = _announced(unit, known)
    for k, state in enumerate(known):
        item = state.item
        result[k] += unit.fits[state.phase] if not state.paused else RESUMED if "resume" in unit.families else IN_RECESS
        if item is None:
            continue
        if by_chair and clearest:
            result[k] += NAMED * named.get(item, 0.0) or OTHER_NAMED * clearest
        else:
            result[k] += MENTIONED * unit.here.get(item, 0.0)
        if unit.homes:
            result[k] += OWN_ITEM if item in unit.homes else -OWN_ITEM
    return result


def _cut(turn: Turn, begin: int, end: int) -> Turn:
    """The words ``[begin, end)`` of a turn as a turn of its own."""
    words = turn.words[begin:end]
    if len(words) == len(turn.words):
        return turn
    return turn.model_copy(
        update={
            "words": words,
            "spoken": "".join(word.text for word in words),
            "start_ms": words[0].start_ms,
            "end_ms": max(word.end_ms for word in words),
        }
    )

"""Which part of the meeting is this: every sentence gets an agenda item and a phase, decided over the whole meeting.

In: turns, speakers with roles, the meeting file. Out: the turns, cut where a part begins in the middle of one, and the
sections that hold them. A Viterbi pass over (item, phase) states: each sentence fits some parts better than others;
entering a part costs, and what is announced just there pays for it; the usual order (説明 → 質疑 → 審議 → 答申審議, item after
item) makes other steps dear but none impossible, because real chairs skip, go back and handle items together. A recess
remembers where it interrupted.
"""

from __future__ import annotations

from itertools import groupby

import numpy as np
import numpy.typing as npt

from pipeline.schema import Meeting, Section, Speaker, Turn
from pipeline.section_evidence import MENTIONED, OWN_ITEM, Unit, collect
from pipeline.terms import Phase, Role

Floats = npt.NDArray[np.float64]
Place = tuple[int | None, Phase]
State = tuple[int | None, Phase, bool]  # the last: interrupted by a recess

ORDER = (Phase.EXPLANATION, Phase.QUESTIONS, Phase.DELIBERATION, Phase.REPORT_DELIBERATION)
# Costs of steps, in nats: a part has about ten sentences that each tell half a nat, so this weighs what a part says.
ENTER = 4.0  # any change of part
UNANNOUNCED_INSIDE = 3.0  # ... in the middle of a turn, where nothing is announced
SKIP = 1.0  # each phase of an item left out
BACK = 4.0  # against the usual order
LEAVE_CLOSING = 12.0
RESUME = 0.5
NAMED = 4.0  # an item begins where the chair names it ...
OTHER_NAMED = -3.0  # ... or another
IN_RECESS = -1.0  # a sentence during a recess: hardly anything is said


def divide(
    turns: tuple[Turn, ...], speakers: tuple[Speaker, ...], meeting: Meeting
) -> tuple[tuple[Turn, ...], tuple[Section, ...]]:
    """Turns (renumbered where one was cut) and sections in time order, covering each turn once."""
    units = collect(turns, speakers, meeting)
    if not units:
        return turns, ()
    places = decode(units, states(len(meeting.agenda)))
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


def states(items: int) -> list[State]:
    """Without an agenda there is one item without a number, which may begin again."""
    middle = [(item, phase) for item in (range(items) if items else (None,)) for phase in ORDER]
    return [
        (None, Phase.OPENING, False),
        *((item, phase, paused) for item, phase in middle for paused in (False, True)),
        (None, Phase.CLOSING, False),
    ]


def decode(units: list[Unit], known: list[State]) -> list[Place]:
    """The best path through (unit x state)."""
    costs = np.array([[_step(before, after) for after in known] for before in known])
    total = np.array([0.0 if state[1] is Phase.OPENING else -ENTER for state in known]) + _fitting(units[0], known)
    back = np.zeros((len(units), len(known)), dtype=np.int64)
    changes = ~np.eye(len(known), dtype=bool)
    for n, unit in enumerate(units[1:], start=1):
        reached = total[:, None] - costs
        if not unit.starts_turn:
            reached -= changes * np.where(_announced(unit, known) > 0, 0.0, UNANNOUNCED_INSIDE)
        back[n] = reached.argmax(axis=0)
        total = reached.max(axis=0) + _fitting(unit, known)
    path = [int(total.argmax())]
    for n in range(len(units) - 1, 0, -1):
        path.append(int(back[n, path[-1]]))
    return [(None, Phase.RECESS) if known[k][2] else known[k][:2] for k in reversed(path)]


def _announced(unit: Unit, known: list[State]) -> Floats:
    return np.array([unit.announces[Phase.RECESS if paused else phase] for _, phase, paused in known])


def _fitting(unit: Unit, known: list[State]) -> Floats:
    """What the sentence is worth in each state. An announcement counts in its part whether that begins here or goes on:
    paid only to beginnings, it would be earned again and again by leaving and coming back."""
    by_chair = unit.role is Role.CHAIR and any(unit.announces.values())
    named = unit.named if unit.announces[Phase.EXPLANATION] else unit.here  # an item may be named after its call
    clearest = max(named.values(), default=0.0)
    result = _announced(unit, known)
    for k, (item, phase, paused) in enumerate(known):
        result[k] += IN_RECESS if paused else unit.fits[phase]
        if item is None:
            continue
        if by_chair and clearest:
            result[k] += NAMED * named.get(item, 0.0) or OTHER_NAMED * clearest
        else:
            result[k] += MENTIONED * unit.here.get(item, 0.0)
        if unit.home is not None:
            result[k] += OWN_ITEM if unit.home == item else -OWN_ITEM
    return result


def _step(before: State, after: State) -> float:
    """What a change of part costs: how far it is from the usual order."""
    (item, phase, paused), (next_item, next_phase, next_paused) = before, after
    if before == after:
        return 0.0
    if next_paused:
        return ENTER if (item, phase, paused) == (next_item, next_phase, False) else ENTER * 10
    if paused and (item, phase) == (next_item, next_phase):
        return RESUME
    if phase is Phase.CLOSING:
        return LEAVE_CLOSING
    if next_phase is Phase.OPENING:
        return ENTER + 3 * BACK
    if phase is Phase.OPENING:
        return ENTER + (2 * BACK if next_phase is Phase.CLOSING else _ahead(-1, next_item or 0, next_phase))
    if next_phase is Phase.CLOSING:
        return ENTER
    if item == next_item:
        ahead = ORDER.index(next_phase) - ORDER.index(phase)
        if item is None and next_phase is Phase.EXPLANATION:
            return ENTER  # no agenda: the next item, as far as anybody knows
        return ENTER + (SKIP * (ahead - 1) if ahead > 0 else BACK)
    return ENTER + _ahead(item or 0, next_item or 0, next_phase)


def _ahead(item: int, next_item: int, phase: Phase) -> float:
    """From one item to another: the next begins with its explanation; back only for what is done for all at the end."""
    skipped = SKIP * ORDER.index(phase)
    if next_item > item:
        return BACK * (next_item - item - 1) + 2 * skipped
    return BACK / 2 if phase is Phase.REPORT_DELIBERATION else 2 * BACK


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

"""The usual course of a meeting: which part may follow which, and what each step away from it costs.

In: how many items the agenda has. Out: the states a meeting can be in, what it costs to begin and to end in each, and to go
from one to another. Costs are nats. Steps that every meeting takes are cheap, since they must come somewhere and only the
place is in question; what would leave an item out altogether is dear, because an agenda is worked off; nothing is
impossible, because real chairs skip, go back and handle items together.

Three memories are part of a state: a recess knows where it interrupted; who has gone back to decide earlier items at the
end (``again``) has been through all of them; and the first sentence of an explanation (``fresh``) is hardly all of it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from pipeline.terms import Phase

Floats = npt.NDArray[np.float64]

ORDER = (Phase.EXPLANATION, Phase.QUESTIONS, Phase.DELIBERATION, Phase.REPORT_DELIBERATION)
# From one phase of an item to a later one.
FORWARD = {
    (Phase.EXPLANATION, Phase.QUESTIONS): 2.0,
    (Phase.EXPLANATION, Phase.DELIBERATION): 4.0,
    (Phase.EXPLANATION, Phase.REPORT_DELIBERATION): 4.0,
    (Phase.QUESTIONS, Phase.DELIBERATION): 2.5,
    (Phase.QUESTIONS, Phase.REPORT_DELIBERATION): 3.0,
    (Phase.DELIBERATION, Phase.REPORT_DELIBERATION): 2.5,
}
BACK = 8.0  # from a phase to an earlier one of the same item
# From an item to whatever comes after it, by the phase that it ends with.
LEAVE = {Phase.EXPLANATION: 7.0, Phase.QUESTIONS: 3.0, Phase.DELIBERATION: 3.0, Phase.REPORT_DELIBERATION: 2.0}
# ... and by the phase that the next begins with: usually its explanation; its questions where both were explained together.
ARRIVE = {Phase.EXPLANATION: 0.0, Phase.QUESTIONS: 4.0, Phase.DELIBERATION: 5.0, Phase.REPORT_DELIBERATION: 5.0}
LEFT_OUT = 8.0  # each item of which nothing would have been heard
EARLIER_ITEM = 12.0
TO_DECIDE_AGAIN = 5.0  # after the last item, back to what is decided for all at the end
BEGIN, UNOPENED = 1.0, 4.0  # the first item after an opening; without one
NO_CLOSING = 2.0
LEAVE_CLOSING = 14.0
REOPEN = 16.0
RECESS, RESUME = 4.0, 2.0
TOO_SHORT = 4.0  # an explanation of one sentence
NEVER = 40.0


@dataclass(frozen=True)
class State:
    """``item`` None: outside the agenda, or the only item where there is no agenda."""

    item: int | None
    phase: Phase
    paused: bool = False
    again: bool = False
    fresh: bool = False


OPENING, CLOSING = State(None, Phase.OPENING), State(None, Phase.CLOSING)


def states(items: int) -> list[State]:
    """Without an agenda there is one item without a number, which may begin again."""
    numbers = range(items) if items else (None,)
    talked = [State(item, phase) for item in numbers for phase in ORDER]
    fresh = [State(item, Phase.EXPLANATION, fresh=True) for item in numbers]
    again = [State(item, Phase.REPORT_DELIBERATION, again=True) for item in range(items - 1)]
    middle = [*talked, *again]
    return [OPENING, *fresh, *middle, *(replace(state, paused=True) for state in middle), CLOSING]


def costs(known: list[State], items: int, together: frozenset[int] = frozenset()) -> tuple[Floats, Floats, Floats]:
    """Of beginning in each state (n,), of each step (n, n), of ending in each (n,).

    ``together``: items that are explained and discussed with the one before them (一括); they are only decided alone.
    """
    begin = np.array([_beginning(state) for state in known])
    steps = np.array([[_step(before, after, items, together) for after in known] for before in known])
    end = np.array([0.0 if state == CLOSING else NO_CLOSING + _left_out(state, items, together) for state in known])
    if together:
        alone = [s.item in together and s.phase is not Phase.REPORT_DELIBERATION and not s.paused for s in known]
        steps[:, alone] += NEVER
        begin[alone] += NEVER
    return begin, steps, end


def _beginning(state: State) -> float:
    if state == OPENING:
        return 0.0
    if state.paused or state.again or state == CLOSING or _unfreshened(state):
        return REOPEN
    return UNOPENED + ARRIVE[state.phase] + LEFT_OUT * (state.item or 0)


def _unfreshened(state: State) -> bool:
    """An explanation that is not at its first sentence."""
    return state.phase is Phase.EXPLANATION and not state.fresh


def _step(before: State, after: State, items: int, together: frozenset[int]) -> float:
    if before.fresh:
        if after.fresh:
            return NEVER
        settled = replace(before, fresh=False)
        return 0.0 if after == settled else TOO_SHORT + _step(settled, after, items, together)
    if before == after:
        return 0.0
    if _unfreshened(after) and not after.paused and not (before.paused and replace(before, paused=False) == after):
        return NEVER
    if after.paused or before.paused:
        return _recess(before, after, items, together)
    if before == CLOSING:
        return LEAVE_CLOSING
    if after == OPENING:
        return REOPEN
    if after == CLOSING:
        return (REOPEN if before == OPENING else LEAVE[before.phase]) + _left_out(before, items, together)
    if before == OPENING:
        return REOPEN if after.again else BEGIN + ARRIVE[after.phase] + LEFT_OUT * (after.item or 0)
    return _between(before, after, items, together)


def _between(before: State, after: State, items: int, together: frozenset[int]) -> float:
    """From one part of an item to another, of the same or another item."""
    item, next_item = before.item or 0, after.item or 0
    if before.again or after.again:
        if before.again and after.again:
            return LEAVE[before.phase] if next_item > item else EARLIER_ITEM
        if after.again and item == items - 1:
            return TO_DECIDE_AGAIN
        last = before.again and next_item == items - 1 and after.phase is Phase.REPORT_DELIBERATION
        return LEAVE[before.phase] if last else EARLIER_ITEM + LEFT_OUT
    if item == next_item:
        if before.item is None and after.phase is Phase.EXPLANATION:
            return LEAVE[before.phase]  # no agenda: the next item, as far as anybody knows
        return FORWARD.get((before.phase, after.phase), BACK)
    if next_item < item:
        return EARLIER_ITEM + ARRIVE[after.phase]
    between = set(range(item + 1, next_item)) - together
    if after.phase is Phase.REPORT_DELIBERATION and not between and next_item in together:
        return FORWARD.get((before.phase, after.phase), LEAVE[before.phase])
    return LEAVE[before.phase] + ARRIVE[after.phase] + LEFT_OUT * len(between)


def _recess(before: State, after: State, items: int, together: frozenset[int]) -> float:
    """Into a recess only from where it interrupts; out of it to the same place, or to what would come next."""
    if after.paused:
        return RECESS if not before.paused and replace(after, paused=False) == before else NEVER
    here = replace(before, paused=False)
    return RESUME if after == here else RESUME + _step(here, after, items, together)


def _left_out(state: State, items: int, together: frozenset[int]) -> float:
    """Of the items after this one, if nothing more were heard."""
    if state == OPENING:
        return LEFT_OUT * len(set(range(items)) - together)
    if state.item is None or state.again:
        return 0.0
    return LEFT_OUT * len(set(range(state.item + 1, items)) - together)

"""The lawful order of a meeting: the states it can be in, and what each step away from one costs.

In: the agenda, as the kind of each item, and a table of costs. Out: the states, what it costs to begin and to end in each,
and to go from one to another. Costs are nats and have names, so that they can be learnt (``section_weights``); the values
here were set by hand and are what learning starts from and is held to. Steps that every meeting takes are cheap, since
they must come somewhere and only the place is in question; what would leave an item out altogether is dear, because an
agenda is worked off; nothing is impossible, because real chairs skip, go back and handle items together.

Three memories are part of a state: a recess knows where it interrupted; who has gone back to decide earlier items at the
end (``again``) has been through all of them; and the first sentence of an explanation (``fresh``) is hardly all of it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from pipeline.schema import AgendaItem
from pipeline.terms import Phase

Floats = npt.NDArray[np.float64]
Costs = Counter[str]  # how often each named cost is paid

ORDER = (Phase.EXPLANATION, Phase.QUESTIONS, Phase.DELIBERATION, Phase.REPORT_DELIBERATION)
NEVER = 40.0
REPORT = "報告"
TABLE: dict[str, float] = {
    # from one phase of an item to a later one; to an earlier one
    "説明>質疑": 2.0, "説明>審議": 4.0, "説明>答申審議": 4.0, "質疑>審議": 2.5, "質疑>答申審議": 3.0, "審議>答申審議": 2.5,
    "back": 8.0,
    # from an item to whatever comes after it, by the phase that it ends with
    "leave 説明": 7.0, "leave 質疑": 3.0, "leave 審議": 3.0, "leave 答申審議": 2.0,
    # ... and by the phase that the next begins with: usually its explanation; its questions where both were explained together
    "arrive 説明": 0.0, "arrive 質疑": 4.0, "arrive 審議": 5.0, "arrive 答申審議": 5.0,
    "left out": 8.0,  # each item of which nothing would have been heard
    "earlier item": 12.0,
    "decide again": 5.0,  # after the last item, back to what is decided for all at the end
    "begin": 1.0, "unopened": 4.0,  # the first item after an opening; without one
    "no closing": 2.0, "leave closing": 14.0, "reopen": 16.0,
    "recess": 4.0, "resume": 2.0,
    "too short": 4.0,  # an explanation of one sentence
    "never": NEVER,
}  # fmt: skip


@dataclass(frozen=True)
class State:
    """``item`` None: outside the agenda, or the only item where there is no agenda."""

    item: int | None
    phase: Phase
    paused: bool = False
    again: bool = False
    fresh: bool = False

    @property
    def place(self) -> Phase:
        """The phase that a sentence in this state belongs to."""
        return Phase.RECESS if self.paused else self.phase


OPENING, CLOSING = State(None, Phase.OPENING), State(None, Phase.CLOSING)


@dataclass(frozen=True)
class Paid:
    """Named costs of beginning in each state, of each step, of ending in each; what is not there is free."""

    begin: tuple[Costs, ...]
    steps: tuple[tuple[Costs, ...], ...]
    end: tuple[Costs, ...]


def states(items: int) -> list[State]:
    """Without an agenda there is one item without a number, which may begin again."""
    numbers = range(items) if items else (None,)
    talked = [State(item, phase) for item in numbers for phase in ORDER]
    fresh = [State(item, Phase.EXPLANATION, fresh=True) for item in numbers]
    again = [State(item, Phase.REPORT_DELIBERATION, again=True) for item in range(items - 1)]
    middle = [*talked, *again]
    return [OPENING, *fresh, *middle, *(replace(state, paused=True) for state in middle), CLOSING]


def kinds(agenda: Sequence[AgendaItem]) -> tuple[str, ...]:
    """Of each item "報告" or nothing: reports are heard and not decided."""
    return tuple(REPORT if REPORT in item.label or item.title.endswith(REPORT) else "" for item in agenda)


def price(paid: Costs, table: Mapping[str, float]) -> float:
    """Nats. A cost for reports (``leave 質疑/報告``) that the table does not have is that of any item."""
    return sum(times * table.get(name, table.get(name.partition("/")[0], 0.0)) for name, times in paid.items())


def costs(
    known: list[State], agenda: tuple[str, ...], together: frozenset[int], table: Mapping[str, float]
) -> tuple[Floats, Floats, Floats]:
    """Of beginning in each state (n,), of each step (n, n), of ending in each (n,)."""
    paid = named(known, agenda, together)
    return (
        np.array([price(cost, table) for cost in paid.begin]),
        np.array([[price(cost, table) for cost in row] for row in paid.steps]),
        np.array([price(cost, table) for cost in paid.end]),
    )


def named(known: list[State], agenda: tuple[str, ...], together: frozenset[int] = frozenset()) -> Paid:
    """``agenda``: the kind of each item. ``together``: items that are explained and discussed with the one before them
    (一括); they are only decided alone."""
    rules = _Rules(agenda, together)
    alone = [s.item in together and s.phase is not Phase.REPORT_DELIBERATION and not s.paused for s in known]
    never = [Counter({"never": 1}) if is_alone else Counter[str]() for is_alone in alone]
    return Paid(
        tuple(rules.beginning(state) + extra for state, extra in zip(known, never, strict=True)),
        tuple(
            tuple(rules.step(before, after) + extra for after, extra in zip(known, never, strict=True)) for before in known
        ),
        tuple(rules.ending(state) for state in known),
    )


@dataclass(frozen=True)
class _Rules:
    agenda: tuple[str, ...]
    together: frozenset[int]

    def beginning(self, state: State) -> Costs:
        if state == OPENING:
            return Counter()
        if state.paused or state.again or state == CLOSING or _unfreshened(state):
            return Counter({"reopen": 1})
        return Counter({"unopened": 1, "left out": state.item or 0, **self._arrive(state)})

    def ending(self, state: State) -> Costs:
        return Counter() if state == CLOSING else Counter({"no closing": 1, "left out": self._left_out(state)})

    def step(self, before: State, after: State) -> Costs:
        if before.fresh:
            if after.fresh:
                return Counter({"never": 1})
            settled = replace(before, fresh=False)
            return Counter() if after == settled else Counter({"too short": 1}) + self.step(settled, after)
        if before == after:
            return Counter()
        if _unfreshened(after) and not after.paused and not (before.paused and replace(before, paused=False) == after):
            return Counter({"never": 1})
        if after.paused or before.paused:
            return self._recess(before, after)
        if before == CLOSING:
            return Counter({"leave closing": 1})
        if after == OPENING or (before == OPENING and (after == CLOSING or after.again)):
            return Counter({"reopen": 1, "left out": self._left_out(before) if after == CLOSING else 0})
        if after == CLOSING:
            return self._leave(before) + Counter({"left out": self._left_out(before)})
        if before == OPENING:
            return Counter({"begin": 1, "left out": after.item or 0}) + self._arrive(after)
        return self._between(before, after)

    def _between(self, before: State, after: State) -> Costs:
        """From one part of an item to another, of the same or another item."""
        item, next_item = before.item or 0, after.item or 0
        if before.again or after.again:
            if before.again and after.again:
                return self._leave(before) if next_item > item else Counter({"earlier item": 1})
            if after.again and item == len(self.agenda) - 1:
                return Counter({"decide again": 1})
            last = before.again and next_item == len(self.agenda) - 1 and after.phase is Phase.REPORT_DELIBERATION
            return self._leave(before) if last else Counter({"earlier item": 1, "left out": 1})
        if item == next_item:
            if before.item is None and after.phase is Phase.EXPLANATION:
                return self._leave(before)  # no agenda: the next item, as far as anybody knows
            return self._forward(before, after)
        if next_item < item:
            return Counter({"earlier item": 1}) + self._arrive(after)
        between = set(range(item + 1, next_item)) - self.together
        if after.phase is Phase.REPORT_DELIBERATION and not between and next_item in self.together:
            return self._forward(before, after) if before.phase is not after.phase else self._leave(before)
        return self._leave(before) + self._arrive(after) + Counter({"left out": len(between)})

    def _recess(self, before: State, after: State) -> Costs:
        """Into a recess only from where it interrupts; out of it to the same place, or to what would come next."""
        if after.paused:
            entered = not before.paused and replace(after, paused=False) == before
            return Counter({"recess": 1}) if entered else Counter({"never": 1})
        here = replace(before, paused=False)
        return Counter({"resume": 1}) + (Counter() if after == here else self.step(here, after))

    def _forward(self, before: State, after: State) -> Costs:
        name = f"{before.phase}>{after.phase}"
        return Counter({name + self._kind(before): 1} if name in TABLE else {"back": 1})

    def _leave(self, state: State) -> Costs:
        return Counter({f"leave {state.phase}{self._kind(state)}": 1})

    def _arrive(self, state: State) -> Costs:
        return Counter({f"arrive {state.phase}{self._kind(state)}": 1})

    def _kind(self, state: State) -> str:
        kind = self.agenda[state.item] if state.item is not None else ""
        return f"/{kind}" if kind else ""

    def _left_out(self, state: State) -> int:
        """How many items after this one, if nothing more were heard."""
        every = set(range(len(self.agenda)))
        if state == OPENING:
            return len(every - self.together)
        if state.item is None or state.again:
            return 0
        return len(set(range(state.item + 1, len(self.agenda))) - self.together)


def _unfreshened(state: State) -> bool:
    """An explanation that is not at its first sentence."""
    return state.phase is Phase.EXPLANATION and not state.fresh

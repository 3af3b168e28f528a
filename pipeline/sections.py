"""Which part of the meeting is this: every sentence gets an agenda item and a phase, decided over the whole meeting.

In: turns, speakers with roles, the meeting file. Out: the turns, cut where a part begins in the middle of one, and the
sections that hold them. A Viterbi pass over (item, phase) states: each sentence fits some parts better than others;
entering a part costs, and what is announced just there pays for it; the usual order (説明 → 質疑 → 審議 → 答申審議, item after
item) makes other steps dear but none impossible, because real chairs skip, go back and handle items together. A recess
remembers where it interrupted. What the evidence counts is learnt (``structure/section_weights.py``).
"""

from __future__ import annotations

from dataclasses import replace
from itertools import groupby

import numpy as np

from pipeline.schema import Meeting, Section, Speaker, Turn
from pipeline.structure import section_order, section_scores, section_weights
from pipeline.structure.section_evidence import collect, handled_together
from pipeline.structure.section_order import State
from pipeline.structure.section_scores import Evidence, Scores
from pipeline.structure.section_weights import PHASES, Weights
from pipeline.terms import Phase

Floats = section_scores.Floats
Place = tuple[int | None, Phase]


def divide(
    turns: tuple[Turn, ...], speakers: tuple[Speaker, ...], meeting: Meeting
) -> tuple[tuple[Turn, ...], tuple[Section, ...]]:
    """Turns (renumbered where one was cut) and sections in time order, covering each turn once."""
    units = collect(turns, speakers, meeting)
    if not units:
        return turns, ()
    evidence = section_scores.weigh(units, len(meeting.agenda))
    places = decode(evidence, section_order.kinds(meeting.agenda), handled_together(units), section_weights.learnt())
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


def decode(evidence: Evidence, agenda: tuple[str, ...], together: frozenset[int], weights: Weights) -> list[Place]:
    """The best path through (unit x state). ``agenda``: the kind of each item; ``together``: items taken up with the one
    before them."""
    known = section_order.states(len(agenda))
    begin, steps, end = section_order.costs(known, agenda, together, weights.costs)
    scores = section_scores.scores(evidence, weights)
    fitting = standing(scores, known)
    place = [PHASES.index(state.place) for state in known]
    changes, other_item = step_kinds(known)
    total = fitting[0] - begin
    back = np.zeros((len(fitting), len(known)), dtype=np.int64)
    for n in range(1, len(fitting)):
        reached = total[:, None] - steps + other_item * scores.other_item[n] + changes * scores.beginning[n, place]
        back[n] = reached.argmax(axis=0)
        total = reached.max(axis=0) + fitting[n]
    path = [int((total - end).argmax())]
    for n in range(len(fitting) - 1, 0, -1):
        path.append(int(back[n, path[-1]]))
    return [(None if known[k].paused else known[k].item, known[k].place) for k in reversed(path)]


def standing(scores: Scores, known: list[State]) -> Floats:
    """(units, states): what each sentence is worth in each state."""
    items = np.hstack([scores.items, np.zeros((len(scores.items), 1))])  # the last column: no item
    return (
        scores.standing[:, [PHASES.index(s.place) for s in known]]
        + items[:, [-1 if s.item is None else s.item for s in known]]
    )


def step_kinds(known: list[State]) -> tuple[Floats, Floats]:
    """(states, states) of 0 and 1: where a part begins, where another item is gone over to."""
    begins = np.array([[_begins(before, after) for after in known] for before in known], dtype=np.float64)
    changes = np.array([[_changes_item(before, after) for after in known] for before in known], dtype=np.float64)
    return begins, changes


def _begins(before: State, after: State) -> bool:
    """Whether a part begins that somebody would announce: a recess just ends."""
    return not before.paused and replace(before, fresh=False) != replace(after, fresh=False)


def _changes_item(before: State, after: State) -> bool:
    return before.item != after.item and not (before.paused or after.paused)


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

"""Errors in the structure: who speaks as what, which part of the meeting it is, where parts begin, what was decided.

Turns of the two sides differ in number and in times (a transcript may have none that mean anything), so they are
compared by characters: each character of the reference looks up the turn that its counterpart in the hypothesis belongs
to (``letters.counterparts``) and is right when that turn has the right role or place. A long speech so weighs what it
weighs to a reader, and what the recogniser left out is judged by the turn around it.

A boundary is where item or phase changes from one turn to the next. One of the hypothesis is right when the reference
has one within one turn, each used once. Inside a joint block of several items, any way to divide it is right.
"""

from __future__ import annotations

import itertools
from bisect import bisect_right

from pipeline.schema import Record
from pipeline.scoring.letters import counterparts, folded, plain
from pipeline.scoring.sides import Result, SpokenTurn

TOLERANCE_TURNS = 1


class Structure(Record):
    """Shares of the reference's characters (without punctuation and fillers), and of the boundaries.

    ``placement``: item and phase both right. The three about boundaries are None where neither side has one.
    """

    role: float
    item: float
    phase: float
    placement: float
    boundary_precision: float | None
    boundary_recall: float | None
    boundary_f1: float | None


class Decided(Record):
    """Decisions of the reference by what became of them. ``wrong`` is a result nobody decided: the worst error."""

    right: int
    missing: int
    wrong: int


def structure(reference: tuple[SpokenTurn, ...], hypothesis: tuple[SpokenTurn, ...]) -> Structure | None:
    """None where one side says nothing."""
    reference, said = _speaking(reference)
    hypothesis, heard = _speaking(hypothesis)
    places = counterparts("".join(said), "".join(heard))
    heard_starts = _starts(heard)
    if not places or places[0] is None:
        return None
    total = role = item = phase = placement = 0
    said_turns = [turn for turn, text in zip(reference, said, strict=True) for _ in text]
    for truth, place in zip(said_turns, places, strict=True):
        assert place is not None  # either all places are known or none
        found = hypothesis[bisect_right(heard_starts, place) - 1]
        total += 1
        role += found.role == truth.role
        item += truth.allows(found.item, truth.phase)
        phase += found.phase == truth.phase
        placement += truth.allows(found.item, found.phase)
    precision, recall, f1 = _boundary_scores(reference, hypothesis, said, heard)
    return Structure(
        role=role / total,
        item=item / total,
        phase=phase / total,
        placement=placement / total,
        boundary_precision=precision,
        boundary_recall=recall,
        boundary_f1=f1,
    )


def decided(reference: tuple[Result, ...], hypothesis: tuple[Result, ...]) -> Decided:
    """Results are right when they are the same characters (after folding width and spaces)."""
    truth = {r.item: folded(r.result) if r.result else None for r in reference}
    found = {r.item: folded(r.result) if r.result else None for r in hypothesis}
    right = sum(result == found.get(item) for item, result in truth.items())
    wrong = sum(result is not None and result != truth.get(item) for item, result in found.items())
    missing = sum(result is not None and found.get(item) is None for item, result in truth.items())
    return Decided(right=right, missing=missing, wrong=wrong)


def _speaking(turns: tuple[SpokenTurn, ...]) -> tuple[tuple[SpokenTurn, ...], list[str]]:
    """Turns with characters to compare, and these: a failed chunk or a mere filler has no place in a text."""
    pairs = [(turn, text) for turn in turns if (text := plain(turn.text))]
    return tuple(turn for turn, _ in pairs), [text for _, text in pairs]


def _starts(texts: list[str]) -> list[int]:
    """Where each turn begins in the joined text."""
    return list(itertools.accumulate((len(text) for text in texts[:-1]), initial=0))


def _boundary_scores(
    reference: tuple[SpokenTurn, ...], hypothesis: tuple[SpokenTurn, ...], said: list[str], heard: list[str]
) -> tuple[float | None, float | None, float | None]:
    back = counterparts("".join(heard), "".join(said))  # for each character heard, one that was said
    said_starts, heard_starts = _starts(said), _starts(heard)
    truth = [i for i in range(1, len(reference)) if _key(reference[i - 1]) != _key(reference[i])]
    found = []
    for i in range(1, len(hypothesis)):
        before, after = hypothesis[i - 1], hypothesis[i]
        if (before.item, before.phase) == (after.item, after.phase):
            continue
        place = back[heard_starts[i]]
        assert place is not None  # structure() has seen that the texts meet
        turn = bisect_right(said_starts, place) - 1
        if not _divides_joint_block(reference[turn], before, after):
            found.append(turn)
    hits = matches(truth, found)
    if not truth and not found:
        return None, None, None
    precision = hits / len(found) if found else None
    recall = hits / len(truth) if truth else None
    return precision, recall, 2 * hits / (len(truth) + len(found))


def _key(turn: SpokenTurn) -> tuple[object, ...]:
    return (turn.items or turn.item, turn.phase)


def _divides_joint_block(truth: SpokenTurn, before: SpokenTurn, after: SpokenTurn) -> bool:
    return bool(truth.items) and all(truth.allows(turn.item, turn.phase) for turn in (before, after))


def matches(truth: list[int], found: list[int]) -> int:
    """The most pairs within the tolerance, each used once. Both ascend, so taking the earliest that fits is best."""
    hits = i = j = 0
    while i < len(truth) and j < len(found):
        if abs(truth[i] - found[j]) <= TOLERANCE_TURNS:
            hits, i, j = hits + 1, i + 1, j + 1
        elif truth[i] < found[j]:
            i += 1
        else:
            j += 1
    return hits

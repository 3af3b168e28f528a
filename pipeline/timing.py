"""Between what is written and what was said when: any stretch of a turn's text leads to its audio, and back.

In: a turn and a range of its ``written`` or ``spoken``. Out: the range of the other, or its time. The changes of 整文 say which
characters became which, so nothing has to be guessed; what a rule rewrote as a whole is one stretch.
"""

from __future__ import annotations

import bisect
import itertools

from pipeline.schema import Turn
from pipeline.style import applied

Stretch = tuple[int, int, int, int, bool]  # written from, to, spoken from, to, rewritten


def is_traced(turn: Turn) -> bool:
    """Whether words and changes lead to ``written``; after editing by hand they do not."""
    return applied(turn.spoken, turn.changes) == turn.written and "".join(w.text for w in turn.words) == turn.spoken


def spoken_range(turn: Turn, start: int, end: int) -> tuple[int, int]:
    """``spoken[a:b]`` behind ``written[start:end]``; deleted words beside the range do not belong to it."""
    a, b = len(turn.spoken), 0
    for written_from, written_to, spoken_from, spoken_to, rewritten in stretches(turn):
        if written_from < max(end, start + 1) and start < written_to:
            first = spoken_from if rewritten else spoken_from + max(0, start - written_from)
            last = spoken_to if rewritten else spoken_to - max(0, written_to - end)
            a, b = min(a, first), max(b, last)
    return (a, b) if a <= b else (0, len(turn.spoken))


def written_range(turn: Turn, start: int, end: int) -> tuple[int, int] | None:
    """``written[a:b]`` that came of ``spoken[start:end]``; None where nothing of it is left."""
    a, b = len(turn.written), 0
    for written_from, written_to, spoken_from, spoken_to, rewritten in stretches(turn):
        if spoken_from < end and start < spoken_to and written_from < written_to:
            first = written_from if rewritten else written_from + max(0, start - spoken_from)
            last = written_to if rewritten else written_to - max(0, spoken_to - end)
            a, b = min(a, first), max(b, last)
    return (a, b) if a < b else None


def audio_ms(turn: Turn, start: int, end: int) -> tuple[int, int]:
    """When ``written[start:end]`` was said; the whole turn where no words with times lead to it."""
    if not turn.words or not is_traced(turn):
        return turn.start_ms, turn.end_ms
    a, b = spoken_range(turn, start, end)
    ends = list(itertools.accumulate(len(word.text) for word in turn.words))
    first = min(bisect.bisect_right(ends, a), len(ends) - 1)
    last = min(bisect.bisect_left(ends, max(b, a + 1)), len(ends) - 1)
    said = turn.words[first : last + 1]
    return min(word.start_ms for word in said), max(word.end_ms for word in said)


def stretches(turn: Turn) -> list[Stretch]:
    """(written from, to, spoken from, to, rewritten) in order, covering both texts."""
    result = []
    spoken_at = written_at = 0
    for change in turn.changes:
        kept = change.start - spoken_at
        result.append((written_at, written_at + kept, spoken_at, change.start, False))
        written_at += kept
        result.append((written_at, written_at + len(change.after), change.start, change.end, True))
        written_at += len(change.after)
        spoken_at = change.end
    rest = len(turn.spoken) - spoken_at
    result.append((written_at, written_at + rest, spoken_at, len(turn.spoken), False))
    return result

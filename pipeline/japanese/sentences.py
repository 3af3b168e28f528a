"""Turns to sentences: the unit in which a meeting changes course, often in the middle of a turn.

In: a turn's words. Out: stretches of words that end at a 。 or before a pause; recognisers forget the 。 more often than
speakers forget the pause.
"""

from __future__ import annotations

from pipeline.schema import Turn

STOPS = "。？！?!"
PAUSE_MS = 700
MIN_CHARS = 4  # a pause after fewer characters is a hesitation


def bounds(turn: Turn) -> list[tuple[int, int]]:
    """``[begin, end)`` word indices of each sentence; one empty sentence for a turn without words."""
    result: list[tuple[int, int]] = []
    begin = chars = 0
    for i, word in enumerate(turn.words):
        chars += len(word.text)
        last = i + 1 == len(turn.words)
        paused = not last and turn.words[i + 1].start_ms - word.end_ms >= PAUSE_MS and chars >= MIN_CHARS
        if last or paused or word.text.endswith(tuple(STOPS)):
            result.append((begin, i + 1))
            begin, chars = i + 1, 0
    return result or [(0, 0)]


def texts(turn: Turn) -> list[str]:
    return ["".join(word.text for word in turn.words[a:b]) for a, b in bounds(turn)]

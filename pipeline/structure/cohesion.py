"""Where the talk turns to something else: how little the words before a sentence have in common with those after it.

In: sentences. Out: one number per sentence, high where a new subject begins. Needs no cue: the chair who only says 「次いきます」
is followed by other nouns. After Hearst's TextTiling (1997), with the readings of nouns, weighted by how rare they are.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy.ndimage import maximum_filter1d

Floats = npt.NDArray[np.float64]

WINDOW = 14  # sentences on either side
VAGUE = 5  # sentences by which the place may be wrong: other evidence tells it better
CLEAREST = 2.0  # a break is worth no more than this many standard deviations


def breaks(words: Sequence[Sequence[str]]) -> Floats:
    """(n,) for n sentences given as their content words: standard deviations above the usual, cut at ±``CLEAREST``."""
    found = np.zeros(len(words))
    if len(words) < 2 * WINDOW:
        return found
    inner = slice(WINDOW // 2, len(words) - WINDOW // 2 + 1)  # where both sides say enough
    alike = likeness(words)[inner]
    spread = float(alike.std())
    if spread > 1e-9:
        clear = np.clip((alike.mean() - alike) / spread, -CLEAREST, CLEAREST)
        found[inner] = maximum_filter1d(clear, 2 * VAGUE + 1, mode="nearest")
    return found


def likeness(words: Sequence[Sequence[str]]) -> Floats:
    """(n,) cosines of the ``WINDOW`` sentences before each with those from it on."""
    n = len(words)
    in_sentences = Counter(word for sentence in words for word in set(sentence))
    rarity = {word: math.log(n / count) for word, count in in_sentences.items()}
    before: defaultdict[str, float] = defaultdict(float)
    after: defaultdict[str, float] = defaultdict(float)

    def count(side: defaultdict[str, float], i: int, times: int) -> None:
        for word in words[i] if 0 <= i < n else ():
            side[word] += times * rarity[word]

    for i in range(WINDOW):
        count(after, i, 1)
    found = np.zeros(n)
    for i in range(1, n):
        count(before, i - 1, 1)
        count(before, i - 1 - WINDOW, -1)
        count(after, i - 1, -1)
        count(after, i - 1 + WINDOW, 1)
        found[i] = _cosine(before, after)
    return found


def _cosine(a: dict[str, float], b: dict[str, float]) -> float:
    dot = sum(weight * b.get(word, 0.0) for word, weight in a.items())
    lengths = math.sqrt(sum(w * w for w in a.values()) * sum(w * w for w in b.values()))
    return dot / lengths if lengths > 1e-9 else 0.0

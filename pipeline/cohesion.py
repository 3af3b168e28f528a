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

WINDOW = 14  # sentences on either side
CLEAREST = 2.0  # a break is worth no more than this many standard deviations


def breaks(words: Sequence[Sequence[str]]) -> npt.NDArray[np.float64]:
    """(n,) for n sentences given as their content words: standard deviations above the usual, cut at ±``CLEAREST``."""
    n = len(words)
    found = np.zeros(n)
    if n < 2 * WINDOW:
        return found
    in_sentences = Counter(word for sentence in words for word in set(sentence))
    rarity = {word: math.log(n / count) for word, count in in_sentences.items()}
    before: defaultdict[str, float] = defaultdict(float)
    after: defaultdict[str, float] = defaultdict(float)

    def count(side: defaultdict[str, float], sentence: Sequence[str], times: int) -> None:
        for word in sentence:
            side[word] += times * rarity[word]

    for sentence in words[:WINDOW]:
        count(after, sentence, 1)
    likeness = np.ones(n)
    for i in range(1, n):
        count(before, words[i - 1], 1)
        count(after, words[i - 1], -1)
        if i - 1 - WINDOW >= 0:
            count(before, words[i - 1 - WINDOW], -1)
        if i - 1 + WINDOW < n:
            count(after, words[i - 1 + WINDOW], 1)
        if WINDOW // 2 <= i <= n - WINDOW // 2:
            likeness[i] = _cosine(before, after)
    inner = likeness[WINDOW // 2 : n - WINDOW // 2 + 1]
    spread = float(inner.std())
    if spread < 1e-9:
        return found
    found[WINDOW // 2 : n - WINDOW // 2 + 1] = np.clip((inner.mean() - inner) / spread, -CLEAREST, CLEAREST)
    return found


def _cosine(a: dict[str, float], b: dict[str, float]) -> float:
    dot = sum(weight * b.get(word, 0.0) for word, weight in a.items())
    lengths = math.sqrt(sum(w * w for w in a.values()) * sum(w * w for w in b.values()))
    return dot / lengths if lengths > 1e-9 else 0.0

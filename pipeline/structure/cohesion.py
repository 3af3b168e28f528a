"""Where the talk turns to something else: how little the words before a sentence have in common with those after it.

In: sentences. Out: one number per sentence, high where a new subject begins. Needs no cue: the chair who only says 「次いきます」
is followed by other nouns. After Hearst's TextTiling (1997), with the readings of nouns, weighted by how rare they are.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy import sparse
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
    column = {word: k for k, word in enumerate(in_sentences)}
    rarity = np.array([math.log(n / count) for count in in_sentences.values()])
    row = [i for i, sentence in enumerate(words) for _ in sentence]
    said = [column[word] for sentence in words for word in sentence]
    bags = sparse.csr_array((rarity[said], (row, said)), shape=(n, len(column)))
    before = sparse.diags_array(np.ones(WINDOW), offsets=-np.arange(1, WINDOW + 1), shape=(n, n)) @ bags
    after = sparse.diags_array(np.ones(WINDOW), offsets=np.arange(WINDOW), shape=(n, n)) @ bags
    lengths = np.sqrt(before.power(2).sum(axis=1) * after.power(2).sum(axis=1))
    dots = (before * after).sum(axis=1)
    alike: Floats = np.divide(dots, lengths, out=np.zeros(n), where=lengths > 1e-9)
    return alike

"""One set of speakers out of several windows: labels of each window mapped to labels of the whole recording.

In: per window, the speakers' embeddings, how long each talks, and how much of what each says in the overlap was given to
each of the speakers known so far. Out: the recording's speaker for each of the window's. Embeddings say who sounds alike,
the overlap says who is at the same place in it; both go into one assignment, in which two speakers of a window never
become the same one unless the number of speakers leaves no other way.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment

# Cosine under which two voices are not taken for one. pyannote's own thresholds correspond to 0.75 between groups of one
# recording; here it is lower, because a voice may change in an hour, but not much: one speaker too many is easily seen
# and corrected, two taken for one are not.
ALIKE = 0.65
SHARED = 0.5  # of the overlap speech that two labels share: then they are the same whatever their embeddings say
NEW = -1

Array = npt.NDArray[np.float64]


def match(alike: Array, shared: Array, must: bool = False) -> list[int]:
    """For each of k speakers one of n known ones, or ``NEW``; no known one twice.

    ``alike`` (k, n) are cosines, ``shared`` (k, n) shares 0..1. Of all ways to pair them the one whose pairs are worth
    most in sum, counting only pairs that resemble each other or share the overlap. ``must``: nobody may be new, as long
    as known ones are left.
    """
    worth = alike + shared
    allowed = (alike >= ALIKE) | (shared >= SHARED) | must
    # a pair that is not allowed is worth as little as being new: otherwise it would displace one that is
    gain = worth if must else np.where(allowed, np.maximum(worth, 0.0), 0.0)
    result = [NEW] * len(worth)
    for row, column in zip(*linear_sum_assignment(-gain), strict=True):
        if must or (allowed[row, column] and gain[row, column] > 0):
            result[int(row)] = int(column)
    return result


@dataclass
class Known:
    """The speakers of the recording so far, at most ``limit``: sums of their embeddings weighted by talk time."""

    limit: int | None = None
    sums: list[Array] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.sums)

    def join(self, embeddings: Array, talk_ms: Array, shared: Array) -> list[int]:
        """``embeddings`` (k, D), ``talk_ms`` (k,), ``shared`` (k, known) 0..1; returns the k speakers' indices.

        Who resembles nobody is new. Where ``limit`` leaves no room for all the new ones, those who talk most get it, and
        the others become whom they resemble most.
        """
        alike = self.similarity(embeddings)
        worth = alike + shared
        result = match(alike, shared, must=self._full()) if len(self) else [NEW] * len(embeddings)
        new = [row for row in range(len(result)) if result[row] == NEW]
        for row in sorted(new, key=lambda row: -talk_ms[row]):
            if self._full():
                result[row] = int(worth[row].argmax()) if worth.shape[1] else 0
            else:
                self.sums.append(np.zeros(embeddings.shape[1]))
                result[row] = len(self) - 1
        for row, index in enumerate(result):
            self.sums[index] = self.sums[index] + unit(embeddings[row]) * max(float(talk_ms[row]), 1.0)
        return result

    def similarity(self, embeddings: Array) -> Array:
        """Cosines, shape (k, known)."""
        if not len(self):
            return np.zeros((len(embeddings), 0))
        return unit(embeddings) @ unit(np.stack(self.sums)).T

    def _full(self) -> bool:
        return self.limit is not None and len(self) >= self.limit


def unit(vectors: Array) -> Array:
    """Unit length; a vector without direction (not a number, or zero) becomes zero and resembles nobody."""
    clean = np.nan_to_num(vectors)
    scaled: Array = clean / np.maximum(np.linalg.norm(clean, axis=-1, keepdims=True), 1e-12)
    return scaled

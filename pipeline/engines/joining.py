"""One set of speakers out of several windows: labels of each window mapped to labels of the whole recording.

In: per window, the speakers' embeddings, how long each talks, and how long each of them shares the overlap with each of
the speakers known so far. Out: the recording's speaker for each of the window's. Embeddings say who sounds alike, the
overlap says who is at the same place in it; both go into one assignment, in which no two speakers of a window can become
the same one.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment

ALIKE = 0.5  # cosine under which two voices are not taken for one
SHARED_SHARE = 0.5  # of the overlap speech that two labels must share to be the same whatever their embeddings say

Array = npt.NDArray[np.float64]


@dataclass
class Known:
    """The speakers of the recording so far: mean embeddings weighted by talk time."""

    limit: int | None = None
    sums: list[Array] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.sums)

    def join(self, embeddings: Array, talk_ms: Array, shared: Array) -> list[int]:
        """``embeddings`` (k, D), ``talk_ms`` (k,), ``shared`` (k, known) 0..1; returns the k speakers' indices.

        A speaker that resembles nobody is new, unless ``limit`` speakers are known already.
        """
        alike = self.similarity(embeddings)
        worth = alike + shared
        result = [-1] * len(embeddings)
        if len(self):
            for row, column in zip(*linear_sum_assignment(-worth), strict=True):
                if alike[row, column] >= ALIKE or shared[row, column] >= SHARED_SHARE or self._full():
                    result[row] = int(column)
        for row in range(len(result)):
            if result[row] < 0:
                if self._full() and len(self):
                    result[row] = int(worth[row].argmax())
                else:
                    self.sums.append(np.zeros(embeddings.shape[1]))
                    result[row] = len(self) - 1
            self.sums[result[row]] = self.sums[result[row]] + _unit(embeddings[row]) * max(float(talk_ms[row]), 1.0)
        return result

    def similarity(self, embeddings: Array) -> Array:
        """Cosines, shape (k, known)."""
        if not len(self):
            return np.zeros((len(embeddings), 0))
        return _unit(embeddings) @ _unit(np.stack(self.sums)).T

    def _full(self) -> bool:
        return self.limit is not None and len(self) >= self.limit


def _unit(vectors: Array) -> Array:
    """Unit length; a vector without direction (not a number, or zero) becomes zero and resembles nobody."""
    clean = np.nan_to_num(vectors)
    unit: Array = clean / np.maximum(np.linalg.norm(clean, axis=-1, keepdims=True), 1e-12)
    return unit

"""The learning of what evidence counts: its likelihood against every path written out, its gradient against differences."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.training.chain import forward_backward

NAMES = ("emit", "enter", "other", "price", "first", "last")


def made(
    seed: int, sizes: tuple[int, ...], states: int
) -> tuple[list[np.ndarray], np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    b, n = len(sizes), max(sizes)
    shapes = [(b, n, states), (b, n, states), (b, n), (b, states, states), (b, states), (b, states)]
    worths = [rng.normal(size=shape) for shape in shapes]
    begins = (rng.random((b, states, states)) < 0.6).astype(float)
    changes = begins * (rng.random((b, states, states)) < 0.5)
    allowed = (rng.random((b, n, states)) < 0.6).astype(float)
    allowed[..., 0] = 1.0
    return worths, begins, changes, allowed, np.array(sizes)


def by_all_paths(
    worths: list[np.ndarray], begins: np.ndarray, changes: np.ndarray, allowed: np.ndarray | None, sizes: np.ndarray
) -> float:
    emit, enter, other, price, first, last = worths
    total = 0.0
    for b, n in enumerate(sizes):
        paths = []
        for path in itertools.product(range(emit.shape[2]), repeat=int(n)):
            if allowed is not None and not all(allowed[b, t, s] for t, s in enumerate(path)):
                continue
            worth = first[b, path[0]] + last[b, path[-1]] + sum(emit[b, t, s] for t, s in enumerate(path))
            for t, (i, j) in enumerate(itertools.pairwise(path), start=1):
                worth += price[b, i, j] + begins[b, i, j] * (enter[b, t, j] + changes[b, i, j] * other[b, t])
            paths.append(worth)
        total += math.log(sum(map(math.exp, paths)))
    return total


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000), st.lists(st.integers(1, 4), min_size=1, max_size=3), st.integers(2, 3), st.booleans())
def test_the_likelihood_is_the_sum_over_all_paths(seed: int, sizes: list[int], states: int, restricted: bool) -> None:
    worths, begins, changes, allowed, lengths = made(seed, tuple(sorted(sizes, reverse=True)), states)
    mask = allowed if restricted else None
    log, _ = forward_backward(*worths, begins, changes, mask, lengths)
    assert log == pytest.approx(by_all_paths(worths, begins, changes, mask, lengths))


@pytest.mark.parametrize("which", range(len(NAMES)), ids=NAMES)
def test_the_gradient_is_what_small_differences_show(which: int) -> None:
    worths, begins, changes, allowed, lengths = made(3, (5, 3), 3)
    _, gradients = forward_backward(*worths, begins, changes, allowed, lengths)
    step = 1e-5
    rng = np.random.default_rng(1)
    for _ in range(8):
        at = tuple(int(rng.integers(size)) for size in worths[which].shape)
        logs = []
        for sign in (1, -1):
            moved = [worth.copy() for worth in worths]
            moved[which][at] += sign * step
            logs.append(forward_backward(*moved, begins, changes, allowed, lengths)[0])
        assert gradients[which][at] == pytest.approx((logs[0] - logs[1]) / (2 * step), abs=1e-6)

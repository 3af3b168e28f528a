"""Speakers of windows become speakers of the recording: the best one-to-one pairing of those that may be the same."""

from __future__ import annotations

import itertools

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pipeline.engines.joining import ALIKE, NEW, SHARED, Known, match

Array = npt.NDArray[np.float64]


@st.composite
def tables(draw: st.DrawFn) -> tuple[Array, Array]:
    """Cosines and shared shares of up to four speakers and four known ones."""
    shape = (draw(st.integers(1, 4)), draw(st.integers(1, 4)))
    alike = draw(arrays(float, shape, elements=st.integers(-10, 10).map(lambda tenth: tenth / 10)))
    shared = draw(arrays(float, shape, elements=st.integers(0, 10).map(lambda tenth: tenth / 10)))
    return alike, shared


def best_worth_by_trying_all(alike: Array, shared: Array, must: bool) -> float:
    """The oracle: every way to give each speaker a known one or none."""
    rows, columns = alike.shape
    best = -np.inf
    for choice in itertools.product([NEW, *range(columns)], repeat=rows):
        used = [column for column in choice if column != NEW]
        if len(set(used)) < len(used) or (must and len(used) < min(rows, columns)):
            continue
        pairs = [(row, column) for row, column in enumerate(choice) if column != NEW]
        if must or all(alike[p] >= ALIKE or shared[p] >= SHARED for p in pairs):
            best = max(best, sum(alike[p] + shared[p] for p in pairs))
    return float(best)


# found by search: a pair that is allowed and worth less than nothing must not stand in the way of one worth more
@example(
    (
        np.array([[0, 0, 0, 0], [0, 0, -0.3, 0], [0, 0, -0.7, 0], [0, 0, -0.7, 0]]),
        np.array([[0, 0, 0, 0.5], [0, 0.5, 0.7, 0], [0, 0, 0.5, 0], [0, 0, 0.5, 0]]),
    ),
    False,
)
@given(tables(), st.booleans())
def test_the_pairing_is_one_to_one_and_no_other_is_worth_more(table: tuple[Array, Array], must: bool) -> None:
    alike, shared = table
    found = match(alike, shared, must)
    used = [column for column in found if column != NEW]
    assert len(set(used)) == len(used)
    if must:
        assert len(used) == min(alike.shape)
    pairs = [(row, column) for row, column in enumerate(found) if column != NEW]
    assert must or all(alike[p] >= ALIKE or shared[p] >= SHARED for p in pairs)
    assert sum(alike[p] + shared[p] for p in pairs) == pytest.approx(best_worth_by_trying_all(alike, shared, must))


def test_a_pair_that_is_not_alike_does_not_displace_one_that_is() -> None:
    # in sum 0.45 + 0.85 is more than 0.9 + 0.1, but 0.45 is no resemblance at all
    assert match(np.array([[0.9, 0.45], [0.85, 0.1]]), np.zeros((2, 2))) == [0, NEW]


def test_talking_at_the_same_place_makes_the_same_speaker_although_the_voices_differ() -> None:
    assert match(np.array([[0.2, 0.45]]), np.array([[0.9, 0.0]])) == [0]


def axes(*directions: int) -> Array:
    return np.eye(5)[list(directions)]


def test_windows_in_any_order_of_labels_keep_their_speakers() -> None:
    known = Known()
    assert known.join(axes(0, 1, 2), np.ones(3), np.zeros((3, 0))) == [0, 1, 2]
    assert known.join(axes(2, 0), np.ones(2), np.zeros((2, 3))) == [2, 0]
    assert known.join(axes(3, 1), np.ones(2), np.zeros((2, 3))) == [3, 1]


def test_the_voice_of_a_speaker_is_the_mean_over_the_time_they_talk() -> None:
    known = Known()
    known.join(axes(0), np.array([9000.0]), np.zeros((1, 0)))
    known.join(np.array([[0.6, 0.8, 0, 0, 0]]), np.array([1000.0]), np.zeros((1, 1)))
    assert known.similarity(axes(0))[0, 0] > 0.99


def test_with_a_full_table_nobody_is_new() -> None:
    known = Known(limit=2)
    assert known.join(axes(0, 1), np.ones(2), np.zeros((2, 0))) == [0, 1]
    assert known.join(np.array([[0.1, 0.2, 1, 0, 0]]), np.ones(1), np.zeros((1, 2))) == [1]


def test_the_last_free_place_goes_to_who_talks_most_and_the_others_to_whom_they_resemble() -> None:
    known = Known(limit=2)
    known.join(axes(0), np.ones(1), np.zeros((1, 0)))
    newcomers = np.array([[0.3, 1, 0, 0, 0], [0.2, 0, 1, 0, 0]])
    assert known.join(newcomers, np.array([1000.0, 9000.0]), np.zeros((2, 1))) == [0, 1]


def test_more_speakers_than_the_limit_in_the_first_window_are_still_all_placed() -> None:
    found = Known(limit=2).join(axes(0, 1, 2), np.array([5.0, 1.0, 3.0]), np.zeros((3, 0)))
    assert set(found) == {0, 1} and found[0] != found[2]


@pytest.mark.parametrize("empty", [np.full((1, 5), np.nan), np.zeros((1, 5))])
def test_an_embedding_without_direction_resembles_nobody_and_spoils_nothing(empty: Array) -> None:
    known = Known()
    known.join(axes(0), np.ones(1), np.zeros((1, 0)))
    assert known.join(empty, np.ones(1), np.zeros((1, 1))) == [1]
    assert known.join(axes(0), np.ones(1), np.zeros((1, 2))) == [0]
    assert np.isfinite(known.similarity(axes(0))).all()

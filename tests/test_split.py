"""Chunks meet, cover the recording, and are cut in silences."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import split, wav
from pipeline.protocols import no_progress
from tests.drafts import silence, tone, write_wav

TARGET_MS = 10_000
silences = st.lists(st.tuples(st.integers(0, 200_000), st.integers(300, 5_000)), max_size=30).map(
    lambda pairs: [(a, a + d) for a, d in sorted(pairs)]
)


@given(found=silences, total_ms=st.integers(0, 200_000))
def test_cuts_make_chunks_of_bounded_length(found: list[tuple[int, int]], total_ms: int) -> None:
    edges = [0, *split.cuts(found, total_ms, TARGET_MS), total_ms]
    assert all(a < b for a, b in pairwise(edges)) or total_ms == 0
    assert all(b - a <= TARGET_MS * split.LATEST for a, b in pairwise(edges))


@given(found=silences, total_ms=st.integers(20_000, 200_000))
def test_a_cut_lies_in_a_silence_wherever_one_is_in_reach(found: list[tuple[int, int]], total_ms: int) -> None:
    last = 0
    for cut in split.cuts(found, total_ms, TARGET_MS):
        low, high = last + TARGET_MS * split.EARLIEST, last + TARGET_MS * split.LATEST
        if any(a < high and b > low for a, b in found):
            assert any(a <= cut <= b for a, b in found)
        last = cut


def speech_with_pauses(seed: int = 1) -> np.ndarray:
    rng = np.random.default_rng(seed)
    parts = [silence(0.5)]
    for _ in range(25):
        parts += [tone(float(rng.uniform(0.5, 5))), silence(float(rng.uniform(0.2, 1.2)))]
    audio = np.concatenate(parts)
    return audio + rng.standard_normal(len(audio)).astype(np.float32) * np.float32(0.001)


def test_windows_find_the_same_silences_as_one_pass(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    audio = write_wav(tmp_path / "a.wav", speech_with_pauses())
    threshold = split.threshold_dbfs(audio)
    monkeypatch.setattr(split, "WINDOW_MS", 10_000_000)
    whole = split.silences(audio, threshold, no_progress)
    monkeypatch.setattr(split, "WINDOW_MS", 7_000)
    windowed = split.silences(audio, threshold, no_progress)
    assert len(whole) == len(windowed) > 5
    for (a, b), (c, d) in zip(whole, windowed, strict=True):
        assert abs(a - c) <= split.SEEK_STEP_MS and abs(b - d) <= split.SEEK_STEP_MS


@pytest.mark.parametrize("level", [0.3, 0.01])
def test_the_threshold_follows_the_recording(tmp_path: Path, level: float) -> None:
    audio = write_wav(tmp_path / "a.wav", speech_with_pauses() * np.float32(level / 0.2))
    assert len(split.silences(audio, split.threshold_dbfs(audio), no_progress)) >= 15


def test_chunks_of_a_file_meet_and_cover_it(tmp_path: Path) -> None:
    audio = write_wav(tmp_path / "a.wav", speech_with_pauses())
    told: list[tuple[int, int]] = []
    chunks = split.at_silences(audio, lambda _, done, total: told.append((done, total)), TARGET_MS)
    assert chunks[0].start_ms == 0 and chunks[-1].end_ms == wav.duration_ms(audio)
    assert all(a.end_ms == b.start_ms for a, b in pairwise(chunks))
    assert [c.index for c in chunks] == list(range(len(chunks)))
    assert told[-1][0] == told[-1][1]


@pytest.mark.parametrize("seconds", [0, 0.05, 30])
def test_silence_and_nothing_are_cut_too(tmp_path: Path, seconds: float) -> None:
    audio = write_wav(tmp_path / "a.wav", silence(seconds))
    chunks = split.at_silences(audio, no_progress, TARGET_MS)
    assert chunks[0].start_ms == 0 and chunks[-1].end_ms == int(seconds * 1000)

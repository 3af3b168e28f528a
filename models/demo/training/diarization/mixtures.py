"""Ten-second windows of a meeting from single utterances: turns, pauses, room noise, and who is active when.

In: utterances per speaker (int16, 16 kHz). Out: a wave and its activity at 100 frames a second. Council talk, not a
cocktail party: one at a time, long turns, short pauses, hardly any overlap.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

RATE_HZ = 16_000
FRAMES_PER_S = 100
FILL_S = 0.5  # pauses inside a turn up to this long count as speech, as in a reference by turns
Voices = list[list[npt.NDArray[np.int16]]]
Activity = npt.NDArray[np.bool_]


def active(wave: npt.NDArray[np.float32]) -> Activity:
    """Speech by energy, per frame; short pauses filled."""
    frames = len(wave) // 160
    level = np.sqrt((wave[: frames * 160].reshape(frames, 160) ** 2).mean(1) + 1e-12)
    on = level > 0.03 * np.percentile(level, 95)
    where = np.flatnonzero(on)
    for gap in np.flatnonzero((np.diff(where) > 1) & (np.diff(where) <= FILL_S * FRAMES_PER_S)):
        on[where[gap] : where[gap + 1]] = True
    return np.asarray(on)


def window(rng: np.random.Generator, voices: Voices, seconds: float = 10.0) -> tuple[npt.NDArray[np.float32], Activity]:
    """(n,) float32 and (frames, 3) activity of at most three speakers."""
    n, frames = int(seconds * RATE_HZ), int(seconds * FRAMES_PER_S)
    wave, label = np.zeros(n, np.float32), np.zeros((frames, 3), bool)
    count = int(rng.choice([0, 1, 2, 3], p=[0.03, 0.30, 0.45, 0.22]))
    who = rng.choice(len(voices), size=count, replace=False)
    gain = 10 ** (rng.uniform(-5, 3, size=count) / 20)
    at, last = rng.uniform(-4.0, 1.5), -1
    while count and at < seconds - 0.2:
        others = [i for i in range(count) if i != last]
        i = int(rng.choice(others)) if others and rng.random() < 0.8 else int(rng.integers(count))
        said = voices[who[i]][rng.integers(len(voices[who[i]]))].astype(np.float32) / 32768
        if rng.random() < 0.35:  # 「はい。」「異議なし。」
            said = said[: int(RATE_HZ * rng.uniform(0.5, 1.6))]
        a = int(at * RATE_HZ)
        begin, end = max(0, -a), len(said) - max(0, a + len(said) - n)
        if end > begin:
            wave[a + begin : a + end] += gain[i] * said[begin:end]
        on = np.flatnonzero(active(said)) + round(at * FRAMES_PER_S)
        label[on[(on >= 0) & (on < frames)], i] = True
        at += len(said) / RATE_HZ
        at += (
            rng.uniform(0.0, 0.15) if i == last else rng.uniform(0.1, 0.8) if rng.random() < 0.8 else rng.uniform(-0.3, 2.0)
        )
        last = i
    noise = np.convolve(rng.standard_normal(n), np.ones(int(rng.integers(1, 12))), mode="same")
    noise *= 0.05 * 10 ** (-rng.uniform(25, 48) / 20) / noise.std()
    return (wave + noise).astype(np.float32), label

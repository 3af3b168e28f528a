"""What the training scripts share: the recorded speakers, and stretches of meetings mixed from them.

A stretch sounds like the evaluation meetings: turns of 1 to 20 s, gaps of 0.3 to 0.8 s (sometimes longer), hardly any
overlap, one room's noise about 38 dB under the speech. Speech is labelled from the first phone of a turn to the last,
pauses included, as in the meetings' references. Speakers of one stretch are audibly different people.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

RATE_HZ = 16_000
FRAME = 160  # samples of a 10 ms label
APART = 2.0  # units of ``voices.distance``
HALF_TONE_UNIT, ALPHA_UNIT = 1.0, 0.010
Array = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Recorded:
    """One pseudo-speaker, as ``voices.py`` wrote it: ``bounds`` (utterances, 4) in samples of ``wave``."""

    wave: npt.NDArray[np.int16]
    bounds: npt.NDArray[np.int64]
    setting: npt.NDArray[np.float64]

    def utterance(self, rng: np.random.Generator) -> tuple[Array, int, int]:
        """A whole utterance in -1..1 and where its speech begins and ends in it."""
        start, first, last, end = self.bounds[rng.integers(len(self.bounds))]
        return self.wave[start:end].astype(np.float32) / 32768, int(first - start), int(last - start)


def load(folder: Path) -> list[Recorded]:
    people = []
    for path in sorted(folder.glob("*.npz")):
        with np.load(path) as saved:
            people.append(Recorded(saved["wave"], saved["bounds"], saved["setting"]))
    return people


def distance(a: Recorded, b: Recorded) -> float:
    if a.setting[3] != b.setting[3]:
        return float("inf")
    half_tones, alpha = a.setting[:2] - b.setting[:2]
    return float(np.hypot(half_tones / HALF_TONE_UNIT, alpha / ALPHA_UNIT))


def company(rng: np.random.Generator, people: list[Recorded], count: int) -> list[int]:
    """Indices of ``count`` speakers who can be told apart."""
    chosen: list[int] = []
    while len(chosen) < count:
        new = int(rng.integers(len(people)))
        if all(distance(people[new], people[old]) >= APART for old in chosen):
            chosen.append(new)
    return chosen


def room_noise(rng: np.random.Generator, samples: int) -> Array:
    """Mostly the low rumble of the meetings, sometimes white; 28 to 46 dB under a speech level of 0.05."""
    noise = rng.standard_normal(samples + 7).astype(np.float32)
    width = int(rng.choice((1, 3, 8, 8, 8)))
    noise = np.convolve(noise, np.ones(width, np.float32) / width, mode="full")[:samples]
    rms = 0.05 * 10 ** (-rng.uniform(28, 46) / 20)
    return (noise * (rms / noise.std())).astype(np.float32)


def stretch(
    rng: np.random.Generator, people: list[Recorded], seconds: float = 10.0
) -> tuple[Array, npt.NDArray[np.bool_], list[int]]:
    """Audio (n,), who speaks (10 ms frames, 3) and who the (at most three) speakers are."""
    samples = int(seconds * RATE_HZ)
    count = int(rng.choice((0, 1, 2, 3), p=(0.02, 0.18, 0.35, 0.45)))
    who = company(rng, people, count)
    level = rng.uniform(0.6, 1.4, count)
    audio, spoken = np.zeros(samples, np.float32), np.zeros((samples // FRAME, 3), bool)
    at, last = int(rng.uniform(-4, 2) * RATE_HZ), -1  # negative: the stretch begins inside a turn
    brief = rng.random() < 0.5  # questions and answers, or speeches
    while count and at < samples:
        others = [i for i in range(count) if i != last]
        now = int(rng.choice(others)) if others and rng.random() < 0.85 else int(rng.integers(count))
        wave, first, end = people[who[now]].utterance(rng)
        longest = int((rng.uniform(0.5, 4) if brief else rng.uniform(2, 20)) * RATE_HZ)
        if end - first > longest:  # begin anywhere: an utterance that is cut is a turn like another
            first = int(rng.integers(first, end - longest + 1))
            end = first + longest
        turn = wave[first:end] * np.float32(level[now])
        fade = min(160, len(turn) // 2)
        turn[:fade] *= np.linspace(0, 1, fade, dtype=np.float32)
        turn[len(turn) - fade :] *= np.linspace(1, 0, fade, dtype=np.float32)
        low, high = max(0, at), min(samples, at + len(turn))
        if high > low:
            audio[low:high] += turn[low - at : high - at]
            spoken[round(low / FRAME) : round(high / FRAME), now] = True
        last = now
        overlaps = count > 1 and rng.random() < 0.04
        gap_s = -rng.uniform(0.1, 0.6) if overlaps else rng.uniform(0.2, 0.9) if rng.random() < 0.85 else rng.uniform(0.9, 3)
        at += len(turn) + int(gap_s * RATE_HZ)
    return audio + room_noise(rng, samples), spoken, who

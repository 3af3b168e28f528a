"""Two recordings of one meeting, laid over each other by their sound.

In: two wavs. Out: a ``Match``: where the second lies on the first's time, and by how much its clock runs faster or slower; None where they
have nothing in common. First coarsely: a few stretches of the second are searched for in the whole of the first by the rise and
fall of their loudness, which microphones far apart still share; places that agree on one line (RANSAC over start and drift) win.
Then finely: along that line, lags of the waveforms themselves. Quartz clocks differ by up to 100 millionths, a third of a second an hour, so
a start alone is not enough.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pipeline import wav
from pipeline.microphones.levels import BAND_HZ

FRAME_MS = 10
STRETCH_MS = 40_000
MIN_STRETCH_MS = 8_000
MOST_STRETCHES = 16
SIMILAR = 0.30  # correlation of a stretch with its place ...
ABOVE_NEXT = 0.08  # ... and by how much it beats the next best place
LARGEST_DRIFT = 300e-6
AGREE_MS = 60.0
AGREEING = 0.3  # of the stretches that found a place
LEAST_AGREEING = 2
FINE_MS = 4_000
MOST_FINE = 60
FINE_AGREE_MS = 2.0
FINE_SURE = 0.3
SMOOTH_FRAMES = 5

Vector = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Match:
    """A moment ``t_ms`` of the second lies at ``start_ms + t_ms * (1 + drift)`` of the first."""

    start_ms: float
    drift: float

    def at(self, t_ms: float) -> float:
        return self.start_ms + t_ms * (1 + self.drift)


def match(first: Path, second: Path) -> Match | None:
    """The second on the first's axis; its start may be negative."""
    coarse = _line(_places(contour(first), contour(second)), AGREE_MS, LEAST_AGREEING)
    return None if coarse is None else _refined(first, second, coarse)


def contour(audio: Path) -> Vector:
    """Rise and fall of the loudness, one value per ``FRAME_MS``; steady noise and gains vanish."""
    levels = []
    step = FRAME_MS * wav.SAMPLES_PER_MS
    for _, samples in wav.windows(audio, 60_000):
        emphasised = np.diff(samples.astype(np.float32), prepend=0.0)
        whole = emphasised[: len(emphasised) // step * step].reshape(-1, step)
        levels.append(10 * np.log10((whole**2).mean(axis=1) + 30.0))
    level = np.concatenate(levels) if levels else np.zeros(0, np.float32)
    kernel = np.hanning(SMOOTH_FRAMES + 2)[1:-1]
    smooth = np.zeros(0)
    if len(level) >= SMOOTH_FRAMES:
        padded = np.pad(level.astype(np.float64), SMOOTH_FRAMES // 2, "edge")
        smooth = np.convolve(padded, kernel / kernel.sum(), mode="valid")
    slow = _moving_mean(smooth, 200)
    return np.clip(smooth - slow, -15, 15).astype(np.float32)


def _places(one: Vector, other: Vector) -> list[tuple[float, float]]:
    """(ms in the second, ms in the first) of each stretch that has one clear place."""
    stretch = min(STRETCH_MS // FRAME_MS, len(one), len(other))
    if stretch < MIN_STRETCH_MS // FRAME_MS:
        return []
    starts = np.unique(np.linspace(0, len(other) - stretch, MOST_STRETCHES).astype(int))
    found = []
    for start in starts:
        place = _place(one, other[start : start + stretch])
        if place is not None:
            found.append((float(start * FRAME_MS), float(place * FRAME_MS)))
    return found


def _place(long: Vector, short: Vector) -> int | None:
    from scipy.signal import oaconvolve

    shape = short - short.mean()
    size = float(np.sqrt((shape**2).sum()))
    if size < 1e-3:
        return None
    padded = np.concatenate((np.zeros(len(short) // 2, np.float32), long, np.zeros(len(short) // 2, np.float32)))
    products = oaconvolve(padded, shape[::-1], mode="valid")
    ones = np.concatenate(([0.0], np.cumsum(padded.astype(np.float64))))
    squares = np.concatenate(([0.0], np.cumsum(padded.astype(np.float64) ** 2)))
    n = len(short)
    variance = (squares[n:] - squares[:-n]) - (ones[n:] - ones[:-n]) ** 2 / n
    similar = products / (size * np.sqrt(np.maximum(variance, (0.1 * size) ** 2)))
    best = int(similar.argmax())
    away = np.abs(np.arange(len(similar)) - best) > 100
    next_best = float(similar[away].max()) if away.any() else 0.0
    if similar[best] < SIMILAR or similar[best] - next_best < ABOVE_NEXT:
        return None
    return best - len(short) // 2


def _line(places: list[tuple[float, float]], agree_ms: float, least: int) -> Match | None:
    """The line on which most places lie, fitted to these; None where too few agree."""
    if len(places) < least:
        return None
    t, at = (np.array(column) for column in zip(*places, strict=True))
    best: npt.NDArray[np.bool_] | None = None
    pairs = [(0, 0), *itertools.combinations(range(len(t)), 2)] + [(i, i) for i in range(1, len(t))]
    for i, j in pairs:
        drift = (at[j] - at[i]) / (t[j] - t[i]) - 1 if t[j] != t[i] else 0.0
        if abs(drift) > LARGEST_DRIFT:
            continue
        near = np.abs(at - (at[i] + (t - t[i]) * (1 + drift))) <= agree_ms
        if best is None or near.sum() > best.sum():
            best = near
    if best is None or best.sum() < max(least, AGREEING * len(t)):
        return None
    return _fitted(t[best], at[best])


def _fitted(t: npt.NDArray[np.float64], at: npt.NDArray[np.float64]) -> Match:
    """Least squares; where the places lie close together the clocks are taken to be equal."""
    spread = t - t.mean()
    drift = float((spread * (at - t)).sum() / (spread**2).sum()) if np.ptp(t) > 60_000 else 0.0
    drift = float(np.clip(drift, -LARGEST_DRIFT, LARGEST_DRIFT))
    return Match(float(at.mean() - t.mean() * (1 + drift)), drift)


def _refined(first: Path, second: Path, coarse: Match) -> Match:
    """The line through lags of the waveforms, or the coarse one where these do not agree."""
    first_ms, second_ms = wav.duration_ms(first), wav.duration_ms(second)
    begin = max(0.0, -coarse.start_ms)
    end = min(float(second_ms), (first_ms - coarse.start_ms) / (1 + coarse.drift)) - FINE_MS
    if end <= begin:
        return coarse
    places = []
    for t_ms in np.linspace(begin, end, MOST_FINE).astype(int):
        at_ms = round(coarse.at(float(t_ms)))
        lag, surely = fine_lag(
            wav.read(first, max(0, at_ms), max(0, at_ms) + FINE_MS), wav.read(second, int(t_ms), int(t_ms) + FINE_MS)
        )
        if surely >= FINE_SURE:
            places.append((float(t_ms), max(0, at_ms) - lag))
    fine = _line(places, FINE_AGREE_MS, LEAST_AGREEING)
    return fine or coarse


def fine_lag(one: Vector, other: Vector) -> tuple[float, float]:
    """(ms by which ``one`` has it earlier, 0..1 how surely), up to 200 ms."""
    n = min(len(one), len(other))
    if n < wav.SAMPLE_RATE_HZ // 2:
        return 0.0, 0.0
    spectra = []
    for sound in (one, other):
        spectrum = np.fft.rfft(sound[:n] * np.hanning(n).astype(np.float32), 2 * n)
        hz = np.fft.rfftfreq(2 * n, 1 / wav.SAMPLE_RATE_HZ)
        spectrum[(hz < BAND_HZ[0]) | (hz >= BAND_HZ[1])] = 0
        spectra.append(spectrum / np.maximum(np.abs(spectrum), 1e-9))
    correlation = np.fft.irfft(np.conj(spectra[0]) * spectra[1])
    lags = 200 * wav.SAMPLES_PER_MS
    near = np.concatenate((correlation[-lags:], correlation[: lags + 1]))
    best = int(near.argmax())
    height = near[best] / max(float(np.sqrt((correlation**2).mean())), 1e-12)
    surely = float(np.clip((height - 5.0) / 10.0, 0.0, 1.0))
    return (best - lags) / wav.SAMPLES_PER_MS, surely


def _moving_mean(values: npt.NDArray[np.float64], frames: int) -> npt.NDArray[np.float64]:
    if not len(values):
        return values
    frames = min(frames, len(values))
    sums = np.concatenate(([0.0], np.cumsum(values)))
    start = np.clip(np.arange(len(values)) - frames // 2, 0, len(values) - frames)
    return np.asarray((sums[start + frames] - sums[start]) / frames)

"""Which microphone hears a sound first: the evidence that no gain can falsify.

In: lanes and their levels. Out: ``Delays`` of the loudest lanes of each moment. The same voice reaches a far microphone later by 3 ms a
metre. The lag between two lanes is where their whitened cross-correlation (GCC-PHAT) peaks, and the height of the peak over the rest
tells whether both hear one voice at all: two people who speak at once leave no common peak.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pipeline import wav
from pipeline.microphones.levels import BAND_HZ, BLOCK_MS, HOP_MS, Levels
from pipeline.protocols import Progress

EVERY = 2  # frames of ``levels`` to one of these
WINDOW_MS = 256
LONGEST_MS = 20.0  # 7 m
COMPARED = 3  # the loudest lanes of a moment
WORTH_DB = 6.0  # over the background, or a lane is not compared
NO_PEAK, CLEAR_PEAK = 5.0, 14.0  # height over the root mean square of the other lags; chance reaches about 4
_WINDOW = WINDOW_MS * wav.SAMPLES_PER_MS
_FFT = 2 * _WINDOW
_LAGS = int(LONGEST_MS * wav.SAMPLES_PER_MS)

Cube = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Delays:
    """Both (frames / EVERY, lanes, lanes). ``lag_ms[t, i, j]`` > 0: lane i heard it before lane j; ``common[t, i, j]``: 0..1, how surely
    both hear one sound, 0 also where they were not compared."""

    lag_ms: Cube
    common: Cube


def measure(lanes: tuple[Path, ...], levels: Levels, stage: str, progress: Progress) -> Delays:
    """Only where at least two lanes are over their background."""
    moments = -(-levels.frames // EVERY)
    lag_ms = np.zeros((moments, levels.lanes, levels.lanes), np.float32)
    common = np.zeros_like(lag_ms)
    per_block = BLOCK_MS // (HOP_MS * EVERY)
    for first in range(0, moments, per_block):
        last = min(first + per_block, moments)
        samples = [_read(lane, first, last) for lane in lanes]
        for t in range(first, last):
            loudness = levels.over_floor_db[t * EVERY : (t + 1) * EVERY].mean(axis=0)
            loudest = [int(lane) for lane in np.argsort(-loudness)[:COMPARED] if loudness[lane] >= WORTH_DB]
            if len(loudest) < 2:
                continue
            at = (t - first) * EVERY * HOP_MS * wav.SAMPLES_PER_MS
            spectra = {lane: whitened(samples[lane][at : at + _WINDOW]) for lane in loudest}
            for i, j in itertools.combinations(sorted(loudest), 2):
                lag, surely = lag_between(spectra[i], spectra[j])
                lag_ms[t, i, j], lag_ms[t, j, i] = lag, -lag
                common[t, i, j] = common[t, j, i] = surely
        progress(stage, last, moments)
    return Delays(lag_ms, common)


def whitened(samples: npt.NDArray[np.float32]) -> npt.NDArray[np.complex64]:
    """Spectrum of one window with every frequency of speech equally strong."""
    shaped = samples * np.hanning(len(samples)).astype(np.float32)
    spectrum = np.fft.rfft(shaped, _FFT)
    hz = np.fft.rfftfreq(_FFT, 1 / wav.SAMPLE_RATE_HZ)
    outside = (hz < BAND_HZ[0]) | (hz >= BAND_HZ[1])
    spectrum[outside] = 0
    return (spectrum / np.maximum(np.abs(spectrum), 1e-9)).astype(np.complex64)


def lag_between(one: npt.NDArray[np.complex64], other: npt.NDArray[np.complex64]) -> tuple[float, float]:
    """(ms by which ``one`` hears it first, 0..1 how surely it is one sound)."""
    correlation = np.fft.irfft(np.conj(one) * other)
    near = np.concatenate((correlation[-_LAGS:], correlation[: _LAGS + 1]))
    best = int(near.argmax())
    height = near[best] / max(float(np.sqrt((correlation**2).mean())), 1e-12)
    surely = float(np.clip((height - NO_PEAK) / (CLEAR_PEAK - NO_PEAK), 0.0, 1.0))
    return (best - _LAGS) / wav.SAMPLES_PER_MS, surely


def _read(lane: Path, first: int, last: int) -> npt.NDArray[np.float32]:
    """Samples of the moments ``[first, last)`` with half a window around, zeros beyond the ends."""
    middle_ms = HOP_MS * EVERY // 2
    start_ms = first * HOP_MS * EVERY + middle_ms - WINDOW_MS // 2
    samples = np.zeros(((last - first) * HOP_MS * EVERY + WINDOW_MS) * wav.SAMPLES_PER_MS, np.float32)
    read = wav.read(lane, max(0, start_ms), start_ms + len(samples) // wav.SAMPLES_PER_MS)
    offset = max(0, -start_ms) * wav.SAMPLES_PER_MS
    samples[offset : offset + len(read)] = read
    return samples

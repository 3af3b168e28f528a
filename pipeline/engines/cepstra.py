"""What a voice sounds like every 10 ms: mel cepstra (the shape of the vocal tract) and pitch, by numpy alone.

In: the prepared wav and where somebody speaks. Out: ``Frames``. The audio is read block by block and only the frames of
speech are analysed; what is kept are 21 numbers per 10 ms, 90 MB for three hours where the samples would take 690 MB.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pipeline import wav

FRAME_MS, SPECTRUM_MS, PITCH_MS = 10, 25, 40
BLOCK_MS = 60_000
MELS, CEPSTRA = 40, 19  # without c0, which is loudness
LOWEST_HZ, HIGHEST_HZ = 60.0, 7_600.0
PITCH_LOWEST_HZ, PITCH_HIGHEST_HZ = 64, 400
VOICED = 0.6  # normalised autocorrelation at the pitch period; whispers, consonants and noise lie below
SAME_PEAK = 0.9  # of the strongest peak
PREEMPHASIS = 0.97

Array = npt.NDArray[np.float32]
_FFT, _PITCH_FFT = 512, 1024
_HOP = FRAME_MS * wav.SAMPLES_PER_MS


@dataclass(frozen=True)
class Frames:
    """``cepstra`` (n, 19), 0 in silence; ``pitch`` (n,) in octaves (log2 Hz), NaN where no voice sounds; ``speech`` (n,).

    Frame i begins at ``i * FRAME_MS``.
    """

    cepstra: Array
    pitch: Array
    speech: npt.NDArray[np.bool_]


def analyse(
    audio: Path, speech: list[tuple[int, int]], heard: Callable[[int, int], None], block_ms: int = BLOCK_MS
) -> Frames:
    """Frames of the whole recording; ``speech`` in ms, ``heard(done_ms, total_ms)`` is told after each block."""
    total_ms = wav.duration_ms(audio)
    n = total_ms // FRAME_MS
    frames = Frames(np.zeros((n, CEPSTRA), np.float32), np.full(n, np.nan, np.float32), np.zeros(n, np.bool_))
    for start_ms, end_ms in speech:
        frames.speech[start_ms // FRAME_MS : end_ms // FRAME_MS] = True
    for block in range(0, total_ms, block_ms):
        first, last = block // FRAME_MS, min(n, (block + block_ms) // FRAME_MS)
        wanted = np.flatnonzero(frames.speech[first:last])
        if len(wanted):
            samples = wav.read(audio, block, last * FRAME_MS + PITCH_MS)
            samples = np.pad(samples, (0, PITCH_MS * wav.SAMPLES_PER_MS))  # the last frames reach beyond the end
            frames.cepstra[first + wanted] = _cepstra(samples, wanted)
            frames.pitch[first + wanted] = _pitch(samples, wanted)
        heard(min(block + block_ms, total_ms), total_ms)
    return frames


def _cut(samples: Array, frames: npt.NDArray[np.intp], length_ms: int) -> Array:
    """(len(frames), length) samples of each frame."""
    stretches = np.lib.stride_tricks.sliding_window_view(samples, length_ms * wav.SAMPLES_PER_MS)
    return np.asarray(stretches[frames * _HOP])


def _cepstra(samples: Array, frames: npt.NDArray[np.intp]) -> Array:
    cut = _cut(samples, frames, SPECTRUM_MS)
    cut = cut[:, 1:] - np.float32(PREEMPHASIS) * cut[:, :-1]
    spectrum = np.abs(np.fft.rfft(cut * np.hamming(cut.shape[1]).astype(np.float32), _FFT)) ** 2
    mels = np.log(spectrum.astype(np.float32) @ _MEL_BANK + np.float32(1e-9))
    return np.asarray(mels @ _COSINES, np.float32)


def _pitch(samples: Array, frames: npt.NDArray[np.intp]) -> Array:
    """By autocorrelation, every other frame (pitch moves slowly), each value standing for two."""
    cut = _cut(samples, frames[::2], PITCH_MS) * _PITCH_WINDOW
    power = np.abs(np.fft.rfft(cut, _PITCH_FFT)) ** 2
    correlation = np.fft.irfft(power)[:, : _LONGEST_LAG + 1]
    periodic = correlation / (correlation[:, :1] + 1e-9) / _WINDOW_CORRELATION
    strength = periodic[:, _SHORTEST_LAG:].max(1)
    # A steady voice repeats after two periods as well as after one: the first peak that comes close is the period
    middle = periodic[:, _SHORTEST_LAG:-1]
    peak = (middle >= periodic[:, _SHORTEST_LAG - 1 : -2]) & (middle >= periodic[:, _SHORTEST_LAG + 1 :])
    close = peak & (middle >= SAME_PEAK * strength[:, None])
    lag = np.where(close.any(1), close.argmax(1), periodic[:, _SHORTEST_LAG:].argmax(1)) + _SHORTEST_LAG
    octaves = np.where(strength > VOICED, np.log2(wav.SAMPLE_RATE_HZ / lag), np.nan)
    return np.asarray(np.repeat(octaves, 2)[: len(frames)], np.float32)


def _mel_bank() -> Array:
    """(257, 40) triangles, evenly spaced on the mel scale."""

    def mel(hz: float) -> float:
        return float(2595 * np.log10(1 + hz / 700))

    edges = 700 * (10 ** (np.linspace(mel(LOWEST_HZ), mel(HIGHEST_HZ), MELS + 2) / 2595) - 1)
    hz = np.arange(_FFT // 2 + 1)[:, None] * wav.SAMPLE_RATE_HZ / _FFT
    rising = (hz - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - hz) / (edges[2:] - edges[1:-1])
    return np.asarray(np.maximum(0, np.minimum(rising, falling)), np.float32)


def _cosines() -> Array:
    """(40, 19) discrete cosine transform without its constant."""
    bands, orders = np.arange(MELS)[:, None], np.arange(1, CEPSTRA + 1)
    return np.asarray(np.sqrt(2 / MELS) * np.cos(np.pi * (bands + 0.5) * orders / MELS), np.float32)


_MEL_BANK, _COSINES = _mel_bank(), _cosines()
_SHORTEST_LAG, _LONGEST_LAG = wav.SAMPLE_RATE_HZ // PITCH_HIGHEST_HZ, wav.SAMPLE_RATE_HZ // PITCH_LOWEST_HZ
_PITCH_WINDOW = np.hanning(PITCH_MS * wav.SAMPLES_PER_MS).astype(np.float32)
_WINDOW_CORRELATION = np.fft.irfft(np.abs(np.fft.rfft(_PITCH_WINDOW, _PITCH_FFT)) ** 2)[: _LONGEST_LAG + 1]
_WINDOW_CORRELATION = _WINDOW_CORRELATION / _WINDOW_CORRELATION[0]

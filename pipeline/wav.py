"""Reading stretches of the prepared audio: 16 kHz mono 16-bit wav, never the whole file unless asked.

``prepare`` is the only writer of such files; everything after it can rely on their form.
"""

from __future__ import annotations

import wave
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

SAMPLE_RATE_HZ = 16_000
SAMPLES_PER_MS = SAMPLE_RATE_HZ // 1000
FULL_SCALE = 32_768.0  # of a 16-bit sample


def duration_ms(audio: Path) -> int:
    """Length in whole milliseconds, rounded down."""
    with wave.open(str(audio), "rb") as reader:
        return reader.getnframes() // SAMPLES_PER_MS


def read_pcm(audio: Path, start_ms: int, end_ms: int) -> npt.NDArray[np.int16]:
    """Samples of ``[start_ms, end_ms)``, shape (n,), shorter where the file ends."""
    with wave.open(str(audio), "rb") as reader:
        first = min(start_ms * SAMPLES_PER_MS, reader.getnframes())
        reader.setpos(first)
        data = reader.readframes(max(0, end_ms * SAMPLES_PER_MS - first))
    return np.frombuffer(data, dtype="<i2")


def read(audio: Path, start_ms: int, end_ms: int) -> npt.NDArray[np.float32]:
    """The same as float32 in -1..1, shape (n,)."""
    return read_pcm(audio, start_ms, end_ms).astype(np.float32) / np.float32(FULL_SCALE)


def windows(audio: Path, window_ms: int) -> Iterator[tuple[int, npt.NDArray[np.int16]]]:
    """``(start_ms, samples)`` of consecutive windows: bounded memory for any length of recording."""
    total_ms = duration_ms(audio)
    for start_ms in range(0, total_ms, window_ms):
        yield start_ms, read_pcm(audio, start_ms, min(start_ms + window_ms, total_ms))

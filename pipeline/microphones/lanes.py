"""Each microphone as one wav on the common axis.

In: decoded channels and where their files lie. Out: wavs of 16 kHz mono, all exactly as long as the axis. A recording whose clock runs
differently is read at its own speed (windowed-sinc interpolation); where nothing was recorded there is silence; of two files of
one microphone that overlap the first is used to its end.
"""

from __future__ import annotations

import wave
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pipeline import store, wav
from pipeline.protocols import Progress

BLOCK_MS = 20_000
TAPS = 8


@dataclass(frozen=True)
class Piece:
    """A wav whose moment t lies at ``start_ms + t * (1 + drift)``."""

    sound: Path
    start_ms: float
    drift: float

    @property
    def end_ms(self) -> float:
        return self.start_ms + wav.duration_ms(self.sound) * (1 + self.drift)


def write(pieces: tuple[Piece, ...], total_ms: int, target: Path, stage: str, progress: Progress) -> None:
    """Raises OutputError."""
    ordered = sorted(pieces, key=lambda piece: piece.start_ms)
    with store.saying_why(target), wave.open(str(target), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(wav.SAMPLE_RATE_HZ)
        for start_ms in range(0, total_ms, BLOCK_MS):
            end_ms = min(start_ms + BLOCK_MS, total_ms)
            block = np.zeros((end_ms - start_ms) * wav.SAMPLES_PER_MS, np.float32)
            free_ms = float(start_ms)
            for piece in ordered:
                begin_ms = max(
                    free_ms, piece.start_ms, max((p.end_ms for p in ordered[: ordered.index(piece)]), default=0.0)
                )
                until_ms = min(float(end_ms), piece.end_ms)
                if begin_ms < until_ms:
                    a = round((begin_ms - start_ms) * wav.SAMPLES_PER_MS)
                    b = round((until_ms - start_ms) * wav.SAMPLES_PER_MS)
                    block[a:b] = _sampled(piece, start_ms * wav.SAMPLES_PER_MS + np.arange(a, b))
                    free_ms = until_ms
            out.writeframes(np.clip(np.round(block), -32_768, 32_767).astype("<i2").tobytes())
            progress(stage, end_ms, total_ms)


def _sampled(piece: Piece, axis: npt.NDArray[np.int64]) -> npt.NDArray[np.float32]:
    """The sound at these samples of the axis."""
    at = (axis - piece.start_ms * wav.SAMPLES_PER_MS) / (1 + piece.drift)
    whole = np.floor(at).astype(np.int64)
    part = at - whole
    first_ms = max(0, int(whole[0] - TAPS) // wav.SAMPLES_PER_MS)
    read = wav.read_pcm(piece.sound, first_ms, int(whole[-1] + TAPS) // wav.SAMPLES_PER_MS + 1).astype(np.float32)
    offset = first_ms * wav.SAMPLES_PER_MS - TAPS
    padded = np.concatenate((np.zeros(TAPS, np.float32), read, np.zeros(2 * TAPS, np.float32)))
    index = np.clip(whole - offset, TAPS // 2, len(padded) - TAPS // 2 - 1)
    if not part.any():
        return np.asarray(padded[index])
    result = np.zeros(len(at))
    for tap in range(1 - TAPS // 2, TAPS // 2 + 1):
        distance = part - tap
        result += padded[index + tap] * np.sinc(distance) * np.cos(np.pi * distance / (TAPS + 1)) ** 2
    return result.astype(np.float32)

"""The recording is cut into chunks of a few minutes, in silences, so that no word is cut in two.

In: the prepared wav. Out: ``Chunk``s that meet exactly and cover the recording. pydub finds the silences in windows of
a minute (it holds in memory whatever it is given); windows overlap by the shortest silence looked for, which makes
their union the same as one pass over the whole file. The threshold follows the recording's own levels: between its
noise floor and its speech, because a fixed dBFS suits no two rooms.
"""

from __future__ import annotations

import math
import warnings
from itertools import pairwise
from pathlib import Path

import numpy as np

from pipeline import wav
from pipeline.protocols import Progress
from pipeline.schema import Chunk

STAGE = "区切り"
TARGET_MS = 180_000
EARLIEST, LATEST = 0.6, 1.4  # of the target length: where a cut may lie
WINDOW_MS = 60_000
MIN_SILENCE_MS = 300
SEEK_STEP_MS = 10
FRAME_MS = 100
LOWEST_DBFS = -90.0
ABOVE_FLOOR = 0.3  # of the way from noise floor to speech level
LONG_SILENCE_MS = 2_000  # beyond this a silence is not better for being longer

Silence = tuple[int, int]


def at_silences(audio: Path, progress: Progress, target_ms: int = TARGET_MS) -> tuple[Chunk, ...]:
    """Chunks of about ``target_ms``, none longer than ``LATEST`` times that; one empty chunk for an empty file."""
    total_ms = wav.duration_ms(audio)
    edges = [0, *cuts(silences(audio, threshold_dbfs(audio), progress), total_ms, target_ms), total_ms]
    return tuple(Chunk(index=i, start_ms=a, end_ms=b) for i, (a, b) in enumerate(pairwise(edges)))


def threshold_dbfs(audio: Path) -> float:
    """The level under which this recording is silent, in dB of full scale."""
    levels: list[float] = []
    for _, samples in wav.windows(audio, WINDOW_MS):
        frames = len(samples) // (FRAME_MS * wav.SAMPLES_PER_MS)
        whole = samples[: frames * FRAME_MS * wav.SAMPLES_PER_MS]
        framed = whole.reshape(frames, FRAME_MS * wav.SAMPLES_PER_MS).astype(np.float32)
        rms = np.sqrt((framed**2).mean(axis=1)) / wav.FULL_SCALE
        levels.extend(20 * np.log10(np.maximum(rms, 10 ** (LOWEST_DBFS / 20))))
    if not levels:
        return LOWEST_DBFS
    floor, speech = np.percentile(levels, [10, 90])
    return float(floor + max(2.0, ABOVE_FLOOR * (speech - floor)))


def silences(audio: Path, threshold: float, progress: Progress) -> list[Silence]:
    """``(start_ms, end_ms)`` of every silence of at least ``MIN_SILENCE_MS``, in order and apart."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pydub 0.25 warns of ffmpeg and of audioop on import
        from pydub import AudioSegment
        from pydub.silence import detect_silence

    total_ms = wav.duration_ms(audio)
    found: list[Silence] = []
    for start_ms in range(0, total_ms, WINDOW_MS):
        samples = wav.read_pcm(audio, start_ms, min(start_ms + WINDOW_MS + MIN_SILENCE_MS, total_ms))
        window = AudioSegment(samples.tobytes(), sample_width=2, frame_rate=wav.SAMPLE_RATE_HZ, channels=1)
        for a, b in detect_silence(window, MIN_SILENCE_MS, threshold, SEEK_STEP_MS):
            a, b = start_ms + a, start_ms + b
            if found and a <= found[-1][1] + SEEK_STEP_MS:
                found[-1] = (found[-1][0], max(b, found[-1][1]))
            else:
                found.append((a, b))
        progress(STAGE, min(start_ms + WINDOW_MS, total_ms), total_ms)
    return found


def cuts(found: list[Silence], total_ms: int, target_ms: int) -> list[int]:
    """Where to cut: in a silence wherever one lies in reach, else at the target length."""
    result: list[int] = []
    last = 0
    while total_ms - last > target_ms * LATEST:
        ideal, low, high = last + target_ms, last + int(target_ms * EARLIEST), last + int(target_ms * LATEST)
        inside = [(max(a, low), min(b, high)) for a, b in found if a < high and b > low]
        last = _middle(max(inside, key=lambda s: _worth(s, ideal, target_ms), default=(ideal, ideal)))
        result.append(last)
    return result


def _middle(silence: Silence) -> int:
    return (silence[0] + silence[1]) // 2


def _worth(silence: Silence, ideal_ms: int, target_ms: int) -> float:
    """Long silences near the target: a pause of two seconds is worth a detour of about a third of the target."""
    length = min(silence[1] - silence[0], LONG_SILENCE_MS) / LONG_SILENCE_MS
    detour = abs(_middle(silence) - ideal_ms) / (target_ms * (LATEST - 1))
    return math.sqrt(max(length, 0.0)) - detour

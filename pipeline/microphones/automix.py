"""One sound from all microphones: at each moment the one nearest to who speaks, all people equally loud.

In: lanes, levels, owners. Out: ``audio.wav``, which the recogniser hears and the desk plays. A mean of all microphones would add their noise,
their echoes and the same voice several times with other delays; here the owner's lane is open, the others are nearly closed, and the
change takes a twentieth of a second. Everybody's own voice is brought to one level: quiet members are not worth less words.
"""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pipeline import store, wav
from pipeline.microphones.activity import NOBODY, Owners
from pipeline.microphones.levels import HOP_MS, Levels
from pipeline.protocols import Progress

TARGET_DB = -24.0  # of a voice in the band of speech, full scale being 0
MOST_GAIN_DB = 30.0
CLOSED = 0.03  # of a lane that nobody is heard on
SPEECH_DB = 6.0
SMOOTH = np.array([0.25, 0.5, 0.25])
BLOCK_FRAMES = 400
_HOP = HOP_MS * wav.SAMPLES_PER_MS
KNEE = 0.7  # above this, peaks are rounded instead of cut

Matrix = npt.NDArray[np.float32]


def weights(owners: Owners, levels: Levels, nearest: npt.NDArray[np.int16]) -> Matrix:
    """(frames, lanes): amplitude of each lane; ``nearest``: the lane that hears best whom no seat owns."""
    frames, lanes = levels.full_scale_db.shape
    seats = len(owners.own_db)
    heard = np.where(owners.lane == NOBODY, nearest, owners.lane).astype(int)
    result = np.full((frames, lanes), CLOSED, np.float32)
    result[:, seats:] = 0.0  # a room's microphone hears all again: not beside an open one
    result[np.arange(frames), heard] = 1.0
    result[:, :seats][owners.second] = 1.0
    smooth = np.stack([np.convolve(np.pad(column, 1, "edge"), SMOOTH, "valid") for column in result.T], axis=1)
    return (smooth * gains(levels, heard)).astype(np.float32)


def gains(levels: Levels, heard: npt.NDArray[np.int64]) -> Matrix:
    """(lanes,): what brings the lane's own voice to the common level; a lane that was never the best gets the usual one."""
    own = np.full(levels.lanes, np.nan)
    for lane in range(levels.lanes):
        mine = (heard == lane) & (levels.over_floor_db[:, lane] >= SPEECH_DB)
        if mine.any():
            own[lane] = np.median(levels.full_scale_db[mine, lane])
    usual = np.nanmedian(own) if np.isfinite(own).any() else TARGET_DB
    gain_db = np.minimum(TARGET_DB - np.where(np.isfinite(own), own, usual), MOST_GAIN_DB)
    return (10 ** (gain_db / 20)).astype(np.float32)


def write(lanes: tuple[Path, ...], mixed: Matrix, target: Path, total_ms: int, stage: str, progress: Progress) -> None:
    """Raises OutputError."""
    frames = len(mixed)
    middles = (np.arange(frames) + 0.5) * _HOP
    with store.saying_why(target), wave.open(str(target), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(wav.SAMPLE_RATE_HZ)
        for first in range(0, frames, BLOCK_FRAMES):
            start_ms, end_ms = first * HOP_MS, min((first + BLOCK_FRAMES) * HOP_MS, total_ms)
            at = np.arange(start_ms * wav.SAMPLES_PER_MS, end_ms * wav.SAMPLES_PER_MS)
            total = np.zeros(len(at), np.float32)
            for lane, path in enumerate(lanes):
                sound = wav.read(path, start_ms, end_ms)
                total[: len(sound)] += sound * np.interp(at[: len(sound)], middles, mixed[:, lane]).astype(np.float32)
            over = np.abs(total) > KNEE
            total[over] = np.sign(total[over]) * (KNEE + (1 - KNEE) * np.tanh((np.abs(total[over]) - KNEE) / (1 - KNEE)))
            out.writeframes(np.round(total * 32_767).astype("<i2").tobytes())
            progress(stage, end_ms, total_ms)

"""How loud each microphone is, every 50 ms, in dB over its own background: the one unit in which microphones compare.

In: lanes (one 16 kHz wav a microphone, all of one length). Out: ``Levels``. Gains differ between microphones by 20 dB and nobody
writes them down, but a room's background reaches all of them, so each lane is measured over its own floor; what is left of the
differences ``activity`` learns from the speech. Read in blocks: memory grows by 0.3 MB an hour and lane.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pipeline import wav
from pipeline.protocols import Progress

HOP_MS = 50
WINDOW_MS = 100
BLOCK_MS = 60_000
BAND_HZ = (250.0, 4_000.0)  # of speech; hum below and hiss above tell nothing of who speaks
FLOOR_PERCENTILE = 10
FLOOR_BLOCK = 60_000 // HOP_MS * 5  # the background is taken as steady for five minutes
SILENT_DB = -110.0  # a muted channel
CLIPPED = 32_700  # of 32,768
_HOP, _WINDOW = HOP_MS * wav.SAMPLES_PER_MS, WINDOW_MS * wav.SAMPLES_PER_MS

Matrix = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Levels:
    """All (frames, lanes). ``full_scale_db``: power in the band; ``over_floor_db``: over the lane's own background, at least 0;
    ``clipped``: share of the frame's samples at full scale; ``muted``: nothing but zeros."""

    full_scale_db: Matrix
    over_floor_db: Matrix
    clipped: Matrix
    muted: npt.NDArray[np.bool_]

    @property
    def frames(self) -> int:
        return len(self.full_scale_db)

    @property
    def lanes(self) -> int:
        return int(self.full_scale_db.shape[1])


def measure(lanes: tuple[Path, ...], stage: str, progress: Progress) -> Levels:
    """Frame ``t`` stands for ``[t * HOP_MS, (t + 1) * HOP_MS)``."""
    total_ms = min(wav.duration_ms(lane) for lane in lanes)
    powers, clipped, muted = [], [], []
    for start_ms in range(0, total_ms, BLOCK_MS):
        end_ms = min(start_ms + BLOCK_MS, total_ms)
        columns = [_block(lane, start_ms, end_ms) for lane in lanes]
        powers.append(np.stack([column[0] for column in columns], axis=1))
        clipped.append(np.stack([column[1] for column in columns], axis=1))
        muted.append(np.stack([column[2] for column in columns], axis=1))
        progress(stage, end_ms, total_ms)
    if not powers:
        nothing = np.zeros((0, len(lanes)), np.float32)
        return Levels(nothing, nothing, nothing, nothing.astype(bool))
    power_db = np.concatenate(powers)
    silent = np.concatenate(muted)
    return Levels(power_db, over_floor(power_db, silent), np.concatenate(clipped), silent)


def over_floor(power_db: Matrix, muted: npt.NDArray[np.bool_]) -> Matrix:
    """Above the background of the same lane around that time; 0 where the lane is muted or quieter than that."""
    frames, lanes = power_db.shape
    blocks = max(1, round(frames / FLOOR_BLOCK))
    edges = np.linspace(0, frames, blocks + 1).astype(int)
    floors = np.full((blocks, lanes), SILENT_DB, np.float32)
    for b in range(blocks):
        for lane in range(lanes):
            heard = power_db[edges[b] : edges[b + 1], lane][~muted[edges[b] : edges[b + 1], lane]]
            if len(heard):
                floors[b, lane] = np.percentile(heard, FLOOR_PERCENTILE)
    middles = (edges[:-1] + edges[1:]) / 2
    floor = np.stack([np.interp(np.arange(frames), middles, floors[:, lane]) for lane in range(lanes)], axis=1)
    return np.where(muted, 0.0, np.maximum(0.0, power_db - floor)).astype(np.float32)


def _block(lane: Path, start_ms: int, end_ms: int) -> tuple[Matrix, Matrix, npt.NDArray[np.bool_]]:
    before = min(start_ms, (WINDOW_MS - HOP_MS) // 2)
    pcm = wav.read_pcm(lane, start_ms - before, end_ms + (WINDOW_MS - HOP_MS))
    count = -(-(end_ms - start_ms) // HOP_MS)
    lead = (WINDOW_MS - HOP_MS) // 2 - before
    padded = np.zeros(lead * wav.SAMPLES_PER_MS + (count - 1) * _HOP + _WINDOW, np.float32)
    used = pcm[: len(padded) - lead * wav.SAMPLES_PER_MS]
    padded[lead * wav.SAMPLES_PER_MS :][: len(used)] = used
    framed = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW)[::_HOP][:count]
    spectrum = np.abs(np.fft.rfft(framed / wav.FULL_SCALE * np.hanning(_WINDOW).astype(np.float32), axis=1)) ** 2
    hz = np.fft.rfftfreq(_WINDOW, 1 / wav.SAMPLE_RATE_HZ)
    inside = (hz >= BAND_HZ[0]) & (hz < BAND_HZ[1])
    power = spectrum[:, inside].sum(axis=1) * (2 / _WINDOW / (0.375 * _WINDOW))
    power_db = 10 * np.log10(np.maximum(power, 10 ** (SILENT_DB / 10)))
    return (
        power_db.astype(np.float32),
        (np.abs(framed) >= CLIPPED).mean(axis=1, dtype=np.float32),
        np.asarray(~framed.any(axis=1)),
    )

"""Two seconds of speech as a point, such that points of one person lie close together. Learned from the recording only.

In: ``Frames`` and where somebody speaks. Out: ``Prints``: windows of 2 s every 0.5 s inside each stretch of speech, and a
point for each. A point is made of

* mean and spread of the cepstra, relative to the whole recording,
* how the cepstra deviate from a mixture of 32 sounds fitted to the recording (a supervector): what somebody's "a" is
  like compared with everybody's "a", so that what is said matters less,
* pitch: median, low, high, and how much is voiced,

and then turned so that what varies within a stretch of speech (there mostly one person speaks, so it is the words) is
small and what varies between stretches is large: linear discriminant analysis without labels. With few stretches this is
not to be trusted, so it is mixed with plain distances in proportion (``PRIOR_STRETCHES``).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline.engines.cepstra import CEPSTRA, FRAME_MS, Frames

WINDOW_MS, HOP_MS = 2_000, 500
SHORT_MS = 1_000  # windows compared with each other inside a stretch
RELIABLE_MS = 1_000  # shorter windows neither shape the space nor the clusters
SOUNDS, SOUND_FRAMES = 32, 20_000
RELEVANCE = 4.0  # frames of a sound needed to believe half of its deviation
SUPERVECTOR_DIMENSIONS, SUPERVECTOR_WEIGHT = 60, 1.5
PRIOR_STRETCHES = 50
MOST_PAIRS = 20_000
DIFFERING_PAIRS = 0.2  # this share, the most different, is taken to be two people in one stretch
DIMENSIONS, SIGNAL_DIMENSIONS = 16, 4  # the median of those after the fourth is what noise looks like

Matrix = npt.NDArray[np.float64]
Stretch = tuple[int, int]


@dataclass(frozen=True)
class Prints:
    """``windows`` in ms, in time order; ``points`` (n, d); ``weights`` (n,): 0 for windows too short to rely on."""

    windows: list[Stretch]
    points: Matrix
    weights: npt.NDArray[np.float64]


def prints(frames: Frames, speech: list[Stretch]) -> Prints:
    """No windows where nobody speaks."""
    spans = windows(speech, WINDOW_MS, HOP_MS)
    if not spans:
        return Prints([], np.zeros((0, 1)), np.zeros(0))
    describe = _Describer(frames)
    plain, super_ = describe(spans)
    lengths = np.array([end - start for start, end in spans], float)
    weights = np.where(lengths >= RELIABLE_MS, lengths / WINDOW_MS, 0.0)
    if np.count_nonzero(weights) < 2:
        weights = lengths / WINDOW_MS
    centre, axes = _principal(super_, weights)
    points = np.hstack([plain, (super_ - centre) @ axes])
    short = [span for span in windows(speech, SHORT_MS, SHORT_MS // 2) if span[1] - span[0] >= SHORT_MS]
    first, second, stretches = _pairs(short, speech)
    short_plain, short_super = describe(short)
    short_points = np.hstack([short_plain, (short_super - centre) @ axes])
    differences = short_points[first] - short_points[second]
    return Prints(spans, _discriminant(points, weights, differences, stretches), weights)


def windows(speech: list[Stretch], length_ms: int, hop_ms: int) -> list[Stretch]:
    """Windows inside each stretch; the last ends where it ends, and a shorter stretch is one window."""
    found: list[Stretch] = []
    for start_ms, end_ms in speech:
        last_ms = max(start_ms, end_ms - length_ms)
        found += [(at_ms, at_ms + length_ms) for at_ms in range(start_ms, last_ms, hop_ms)]
        found.append((last_ms, end_ms))
    return found


class _Describer:
    """Normalises by the whole recording and fits the mixture once, then describes any windows."""

    def __init__(self, frames: Frames) -> None:
        from sklearn.mixture import GaussianMixture

        self._frames = frames
        spoken = np.flatnonzero(frames.speech)
        sample = frames.cepstra[spoken[:: max(1, len(spoken) // SOUND_FRAMES)]]
        self._mean, self._deviation = sample.mean(0), sample.std(0) + np.float32(1e-6)
        pitch = frames.pitch[np.isfinite(frames.pitch)]
        self._pitch = (float(pitch.mean()), float(pitch.std()) + 1e-6) if len(pitch) else (0.0, 1.0)
        sounds = max(1, min(SOUNDS, len(sample) // 20))
        self._mixture: Any = GaussianMixture(
            sounds, covariance_type="diag", max_iter=30, tol=1e-2, reg_covar=1e-3, random_state=0
        ).fit((sample - self._mean) / self._deviation)

    def __call__(self, spans: list[Stretch]) -> tuple[Matrix, Matrix]:
        """(n, 42) plain features and (n, sounds * 19) supervectors."""
        mixture = self._mixture
        plain = np.zeros((len(spans), 2 * CEPSTRA + 4))
        super_ = np.zeros((len(spans), mixture.means_.size), np.float32)
        scale = np.sqrt(mixture.weights_)[:, None] / np.sqrt(mixture.covariances_)
        for rows, start, end in _groups(spans):
            cepstra = (self._frames.cepstra[start:end] - self._mean) / self._deviation
            sounds = mixture.predict_proba(cepstra)
            for row in rows:
                a, b = _frame_range(spans[row], start, end)
                window, part = cepstra[a:b], sounds[a:b]
                counts = part.sum(0)[:, None]
                deviation = (part.T @ window - counts * mixture.means_) / (counts + RELEVANCE)
                super_[row] = (deviation * scale).ravel()
                pitch = self._pitch_of(self._frames.pitch[start + a : start + b])
                plain[row] = np.concatenate([window.mean(0), window.std(0) - 1, pitch])
        return plain, super_ * np.float32(SUPERVECTOR_WEIGHT)

    def _pitch_of(self, octaves: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
        voiced = octaves[np.isfinite(octaves)]
        share = len(voiced) / len(octaves)
        if len(voiced) < 8:
            return np.array([0.0, 0.0, 0.0, share])
        mean, deviation = self._pitch
        low, median, high = (np.percentile(voiced, [10, 50, 90]) - mean) / deviation
        return np.array([median, low, high, share])


def _groups(spans: list[Stretch]) -> Iterator[tuple[list[int], int, int]]:
    """Rows of windows that overlap, with the frames ``[start, end)`` that they cover together, at least one."""
    rows: list[int] = []
    for row, (start_ms, _) in enumerate(spans):
        if rows and start_ms >= spans[rows[-1]][1]:
            yield rows, *_cover(spans, rows)
            rows = []
        rows.append(row)
    if rows:
        yield rows, *_cover(spans, rows)


def _cover(spans: list[Stretch], rows: list[int]) -> tuple[int, int]:
    start = spans[rows[0]][0] // FRAME_MS
    return start, max(start + 1, spans[rows[-1]][1] // FRAME_MS)


def _frame_range(span: Stretch, start: int, end: int) -> tuple[int, int]:
    """Frames of a window relative to its group, at least one."""
    a = min(span[0] // FRAME_MS, end - 1) - start
    return a, max(a + 1, min(span[1] // FRAME_MS, end) - start)


def _pairs(
    short: list[Stretch], speech: list[Stretch]
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Windows of one stretch that share no audio, up to 5 s apart, and the stretch of each pair."""
    starts = np.array([start for start, _ in speech])
    stretch = np.searchsorted(starts, [start for start, _ in short], side="right") - 1
    found = [
        (i, j, int(stretch[i]))
        for i in range(len(short))
        for j in range(i + 1, min(len(short), i + 10))
        if stretch[i] == stretch[j] and short[j][0] >= short[i][1]
    ]
    found = found[:: 1 + len(found) // MOST_PAIRS]
    first, second, of = np.array(found, np.intp).reshape(-1, 3).T
    return first, second, of


def _principal(data: Matrix, weights: npt.NDArray[np.float64]) -> tuple[Matrix, Matrix]:
    """Weighted mean (d,) and the main axes (d, k) of the data."""
    centre = np.average(data, axis=0, weights=weights)
    centred = (data - centre) * np.sqrt(weights)[:, None]
    _, axes = np.linalg.eigh(centred.T @ centred)
    return centre, axes[:, ::-1][:, : min(SUPERVECTOR_DIMENSIONS, len(data))]


def _discriminant(
    points: Matrix, weights: npt.NDArray[np.float64], differences: Matrix, stretches: npt.NDArray[np.intp]
) -> Matrix:
    """Points along the axes of most variance per variance within stretches, each weighed by how far it exceeds noise."""
    from scipy.linalg import eigh

    if len(differences):
        squares = (differences**2).sum(1)
        alike = squares <= np.quantile(squares, 1 - DIFFERING_PAIRS)
        differences, stretches = differences[alike], stretches[alike]
    known = len(np.unique(stretches))
    within = differences.T @ differences / max(1, len(differences)) / 2
    overall = float(np.trace(within)) / len(within) or 1.0
    within = (known * within + PRIOR_STRETCHES * overall * np.eye(len(within))) / (known + PRIOR_STRETCHES)
    centred = points - np.average(points, axis=0, weights=weights)
    total = (centred * weights[:, None]).T @ centred / weights.sum()
    ratios, axes = eigh(total, within)
    ratios, axes = ratios[::-1][:DIMENSIONS], axes[:, ::-1][:, :DIMENSIONS]
    noise = float(np.median(ratios[SIGNAL_DIMENSIONS:]))
    gains = np.sqrt(np.maximum(0.0, 1 - noise / np.maximum(ratios, 1e-12)))
    kept = max(2, int(np.count_nonzero(gains)))
    return np.asarray((centred @ axes)[:, :kept] * gains[:kept])

"""簡易話者分離: who is heard when without any downloaded weights, for an office that has no pyannote pipeline yet.

In: the prepared wav and what is known of the number of speakers. Out: exclusive voices. Silero finds speech, windows of
it become points (``voiceprints.py``), points become speakers (``clustering.py``), and inside each stretch of speech the
speaker changes only where the evidence outweighs a penalty. Far from pyannote with its published weights (it knows
nothing of voices but what it hears in this recording) and blind to overlap, so drafts made with it say so.

Measured on 16 synthetic meetings of 2 to 9 voices (``models/demo/training/diarization_builtin``, where the alternatives
are compared too): the table is in that folder's README.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pipeline import wav
from pipeline.engines import cepstra, clustering, silero, voiceprints
from pipeline.protocols import Progress
from pipeline.schema import Diarization, ModelUsed, SpeakerCount, Voice

STAGE = "話者分離"
VERSION = 1  # of the method: raise it whenever the voices may come out otherwise
STEP_MS = 100
PARTS = 100  # of progress: speech is found by 40, heard by 90

Matrix = npt.NDArray[np.float64]


@dataclass(frozen=True)
class BuiltinDiarizer:
    """Settings. Without a known number, from ``fewest`` (a council never has one voice) to ``most`` are considered.

    ``switch_penalty`` is in units of ``clustering.closeness`` summed over steps of 0.1 s.
    """

    fewest: int = 2
    most: int = 15
    switch_penalty: float = 0.3

    @property
    def model(self) -> ModelUsed:
        return ModelUsed(part=STAGE, name="簡易話者分離(内蔵)", sha256=self.key)

    @property
    def key(self) -> str:
        return hashlib.sha256(json.dumps([VERSION, asdict(self)]).encode()).hexdigest()

    def diarize(self, audio: Path, count: SpeakerCount, progress: Progress) -> Diarization:
        """Seconds per hour of audio; memory grows by 100 MB or so per hour."""
        progress(STAGE, 0, PARTS)
        speech = silero.vad(audio, 0, wav.duration_ms(audio))
        frames = cepstra.analyse(audio, speech, lambda done, total: progress(STAGE, 40 + 50 * done // total, PARTS))
        found = voiceprints.prints(frames, speech)
        voices = self._voices(speech, found, count) if found.windows else ()
        progress(STAGE, PARTS, PARTS)
        return Diarization(engine="builtin", voices=voices)

    def _voices(self, speech: list[tuple[int, int]], found: voiceprints.Prints, count: SpeakerCount) -> tuple[Voice, ...]:
        reliable = found.weights > 0
        points, weights = found.points[reliable], found.weights[reliable]
        centres = clustering.centres(points, weights, self.number(points, count))
        scores = clustering.closeness(found.points, centres)
        voices: list[Voice] = []
        row = 0
        for start_ms, end_ms in speech:
            first = row
            while row < len(found.windows) and found.windows[row][0] < end_ms:
                row += 1
            steps = step_scores(found.windows[first:row], scores[first:row], start_ms, end_ms)
            voices += runs(cheapest_path(steps, self.switch_penalty), start_ms, end_ms)
        return tuple(voices)

    def number(self, points: Matrix, count: SpeakerCount) -> int:
        """The given number, or the best in the given bounds."""
        if count.exact is not None:
            return count.exact
        fewest = count.minimum or min(self.fewest, count.maximum or self.fewest)
        return clustering.estimate(points, fewest, count.maximum or max(self.most, fewest))


def step_scores(windows: list[tuple[int, int]], scores: Matrix, start_ms: int, end_ms: int) -> Matrix:
    """(steps, k): each step of a stretch gets the mean score of the windows over it, the nearer their middle the more."""
    n = max(1, round((end_ms - start_ms) / STEP_MS))
    total, weight = np.zeros((n, scores.shape[1])), np.zeros((n, 1))
    for (a_ms, b_ms), score in zip(windows, scores, strict=True):
        a = min(n - 1, round((a_ms - start_ms) / STEP_MS))
        b = min(n, max(a + 1, round((b_ms - start_ms) / STEP_MS)))
        nearness = np.hanning(b - a + 2)[1:-1, None]
        total[a:b] += score * nearness
        weight[a:b] += nearness
    return np.asarray(total / np.maximum(weight, 1e-9))


def cheapest_path(scores: Matrix, penalty: float) -> list[int]:
    """Viterbi: the sequence (one of k per step) with the largest sum of scores less ``penalty`` per change."""
    n, k = scores.shape
    best = scores[0].copy()
    came_from = np.empty((n, k), np.intp)
    itself = np.arange(k)
    for step in range(1, n):
        leader = int(best.argmax())
        stays = best >= best[leader] - penalty
        came_from[step] = np.where(stays, itself, leader)
        best = np.where(stays, best, best[leader] - penalty) + scores[step]
    path = [int(best.argmax())]
    for step in range(n - 1, 0, -1):
        path.append(int(came_from[step, path[-1]]))
    return path[::-1]


def runs(path: list[int], start_ms: int, end_ms: int) -> list[Voice]:
    """The path as voices that fill ``[start_ms, end_ms)``."""
    changes = [0, *(i for i in range(1, len(path)) if path[i] != path[i - 1])]
    edges = [start_ms + i * STEP_MS for i in changes] + [end_ms]
    return [
        Voice(start_ms=edges[i], end_ms=edges[i + 1], speaker=f"SPEAKER_{path[change]:02d}")
        for i, change in enumerate(changes)
        if edges[i] < edges[i + 1]
    ]

"""Where evidence about roles is added up: who, which role, of what kind, how much, why.

Points are nats. Evidence of one kind is not independent (who opens the questions once opens them often), so of a kind that
recurs the strongest counts in full, the next half, the next a third...
"""

from __future__ import annotations

from collections import defaultdict
from typing import Self

from pipeline.terms import Role

Key = tuple[str, Role, str]  # speaker, role, kind


class Board:
    """Scores with reasons. Adding is cheap, asking sums up once."""

    def __init__(self) -> None:
        self._points: defaultdict[Key, list[float]] = defaultdict(list)
        self._reasons: dict[Key, str] = {}
        self._scores: dict[tuple[str, Role], float] | None = None

    def copy(self) -> Self:
        other = type(self)()
        for key, points in self._points.items():
            other._points[key] = list(points)
        other._reasons = dict(self._reasons)
        return other

    def add(self, speaker: str, role: Role, kind: str, points: float, reason: str) -> None:
        """``reason``: in Japanese; the first of a kind is kept."""
        self._points[speaker, role, kind].append(points)
        self._reasons.setdefault((speaker, role, kind), reason)
        self._scores = None

    def score(self, speaker: str, role: Role) -> float:
        if self._scores is None:
            self._scores = defaultdict(float)
            for (who, what, _), points in self._points.items():
                self._scores[who, what] += _worth(points)
        return self._scores.get((speaker, role), 0.0)

    def reasons(self, speaker: str, role: Role, most: int) -> tuple[str, ...]:
        """The weightiest first; kinds that only repeat the same words once."""
        mine = sorted(((_worth(p), key) for key, p in self._points.items() if key[:2] == (speaker, role)), reverse=True)
        return tuple(dict.fromkeys(self._reasons[key] for worth, key in mine if worth > 0))[:most]


def _worth(points: list[float]) -> float:
    return sum(p / n for n, p in enumerate(sorted(points, key=abs, reverse=True), start=1))

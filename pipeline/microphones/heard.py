"""What the microphones told, kept beside the recording: ``microphones.json``.

In: the owners of all frames. Out: ``Heard``, spans instead of frames. The diarizer reads it, wherever it runs, and a second run sees by ``key`` and
``sha256`` whether the preparation still holds.
"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt
from pydantic import ValidationError

from pipeline import store
from pipeline.microphones.activity import Owners
from pipeline.microphones.levels import HOP_MS
from pipeline.schema import Record, Span

FILE = "microphones.json"


class Owned(Span):
    """At seat ``lane`` somebody is heard, or, for -1, somebody without a microphone; ``second``: besides the owner."""

    lane: int
    second: bool = False


class Heard(Record):
    """``key``: of the plan; ``files``: sha256 of each file in the plan's order."""

    key: str
    files: tuple[str, ...]
    spans: tuple[Owned, ...]


def spans(owners: Owners, total_ms: int) -> tuple[Owned, ...]:
    """In time order; those of the owners meet exactly."""
    found = [Owned(start_ms=a, end_ms=b, lane=int(owners.lane[a // HOP_MS])) for a, b in _runs(owners.lane, total_ms)]
    for lane in range(owners.second.shape[1]):
        active = owners.second[:, lane]
        for a, b in _runs(active, total_ms):
            if active[a // HOP_MS]:
                found.append(Owned(start_ms=a, end_ms=b, lane=lane, second=True))
    return tuple(sorted(found, key=lambda span: (span.start_ms, span.second, span.lane)))


def write(folder: Path, told: Heard) -> None:
    """Raises OutputError."""
    store.write_bytes(folder / FILE, told.model_dump_json().encode())


def read(folder: Path) -> Heard | None:
    try:
        return Heard.model_validate_json((folder / FILE).read_bytes())
    except (OSError, ValidationError):
        return None


def _runs(values: npt.NDArray[np.generic], total_ms: int) -> list[tuple[int, int]]:
    if not len(values):
        return []
    edges = [0, *(np.flatnonzero(values[1:] != values[:-1]) + 1).tolist(), len(values)]
    return [(a * HOP_MS, min(b * HOP_MS, total_ms)) for a, b in pairwise(edges) if a * HOP_MS < total_ms]

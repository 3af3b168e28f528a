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
from pipeline.microphones.activity import NOBODY, SPEECH_DB, Owners
from pipeline.microphones.levels import HOP_MS
from pipeline.schema import Record, Span

FILE = "microphones.json"
LEAD_MS = 500


class Owned(Span):
    """At seat ``lane`` somebody is heard, or, for -1, somebody without a microphone; ``second``: besides the owner."""

    lane: int
    second: bool = False


class Heard(Record):
    """``key``: of the plan; ``files``: sha256 of each file in the plan's order.

    ``lead_db``: for every ``LEAD_MS``, how much clearer the owner's microphone hears it than the room's do, the median; None where
    nobody speaks, the owner has no microphone, or the room has none.
    """

    key: str
    files: tuple[str, ...]
    spans: tuple[Owned, ...]
    lead_db: tuple[float | None, ...] = ()


def spans(owners: Owners, total_ms: int) -> tuple[Owned, ...]:
    """In time order; those of the owners meet exactly."""
    found = [Owned(start_ms=a, end_ms=b, lane=int(owners.lane[a // HOP_MS])) for a, b in _runs(owners.lane, total_ms)]
    for lane in range(owners.second.shape[1]):
        active = owners.second[:, lane]
        for a, b in _runs(active, total_ms):
            if active[a // HOP_MS]:
                found.append(Owned(start_ms=a, end_ms=b, lane=lane, second=True))
    return tuple(sorted(found, key=lambda span: (span.start_ms, span.second, span.lane)))


def leads(owners: Owners, over_floor_db: npt.NDArray[np.floating]) -> tuple[float | None, ...]:
    """``over_floor_db`` (frames, lanes): the levels at the seats, then those of the room's microphones."""
    seats = owners.second.shape[1]
    if not seats or seats == over_floor_db.shape[1]:
        return ()
    lane = np.maximum(owners.lane, 0)
    lead = over_floor_db[np.arange(len(lane)), lane] - over_floor_db[:, seats:].max(axis=1)
    tells = (owners.lane != NOBODY) & (over_floor_db.max(axis=1) >= SPEECH_DB)
    step = LEAD_MS // HOP_MS
    cells = [(lead[n : n + step], tells[n : n + step]) for n in range(0, len(lead), step)]
    return tuple(round(float(np.median(db[told])), 1) if told.any() else None for db, told in cells)


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

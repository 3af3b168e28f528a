"""Whether a recording can still be finished tonight, judged by what earlier ones took, and whether the disk has room for it.

In: the ledger's history and the length of the recording. Out: seconds and bytes. The slowest tenth of the history is taken for
the rule, because a night that runs into the office hours is worse than an hour unused.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

SLOW_SHARE = 0.9
BYTES_PER_MS = 32  # of 16 kHz mono 16-bit wav
ROOM_BYTES = 200 << 20  # for everything else that is written, and so that nobody meets a disk filled to the last byte
TIMES_COMPRESSED = 12  # a recording whose length is not known grows at most so much when it is unpacked


def expected_s(audio_ms: int | None, history: Sequence[tuple[float, int]]) -> float | None:
    """Seconds of work; None where the length or any history is missing."""
    if audio_ms is None or not history:
        return None
    paces = sorted(seconds / ms for seconds, ms in history)
    return paces[min(len(paces) - 1, math.ceil(SLOW_SHARE * len(paces)) - 1)] * audio_ms


def needed_bytes(audio_ms: int | None, file_bytes: int) -> int:
    """On the disk of the outputs."""
    return ROOM_BYTES + (audio_ms * BYTES_PER_MS if audio_ms is not None else file_bytes * TIMES_COMPRESSED)

"""Whether the disk of the outputs takes what comes next.

In: the length of a recording or the size of its file, and the outputs folder. Out: bytes, and yes or no. Asked before each
recording, because a disk that fills up in the middle costs hours; and after a refusal, because a full disk stops every recording
while a name that is too long stops its own.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from pipeline import store
from pipeline.errors import OutputError

BYTES_PER_MS = 32  # of 16 kHz mono 16-bit wav
ROOM_BYTES = 200 << 20  # for everything else that is written, and so that nobody meets a disk filled to the last byte
TIMES_COMPRESSED = 12  # a recording whose length is not known grows at most so much when it is unpacked
_PROBE, _PROBE_BYTES = ".room", 1 << 20


def needed_bytes(audio_ms: int | None, file_bytes: int) -> int:
    """For one recording, with some to spare."""
    return ROOM_BYTES + (audio_ms * BYTES_PER_MS if audio_ms is not None else file_bytes * TIMES_COMPRESSED)


def free_bytes(outputs: Path) -> int:
    """What the file system tells; a quota may be smaller."""
    return shutil.disk_usage(outputs).free


def takes_more(outputs: Path) -> bool:
    """Whether ``outputs`` is writable and not full, tried by writing."""
    probe = outputs / _PROBE
    try:
        store.write_bytes(probe, b"\0" * _PROBE_BYTES)
        probe.unlink()
        return free_bytes(outputs) >= ROOM_BYTES
    except (OutputError, OSError):
        return False

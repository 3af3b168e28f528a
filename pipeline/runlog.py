"""What happened, for the morning after: ``outputs/run.log`` (all runs) and ``run.json`` beside each draft.

Neither holds what was said. A bug is recorded by its frames and the type of the exception, without its message:
messages of text-handling code quote the text.
"""

from __future__ import annotations

import datetime as dt
import json
import logging
import logging.handlers
import os
import sys
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from pipeline import __version__, store

LOG = logging.getLogger("minutes")
_MAX_LOG_BYTES = 2_000_000


def open_log(folder: Path) -> None:
    """Send the program's log to ``folder/run.log`` and, where stderr is no terminal, to stderr as well."""
    LOG.setLevel(logging.INFO)
    LOG.propagate = False
    for handler in list(LOG.handlers):
        LOG.removeHandler(handler)
        handler.close()
    with store.saying_why(folder):
        folder.mkdir(parents=True, exist_ok=True)
        file = logging.handlers.RotatingFileHandler(
            folder / "run.log", maxBytes=_MAX_LOG_BYTES, backupCount=3, encoding="utf-8"
        )
    file.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    LOG.addHandler(file)
    if not sys.stderr.isatty():
        LOG.addHandler(logging.StreamHandler())


def record_bug(error: BaseException) -> Path:
    """Write the frames of ``error`` to the log; returns the log's path (stderr's name if there is no log yet)."""
    frames = "".join(traceback.format_tb(error.__traceback__))
    chain = [type(error).__name__]
    cause = error.__cause__
    while cause is not None:
        chain.append(type(cause).__name__)
        cause = cause.__cause__
    LOG.error("bug %s\n%s", " <- ".join(chain), frames)
    for handler in LOG.handlers:
        if isinstance(handler, logging.FileHandler):
            return Path(handler.baseFilename)
    return Path("(記録なし)")


def write_summary(folder: Path, status: str, seconds: Mapping[str, float], warnings: list[str]) -> None:
    """``run.json``: status, seconds per stage, codes of the warnings, peak memory of this process in MiB."""
    summary = {
        "program": f"minutes {__version__}",
        "ended": dt.datetime.now().astimezone().isoformat(timespec="seconds"),
        "status": status,
        "stage_seconds": dict(seconds),
        "peak_memory_mib": peak_memory_mib(),
        "warnings": warnings,
    }
    store.write_bytes(folder / "run.json", (json.dumps(summary, ensure_ascii=False, indent=1) + "\n").encode())


def peak_memory_mib() -> int | None:
    """Peak resident memory of this process; None where the platform does not tell."""
    try:
        import resource
    except ImportError:  # Windows
        return None
    unit = 1 << 20 if sys.platform == "darwin" else 1 << 10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit >> 20


@contextmanager
def stdout_kept_clean() -> Iterator[None]:
    """Point file descriptor 1 at stderr meanwhile: no library may write into the result."""
    sys.stdout.flush()
    kept = os.dup(1)
    os.dup2(2, 1)
    try:
        yield
    finally:
        sys.stdout.flush()
        os.dup2(kept, 1)
        os.close(kept)

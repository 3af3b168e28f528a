"""One night at a time in one outputs folder: a lock that the operating system lets go when its owner dies.

A file with a process number in it stays behind after a crash, and the number may belong to another program by then; a lock on
an open file cannot. The file's text only tells people who holds it.
"""

from __future__ import annotations

import datetime as dt
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from pipeline import store
from pipeline.errors import OutputError

FILE = "batch.lock"
_PATIENCE_S, _STEP_S = 1.0, 0.1  # longer than anybody needs to look whether the lock is taken


@contextmanager
def claimed(folder: Path) -> Iterator[None]:
    """Raises OutputError (6) while another process has it, and where the folder cannot be written."""
    path = folder / FILE
    with store.saying_why(path):
        folder.mkdir(parents=True, exist_ok=True)
        file = path.open("a+b")
    with file:
        try:
            _lock_soon(file)
        except OSError as error:
            raise OutputError(
                f"ほかの minutes batch が動いています({_owner(path)})。",
                "終わるのを待つか、止めてから実行してください。止まったプログラムの鍵は残りません。",
            ) from error
        file.truncate(0)
        file.write(f"{os.getpid()} {dt.datetime.now():%Y-%m-%d %H:%M}\n".encode())
        file.flush()
        yield


def is_claimed(folder: Path) -> bool:
    """Whether a night is on. Looks by taking the lock for a moment."""
    try:
        with (folder / FILE).open("r+b") as file:
            _lock(file)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return False


def _lock_soon(file: IO[bytes]) -> None:
    until = time.monotonic() + _PATIENCE_S
    while True:
        try:
            return _lock(file)
        except OSError:
            if time.monotonic() >= until:
                raise
            time.sleep(_STEP_S)


def _owner(path: Path) -> str:
    try:
        number, _, since = path.read_text(encoding="ascii").strip().partition(" ")
    except (OSError, UnicodeDecodeError):
        return "持ち主は分かりません"
    return f"プロセス {number}、{since} から" if number else "持ち主は分かりません"


def _lock(file: IO[bytes]) -> None:
    if os.name == "nt":
        import msvcrt

        file.seek(1 << 20)  # beyond the text, which others may read
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
    else:
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)

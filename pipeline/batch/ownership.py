"""One night at a time in one outputs folder: a lock that the operating system lets go when its owner dies.

A file with a process number in it stays behind after a crash, and the number may belong to another program by then; a lock on
an open file cannot. The file's text only tells people who holds it.
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from pipeline import store
from pipeline.errors import OutputError

FILE = "batch.lock"


@contextmanager
def claimed(folder: Path) -> Iterator[None]:
    """Raises OutputError (6) while another process has it, and where the folder cannot be written."""
    path = folder / FILE
    with store.saying_why(path):
        folder.mkdir(parents=True, exist_ok=True)
        file = path.open("a+b")
    with file:
        try:
            _lock(file)
        except OSError as error:
            raise OutputError(
                f"ほかの minutes batch が動いています({_owner(path)})。",
                "終わるのを待つか、止めてから実行してください。止まったプログラムの鍵は残りません。",
            ) from error
        file.truncate(0)
        file.write(f"{os.getpid()} {dt.datetime.now():%Y-%m-%d %H:%M}\n".encode())
        file.flush()
        yield


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

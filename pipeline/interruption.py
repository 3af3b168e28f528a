"""Ctrl-C that is not lost: while libraries are being imported, Python may swallow a KeyboardInterrupt or turn it into an
ImportError, and the run would go on for hours.

``heed`` remembers that somebody asked to stop; ``check``, called wherever progress is told, asks again. A process that works for
another one stops between two steps of its work when it is asked (``ask``), and at once when the other is gone.
"""

from __future__ import annotations

import os
import signal
import threading
from multiprocessing import parent_process
from types import FrameType

_asked = False


_ORPHANED = 1


def heed(between_steps: bool = False) -> None:
    """From now on in this process; once asked, later signals change nothing more (the end is on its way).

    SIGTERM, with which services are stopped, means the same. ``between_steps``: only ``check`` raises, so that the chunk in work
    is finished and kept.
    """
    handler = _note if between_steps else _remember
    signal.signal(signal.SIGINT, handler)
    signal.signal(signal.SIGTERM, handler)


def ignore() -> None:
    """The end has come: nothing is left to interrupt."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)


def ask() -> None:
    """What a signal does under ``between_steps``; from any thread."""
    global _asked
    _asked = True


def asked() -> bool:
    return _asked


def check() -> None:
    """Raises KeyboardInterrupt once somebody has asked to stop."""
    if _asked:
        raise KeyboardInterrupt


def end_with_owner() -> None:
    """From now on a process that another one started with ``multiprocessing`` ends when that one does, even by kill -9."""
    threading.Thread(target=_await_owner, daemon=True).start()


def _await_owner() -> None:
    owner = parent_process()
    if owner is not None:
        owner.join()
        os._exit(_ORPHANED)


def _note(signum: int, frame: FrameType | None) -> None:
    ask()


def _remember(signum: int, frame: FrameType | None) -> None:
    ask()
    raise KeyboardInterrupt

"""Ctrl-C that is not lost: while libraries are being imported, Python may swallow a KeyboardInterrupt or turn it into an
ImportError, and the run would go on for hours.

``heed`` remembers that somebody asked to stop; ``check``, called wherever progress is told, asks again.
"""

from __future__ import annotations

import signal
from types import FrameType

_asked = False


def heed() -> None:
    """From now on in this process; once asked, later signals change nothing more (the end is on its way).

    SIGTERM, with which services are stopped, means the same.
    """
    signal.signal(signal.SIGINT, _remember)
    signal.signal(signal.SIGTERM, _remember)


def ignore() -> None:
    """The end has come: nothing is left to interrupt."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)


def asked() -> bool:
    return _asked


def check() -> None:
    """Raises KeyboardInterrupt once somebody has asked to stop."""
    if _asked:
        raise KeyboardInterrupt


def _remember(signum: int, frame: FrameType | None) -> None:
    global _asked
    _asked = True
    raise KeyboardInterrupt

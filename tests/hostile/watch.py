"""Witnesses: was this file opened, was this port called? Asked of the kernel, because the decoder is no Python."""

from __future__ import annotations

import ctypes
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_IN_OPEN, _IN_NONBLOCK = 0x20, os.O_NONBLOCK


@contextmanager
def openings(file: Path) -> Iterator[list[int]]:
    """A list that holds, after the block, one entry for each time that anybody opened ``file`` in it (Linux)."""
    libc = ctypes.CDLL(None, use_errno=True)
    watch = libc.inotify_init1(_IN_NONBLOCK)
    if watch < 0 or libc.inotify_add_watch(watch, os.fsencode(file), _IN_OPEN) < 0:
        raise OSError(ctypes.get_errno(), "inotify")
    seen: list[int] = []
    try:
        yield seen
        with suppress(BlockingIOError):
            seen += [1] * (len(os.read(watch, 65_536)) // 16)
    finally:
        os.close(watch)


@contextmanager
def calls() -> Iterator[tuple[int, list[int]]]:
    """A loopback port, and a list that holds after the block how many called it by TCP or wrote to it by UDP."""
    with socket.socket() as tcp, socket.socket(type=socket.SOCK_DGRAM) as udp:
        tcp.bind(("127.0.0.1", 0))
        tcp.listen()
        tcp.setblocking(False)
        port: int = tcp.getsockname()[1]
        udp.bind(("127.0.0.1", port))
        udp.setblocking(False)
        seen: list[int] = []
        yield port, seen
        for receive in (tcp.accept, lambda: udp.recv(10)):
            with suppress(BlockingIOError):
                receive()
                seen.append(port)

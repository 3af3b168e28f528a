"""Proof that a night may be killed at any moment: kill -9 at random, again and again, and the drafts are those of a quiet night.

    python tests/benchmarks/batch_kill.py [--pieces 10] [--kills 20] [--seed 1]

Of two nights over the same recordings (real engines, demo weights) one is left alone; the other is killed, now the command
itself, now its worker process, and started again, until it comes to its end by itself. Printed: kills, drafts that are equal
byte for byte, recordings done twice (0 expected) and lost (0 expected).
"""

from __future__ import annotations

import argparse
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.benchmarks import nights

EARLIEST_S, LATEST_S = 0.2, 9.0  # after the start of the command


class Found(NamedTuple):
    """``killed``: kills that met a living process; ``twice`` and ``lost``: recordings."""

    killed: int
    workers: int
    same: bool
    twice: int
    lost: int


def prove(folder: Path, pieces: int, kills: int, moments: random.Random) -> Found:
    quiet = nights.home(folder / "quiet", pieces)
    if nights.batch(quiet):
        raise AssertionError("the quiet night failed")
    stormy = nights.copy(quiet, folder / "stormy")
    killed = workers = 0
    for _ in range(kills):
        night = subprocess.Popen(
            nights.command(stormy),
            cwd=stormy,
            env=nights.environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        time.sleep(moments.uniform(EARLIEST_S, LATEST_S))
        if moments.random() < 0.3 and (children := _children(night.pid)):
            _kill(children[-1])
            workers += 1
            time.sleep(moments.uniform(0, 1))
        if night.poll() is None:
            killed += 1
            _kill(night.pid)
        night.wait()
    if nights.batch(stormy) not in (0, 8):
        raise AssertionError("the last night failed")
    expected, got = nights.drafts(quiet), nights.drafts(stormy)
    return Found(
        killed,
        workers,
        expected == got,
        sum(count > 1 for count in nights.finished(stormy)),
        len(expected.keys() - got.keys()),
    )


def _children(pid: int) -> list[int]:
    """The worker comes after multiprocessing's resource tracker."""
    found = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(child) for child in found.read_text().split()] if found.exists() else []


def _kill(pid: int) -> None:
    import contextlib
    import os

    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--pieces", type=int, default=10)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    a = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = prove(Path(folder), a.pieces, a.kills, random.Random(a.seed))
    print(f"{a.pieces} recordings, killed {found.killed} times, its worker {found.workers} times")
    print(f"drafts equal to those of a quiet night: {found.same}; done twice: {found.twice}; lost: {found.lost}")
    sys.exit(not found.same or bool(found.twice or found.lost))


if __name__ == "__main__":
    main()

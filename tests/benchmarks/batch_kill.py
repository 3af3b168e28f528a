"""Proof that a night may be ended at any moment: again and again at random, and the drafts are those of a quiet night.

    python tests/benchmarks/batch_kill.py [--pieces 16] [--kills 20] [--seed 1]

Of two nights over the same recordings (real engines, demo weights) one is left alone; the other is ended in turn by kill -9 of
the command, kill -9 of its worker process, kill -9 of both and SIGTERM, and started again, until it comes to its end by itself.
Printed: what the kills met, drafts that are equal byte for byte, recordings done twice (0 expected) and lost (0 expected).
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parents[2]))

from pipeline.batch.ledger import FILE, State
from pipeline.errors import ExitCode
from tests.benchmarks import nights

EARLIEST_S, LATEST_S = 0.2, 12.0  # after the start of the command
COMMAND, WORKER, BOTH, SERVICE = "kill -9 of the command", "kill -9 of the worker", "kill -9 of both", "SIGTERM"
KINDS = (COMMAND, WORKER, SERVICE, BOTH)


class Found(NamedTuple):
    """``met``: how many kills of each kind met a living process, and what it was at. ``twice``, ``lost``: recordings."""

    met: Counter[tuple[str, str]]
    same: bool
    twice: int
    lost: int
    wrong_codes: list[int]


def prove(folder: Path, pieces: int, kills: int, moments: random.Random) -> Found:
    quiet = nights.home(folder / "quiet", pieces)
    if nights.batch(quiet):
        raise AssertionError("the quiet night failed")
    stormy = nights.copy(quiet, folder / "stormy")
    met: Counter[tuple[str, str]] = Counter()
    wrong: list[int] = []
    for kind in itertools.islice(itertools.cycle(KINDS), kills):
        night = subprocess.Popen(
            nights.command(stormy),
            cwd=stormy,
            env=nights.environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        time.sleep(moments.uniform(EARLIEST_S, LATEST_S))
        at = _at(stormy)
        if night.poll() is None:
            met[kind, at] += 1
        code = _end(night, kind, moments)
        if kind == SERVICE and at != "starting" and code not in (ExitCode.INTERRUPTED, ExitCode.DONE):
            wrong.append(code)
    last = nights.batch(stormy)
    if last != ExitCode.DONE:
        wrong.append(last)
    expected, got = nights.drafts(quiet), nights.drafts(stormy)
    twice = sum(count > 1 for count in nights.finished(stormy))
    return Found(met, expected == got, twice, len(expected.keys() - got.keys()), wrong)


def _end(night: subprocess.Popen[bytes], kind: str, moments: random.Random) -> int:
    """Ends the night in this way; a worker alone is replaced by the night, which is killed a moment later."""
    if kind in (WORKER, BOTH):
        for child in _children(night.pid)[-1:]:
            _kill(child)
    if kind == WORKER:
        time.sleep(moments.uniform(0, 3))
    if kind == SERVICE:
        night.terminate()
    else:
        _kill(night.pid)
    return night.wait()


def _at(place: Path) -> str:
    with contextlib.suppress(sqlite3.Error), sqlite3.connect(f"file:{place / 'outputs' / FILE}?mode=ro", uri=True) as ledger:
        if ledger.execute("select count(*) from recordings where state = ?", (State.RUNNING,)).fetchone()[0]:
            return "in a recording"
    return "starting"


def _children(pid: int) -> list[int]:
    """The worker comes after multiprocessing's resource tracker."""
    found = Path(f"/proc/{pid}/task/{pid}/children")
    with contextlib.suppress(OSError):
        return [int(child) for child in found.read_text().split()]
    return []


def _kill(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--pieces", type=int, default=16)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    a = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = prove(Path(folder), a.pieces, a.kills, random.Random(a.seed))
    for (kind, at), count in sorted(found.met.items()):
        print(f"{count:3d}  {kind}, {at}")
    print(f"{a.pieces} recordings; drafts equal to those of a quiet night: {found.same}")
    print(f"done twice: {found.twice}; lost: {found.lost}; unexpected exit codes: {found.wrong_codes}")
    sys.exit(not found.same or bool(found.twice or found.lost or found.wrong_codes))


if __name__ == "__main__":
    main()

"""The night on a dask cluster of worker processes on this machine: does one that dies cost a draft, and what do two bring.

    python tests/benchmarks/batch_cluster.py --lose-one [--pieces 6]   # kill -9 one of two workers in mid-work
    python tests/benchmarks/batch_cluster.py --speed [--pieces 12 --seconds 60 --diarizer pyannote]   # one worker against two

Real engines with demo weights. Lost: the drafts must be those of a night without a cluster, byte for byte. Speed: workers of one
thread each; seconds of the night itself, without the start of Python, after a first night in which every worker has loaded its
models; of these, the processor's seconds that the machine which leads the night needs for its own stages. Before and after, what
two processes of plain arithmetic gain over one on this machine: where others use it too, that is less than two, and the workers
cannot gain more.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.benchmarks import nights


class Found(NamedTuple):
    codes: list[int]
    same: bool
    lost_worker: bool


@contextmanager
def cluster(workers: int, place: Path) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """A scheduler and worker processes of one thread each, on loopback, as an office would start them. Their address."""
    file = place / "scheduler.json"
    common = {"cwd": place, "env": nights.environment(), "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    distributed = [
        sys.executable,
        "-m",
        "distributed.cli.dask_scheduler",
        "--host",
        "127.0.0.1",
        "--port",
        "0",
        "--no-dashboard",
    ]
    started = [subprocess.Popen([*distributed, "--scheduler-file", str(file)], **common)]  # type: ignore[call-overload]
    try:
        until = time.monotonic() + 60
        while not file.exists() or not file.read_text():
            assert time.monotonic() < until, "no scheduler"
            time.sleep(0.1)
        import json

        address = json.loads(file.read_text())["address"]
        command = [
            sys.executable, "-m", "distributed.cli.dask_worker", address, "--nthreads", "1", "--nworkers", "1", "--no-nanny",
            "--host", "127.0.0.1", "--no-dashboard", "--local-directory", str(place / "scratch"),
        ]  # fmt: skip
        hands = [subprocess.Popen(command, **common) for _ in range(workers)]  # type: ignore[call-overload]
        started += hands
        from distributed import Client

        with Client(address, set_as_default=False) as client:
            client.wait_for_workers(workers, timeout=60)
        yield address, hands
    finally:
        for process in started:
            process.kill()
            process.wait()


def prove(folder: Path, pieces: int, lose_one: bool) -> Found:
    alone = nights.home(folder / "alone", pieces)
    codes = [nights.batch(alone)]
    place = nights.copy(alone, folder / "cluster")
    with cluster(2, folder) as (address, hands):
        command = nights.command(place, "--scheduler", address)
        night = subprocess.Popen(
            command, cwd=place, env=nights.environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        if lose_one:
            until = time.monotonic() + 120
            while night.poll() is None and not list((place / "outputs").glob("*/segments.jsonl")):
                assert time.monotonic() < until, "no work was begun"
                time.sleep(0.05)
            time.sleep(0.5)
            os.kill(hands[0].pid, signal.SIGKILL)
        lost_in_work = lose_one and night.poll() is None
        codes.append(night.wait())
    return Found(sorted(set(codes)), nights.drafts(alone) == nights.drafts(place), lost_in_work)


def speed(folder: Path, pieces: int, seconds: int, diarizer: str) -> dict[int, tuple[float, float]]:
    """Seconds of a night by number of workers, and of the leader's processor in it."""
    from pipeline.batch import cluster as machines
    from pipeline.batch.ledger import Ledger
    from pipeline.batch.night import Night
    from pipeline.settings import load

    origin = nights.home(folder / "origin", pieces, seconds)
    taken = {}
    for workers in (1, 2):
        with cluster(workers, folder) as (address, _):
            for name in ("warm", "measured"):
                place = nights.copy(origin, folder / f"{name}{workers}")
                settings = load({"home": place, "diarizer": diarizer, "stable_s": 0})
                with Ledger(settings.outputs_folder) as ledger, machines.connected(address, settings) as maker:
                    begun, own = time.monotonic(), time.process_time()
                    recordings = (place / "recordings").resolve()
                    if Night(recordings, settings, ledger, maker, lambda _: None).run():
                        raise AssertionError("the night failed")
                    taken[workers] = time.monotonic() - begun, time.process_time() - own
        (folder / "scheduler.json").unlink(missing_ok=True)
        shutil.rmtree(folder / "scratch", ignore_errors=True)
    return taken


def control(seconds: float = 3.0) -> float:
    """How many times as much two processes reckon as one, here and now."""

    def reckoned(processes: int) -> int:
        code = f"import time; e = time.monotonic() + {seconds}; n = 0\nwhile time.monotonic() < e: n += sum(range(2000)) > 0\nprint(n)"
        hands = [subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) for _ in range(processes)]
        return sum(int(hand.communicate()[0]) for hand in hands)

    return reckoned(2) / reckoned(1)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--lose-one", action="store_true")
    parser.add_argument("--speed", action="store_true")
    parser.add_argument("--pieces", type=int, default=12)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--diarizer", default="pyannote")
    a = parser.parse_args()
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as folder:
        if a.lose_one:
            found = prove(Path(folder), a.pieces, lose_one=True)
            print(f"exit codes {found.codes}, drafts equal: {found.same}, worker lost in mid-work: {found.lost_worker}")
            sys.exit(found.codes != [0] or not found.same)
        if a.speed:
            before = control()
            taken = speed(Path(folder), a.pieces, a.seconds, a.diarizer)
            print(f"{a.pieces} recordings of {a.seconds} s, load of the machine before: {load:.2f}")
            for workers, (whole_s, own_s) in taken.items():
                print(f"{workers} worker(s): {whole_s:6.1f} s, of which {own_s:5.1f} s of the leader's processor")
            print(
                f"{taken[1][0] / taken[2][0]:.2f} times; plain arithmetic before {before:.2f}, after {control():.2f} times"
            )


if __name__ == "__main__":
    main()

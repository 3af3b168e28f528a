"""Stand-ins for the work of a night, named for what they do; importable, because the worker process starts fresh.

Each leaves a line ``name pid`` in ``outputs/runs.log`` when it begins, so that a test can count what was begun where.
"""

from __future__ import annotations

import datetime as dt
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

from pipeline import interruption, store
from pipeline.batch import worker
from pipeline.batch.ledger import Entry, Ledger
from pipeline.batch.night import Night
from pipeline.batch.worker import Outcome
from pipeline.errors import ExitCode, OutputError, RecordingError, SettingsError, WeightsError
from pipeline.protocols import Executor
from pipeline.settings import Settings

SPOKEN = "ひみつの発言"
NOW = dt.datetime(2026, 5, 14, 23, 0, tzinfo=dt.UTC)


def begin(source: Path, settings: Settings) -> None:
    with (settings.outputs_folder / "runs.log").open("a", encoding="utf-8") as log:
        log.write(f"{source.name} {os.getpid()}\n")


def by_name(source: Path, settings: Settings, runner: Executor) -> Outcome:
    """What happens is in the file's name; other files become a draft that holds their digest."""
    begin(source, settings)
    what = source.stem.split("-")[0]
    if what == "segfault":
        os.kill(os.getpid(), signal.SIGSEGV)
    if what == "memory":
        os.kill(os.getpid(), signal.SIGKILL)
    if what == "flaky":
        crashed = settings.outputs_folder / f"{source.stem}.crashed"
        if not crashed.exists():
            crashed.touch()
            os.kill(os.getpid(), signal.SIGSEGV)
    if what == "bug":
        raise ValueError(SPOKEN)
    if what == "corrupt":
        raise RecordingError("録音として読めません", "別のファイルを")
    if what == "sidecar":
        raise SettingsError("会議ファイルに知らない項目があります", "直してください")
    if what == "weights":
        raise WeightsError("モデルがありません", "fetch してください")
    if what == "full":
        raise OutputError("ディスクの空きがない", "空けてください")
    if what == "slow":
        for _ in range(600):
            interruption.check()
            time.sleep(0.05)
    draft = settings.outputs_folder / source.stem / "draft.json"
    store.write_bytes(draft, store.sha256_of(source).encode())
    code = ExitCode.NO_SPEECH if what == "silent" else ExitCode.DONE
    return Outcome(code=code, draft=draft, audio_ms=1000)


def begun_of(settings: Settings) -> list[list[str]]:
    """``[name, pid]`` of every piece of work that was begun."""
    log = settings.outputs_folder / "runs.log"
    return [line.split() for line in log.read_text(encoding="utf-8").splitlines()] if log.exists() else []


def in_steps(source: Path, settings: Settings, runner: Executor) -> Outcome:
    """Ten steps of half a second, each with a line when it begins and one when it is whole; asks between them."""
    for step in range(10):
        begin(Path(f"begin-{step}"), settings)
        time.sleep(0.5)
        begin(Path(f"end-{step}"), settings)
        interruption.check()
    return Outcome(code=0)


def deaf(source: Path, settings: Settings, runner: Executor) -> Outcome:
    """Never asks whether it should stop."""
    begin(source, settings)
    until = time.monotonic() + 60
    while time.monotonic() < until:
        time.sleep(0.1)
    return Outcome(code=0)


def with_hands(source: Path, settings: Settings, runner: Executor) -> Outcome:
    """Work that goes on in processes of its own."""
    begin(source, settings)
    list(runner.map(sleeping_hand, [settings, settings]))
    return Outcome(code=0)


def sleeping_hand(settings: Settings) -> None:
    begin(Path("hand"), settings)
    time.sleep(60)


def real_or_crash(source: Path, settings: Settings, runner: Executor) -> Outcome:
    """The real work, except for recordings whose name says segfault."""
    if source.stem.startswith("segfault"):
        return by_name(source, settings, runner)
    return worker.draft_of(source, settings, runner)


def put(settings: Settings, *names: str) -> None:
    for name in names:
        (settings.recordings_folder / name).write_bytes(name.encode())


class InProcess:
    """A maker without a process: the outcomes are given by name, others are done. Remembers what was begun."""

    at_once = 1

    def __init__(self, **outcomes: list[Outcome]) -> None:
        self.outcomes = outcomes
        self.begun: list[str] = []

    def length_ms(self, source: Path) -> int | None:
        return 60_000

    def run(self, source: Path, deadline_s: float | None = None) -> Outcome:
        self.begun.append(source.name)
        given_by_name = self.outcomes.get(source.stem)
        return given_by_name.pop(0) if given_by_name else Outcome(code=0, draft=Path("d"), audio_ms=60_000, seconds=30)

    def abandon(self) -> None: ...


def night(settings: Settings, ledger: Ledger, maker: object, **more: object) -> tuple[int, list[Entry]]:
    told: list[Entry] = []
    made = Night(settings.recordings_folder, settings, ledger, maker, told.append, now=lambda: NOW, **more)  # type: ignore[arg-type]
    return made.run(), told


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def wait_for(happened: Callable[[], bool], at_most_s: float = 30) -> None:
    until = time.monotonic() + at_most_s
    while not happened():
        assert time.monotonic() < until, "it never happened"
        time.sleep(0.05)

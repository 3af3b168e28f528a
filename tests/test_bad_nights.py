"""Bad nights: what breaks around a recording stops neither the others nor the next night, and is said in words."""

from __future__ import annotations

import datetime as dt
import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from pipeline import cli, store
from pipeline.batch import forecast, hook, ownership, readiness, room
from pipeline.batch import worker as worker_room
from pipeline.batch.ledger import FILE, Entry, Ledger, State
from pipeline.batch.night import INTERRUPTED, NO_TIME, REPLACED, SAME, STOPPED
from pipeline.batch.worker import Outcome, Worker
from pipeline.commands import batch as batch_command
from pipeline.errors import ExitCode, OutputError
from pipeline.settings import Settings
from tests import night_work
from tests.night_work import NOW, InProcess, begun_of, is_alive, night, put, wait_for

MINUTE = dt.timedelta(minutes=1)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "recordings").mkdir()
    (tmp_path / "outputs").mkdir()
    return Settings(home=tmp_path, stable_s=0)


@pytest.fixture
def ledger(settings: Settings) -> Iterator[Ledger]:
    with Ledger(settings.outputs_folder, now=lambda: NOW) as opened:
        yield opened


def states(entries: list[Entry]) -> dict[str, tuple[State, str]]:
    return {entry.name: (entry.state, entry.reason) for entry in entries}


# --- files ---


def test_a_file_that_cannot_be_read_waits_and_the_others_are_done(
    settings: Settings, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(settings, "a.wav", "b.wav", "c.wav")

    def torn_share(path: Path) -> str:
        if path.name == "b.wav":
            raise OSError(5, "Input/output error")
        return path.name

    with monkeypatch.context() as patched:
        patched.setattr(store, "sha256_of", torn_share)
        code, told = night(settings, ledger, InProcess())
    assert (code, states(told)) == (
        ExitCode.DONE,
        {"a.wav": (State.DONE, ""), "c.wav": (State.DONE, ""), "b.wav": (State.SKIPPED, readiness.UNREADABLE)},
    )
    maker = InProcess()
    night(settings, ledger, maker)
    assert maker.begun == ["b.wav"]
    assert [entry.key for entry in ledger.entries() if entry.name == "b.wav"] == [
        store.sha256_of(settings.recordings_folder / "b.wav")
    ]


def test_a_folder_that_cannot_be_listed_is_told(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    put(settings, "a.wav")
    (settings.recordings_folder / "closed").mkdir()
    real = os.scandir

    def refusing(path: str | Path) -> object:
        if Path(path).name == "closed":
            raise PermissionError(13, "Permission denied", str(path))
        return real(path)

    monkeypatch.setattr(os, "scandir", refusing)
    found = {one.name: one.reason for one in readiness.look(settings.recordings_folder, 0)}
    assert found == {"a.wav": "", "closed": readiness.UNREADABLE}


def test_a_recording_that_cannot_be_written_costs_only_itself(settings: Settings, ledger: Ledger) -> None:
    """A name too long for the disk is refused every night; the recordings after it must not wait for that."""
    put(settings, "a.wav", "b.wav")
    maker = InProcess(a=[Outcome(code=ExitCode.OUTPUT, reason="File name too long")] * 9)
    code, told = night(settings, ledger, maker)
    assert (code, states(told)) == (
        ExitCode.SOME_FAILED,
        {"a.wav": (State.FAILED, "File name too long"), "b.wav": (State.DONE, "")},
    )
    for _ in range(4):
        night(settings, ledger, maker)
    assert maker.begun == ["a.wav", "b.wav", "a.wav", "a.wav"]


def test_whether_the_disk_takes_more_is_tried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert room.takes_more(tmp_path)
    assert list(tmp_path.iterdir()) == []
    assert not room.takes_more(tmp_path / "file" / "below" if (tmp_path / "file").write_text("") == 0 else tmp_path)
    monkeypatch.setattr(room, "free_bytes", lambda _: room.ROOM_BYTES - 1)
    assert not room.takes_more(tmp_path)


def test_the_fault_of_a_file_that_was_replaced_is_history(
    settings: Settings, ledger: Ledger, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MINUTES_STABLE_S", "0")
    (settings.recordings_folder / "a.wav").touch()
    assert night(settings, ledger, InProcess(a=[Outcome(code=3, reason="空です")]))[0] == ExitCode.SOME_FAILED
    put(settings, "a.wav")  # copied again, whole this time
    assert night(settings, ledger, InProcess())[0] == ExitCode.DONE
    assert [(e.state, e.reason) for e in ledger.entries()] == [(State.SKIPPED, REPLACED), (State.DONE, "")]
    assert cli.run(["batch", "--home", str(settings.home)]) == ExitCode.DONE
    assert "前から失敗" not in capsys.readouterr().err


# --- the clock ---


def test_what_was_done_before_the_deadline_counts_on_the_next_night(settings: Settings, ledger: Ledger) -> None:
    """Ten minutes for a recording, nights of seven: done on the second, where the whole of it would never be begun."""
    put(settings, "a.wav")
    ledger.ran("before", 0, 600.0, 60_000, "")
    maker = InProcess(a=[Outcome(code=ExitCode.INTERRUPTED, seconds=420), Outcome(code=0, seconds=190, audio_ms=60_000)])
    assert states(night(settings, ledger, maker, until=NOW + 7 * MINUTE)[1]) == {"a.wav": (State.WAITING, NO_TIME)}
    assert states(night(settings, ledger, maker, until=NOW + 11 * MINUTE)[1]) == {"a.wav": (State.WAITING, STOPPED)}
    assert states(night(settings, ledger, maker, until=NOW + 7 * MINUTE)[1]) == {"a.wav": (State.DONE, "")}
    assert ledger.history("")[0] == (610.0, 60_000)  # not the pace of its last part


def test_ctrl_c_counts_what_was_spent(settings: Settings, ledger: Ledger) -> None:
    class Interrupted(InProcess):
        def run(self, source: Path, deadline_s: float | None = None) -> Outcome:
            time.sleep(0.05)
            raise KeyboardInterrupt

    put(settings, "a.wav")
    with pytest.raises(KeyboardInterrupt):
        night(settings, ledger, Interrupted())
    (entry,) = ledger.entries()
    assert entry.seconds is not None and 0.05 <= entry.seconds < 5


def test_a_killed_run_is_no_measure(settings: Settings, ledger: Ledger) -> None:
    put(settings, "a.wav")
    key = store.sha256_of(settings.recordings_folder / "a.wav")
    ledger.put(Entry(key=key, name="a.wav", state=State.RUNNING))
    night(settings, ledger, InProcess())
    assert ledger.entries()[0].state is State.DONE
    assert ledger.history("") == ()


def test_another_model_is_judged_by_its_own_pace(settings: Settings, ledger: Ledger) -> None:
    demo, real = (forecast.setup(settings.model_copy(update={"models": name}), None) for name in ("demo", ""))
    ledger.ran("before", 0, 3.0, 60_000, demo)
    assert demo != real != forecast.setup(settings, "tcp://host:8786")
    assert (len(ledger.history(demo)), len(ledger.history(real))) == (1, 0)


@examples(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.floats(1, 1e4), st.integers(1000, 10**8)), min_size=1, max_size=20),
    st.integers(1000, 10**8),
    st.lists(st.floats(0, 1e4), max_size=4),
)
def test_what_is_left_and_what_was_spent_make_the_whole(
    history: list[tuple[float, int]], audio_ms: int, nights: list[float]
) -> None:
    whole = forecast.expected_s(audio_ms, history)
    left = forecast.expected_s(audio_ms, history, sum(nights))
    assert whole is not None and left is not None
    assert left == pytest.approx(max(0.0, whole - sum(nights)))


# --- processes ---


def test_a_worker_that_dies_between_two_recordings_costs_nothing(settings: Settings) -> None:
    put(settings, "a.wav", "b.wav")
    worker = Worker(settings, night_work.by_name)
    try:
        worker.run(settings.recordings_folder / "a.wav")
        assert worker._process is not None
        os.kill(int(begun_of(settings)[0][1]), signal.SIGKILL)
        worker._process.join()  # a zombie's other threads may hold the line a moment longer
        assert worker.run(settings.recordings_folder / "b.wav").code == ExitCode.DONE
    finally:
        worker.close()


def test_a_worker_that_dies_while_it_is_asked_costs_one_attempt(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    put(settings, "a.wav")
    worker = Worker(settings, night_work.by_name)
    try:
        process, line = worker._alive()
        process.kill()
        process.join()
        with monkeypatch.context() as patched:
            patched.setattr(worker, "_alive", lambda: (process, line))
            outcome = worker.run(settings.recordings_folder / "a.wav")
        assert outcome.code is None and "SIGKILL" in outcome.reason
        assert worker.run(settings.recordings_folder / "a.wav").code == ExitCode.DONE
    finally:
        worker.close()


def test_the_deadline_waits_for_the_step_in_work(settings: Settings) -> None:
    put(settings, "a.wav")
    worker = Worker(settings, night_work.in_steps)
    try:
        assert worker.length_ms(settings.recordings_folder / "a.wav") is None  # the process is there, the file is no sound
        assert worker.run(settings.recordings_folder / "a.wav", time.monotonic() + 1.2).code == ExitCode.INTERRUPTED
    finally:
        worker.close()
    steps = [name for name, _ in begun_of(settings)]
    assert 2 <= len(steps) < 20
    assert steps == [f"{when}-{n}" for n in range(len(steps) // 2) for when in ("begin", "end")]


def test_a_worker_that_does_not_listen_is_ended(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    put(settings, "a.wav")
    monkeypatch.setattr(worker_room, "GRACE_S", 0.5)
    monkeypatch.setattr(worker_room, "CLOSE_S", 0.5)
    worker = Worker(settings, night_work.deaf)
    begun = time.monotonic()
    assert worker.run(settings.recordings_folder / "a.wav", begun + 3).code == ExitCode.INTERRUPTED
    assert time.monotonic() - begun < 10
    wait_for(lambda: not is_alive(int(begun_of(settings)[0][1])))


def test_hands_of_a_killed_worker_do_not_stay(settings: Settings) -> None:
    """With several processes (workers = 2) a kill of their owner must not leave models in memory that nobody uses."""
    put(settings, "a.wav")
    worker = Worker(settings.model_copy(update={"workers": 2}), night_work.with_hands)
    answers: list[Outcome] = []
    running = threading.Thread(target=lambda: answers.append(worker.run(settings.recordings_folder / "a.wav")))
    running.start()
    wait_for(lambda: len(begun_of(settings)) == 3)
    pids = [int(pid) for _, pid in begun_of(settings)]
    os.kill(pids[0], signal.SIGKILL)
    running.join()
    assert answers[0].code is None
    for pid in pids:
        wait_for(lambda pid=pid: not is_alive(pid))  # type: ignore[misc]


def test_a_playlist_has_nothing_else_opened(tmp_path: Path) -> None:
    from tests.drafts import silence, write_wav

    write_wav(tmp_path / "other.wav", silence(3))
    list_of_files = tmp_path / "list.wav"
    list_of_files.write_text(f"ffconcat version 1.0\nfile '{tmp_path / 'other.wav'}'\n", encoding="utf-8")
    assert worker_room.length_ms(list_of_files) is None
    assert worker_room.length_ms(tmp_path / "other.wav") == 3000


# --- stopping several at once ---


@pytest.fixture
def ctrl_c() -> Iterator[None]:
    """As at a terminal: a process started in the background is born deaf to it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("ctrl_c")
def test_ctrl_c_frees_those_who_wait_on_other_machines(settings: Settings, ledger: Ledger) -> None:
    class Cluster(InProcess):
        at_once = 3

        def __init__(self) -> None:
            super().__init__()
            self.freed = threading.Event()

        def run(self, source: Path, deadline_s: float | None = None) -> Outcome:
            self.begun.append(source.name)
            if len(self.begun) == self.at_once:
                signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
            assert self.freed.wait(20)
            return Outcome(code=ExitCode.INTERRUPTED)

        def abandon(self) -> None:
            self.freed.set()

    put(settings, *(f"{n}.wav" for n in range(5)))
    with pytest.raises(KeyboardInterrupt):
        night(settings, ledger, Cluster())
    assert {(e.state, e.reason) for e in ledger.entries()} == {(State.WAITING, INTERRUPTED), (State.WAITING, "")}


def test_a_night_whose_helpers_are_gone_ends_and_condemns_nothing(settings: Settings, ledger: Ledger) -> None:
    put(settings, "a.wav", "b.wav")
    maker = InProcess(a=[Outcome(code=ExitCode.SETTINGS, reason="いません", hits_all=True)])
    assert night(settings, ledger, maker)[0] == ExitCode.SETTINGS
    assert [(e.name, e.state, e.attempts) for e in ledger.entries()] == [
        ("a.wav", State.WAITING, 0),
        ("b.wav", State.WAITING, 0),
    ]


# --- the commands ---


def test_status_changes_nothing(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    (settings.outputs_folder / FILE).write_bytes(b"broken" * 1000)
    assert cli.run(["status", "--home", str(settings.home)]) == ExitCode.OUTPUT
    assert "台帳が壊れています" in capsys.readouterr().err
    assert [path.name for path in settings.outputs_folder.iterdir()] == [FILE]


def test_status_says_running_only_while_a_night_is_on(settings: Settings, ledger: Ledger) -> None:
    ledger.put(Entry(key="k", name="a.wav", state=State.RUNNING))
    assert batch_command.LEFT in batch_command.status(settings, False)
    assert State.RUNNING not in batch_command.status(settings, False)
    code = (
        "import sys; from pathlib import Path; from pipeline.batch import ownership\n"
        "with ownership.claimed(Path(sys.argv[1])): print('mine', flush=True); sys.stdin.read()"
    )
    owner = subprocess.Popen(
        [os.sys.executable, "-c", code, str(settings.outputs_folder)],  # type: ignore[attr-defined]
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=Path(__file__).parent.parent,
    )  # fmt: skip
    assert owner.stdout is not None and owner.stdout.readline() == b"mine\n"
    assert State.RUNNING in batch_command.status(settings, False)
    owner.communicate(b"")


def test_a_look_at_the_status_does_not_keep_a_night_from_beginning(settings: Settings) -> None:
    looking = threading.Event()

    def look() -> None:
        with (settings.outputs_folder / ownership.FILE).open("a+b") as file:
            ownership._lock(file)
            looking.set()
            time.sleep(0.4)

    looker = threading.Thread(target=look)
    looker.start()
    looking.wait()
    with ownership.claimed(settings.outputs_folder):
        looker.join()


def test_json_is_written_also_of_a_night_that_was_stopped(
    settings: Settings, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Stopping(InProcess):
        def run(self, source: Path, deadline_s: float | None = None) -> Outcome:
            if source.name == "b.wav":
                raise KeyboardInterrupt
            return super().run(source, deadline_s)

        def close(self) -> None: ...

    put(settings, "a.wav", "b.wav")
    monkeypatch.setenv("MINUTES_STABLE_S", "0")
    monkeypatch.setattr(batch_command, "Worker", lambda _: Stopping())
    assert cli.run(["batch", "--json", "--home", str(settings.home)]) == ExitCode.INTERRUPTED
    assert [entry["state"] for entry in json.loads(capsys.readouterr().out)] == ["完了", "待ち"]


def test_a_full_disk_of_the_ledger_is_said(settings: Settings, ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    import sqlite3

    class Full:
        def __enter__(self) -> None: ...
        def __exit__(self, *_: object) -> None: ...
        def execute(self, *_: object) -> None:
            raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(ledger, "_connection", Full())
    with pytest.raises(OutputError, match="disk is full"):
        ledger.put(Entry(key="k", name="a.wav", state=State.WAITING))
    monkeypatch.undo()


@pytest.mark.parametrize(
    ("command", "posix", "words"),
    [
        ('sh "my script.sh" x', True, ["sh", "my script.sh", "x"]),
        (r'"C:\Program Files\mail.exe" C:\to\him', False, [r"C:\Program Files\mail.exe", r"C:\to\him"]),
    ],
)
def test_the_offices_command_is_split_as_its_system_does(command: str, posix: bool, words: list[str]) -> None:
    assert hook.arguments(command, posix) == words


# --- all at once, for real ---


@pytest.mark.engines
def test_one_real_night_with_everything_that_can_be_wrong(tmp_path: Path) -> None:
    """Real engines and files: corrupt, empty, still growing, a copy, one at which the process dies, and a good one."""
    from tests.benchmarks import nights

    nights.home(tmp_path, pieces=1, seconds=20)
    settings = Settings(
        home=tmp_path, models="demo", diarizer="builtin", chunk_s=20, stable_s=0.3, attempts=2, formats=("text",)
    )
    folder = settings.recordings_folder
    good = (folder / "piece00.wav").rename(folder / "good.wav").read_bytes()
    (folder / "copy of good.wav").write_bytes(good)
    (folder / "corrupt.mp3").write_bytes(b"\xff\xfb\x90\x00" + bytes(range(256)) * 40)
    (folder / "empty.wav").touch()
    (folder / "segfault.wav").write_bytes(good[:-2000])
    originals = {path.name: path.read_bytes() for path in folder.iterdir()}
    is_over = threading.Event()

    def grow() -> None:
        with (folder / "growing.wav").open("wb", buffering=0) as file:
            file.write(good[: len(good) // 2])
            while not is_over.wait(0.05):
                file.write(b"\0\0")

    copying = threading.Thread(target=grow)
    copying.start()
    worker = Worker(settings, night_work.real_or_crash)
    try:
        with Ledger(settings.outputs_folder) as ledger:
            code, told = night(settings, ledger, worker)
            is_over.set()
            copying.join()
            after, later = night(settings, ledger, worker)
    finally:
        is_over.set()
        worker.close()
    found = {e.name: (e.state, e.code, e.attempts) for e in told}
    assert (code, found) == (
        ExitCode.SOME_FAILED,
        {
            "copy of good.wav": (State.DONE, 0, 0),
            "good.wav": (State.SKIPPED, None, 0),
            "corrupt.mp3": (State.FAILED, 3, 1),
            "empty.wav": (State.FAILED, 3, 1),
            "segfault.wav": (State.FAILED, None, 2),
            "growing.wav": (State.SKIPPED, None, 0),
        },
    )
    reasons = states(told)
    assert reasons["good.wav"][1] == f"{SAME}: copy of good.wav" and reasons["growing.wav"][1] == readiness.GROWING
    assert "SIGSEGV" in reasons["segfault.wav"][1] and "空です" in reasons["empty.wav"][1]
    # the morning after: only what has come to rest is new
    assert (after, [e.name for e in later if e.state is not State.SKIPPED]) == (ExitCode.DONE, ["growing.wav"])
    assert {path.name: path.read_bytes() for path in folder.iterdir() if path.name in originals} == originals

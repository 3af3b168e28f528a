"""The night: what is found, what is done, what is tried again, and that nothing is lost whatever happens."""

from __future__ import annotations

import datetime as dt
import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from pipeline import cli, store
from pipeline.batch import forecast, hook, ownership, readiness, room
from pipeline.batch.ledger import FILE, Entry, Ledger, State
from pipeline.batch.night import INTERRUPTED, NO_ROOM, NO_TIME, SAME, STOPPED
from pipeline.batch.worker import Outcome, Worker
from pipeline.commands import batch as batch_command
from pipeline.errors import ExitCode, OutputError, SettingsError
from pipeline.settings import Settings
from tests import night_work
from tests.night_work import NOW, InProcess, begun_of, is_alive, night, put, wait_for

ROOT = Path(__file__).parent.parent


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "recordings").mkdir()
    (tmp_path / "outputs").mkdir()
    return Settings(home=tmp_path, stable_s=0)


@pytest.fixture
def ledger(settings: Settings) -> Iterator[Ledger]:
    with Ledger(settings.outputs_folder, now=lambda: NOW) as opened:
        yield opened


# --- what is found ---


def test_recordings_are_found_and_nothing_else(settings: Settings) -> None:
    put(settings, "a.WAV", "b.mp3", "~$c.wav", ".d.wav", "e.wav.part", "f.toml", "README.md", "g.wav.crdownload")
    (settings.recordings_folder / "6月").mkdir()
    put(settings, "6月/h.m4a")
    os.mkfifo(settings.recordings_folder / "pipe.wav")
    assert [found.name for found in readiness.look(settings.recordings_folder, 0)] == ["a.WAV", "b.mp3", "6月/h.m4a"]


def test_a_growing_file_is_not_ready_until_it_stands_still(settings: Settings) -> None:
    put(settings, "a.wav", "b.wav")

    def grow(_: float) -> None:
        with (settings.recordings_folder / "b.wav").open("ab") as file:
            file.write(b"more")

    assert [f.reason for f in readiness.look(settings.recordings_folder, 1, grow)] == ["", readiness.GROWING]
    assert [f.reason for f in readiness.look(settings.recordings_folder, 0)] == ["", ""]


def test_no_link_leads_out_of_the_folder(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "outside.wav").write_bytes(b"x")
    put(settings, "inside.wav")
    (settings.recordings_folder / "out.wav").symlink_to(tmp_path / "outside.wav")
    (settings.recordings_folder / "in.wav").symlink_to(settings.recordings_folder / "inside.wav")
    (settings.recordings_folder / "nowhere.wav").symlink_to(tmp_path / "missing.wav")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "x.wav").write_bytes(b"x")
    (settings.recordings_folder / "folder").symlink_to(tmp_path / "elsewhere")
    reasons = {f.name: f.reason for f in readiness.look(settings.recordings_folder, 0)}
    assert reasons == {
        "in.wav": "", "inside.wav": "", "out.wav": readiness.OUTSIDE, "nowhere.wav": readiness.UNREADABLE,
    }  # fmt: skip


def test_a_file_that_somebody_holds_is_left_alone(settings: Settings) -> None:
    import fcntl

    put(settings, "a.wav")
    with (settings.recordings_folder / "a.wav").open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert [f.reason for f in readiness.look(settings.recordings_folder, 0)] == [readiness.HELD]
    assert [f.reason for f in readiness.look(settings.recordings_folder, 0)] == [""]


# --- the ledger ---


def test_the_ledger_keeps_what_was_written(settings: Settings, ledger: Ledger) -> None:
    entry = ledger.put(Entry(key="k", name="a.wav", state=State.DONE, draft="d", audio_ms=5, seconds=1.5, code=0))
    ledger.put(Entry(key="l", name="b.wav", state=State.RUNNING))
    ledger.ran("k", 0, 1.5, 5, "here")
    ledger.ran("k", 0, 9.5, 5, "elsewhere")
    ledger.ran("k", 0, 9.5, None, "here")  # nobody knows how long
    ledger.ran("l", 3, 1.5, 5, "here")
    with Ledger(settings.outputs_folder, now=lambda: NOW) as again:
        assert again.entry("k") == entry and again.entry("?") is None
        assert [e.name for e in again.take_up()] == ["b.wav"]
        assert [(e.name, e.state, e.interruptions) for e in again.entries()] == [
            ("a.wav", State.DONE, 0), ("b.wav", State.WAITING, 1),
        ]  # fmt: skip
        assert again.history("here") == ((1.5, 5),)


def test_a_file_is_read_again_only_when_it_has_changed(ledger: Ledger, tmp_path: Path) -> None:
    read: list[Path] = []

    def digest(path: Path) -> str:
        read.append(path)
        return f"digest {len(read)}"

    assert ledger.key_of(tmp_path, 1, 1, digest) == ledger.key_of(tmp_path, 1, 1, digest) == "digest 1"
    assert ledger.key_of(tmp_path, 1, 2, digest) == "digest 2"


def test_a_damaged_ledger_is_put_aside_and_not_lost(settings: Settings) -> None:
    (settings.outputs_folder / FILE).write_bytes(b"not a database at all" * 100)
    with Ledger(settings.outputs_folder) as ledger:
        assert ledger.put_aside is not None and ledger.put_aside.read_bytes().startswith(b"not a database")
        assert ledger.entries() == ()


def test_a_ledger_of_a_newer_program_is_left_alone(settings: Settings) -> None:
    import sqlite3

    with sqlite3.connect(settings.outputs_folder / FILE) as made:
        made.execute("pragma user_version = 99")
    with pytest.raises(OutputError, match="version 99"):
        Ledger(settings.outputs_folder)


def test_one_owner_at_a_time_and_no_lock_after_a_crash(settings: Settings) -> None:
    code = (
        "import sys, time; from pathlib import Path; from pipeline.batch import ownership\n"
        "with ownership.claimed(Path(sys.argv[1])): print('mine', flush=True); time.sleep(60)"
    )
    owner = subprocess.Popen([sys.executable, "-c", code, str(settings.outputs_folder)], stdout=subprocess.PIPE, cwd=ROOT)
    assert owner.stdout is not None and owner.stdout.readline() == b"mine\n"
    with pytest.raises(OutputError, match=str(owner.pid)), ownership.claimed(settings.outputs_folder):
        pass
    owner.kill()
    owner.wait()
    with ownership.claimed(settings.outputs_folder):
        pass


# --- what it will take ---


@given(st.lists(st.tuples(st.floats(0.1, 1e5), st.integers(1, 10**8)), min_size=1, max_size=60), st.integers(1, 10**8))
def test_the_forecast_is_slower_than_nine_of_ten(history: list[tuple[float, int]], audio_ms: int) -> None:
    expected = forecast.expected_s(audio_ms, history)
    assert expected is not None
    slower = sum(seconds / ms * audio_ms > expected * 1.000001 for seconds, ms in history)
    assert slower <= 0.1 * len(history)
    assert any(abs(seconds / ms * audio_ms - expected) <= 1e-6 * expected for seconds, ms in history)


def test_nothing_is_forecast_from_nothing() -> None:
    assert forecast.expected_s(None, [(1.0, 1)]) is None
    assert forecast.expected_s(1000, []) is None
    assert room.needed_bytes(1000, 5) == room.ROOM_BYTES + 32_000
    assert room.needed_bytes(None, 1000) == room.ROOM_BYTES + 12_000


# --- the worker process ---


@pytest.fixture
def worker(settings: Settings) -> Iterator[Worker]:
    made = Worker(settings, night_work.by_name)
    yield made
    made.close()


def test_one_process_serves_the_night_and_its_death_costs_one_attempt(settings: Settings, worker: Worker) -> None:
    put(settings, "a.wav", "b.wav", "segfault.wav", "memory.wav", "c.wav")
    outcomes = [
        worker.run(settings.recordings_folder / n) for n in ("a.wav", "b.wav", "segfault.wav", "memory.wav", "c.wav")
    ]
    assert [o.code for o in outcomes] == [0, 0, None, None, 0]
    assert "SIGSEGV" in outcomes[2].reason and "メモリ不足" in outcomes[3].reason
    pids = [pid for _, pid in begun_of(settings)]
    assert pids[0] == pids[1] == pids[2] != pids[3] != pids[4]  # what was loaded stays loaded
    assert outcomes[0].seconds > 0


def test_errors_come_back_as_they_are_and_a_bug_tells_no_secret(settings: Settings, worker: Worker) -> None:
    put(settings, "corrupt.wav", "bug.wav")
    corrupt = worker.run(settings.recordings_folder / "corrupt.wav")
    assert (corrupt.code, corrupt.reason, corrupt.advice) == (3, "録音として読めません", "別のファイルを")
    bug = worker.run(settings.recordings_folder / "bug.wav")
    assert bug.code == ExitCode.BUG and "ValueError" in bug.reason
    log = (settings.outputs_folder / "run.log").read_text(encoding="utf-8")
    assert "night_work.py" in log and night_work.SPOKEN not in log + bug.reason


def test_a_deadline_interrupts_and_the_next_night_goes_on(settings: Settings, worker: Worker) -> None:
    put(settings, "slow.wav", "a.wav")
    begun = time.monotonic()
    assert worker.run(settings.recordings_folder / "slow.wav", begun + 2).code == ExitCode.INTERRUPTED
    assert time.monotonic() - begun < 20
    assert worker.run(settings.recordings_folder / "a.wav").code == ExitCode.DONE


def test_a_worker_never_outlives_its_owner(settings: Settings) -> None:
    put(settings, "slow.wav")
    code = (
        "import sys; from pathlib import Path; from pipeline.batch.worker import Worker; from pipeline.settings import Settings\n"
        "from tests import night_work\n"
        "if __name__ == '__main__':\n"
        "    home = Path(sys.argv[1])\n"
        "    Worker(Settings(home=home), night_work.by_name).run(home / 'recordings' / 'slow.wav')\n"
    )
    script = settings.home / "owner.py"
    script.write_text(code, encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    owner = subprocess.Popen([sys.executable, str(script), str(settings.home)], env=environment)
    wait_for(lambda: bool(begun_of(settings)))
    pid = int(begun_of(settings)[0][1])
    owner.kill()
    owner.wait()
    wait_for(lambda: not is_alive(pid))


# --- the night ---


def test_every_recording_ends_in_its_documented_state(settings: Settings, ledger: Ledger, worker: Worker) -> None:
    put(settings, "a.wav", "bug.wav", "corrupt.wav", "flaky.wav", "segfault.wav", "silent.wav", "z.wav")
    (settings.recordings_folder / "copy.wav").write_bytes(b"z.wav")
    code, told = night(settings, ledger, worker)
    assert code == ExitCode.SOME_FAILED
    states = {e.name: (e.state, e.attempts, e.code) for e in told}
    assert states == {
        "a.wav": (State.DONE, 0, 0), "bug.wav": (State.FAILED, 1, 1), "corrupt.wav": (State.FAILED, 1, 3),
        "flaky.wav": (State.DONE, 1, 0), "segfault.wav": (State.FAILED, 3, None), "silent.wav": (State.DONE, 0, 7),
        "copy.wav": (State.DONE, 0, 0), "z.wav": (State.SKIPPED, 0, None),
    }  # fmt: skip
    assert next(e for e in told if e.name == "z.wav").reason == f"{SAME}: copy.wav"
    begun = [name for name, _ in begun_of(settings)]
    assert begun.count("segfault.wav") == 3 and begun.count("flaky.wav") == 2 and begun.count("corrupt.wav") == 1
    # the next night does nothing twice; a bug may be mended by then, and gets its attempts
    code, told = night(settings, ledger, worker)
    assert (code, [e.name for e in told if e.state is not State.SKIPPED]) == (ExitCode.SOME_FAILED, ["bug.wav"])
    assert [name for name, _ in begun_of(settings)][len(begun) :] == ["bug.wav"]


def test_what_has_failed_for_good_is_done_again_on_request_or_when_it_changes(settings: Settings, ledger: Ledger) -> None:
    put(settings, "a.wav")
    broken = [Outcome(code=3, reason="読めません")]
    maker = InProcess(a=broken)
    assert night(settings, ledger, maker)[0] == ExitCode.SOME_FAILED
    assert night(settings, ledger, maker) == (ExitCode.DONE, [])
    code, told = night(settings, ledger, maker, retry=True)
    assert (code, told[0].state) == (ExitCode.DONE, State.DONE)
    (settings.recordings_folder / "a.wav").write_bytes(b"another meeting")
    assert night(settings, ledger, maker)[1][0].state is State.DONE
    assert maker.begun == ["a.wav"] * 3


def test_a_wrong_meeting_file_is_looked_at_every_night(settings: Settings, ledger: Ledger) -> None:
    put(settings, "a.wav")
    maker = InProcess(a=[Outcome(code=9)] * 6)
    for _ in range(5):
        assert night(settings, ledger, maker)[0] == ExitCode.SOME_FAILED
    assert len(maker.begun) == 5


@pytest.mark.parametrize("code", [ExitCode.WEIGHTS, ExitCode.OUTPUT])
def test_what_would_hit_all_ends_the_night_and_nothing_is_lost(
    settings: Settings, ledger: Ledger, code: ExitCode, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(settings, "a.wav", "b.wav", "c.wav")
    maker = InProcess(b=[Outcome(code=code, reason="だめ", advice="こうして")])
    with monkeypatch.context() as patched:
        patched.setattr(room, "takes_more", lambda _: False)
        assert night(settings, ledger, maker)[0] == code
    assert [(e.name, e.state) for e in ledger.entries()] == [
        ("a.wav", State.DONE), ("b.wav", State.WAITING), ("c.wav", State.WAITING),
    ]  # fmt: skip
    assert "こうして" in ledger.entries()[1].reason
    assert night(settings, ledger, maker)[0] == ExitCode.DONE
    assert maker.begun == ["a.wav", "b.wav", "b.wav", "c.wav"]


def test_nothing_is_started_that_cannot_end_in_time(settings: Settings, ledger: Ledger) -> None:
    put(settings, "a.wav", "b.wav")
    ledger.ran("before", 0, 600.0, 60_000, "")  # ten minutes for one
    maker = InProcess()
    code, told = night(settings, ledger, maker, until=NOW + dt.timedelta(minutes=9))
    assert (code, maker.begun, {e.reason for e in told}) == (ExitCode.DONE, [], {NO_TIME})
    assert {e.state for e in ledger.entries()} == {State.WAITING}
    code, told = night(settings, ledger, maker, until=NOW + dt.timedelta(minutes=11))
    assert maker.begun == ["a.wav", "b.wav"]


def test_at_the_deadline_the_night_ends_and_the_recording_waits(settings: Settings, ledger: Ledger) -> None:
    put(settings, "a.wav", "b.wav")
    maker = InProcess(a=[Outcome(code=ExitCode.INTERRUPTED)])
    code, told = night(settings, ledger, maker, until=NOW + dt.timedelta(minutes=9))
    assert (code, maker.begun, told[0].reason) == (ExitCode.DONE, ["a.wav"], STOPPED)
    assert [e.state for e in ledger.entries()] == [State.WAITING, State.WAITING]


def test_without_room_on_the_disk_nothing_is_begun(
    settings: Settings, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(settings, "a.wav")
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("Usage", (), {"free": 1000}))
    maker = InProcess()
    code, told = night(settings, ledger, maker)
    assert (code, maker.begun, told[0].reason, told[0].state) == (ExitCode.OUTPUT, [], NO_ROOM, State.WAITING)


def test_ctrl_c_leaves_the_recording_waiting(settings: Settings, ledger: Ledger) -> None:
    class Interrupted(InProcess):
        def run(self, source: Path, deadline_s: float | None = None) -> Outcome:
            raise KeyboardInterrupt

    put(settings, "a.wav")
    with pytest.raises(KeyboardInterrupt):
        night(settings, ledger, Interrupted())
    assert [(e.state, e.reason) for e in ledger.entries()] == [(State.WAITING, INTERRUPTED)]


def test_what_arrives_during_the_night_is_done_too(settings: Settings, ledger: Ledger) -> None:
    class Arriving(InProcess):
        def run(self, source: Path, deadline_s: float | None = None) -> Outcome:
            if source.name == "a.wav":
                put(settings, "late.wav")
            return super().run(source, deadline_s)

    put(settings, "a.wav")
    maker = Arriving()
    assert night(settings, ledger, maker)[0] == ExitCode.DONE
    assert maker.begun == ["a.wav", "late.wav"]


def test_what_was_interrupted_often_goes_last(settings: Settings, ledger: Ledger) -> None:
    put(settings, "a.wav", "b.wav")
    key = store.sha256_of(settings.recordings_folder / "a.wav")
    ledger.put(Entry(key=key, name="a.wav", state=State.RUNNING))  # killed the whole night, perhaps
    maker = InProcess()
    night(settings, ledger, maker)
    assert maker.begun == ["b.wav", "a.wav"]


def test_a_moved_recording_is_the_same_one(settings: Settings, ledger: Ledger) -> None:
    put(settings, "a.wav")
    maker = InProcess()
    night(settings, ledger, maker)
    (settings.recordings_folder / "a.wav").rename(settings.recordings_folder / "b.wav")
    assert night(settings, ledger, maker) == (ExitCode.DONE, [])


def test_several_at_once_where_the_maker_can(settings: Settings, ledger: Ledger) -> None:
    class Three(InProcess):
        at_once = 3

    put(settings, *(f"{n}.wav" for n in range(9)))
    maker = Three(**{"4": [Outcome(code=None, reason="落ちた")] * 3})
    code, told = night(settings, ledger, maker)
    assert code == ExitCode.SOME_FAILED
    assert sorted(e.name for e in told) == sorted(f"{n}.wav" for n in range(9))
    assert sorted(maker.begun) == sorted([*(f"{n}.wav" for n in range(9)), "4.wav", "4.wav"])


_CODES = st.sampled_from([0, 0, 7, None, 1, 3, 9])


@examples(max_examples=40, deadline=None)
@given(st.lists(st.lists(_CODES, min_size=1, max_size=4), min_size=1, max_size=5), st.integers(1, 3), st.integers(1, 4))
def test_laws_of_the_night(
    tmp_path_factory: pytest.TempPathFactory, outcomes: list[list[int | None]], attempts: int, nights: int
) -> None:
    """Whatever happens: a draft is made once, a corrupt file is tried once, crashes are bounded, originals stay."""
    home = tmp_path_factory.mktemp("night")
    settings = Settings(home=home, stable_s=0, attempts=attempts)
    settings.recordings_folder.mkdir()
    put(settings, *(f"r{n}.wav" for n in range(len(outcomes))))
    maker = InProcess(**{f"r{n}": [Outcome(code=code) for code in codes] for n, codes in enumerate(outcomes)})
    with Ledger(settings.outputs_folder, now=lambda: NOW) as ledger:
        for _ in range(nights):
            night(settings, ledger, maker)
        entries = {e.name: e for e in ledger.entries()}
    for n, codes in enumerate(outcomes):
        entry = entries[f"r{n}.wav"]
        happened = [*codes, 0][: maker.begun.count(f"r{n}.wav")]
        assert entry.state in (State.DONE, State.FAILED)
        assert (entry.state is State.DONE) == (happened[-1] in (0, 7))
        assert not any(code in (0, 7, 3) for code in happened[:-1])
        assert happened.count(None) + happened.count(1) <= attempts + happened.count(9)
        assert (settings.recordings_folder / entry.name).read_bytes() == entry.name.encode()


# --- the office's own command ---


def test_the_offices_command_gets_each_result(settings: Settings, ledger: Ledger) -> None:
    put(settings, "a.wav", "corrupt.wav")
    log = settings.home / "hook.log"
    command = [sys.executable, "-c", f"import sys; open({str(log)!r}, 'a').write(sys.stdin.read() + chr(10))"]
    night(settings, ledger, InProcess(corrupt=[Outcome(code=3, reason="読めません")]), on_finish=command)
    told = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    assert [(t["recording"], t["state"], t["draft"]) for t in told] == [
        ("a.wav", "完了", "d"),
        ("corrupt.wav", "失敗", None),
    ]


def test_a_failing_command_changes_nothing() -> None:
    entry = Entry(key="k", name="a.wav", state=State.DONE)
    assert "終了コード 3" in hook.call([sys.executable, "-c", "raise SystemExit(3)"], entry)
    assert "実行できません" in hook.call(["/no/such/command"], entry)
    assert hook.call([sys.executable, "-c", "pass"], entry) == ""
    assert hook.arguments('sh "my script.sh" x') == ["sh", "my script.sh", "x"]
    with pytest.raises(SettingsError, match="on_finish"):
        hook.arguments('sh "open')


# --- the commands ---


def test_exit_codes_of_the_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert cli.run(["batch"]) == ExitCode.RECORDING
    assert "minutes batch フォルダ" in capsys.readouterr().err
    (tmp_path / "recordings").mkdir()
    assert cli.run(["batch", "--until", "25:00"]) == ExitCode.SETTINGS
    monkeypatch.setenv("MINUTES_ON_FINISH", 'sh "')
    assert cli.run(["batch"]) == ExitCode.SETTINGS
    monkeypatch.delenv("MINUTES_ON_FINISH")
    capsys.readouterr()
    assert cli.run(["batch"]) == ExitCode.DONE
    assert capsys.readouterr() == ("", "新しい録音はありません。\n")
    with ownership.claimed(tmp_path / "outputs"):
        assert cli.run(["batch"]) == ExitCode.OUTPUT
    assert "ほかの minutes batch" in capsys.readouterr().err
    (tmp_path / "outputs" / FILE).write_bytes(b"broken" * 1000)
    assert cli.run(["batch"]) == ExitCode.DONE
    assert "台帳が壊れていたため" in capsys.readouterr().err


def test_the_ledger_is_shown(
    settings: Settings, ledger: Ledger, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MINUTES_STABLE_S", "0")
    home = str(settings.home)
    assert cli.run(["status", "--home", home]) == ExitCode.DONE
    assert "まだ何もありません" in capsys.readouterr().out
    put(settings, "会議.wav")
    key = store.sha256_of(settings.recordings_folder / "会議.wav")
    ledger.put(Entry(key=key, name="会議.wav", state=State.FAILED, reason="読めません", code=3))
    assert cli.run(["status", "--home", home]) == ExitCode.DONE
    assert capsys.readouterr().out.startswith("失敗  会議.wav  2026-05-14 23:00")
    assert cli.run(["status", "--json", "--home", home]) == ExitCode.DONE
    assert json.loads(capsys.readouterr().out)[0]["reason"] == "読めません"
    assert cli.run(["batch", "--home", home]) == ExitCode.DONE
    assert "前から失敗のままの録音が 1 件" in capsys.readouterr().err
    (settings.recordings_folder / "会議.wav").unlink()
    assert cli.run(["batch", "--home", home]) == ExitCode.DONE
    assert capsys.readouterr().err == "新しい録音はありません。\n"


def test_what_would_be_done(
    settings: Settings, ledger: Ledger, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MINUTES_STABLE_S", "0")
    from tests.drafts import silence, write_wav

    write_wav(settings.recordings_folder / "a.wav", silence(3))
    arguments = ["batch", "--dry-run", "--home", str(settings.home)]
    assert cli.run(arguments) == ExitCode.DONE
    assert capsys.readouterr().out == "a.wav\t見込みなし\n"
    ledger.ran("before", 0, 60.0, 1_000, forecast.setup(settings, None))
    assert cli.run(arguments) == ExitCode.DONE
    assert capsys.readouterr().out == "a.wav\t約3分\n"
    assert [e.state for e in ledger.entries()] == [State.WAITING]


@pytest.mark.parametrize(("now", "clock", "expected"), [(22, "07:00", (15, 7)), (3, "7:00", (14, 7)), (7, "07:00", (15, 7))])
def test_until_is_the_next_time_the_clock_shows_it(now: int, clock: str, expected: tuple[int, int]) -> None:
    found = batch_command._next(batch_command.clock(clock), NOW.replace(hour=now))
    assert (found.day, found.hour, found.minute) == (*expected, 0)


@pytest.mark.engines
def test_a_killed_night_ends_with_the_drafts_of_an_undisturbed_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The small form of ``benchmarks/batch_kill.py``: kill -9 of the command and of its worker, and SIGTERM."""
    from tests.benchmarks import batch_kill

    monkeypatch.setattr(batch_kill, "EARLIEST_S", 3.0)
    monkeypatch.setattr(batch_kill, "LATEST_S", 5.0)
    found = batch_kill.prove(tmp_path, pieces=2, kills=3, moments=random.Random(3))
    assert found.same and found.met.total() >= 1 and (found.twice, found.lost, found.wrong_codes) == (0, 0, [])

"""The night on other machines: the same drafts, nothing waits for ever, and what is missing is said in words."""

from __future__ import annotations

import socket
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from pipeline import cli
from pipeline.batch import cluster
from pipeline.batch.cluster import Deserted, OnCluster, Pool, Stopped, Watch
from pipeline.errors import ExitCode
from pipeline.settings import Settings


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    """Satisfies what the cluster's executor satisfies."""
    with ThreadPoolExecutor(4) as pool:
        yield pool


@pytest.fixture(autouse=True)
def looking_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "LOOK_S", 0.02)


def crowded() -> Watch:
    return Watch(lambda: 2)


@examples(max_examples=30, deadline=None)
@given(st.lists(st.floats(0, 0.01), max_size=12))
def test_results_come_in_order_whoever_is_first(pauses: list[float]) -> None:
    def work(number: int, pause_s: float) -> int:
        time.sleep(pause_s)
        return number

    with ThreadPoolExecutor(4) as pool:
        assert list(Pool(pool, crowded()).map(work, range(len(pauses)), pauses)) == list(range(len(pauses)))


def test_all_chunks_are_handed_out_before_the_first_result_is_asked_for(threads: ThreadPoolExecutor) -> None:
    meeting = threading.Barrier(3)
    results = Pool(threads, crowded()).map(lambda _: meeting.wait(10), range(3))
    assert sorted(results) == [0, 1, 2]


def test_waiting_ends_at_the_deadline_and_when_the_night_does(threads: ThreadPoolExecutor) -> None:
    is_over = threading.Event()
    watch = crowded()
    with pytest.raises(Stopped):
        Pool(threads, watch, time.monotonic() + 0.1).call(is_over.wait, 20)
    watch.stop.set()
    with pytest.raises(Stopped):
        Pool(threads, watch).call(is_over.wait, 20)
    is_over.set()


def test_a_worker_that_is_started_again_is_waited_for(threads: ThreadPoolExecutor) -> None:
    there = iter([0, 0, 1, 0, 0, 1, 1, 1, 1, 1])
    assert Pool(threads, Watch(lambda: next(there, 1))).call(time.sleep, 0.3) is None


def test_without_any_worker_waiting_has_an_end(threads: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "PATIENCE_S", 0.1)
    is_over = threading.Event()
    with pytest.raises(Deserted, match="働き手"):
        Pool(threads, Watch(lambda: 0)).call(is_over.wait, 20)
    is_over.set()


def test_without_the_scheduler_too() -> None:
    class Disconnected:
        def submit(self, *_: object) -> object:
            from concurrent.futures import Future

            future: Future[None] = Future()
            future.cancel()
            return future

    with pytest.raises(Deserted, match="スケジューラ"):
        Pool(Disconnected(), crowded()).call(print)


def test_a_timeout_of_the_work_itself_is_its_own(threads: ThreadPoolExecutor) -> None:
    def slow_share() -> None:
        raise TimeoutError("the share did not answer")

    with pytest.raises(TimeoutError, match="the share"):
        Pool(threads, crowded()).call(slow_share)


def test_what_a_recording_meets_becomes_its_outcome(
    threads: ThreadPoolExecutor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "outputs").mkdir()
    maker = OnCluster(Settings(home=tmp_path), Pool(threads, crowded()), 2)
    (tmp_path / "empty.wav").touch()
    assert maker.run(tmp_path / "empty.wav").code == ExitCode.RECORDING
    (tmp_path / "corrupt.wav").write_bytes(b"RIFF" + bytes(900))
    assert maker.run(tmp_path / "corrupt.wav").code == ExitCode.RECORDING
    assert maker.length_ms(tmp_path / "corrupt.wav") is None

    def meets(error: Exception) -> None:
        def meeting(*_: object) -> None:
            raise error

        monkeypatch.setattr(OnCluster, "_draft", meeting)

    meets(RuntimeError("four workers died"))
    died = maker.run(tmp_path / "corrupt.wav")
    assert (died.code, died.hits_all) == (None, False) and "RuntimeError" in died.reason and "four" not in died.reason
    meets(Deserted("働き手"))
    alone = maker.run(tmp_path / "corrupt.wav")
    assert (alone.code, alone.hits_all) == (ExitCode.SETTINGS, True)
    meets(Stopped())
    assert maker.run(tmp_path / "corrupt.wav").code == ExitCode.INTERRUPTED


_at_work: list[int] = []


def how_many_work(number: int) -> int:
    """At the same time, in this process."""
    _at_work.append(number)
    time.sleep(0.05)
    most = len(_at_work)
    _at_work.remove(number)
    return most


@pytest.mark.parametrize("cards", [None, 1])
def test_workers_with_cards_are_asked_for_one_each(cards: int | None) -> None:
    """A real scheduler and worker on loopback, in this process."""
    from distributed import LocalCluster

    resources = {cluster.GPU: cards} if cards else {}
    with (
        LocalCluster(
            n_workers=1,
            threads_per_worker=3,
            processes=False,
            protocol="tcp://",
            dashboard_address=None,
            resources=resources,
            host="127.0.0.1",
        ) as machines,
        cluster.connected(machines.scheduler_address, Settings()) as maker,
    ):
        assert (max(maker.pool.map(how_many_work, range(6))) == 1) == bool(cards)
        assert maker.at_once == 1


def test_a_cluster_without_workers_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from distributed import LocalCluster

    (tmp_path / "recordings").mkdir()
    with LocalCluster(n_workers=0, processes=False, protocol="tcp://", dashboard_address=None, host="127.0.0.1") as machines:
        arguments = ["batch", "--scheduler", machines.scheduler_address, "--home", str(tmp_path)]
        assert cli.run(arguments) == ExitCode.SETTINGS
    assert "dask worker" in capsys.readouterr().err


def test_a_cluster_that_is_not_there_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "recordings").mkdir()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{taken.getsockname()[1]}"
    monkeypatch.setattr(cluster, "CONNECT_S", 1)
    assert cli.run(["batch", "--scheduler", address, "--home", str(tmp_path)]) == ExitCode.SETTINGS
    assert "dask scheduler" in capsys.readouterr().err


def test_without_the_library_the_command_that_gets_it_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "recordings").mkdir()
    monkeypatch.setitem(sys.modules, "distributed", None)
    assert cli.run(["batch", "--scheduler", "tcp://127.0.0.1:1", "--home", str(tmp_path)]) == ExitCode.SETTINGS
    assert 'pip install "kaigiroku[cluster]"' in capsys.readouterr().err


@pytest.mark.engines
def test_a_cluster_that_loses_a_worker_makes_all_drafts(tmp_path: Path) -> None:
    """The small form of ``benchmarks/batch_cluster.py``."""
    from tests.benchmarks import batch_cluster

    found = batch_cluster.prove(tmp_path, pieces=2, lose_one=True)
    assert found.codes == [0] and found.same and found.lost_worker

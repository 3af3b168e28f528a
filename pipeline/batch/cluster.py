"""The same night on an existing dask cluster: the stages stay here, the engines run on the workers.

In: the scheduler's address. Out: a ``Maker`` that the night can ask for many recordings at once. Chunks of one recording go side
by side, and recordings go side by side, because all hand their chunks to the same ``Client.get_executor()``; each worker loads a
model once and keeps it (the engines' own cache). The scheduler gives what a lost worker was at to another, and gives up a task at
which several have died (dask's ``allowed-failures``, 3): that recording has failed, the others go on. A file is first opened on a
worker, because a decoder may die of it. Nothing waits for ever: where nobody is left to work, the night ends and says so.

The workers must see the outputs folder under the same path; nothing else is shared. Where workers were started with
``--resources "GPU=1"``, each engine call takes one, so that two models never meet on one card.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError, Future
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pipeline import media, runlog
from pipeline.batch import worker
from pipeline.batch.worker import Outcome
from pipeline.commands import transcribe
from pipeline.errors import ExitCode, MinutesError, SettingsError
from pipeline.microphones import takes
from pipeline.protocols import Diarizer, Progress, no_progress
from pipeline.run import Job
from pipeline.schema import Diarization, ModelUsed, SpeakerCount
from pipeline.settings import Settings

CONNECT_S = 20
LOOK_S = 2.0  # between two looks whether waiting still makes sense
PATIENCE_S = 120.0  # without any worker: as long as a machine needs to restart one
GPU = "GPU"


class Stopped(Exception):
    """The night is to end; what is finished is kept."""


class Deserted(SettingsError):
    """Nobody is left to work."""

    def __init__(self, who: str) -> None:
        advice = "dask scheduler と dask worker を動かして、もう一度実行してください。終わった区切りは残っています。"
        super().__init__(f"クラスタの{who}がいなくなりました。", advice)


@contextmanager
def connected(address: str, settings: Settings) -> Iterator[OnCluster]:
    """Raises SettingsError (9) without the library, without an answer, and without any worker."""
    try:
        from distributed import Client
    except ImportError as error:
        raise SettingsError(
            "クラスタを使うための部品(dask.distributed)がありません。", 'pip install "kaigiroku[cluster]" で入れてください。'
        ) from error
    try:
        client = Client(address, timeout=CONNECT_S, set_as_default=False)
    except (OSError, ValueError, TimeoutError) as error:
        raise SettingsError(
            f"クラスタのスケジューラにつながりません: {address}",
            "dask scheduler を動かし、--scheduler の番地を確かめてください。",
        ) from error
    with client:
        workers = _workers(client)
        if not workers:
            raise SettingsError(f"クラスタに働き手がいません: {address}", "dask worker を動かしてください。")
        resources = {GPU: 1} if all(GPU in one.get("resources", {}) for one in workers) else None
        executor = client.get_executor(pure=False, resources=resources)
        yield OnCluster(settings, Pool(executor, Watch(lambda: len(_workers(client)))), len(workers))


def _workers(client: Any) -> list[dict[str, Any]]:
    """All that the scheduler has; none where it does not answer any more."""
    try:
        return list(client.scheduler_info(n_workers=-1)["workers"].values())
    except (OSError, TimeoutError, RuntimeError):
        return []


@dataclass
class Watch:
    """Whether waiting still makes sense. One for the night, asked from every thread of it."""

    workers: Callable[[], int]
    stop: threading.Event = field(default_factory=threading.Event)
    alone_since_s: float | None = None

    def check(self, deadline_s: float | None) -> None:
        """Raises Stopped at the deadline or when the night is to end, Deserted when no worker has come back in time."""
        now_s = time.monotonic()
        if self.stop.is_set() or (deadline_s is not None and now_s >= deadline_s):
            raise Stopped
        if self.workers():
            self.alone_since_s = None
        elif self.alone_since_s is None:
            self.alone_since_s = now_s
        elif now_s - self.alone_since_s >= PATIENCE_S:
            raise Deserted("働き手")


@dataclass(frozen=True)
class Pool:
    """The cluster's executor for one recording: results in order, each as soon as those before it are there.

    ``deadline_s`` on the clock of ``time.monotonic``.
    """

    executor: Any
    watch: Watch
    deadline_s: float | None = None

    def map(self, fn: Callable[..., Any], *iterables: Iterable[Any]) -> Iterator[Any]:
        return self._results([self.executor.submit(fn, *items) for items in zip(*iterables, strict=True)])

    def call(self, fn: Callable[..., Any], *arguments: Any) -> Any:
        return next(self._results([self.executor.submit(fn, *arguments)]))

    def _results(self, futures: list[Future[Any]]) -> Iterator[Any]:
        try:
            for future in futures:
                yield self._result(future)
        finally:
            for future in futures:
                future.cancel()

    def _result(self, future: Future[Any]) -> Any:
        while True:
            try:
                return future.result(timeout=LOOK_S)
            except TimeoutError:
                if future.done():
                    raise  # the work's own
                self.watch.check(self.deadline_s)
            except CancelledError as error:  # by nobody here: the connection to the scheduler is gone
                self.watch.check(self.deadline_s)
                raise Deserted("スケジューラ") from error


@dataclass(frozen=True)
class RemoteDiarizer:
    """A ``Diarizer`` that runs on a worker, without progress on the way."""

    inner: Diarizer
    pool: Pool

    @property
    def model(self) -> ModelUsed:
        return self.inner.model

    @property
    def key(self) -> str:
        return self.inner.key

    def diarize(self, audio: Path, count: SpeakerCount, progress: Progress) -> Diarization:
        found: Diarization = self.pool.call(self.inner.diarize, audio, count, no_progress)
        return found


@dataclass(frozen=True)
class OnCluster:
    """Makes drafts of ``at_once`` recordings side by side; safe to be called from as many threads."""

    settings: Settings
    pool: Pool
    at_once: int

    def length_ms(self, source: Path) -> int | None:
        """Of a recording, without decoding it; None where it cannot be told, for whatever reason: the run will say it."""
        try:
            found: int | None = self.pool.call(worker.length_ms, source.absolute())
        except Exception:
            return None
        return found

    def run(self, source: Path, deadline_s: float | None = None) -> Outcome:
        """``deadline_s`` on the clock of ``time.monotonic``: then the run is interrupted (130) and can be taken up again."""
        begun = time.monotonic()
        try:
            outcome = self._draft(source, replace(self.pool, deadline_s=deadline_s))
        except Stopped:
            outcome = Outcome(code=ExitCode.INTERRUPTED)
        except MinutesError as error:
            hits_all = isinstance(error, Deserted)
            outcome = Outcome(code=error.exit_code, reason=error.message, advice=error.advice, hits_all=hits_all)
        except Exception as error:
            runlog.record_bug(error)
            outcome = Outcome(code=None, reason=f"クラスタで処理できませんでした({type(error).__name__})。")
        return outcome.model_copy(update={"seconds": round(time.monotonic() - begun, 3)})

    def abandon(self) -> None:
        """Whoever waits for a result is told that it will not come."""
        self.pool.watch.stop.set()

    def _draft(self, source: Path, pool: Pool) -> Outcome:
        settings = self.settings.model_copy(update={"home": self.settings.home.absolute()})

        def placed(work: Job) -> Job:
            return replace(work, diarizer=RemoteDiarizer(work.diarizer, pool))

        media.check(source)
        _, plan = transcribe.particulars_of(source.absolute())
        pool.call(takes.recording, source.absolute(), plan, settings.outputs_folder, no_progress)
        return worker.draft_of(source.absolute(), settings, pool, placed, bars=False)

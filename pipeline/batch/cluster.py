"""The same night on an existing dask cluster: the stages stay here, the engines run on the workers.

In: the scheduler's address. Out: a ``Maker`` that the night can ask for many recordings at once. Chunks of one recording go side
by side, and recordings go side by side, because all hand their chunks to the same workers; each worker loads a model once and
keeps it (the engines' own cache). A worker that is lost costs the chunk it was at: the scheduler gives it to another. The
workers must see the outputs folder under the same path; nothing else is shared.

Where workers were started with ``--resources "GPU=1"``, each engine call takes one, so that two models never meet on one card.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pipeline import runlog
from pipeline.batch import worker
from pipeline.batch.worker import Outcome
from pipeline.errors import MinutesError, SettingsError
from pipeline.protocols import Diarizer, Progress, no_progress
from pipeline.run import Job
from pipeline.schema import Diarization, ModelUsed, SpeakerCount
from pipeline.settings import Settings

CONNECT_S = 20
RETRIES = 3  # of a chunk whose worker is lost or fails
GPU = "GPU"


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
        workers = client.scheduler_info()["workers"].values()
        if not workers:
            raise SettingsError(f"クラスタに働き手がいません: {address}", "dask worker を動かしてください。")
        resources = {GPU: 1} if all(GPU in one.get("resources", {}) for one in workers) else {}
        yield OnCluster(settings, Pool(client, resources), len(workers))


@dataclass(frozen=True)
class Pool:
    """The cluster as an ``Executor``: results in order, each as soon as those before it are there."""

    client: Any
    resources: dict[str, int]

    def map(self, fn: Callable[..., Any], *iterables: Iterable[Any]) -> Iterator[Any]:
        items = list(zip(*iterables, strict=True))
        futures = [self._submit(fn, *item) for item in items]
        return (future.result() for future in futures)

    def call(self, fn: Callable[..., Any], *arguments: Any) -> Any:
        return self._submit(fn, *arguments).result()

    def _submit(self, fn: Callable[..., Any], *arguments: Any) -> Any:
        return self.client.submit(fn, *arguments, pure=False, retries=RETRIES, resources=self.resources)


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
        found: int | None = self.pool.call(worker.length_ms, source.absolute())
        return found

    def run(self, source: Path, deadline_s: float | None = None) -> Outcome:
        """A deadline is kept between recordings only: what runs on the cluster does not keep anybody's machine."""
        begun = time.monotonic()
        try:
            outcome = self._draft(source)
        except MinutesError as error:
            outcome = Outcome(code=error.exit_code, reason=error.message, advice=error.advice)
        except Exception as error:
            runlog.record_bug(error)
            outcome = Outcome(code=None, reason=f"クラスタで処理できませんでした({type(error).__name__})。")
        return outcome.model_copy(update={"seconds": round(time.monotonic() - begun, 3)})

    def abandon(self) -> None:
        """Whoever waits for a result is told that it will not come."""
        self.pool.client.close()

    def _draft(self, source: Path) -> Outcome:
        settings = self.settings.model_copy(update={"home": self.settings.home.absolute()})

        def placed(work: Job) -> Job:
            return replace(work, diarizer=RemoteDiarizer(work.diarizer, self.pool))

        return worker.draft_of(source.absolute(), settings, self.pool, placed, bars=False)

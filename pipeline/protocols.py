"""The four seams. Whatever satisfies one of these can be put in its place; there is no plugin framework.

An engine is a small picklable frozen settings object; the loaded model lives behind it, once per process
(``functools.cache``), so that the same object goes through serial, process pool and cluster unchanged.
Files, not arrays, cross the seam: an engine reads its stretch of the 16 kHz mono wav itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, Protocol

from pipeline.schema import Chunk, Diarization, ModelUsed, SpeakerCount, Transcription


class Progress(Protocol):
    """Honest progress of one stage: ``done`` of ``total`` in the unit of the stage (ms of audio, bytes, steps)."""

    def __call__(self, stage: str, done: int, total: int) -> None: ...


class Transcriber(Protocol):
    """Speech to text. Called in worker processes too; must not rely on state of the parent."""

    def transcribe(self, audio: Path, chunk: Chunk) -> Transcription:
        """Segments of ``audio[chunk.start_ms:chunk.end_ms]``, times in ms from the start of the recording."""
        ...

    @property
    def model(self) -> ModelUsed: ...

    @property
    def key(self) -> str:
        """Digest of everything that decides the result, for resuming: same key, same segments."""
        ...


class Diarizer(Protocol):
    """Who is heard when, over the whole recording at once: labels mean nothing across calls."""

    def diarize(self, audio: Path, count: SpeakerCount, progress: Progress) -> Diarization: ...

    @property
    def model(self) -> ModelUsed: ...

    @property
    def key(self) -> str: ...


class Executor(Protocol):
    """``concurrent.futures`` pools and dask's ``Client.get_executor()`` satisfy this as they are."""

    def map(self, fn: Callable[..., Any], *iterables: Iterable[Any]) -> Iterator[Any]: ...


class Serial:
    """The executor of one machine: lazily, one after the other, so that each result can be saved before the next."""

    def map(self, fn: Callable[..., Any], *iterables: Iterable[Any]) -> Iterator[Any]:
        return map(fn, *iterables)


def no_progress(stage: str, done: int, total: int) -> None:
    """The silent ``Progress``."""

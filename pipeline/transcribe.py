"""Every chunk through the recogniser, each result kept the moment it arrives.

In: chunks of the prepared audio, a ``Transcriber``, an executor. Out: a ``Transcription`` of the whole recording. This
is the stage that costs hours, so ``segments.jsonl`` gets one line per finished chunk, flushed to disk: after kill -9
the next run decodes only what is missing and comes to the same result. A first line says which recogniser settings and
which audio the rest belongs to; under other settings the file is put aside and begun anew.

A chunk that cannot be decoded becomes a segment that says so and is tried again by the next run; the others go on.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Iterable
from pathlib import Path

from pydantic import ValidationError

from pipeline import interruption, shown, store
from pipeline.errors import MinutesError
from pipeline.protocols import Executor, Progress, Transcriber
from pipeline.schema import Chunk, Flag, Record, Segment, Transcription, Warn
from pipeline.terms import FlagKind

STAGE = "文字起こし"


class Header(Record):
    """First line: whose results these are."""

    key: str
    audio_sha256: str
    edges_ms: tuple[int, ...]


class Finished(Record):
    """Every other line: one chunk's result."""

    index: int
    heard: Transcription


def chunks(
    pieces: tuple[Chunk, ...],
    audio: Path,
    transcriber: Transcriber,
    executor: Executor,
    saved: Path,
    progress: Progress,
) -> Transcription:
    """Segments of all chunks in time order. Raises WeightsError and OutputError; other failures stay in their chunk."""
    header = Header(
        key=transcriber.key,
        audio_sha256=store.sha256_of(audio),
        edges_ms=tuple(chunk.end_ms for chunk in pieces),
    )
    done = _finished_before(saved, header)
    missing = [chunk for chunk in pieces if chunk.index not in done]
    total_ms = pieces[-1].end_ms if pieces else 0
    done_ms = sum(chunk.duration_ms for chunk in pieces if chunk.index in done)
    progress(STAGE, done_ms, total_ms)
    _begin(saved, header, done)
    results = executor.map(functools.partial(one, audio, transcriber), missing)
    for chunk, heard in zip(missing, results, strict=True):
        if not _failed(heard):
            _append(saved, Finished(index=chunk.index, heard=heard))
        done[chunk.index] = heard
        done_ms += chunk.duration_ms
        progress(STAGE, done_ms, total_ms)
    return _joined(done[chunk.index] for chunk in pieces)


def one(audio: Path, transcriber: Transcriber, chunk: Chunk) -> Transcription:
    """One chunk, wherever the executor runs it. A failure is a result: a flagged segment and a warning."""
    try:
        return transcriber.transcribe(audio, chunk)
    except MinutesError:
        raise
    except Exception as error:
        interruption.check()  # an import that was interrupted ends in an ImportError: that is no failed chunk
        place = f"{shown.clock(chunk.start_ms)}〜{shown.clock(chunk.end_ms)}"
        reason = f"文字起こしに失敗しました({type(error).__name__})"
        failed = Segment(
            start_ms=chunk.start_ms,
            end_ms=chunk.end_ms,
            text="",
            words=(),
            avg_logprob=0.0,
            no_speech_prob=0.0,
            compression_ratio=0.0,
            flags=(Flag(kind=FlagKind.FAILED, reason=reason),),
        )
        warning = Warn(
            code="failed-chunk",
            message=f"{place} を文字起こしできませんでした({type(error).__name__})。"
            "もう一度実行すると、そこだけやり直します。",
        )
        return Transcription(segments=(failed,), warnings=(warning,))


def _failed(heard: Transcription) -> bool:
    return any(flag.kind is FlagKind.FAILED for segment in heard.segments for flag in segment.flags)


def _finished_before(saved: Path, header: Header) -> dict[int, Transcription]:
    """Results of an earlier run with the same header; a torn last line is what kill -9 leaves and is passed over."""
    try:
        lines = saved.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return {}
    try:
        if not lines or Header.model_validate_json(lines[0]) != header:
            return {}
    except ValidationError:
        return {}
    done: dict[int, Transcription] = {}
    for line in lines[1:]:
        try:
            finished = Finished.model_validate_json(line)
        except ValidationError:
            continue
        done[finished.index] = finished.heard
    return done


def _begin(saved: Path, header: Header, done: dict[int, Transcription]) -> None:
    """A clean file to append to: header and what is finished, whole lines only. Another run's results are put aside."""
    if saved.exists() and not done:
        with store.saying_why(saved):
            saved.replace(saved.with_name(saved.name + ".old"))
    lines = [header.model_dump_json()]
    lines += [Finished(index=index, heard=heard).model_dump_json() for index, heard in sorted(done.items())]
    store.write_bytes(saved, ("\n".join(lines) + "\n").encode())


def _append(saved: Path, finished: Finished) -> None:
    with store.saying_why(saved), saved.open("ab") as out:
        out.write(finished.model_dump_json().encode() + b"\n")
        out.flush()
        os.fsync(out.fileno())


def _joined(results: Iterable[Transcription]) -> Transcription:
    segments: list[Segment] = []
    warnings: dict[Warn, None] = {}
    for heard in results:
        segments.extend(heard.segments)
        warnings.update(dict.fromkeys(heard.warnings))
    return Transcription(segments=tuple(segments), warnings=tuple(warnings))

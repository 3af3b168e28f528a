"""The process that does the heavy work of a night, so that its death costs one attempt at one recording.

In: recordings, one after the other. Out: an ``Outcome`` for each. The process starts fresh (spawn), loads the models once and
keeps them; a segfault or the out-of-memory killer ends it, and the next recording gets a new one. It never outlives its
owner: when the night is killed, the worker ends at once, and nothing writes into the outputs unowned.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable
from multiprocessing import connection, get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.errors import ExitCode, MinutesError
from pipeline.protocols import Executor
from pipeline.schema import Record
from pipeline.settings import Settings

if TYPE_CHECKING:
    from multiprocessing.context import SpawnProcess
    from multiprocessing.synchronize import Event

    from pipeline.run import Job

GRACE_S = 60.0  # for the chunk in work, when the night is to end
CLOSE_S = 5.0  # for a process that has nothing to do any more


class Outcome(Record):
    """Of one run. ``code``: exit code, None where the process died; ``audio_ms`` of the recording, where it is known.

    ``hits_all``: the next recording would fare no better.
    """

    code: int | None
    hits_all: bool = False
    reason: str = ""
    advice: str = ""
    draft: Path | None = None
    audio_ms: int | None = None
    seconds: float = 0.0


Work = Callable[[Path, Settings, Executor], Outcome]  # must be importable by name


def draft_of(
    source: Path,
    settings: Settings,
    runner: Executor,
    placed: Callable[[Job], Job] = lambda work: work,
    bars: bool = True,
) -> Outcome:
    """What ``minutes transcribe`` does with one recording, so the drafts are the same. Raises MinutesError."""
    from pipeline import documents
    from pipeline.commands import transcribe
    from pipeline.schema import Draft

    path, spoke = transcribe.transcribe_one(source, None, settings, runner, placed, bars)
    draft = documents.read(path)
    assert isinstance(draft, Draft)
    return Outcome(code=ExitCode.DONE if spoke else ExitCode.NO_SPEECH, draft=path, audio_ms=draft.recording.duration_ms)


def length_ms(source: Path) -> int | None:
    """As the file announces it; None where it does not. In the worker, because a decoder may die of a hostile file."""
    from pipeline import media

    try:
        with media.opened(source) as container:
            return None if container.duration is None else container.duration // 1000
    except (MinutesError, OSError, ValueError):
        return None


class Worker:
    """Owner's side. ``work`` must be importable, because the process starts fresh."""

    at_once = 1

    def __init__(self, settings: Settings, work: Work = draft_of) -> None:
        self._settings = settings
        self._work = work
        self._process: SpawnProcess | None = None
        self._line: Connection | None = None
        self._stop: Event | None = None

    def length_ms(self, source: Path) -> int | None:
        """Of a recording, without decoding it."""
        found = self._ask(("length", source), None)
        return None if isinstance(found, Outcome) else found

    def run(self, source: Path, deadline_s: float | None = None) -> Outcome:
        """``deadline_s`` on the clock of ``time.monotonic``: then the run is interrupted (130) and can be taken up again."""
        begun = time.monotonic()
        found = self._ask(("run", source), deadline_s)
        assert isinstance(found, Outcome)
        return found.model_copy(update={"seconds": round(time.monotonic() - begun, 3)})

    def abandon(self) -> None:
        """One recording at a time: nothing runs beside the caller."""

    def close(self) -> None:
        """The process ends by itself when its line is closed; one that is busy is killed, and its finished chunks are kept."""
        if self._line is not None:
            self._line.close()
        if self._process is not None:
            self._process.join(CLOSE_S)
            if self._process.is_alive():
                self._process.kill()
                self._process.join()
        self._process = self._line = self._stop = None

    def _ask(self, question: tuple[str, Path], deadline_s: float | None) -> Outcome | int | None:
        process, line = self._alive()
        try:
            line.send(question)
        except OSError:  # it died just now
            return self._answer(process, line)
        try:
            wait_s = None if deadline_s is None else max(0.0, deadline_s - time.monotonic())
            if not connection.wait([line, process.sentinel], wait_s):
                return self._interrupt(process, line)
        except KeyboardInterrupt:
            self._interrupt(process, line)
            raise
        return self._answer(process, line)

    def _alive(self) -> tuple[SpawnProcess, Connection]:
        if self._process is None or self._line is None or not self._process.is_alive():
            context = get_context("spawn")
            self._line, theirs = context.Pipe()
            self._stop = context.Event()
            given = (theirs, self._stop, self._settings, self._work)
            self._process = context.Process(target=_serve, args=given, daemon=False)
            self._process.start()
            theirs.close()
        return self._process, self._line

    def _answer(self, process: SpawnProcess, line: Connection) -> Outcome | int | None:
        try:
            if line.poll():
                answer: Outcome | int | None = line.recv()
                return answer
        except (EOFError, OSError):
            pass
        process.join(CLOSE_S)
        self.close()
        return Outcome(code=None, reason=_death(process.exitcode))

    def _interrupt(self, process: SpawnProcess, line: Connection) -> Outcome | int | None:
        """Ask the process to stop after its chunk; it keeps what is finished either way."""
        if self._stop is not None:
            self._stop.set()
        answer = self._answer(process, line) if connection.wait([line, process.sentinel], GRACE_S) else None
        self.close()  # who was asked to stop does not go on with the next
        if isinstance(answer, Outcome) and answer.code is not None:
            return answer  # perhaps it was done just then
        return Outcome(code=ExitCode.INTERRUPTED)


def _death(exit_code: int | None) -> str:
    if exit_code is not None and exit_code < 0:
        name = signal.Signals(-exit_code).name
        why = "(メモリ不足のことが多い)" if -exit_code == getattr(signal, "SIGKILL", 9) else ""
        return f"処理中に落ちました: {name}{why}"
    return f"処理中に落ちました: 終了コード {exit_code}"


def _ask_when_told(stop: Event) -> None:
    from pipeline import interruption

    stop.wait()
    interruption.ask()


def _serve(line: Connection, stop: Event, settings: Settings, work: Work) -> None:
    """The process's side."""
    from pipeline import interruption, job, runlog

    os.dup2(2, 1)  # nothing that a library prints may be taken for the night's result
    interruption.end_with_owner()
    interruption.heed(between_steps=True)
    threading.Thread(target=_ask_when_told, args=(stop,), daemon=True).start()
    try:
        runlog.open_log(settings.outputs_folder)
        with job.executor(settings) as runner:
            while True:
                kind, source = line.recv()
                if kind == "length":
                    line.send(length_ms(source))
                    continue
                try:
                    answer = work(source, settings, runner)
                except MinutesError as error:
                    answer = Outcome(code=error.exit_code, reason=error.message, advice=error.advice)
                except Exception as error:
                    interruption.check()
                    runlog.record_bug(error)
                    answer = Outcome(
                        code=ExitCode.BUG, reason=f"プログラムの誤り({type(error).__name__})。run.log に記録があります。"
                    )
                line.send(answer)
    except KeyboardInterrupt:
        line.send(Outcome(code=ExitCode.INTERRUPTED))
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return  # the owner has closed the line

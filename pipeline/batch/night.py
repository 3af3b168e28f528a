"""A night: find what is new, do one recording after the other, and leave a clear word on each.

In: a folder, the ledger, and something that makes drafts. Out: exit code, and an ``Entry`` told for each recording as it is
settled. What can only fail again is not tried again (a corrupt file is known by its content); what may have been bad luck
(the process died) is, a few times; what would hit every recording alike (no weights, no disk) ends the night.
"""

from __future__ import annotations

import datetime as dt
import shutil
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from pipeline import store
from pipeline.batch import forecast, hook, readiness
from pipeline.batch.ledger import Entry, Ledger, State
from pipeline.batch.readiness import Found
from pipeline.batch.worker import Outcome
from pipeline.errors import ExitCode
from pipeline.settings import Settings

ENDS_THE_NIGHT = (ExitCode.WEIGHTS, ExitCode.OUTPUT)
NEVER_AGAIN = (ExitCode.RECORDING,)  # the same content gives the same error
ALWAYS_AGAIN = (ExitCode.SETTINGS,)  # somebody may have mended the meeting file, and it costs nothing
NO_TIME, NO_ROOM, SAME = "終わる時刻に間に合いません", "ディスクの空きが足りません", "同じ内容"
STOPPED, INTERRUPTED = "時刻になったので止めました", "中断しました"


class Maker(Protocol):
    """What makes drafts: a process of this machine, or a cluster, which takes several recordings ``at_once``."""

    @property
    def at_once(self) -> int: ...

    def length_ms(self, source: Path) -> int | None: ...

    def run(self, source: Path, deadline_s: float | None = None) -> Outcome: ...

    def abandon(self) -> None:
        """Let what runs in other threads end at once."""
        ...


@dataclass
class Night:
    """What a night needs. ``until``: when the office wants its machine back; ``retry``: also what has failed for good."""

    folder: Path
    settings: Settings
    ledger: Ledger
    maker: Maker
    tell: Callable[[Entry], None]
    until: dt.datetime | None = None
    retry: bool = False
    now: Callable[[], dt.datetime] = lambda: dt.datetime.now().astimezone()
    on_finish: list[str] = field(default_factory=list)
    failed: bool = False
    no_room: bool = False
    stopping: bool = False

    def run(self) -> int:
        """Returns the exit code. Whatever stops it, each recording's state is in the ledger."""
        self.ledger.take_up()
        tried: set[str] = set()
        while True:
            ready, others = self._found()
            todo = [(entry, found) for entry, found in ready if entry.key not in tried]
            if not todo:
                for entry in others:
                    self.tell(entry)
                return ExitCode.OUTPUT if self.no_room else ExitCode.SOME_FAILED if self.failed else ExitCode.DONE
            tried |= {entry.key for entry, _ in todo}
            if (code := self._settle_all(todo)) is not None:
                return code

    def plan(self) -> list[tuple[Entry, float | None]]:
        """What would be done, with the seconds it is expected to take; nothing is started."""
        ready, _ = self._found()
        history = self.ledger.history()
        return [(entry, forecast.expected_s(self.maker.length_ms(found.path), history)) for entry, found in ready]

    def _found(self) -> tuple[list[tuple[Entry, Found]], list[Entry]]:
        """What waits, the least often interrupted first; and what cannot be read yet or is a copy."""
        ready: dict[str, tuple[Entry, Found]] = {}
        others: list[Entry] = []
        for found in readiness.look(self.folder, self.settings.stable_s):
            name_key = f"path:{found.name}"
            if found.reason:
                others.append(
                    self.ledger.put(Entry(key=name_key, name=found.name, state=State.SKIPPED, reason=found.reason))
                )
                continue
            self.ledger.forget(name_key)
            key = self.ledger.key_of(found.path, found.size, found.mtime_ns, store.sha256_of)
            entry = self.ledger.entry(key)
            if entry is None:
                entry = self.ledger.put(Entry(key=key, name=found.name, state=State.WAITING))
            elif entry.name != found.name and (key in ready or (self.folder / entry.name).exists()):
                others.append(Entry(key=key, name=found.name, state=State.SKIPPED, reason=f"{SAME}: {entry.name}"))
                continue
            if (
                entry.state is State.WAITING
                or entry.state is State.SKIPPED
                or (entry.state is State.FAILED and self._again(entry))
            ):
                ready[key] = entry, found
        return sorted(ready.values(), key=lambda pair: (pair[0].interruptions, pair[1].name)), others

    def _again(self, entry: Entry) -> bool:
        if self.retry or entry.code in ALWAYS_AGAIN:
            return True
        return entry.code not in NEVER_AGAIN and entry.attempts < self.settings.attempts

    def _settle_all(self, todo: list[tuple[Entry, Found]]) -> int | None:
        """Returns an exit code when the night is over; what was not begun by then waits."""
        if self.maker.at_once == 1:
            return next((code for entry, found in todo if (code := self._settle(entry, found)) is not None), None)
        with ThreadPoolExecutor(self.maker.at_once) as threads:
            running = [threads.submit(self._settle, entry, found) for entry, found in todo]
            try:
                for one in as_completed(running):
                    if (code := one.result()) is not None:
                        self.stopping = True
                        return code
            except KeyboardInterrupt:
                self.stopping = True
                self.maker.abandon()
                raise
            finally:
                threads.shutdown(wait=True, cancel_futures=self.stopping)
        return None

    def _settle(self, entry: Entry, found: Found) -> int | None:
        """One recording to the end of its attempts. Returns an exit code when the night is over."""
        audio_ms = self.maker.length_ms(found.path)
        expected_s = forecast.expected_s(audio_ms, self.ledger.history())
        if self.until and self.now() + dt.timedelta(seconds=expected_s or 0) >= self.until:
            self._put(entry, State.WAITING, reason=NO_TIME)
            return None
        if forecast.needed_bytes(audio_ms, found.size) > shutil.disk_usage(self.settings.outputs_folder).free:
            self.no_room = True
            self._put(entry, State.WAITING, code=ExitCode.OUTPUT, reason=NO_ROOM)
            return None
        if self.retry and entry.state is State.FAILED:
            entry = entry.model_copy(update={"attempts": 0})
        while True:
            entry = self.ledger.put(entry.model_copy(update={"state": State.RUNNING, "reason": ""}))
            try:
                outcome = self.maker.run(found.path, self._deadline_s())
            except KeyboardInterrupt:
                self._put(entry, State.WAITING, reason=INTERRUPTED)
                raise
            if outcome.code != ExitCode.INTERRUPTED:
                self.ledger.ran(entry.key, outcome.code, outcome.seconds, outcome.audio_ms)
            if outcome.code in (ExitCode.DONE, ExitCode.NO_SPEECH):
                self._put(entry, State.DONE, outcome, reason="発言がありません" if outcome.code else "")
                return None
            if self.stopping:
                self._put(entry, State.WAITING, reason=INTERRUPTED)
                return None
            if outcome.code == ExitCode.INTERRUPTED:
                self._put(entry, State.WAITING, reason=STOPPED)
                return ExitCode.SOME_FAILED if self.failed else ExitCode.DONE
            if outcome.code in ENDS_THE_NIGHT:
                self._put(entry, State.WAITING, outcome)
                return outcome.code
            entry = entry.model_copy(update={"attempts": entry.attempts + 1})
            if outcome.code is not None or entry.attempts >= self.settings.attempts:
                self.failed = True
                self._put(entry, State.FAILED, outcome)
                return None

    def _deadline_s(self) -> float | None:
        """On the clock of ``time.monotonic``."""
        return None if self.until is None else time.monotonic() + max(0.0, (self.until - self.now()).total_seconds())

    def _put(
        self, entry: Entry, state: State, outcome: Outcome | None = None, code: int | None = None, reason: str = ""
    ) -> None:
        """Into the ledger, to whoever listens, and to the office's own command if it is settled."""
        changes: dict[str, object] = {"state": state, "code": code, "reason": reason}
        if outcome is not None:
            changes |= {
                "code": outcome.code,
                "reason": reason or " → ".join(filter(None, (outcome.reason, outcome.advice))),
                "draft": str(outcome.draft) if outcome.draft else entry.draft,
                "audio_ms": outcome.audio_ms,
                "seconds": outcome.seconds,
            }
        settled = self.ledger.put(entry.model_copy(update=changes))
        self.tell(settled)
        if self.on_finish and state in (State.DONE, State.FAILED):
            hook.call(self.on_finish, settled)

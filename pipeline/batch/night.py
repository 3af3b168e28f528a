"""A night: find what is new, do one recording after the other, and leave a clear word on each.

In: a folder, the ledger, and something that makes drafts. Out: exit code, and an ``Entry`` told for each recording as it is
settled. What can only fail again is not tried again (a corrupt file is known by its content); what may have been bad luck
(the process died) is, a few times; what would hit every recording alike (no weights, no disk) ends the night.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from pipeline import store
from pipeline.batch import forecast, hook, readiness, room
from pipeline.batch.ledger import Entry, Ledger, State
from pipeline.batch.readiness import Found
from pipeline.batch.worker import Outcome
from pipeline.errors import ExitCode
from pipeline.settings import Settings

NEVER_AGAIN = (ExitCode.RECORDING,)  # the same content gives the same error
ALWAYS_AGAIN = (ExitCode.SETTINGS,)  # somebody may have mended the meeting file, and it costs nothing
NO_TIME, NO_ROOM, SAME = "終わる時刻に間に合いません", "ディスクの空きが足りません", "同じ内容"
REPLACED = "別の内容に置きかわりました"
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
    """What a night needs. ``until``: when the office wants its machine back; ``retry``: also what has failed for good.

    ``setup``: what the pace depends on (``forecast.setup``). ``given_up``: what failed on earlier nights and is not tried now.
    """

    folder: Path
    settings: Settings
    ledger: Ledger
    maker: Maker
    tell: Callable[[Entry], None]
    until: dt.datetime | None = None
    retry: bool = False
    setup: str = ""
    now: Callable[[], dt.datetime] = lambda: dt.datetime.now().astimezone()
    on_finish: list[str] = field(default_factory=list)
    given_up: dict[str, Entry] = field(default_factory=dict)
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
        return [(entry, self._expected_s(entry, self.maker.length_ms(found.path))) for entry, found in ready]

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
            try:
                key = self.ledger.key_of(found.path, found.size, found.mtime_ns, store.sha256_of)
            except OSError:  # it went away, or the share did
                unread = Entry(key=name_key, name=found.name, state=State.SKIPPED, reason=readiness.UNREADABLE)
                others.append(self.ledger.put(unread))
                continue
            self.ledger.forget(name_key)
            entry = self.ledger.entry(key)
            if entry is None:
                self.ledger.replaced(found.name, key, REPLACED)
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
            elif entry.state is State.FAILED:
                self.given_up[key] = entry
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
            try:
                running = [threads.submit(self._settle, entry, found) for entry, found in todo]
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
        expected_s = self._expected_s(entry, audio_ms) or 0
        if self.until and self.now() + dt.timedelta(seconds=expected_s) >= self.until:
            self._put(entry, State.WAITING, reason=NO_TIME)
            return None
        if room.needed_bytes(audio_ms, found.size) > room.free_bytes(self.settings.outputs_folder):
            self.no_room = True
            self._put(entry, State.WAITING, code=ExitCode.OUTPUT, reason=NO_ROOM)
            return None
        if self.retry and entry.state is State.FAILED:
            entry = entry.model_copy(update={"attempts": 0})
        while True:
            entry = self.ledger.put(entry.model_copy(update={"state": State.RUNNING, "reason": ""}))
            begun_s = time.monotonic()
            try:
                outcome = self.maker.run(found.path, self._deadline_s())
            except KeyboardInterrupt:
                self._put(_spent(entry, time.monotonic() - begun_s), State.WAITING, reason=INTERRUPTED)
                raise
            entry = _spent(entry, outcome.seconds)
            if outcome.code != ExitCode.INTERRUPTED:
                known_ms = None if entry.interruptions else outcome.audio_ms  # a killed run took nobody knows how long
                self.ledger.ran(entry.key, outcome.code, entry.seconds or 0.0, known_ms, self.setup)
            if outcome.code in (ExitCode.DONE, ExitCode.NO_SPEECH):
                self._put(entry, State.DONE, outcome, reason="発言がありません" if outcome.code else "")
                return None
            if self.stopping:
                self._put(entry, State.WAITING, reason=INTERRUPTED)
                return None
            if outcome.code == ExitCode.INTERRUPTED:
                self._put(entry, State.WAITING, reason=STOPPED)
                return ExitCode.SOME_FAILED if self.failed else ExitCode.DONE
            if self._hits_all(outcome):
                self._put(entry, State.WAITING, outcome)
                return outcome.code
            entry = entry.model_copy(update={"attempts": entry.attempts + 1})
            if outcome.code is not None or entry.attempts >= self.settings.attempts:
                self.failed = True
                self._put(entry, State.FAILED, outcome)
                return None

    def _expected_s(self, entry: Entry, audio_ms: int | None) -> float | None:
        return forecast.expected_s(audio_ms, self.ledger.history(self.setup), entry.seconds or 0.0)

    def _hits_all(self, outcome: Outcome) -> bool:
        """No weights, a full disk: the next recording would fare no better. A name too long for the disk is its own affair."""
        if outcome.code == ExitCode.OUTPUT:
            return not room.takes_more(self.settings.outputs_folder)
        return outcome.hits_all or outcome.code == ExitCode.WEIGHTS

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
                "audio_ms": outcome.audio_ms or entry.audio_ms,
            }
        settled = self.ledger.put(entry.model_copy(update=changes))
        self.tell(settled)
        if self.on_finish and state in (State.DONE, State.FAILED):
            hook.call(self.on_finish, settled)


def _spent(entry: Entry, seconds: float) -> Entry:
    """What an interrupted run has done is not done again, so a recording's runs count together."""
    return entry.model_copy(update={"seconds": round((entry.seconds or 0.0) + seconds, 3)})

"""What has been done with which recording, over all nights: ``outputs/ledger.sqlite``.

In: what the night finds and does. Out: ``Entry``s. A recording is known by the digest of its content, so a copy under another
name is not done twice, and a file that was replaced is a new one. SQLite, because a row is written whole or not at all: after
a power cut each recording stands as it was before or after its step. The plain rollback journal works on network shares,
where the faster write-ahead log does not.
"""

from __future__ import annotations

import datetime as dt
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Self

from pipeline import store
from pipeline.errors import OutputError
from pipeline.schema import Record

FILE = "ledger.sqlite"
_VERSION = 2
_SCHEMA = """
create table recordings (
    key text primary key, name text not null, state text not null, attempts integer not null default 0,
    interruptions integer not null default 0, code integer, reason text not null default '', draft text,
    audio_ms integer, seconds real, changed text not null
);
create table files (path text primary key, size integer not null, mtime_ns integer not null, key text not null);
create table runs (
    key text not null, began text not null, code integer, seconds real not null, audio_ms integer, setup text not null
);
"""
_WAIT_S = 20.0  # for another process that writes just now (``minutes status`` reads beside the night)
_HISTORY = 50  # runs from which the next is judged


class State(StrEnum):
    """Of a recording."""

    WAITING = "待ち"
    RUNNING = "実行中"
    DONE = "完了"
    FAILED = "失敗"
    SKIPPED = "見送り"


class Entry(Record):
    """A recording in the ledger. ``key``: sha256 of the content, or ``path:…`` of a file that could not be read yet.

    ``attempts`` that failed; ``interruptions``: runs that ended with the night, by power cut or kill. ``code``: exit code of the
    last run. ``seconds`` of work in all nights together for ``audio_ms`` of sound; a killed run's are not known.
    """

    key: str
    name: str
    state: State
    attempts: int = 0
    interruptions: int = 0
    code: int | None = None
    reason: str = ""
    draft: str | None = None
    audio_ms: int | None = None
    seconds: float | None = None
    changed: str = ""


class Ledger:
    """Open on ``folder``; use as a context manager. Raises OutputError where the folder cannot be written.

    A damaged file is put aside if ``mend``, which only the owner of the night may want; else it is an OutputError.
    """

    def __init__(
        self,
        folder: Path,
        now: Callable[[], dt.datetime] = lambda: dt.datetime.now().astimezone(),
        mend: bool = True,
    ) -> None:
        self._now = now
        self._path = folder / FILE
        with store.saying_why(self._path):
            folder.mkdir(parents=True, exist_ok=True)
        self._lock = threading.RLock()  # a night on a cluster settles several recordings at once
        self.put_aside: Path | None = None
        try:
            self._connection = self._open()
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError):
                raise _refused(self._path, error) from error
            if not mend:
                raise OutputError(
                    f"台帳が壊れています: {self._path}",
                    "minutes batch を実行すると、退けて新しく作ります。下書きは残っています。",
                ) from error
            self.put_aside = self._path.with_name(f"{FILE}.{self._now():%Y%m%d%H%M%S}.broken")
            with store.saying_why(self._path):
                self._path.replace(self.put_aside)
            self._connection = self._open()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def entries(self) -> tuple[Entry, ...]:
        """All, in the order in which they were first seen."""
        rows = self._rows("select * from recordings order by rowid")
        return tuple(Entry.model_validate(dict(row)) for row in rows)

    def entry(self, key: str) -> Entry | None:
        rows = self._rows("select * from recordings where key = ?", key)
        return Entry.model_validate(dict(rows[0])) if rows else None

    def put(self, entry: Entry) -> Entry:
        """Write one entry, whole; returns it with the time."""
        stamped = entry.model_copy(update={"changed": self._now().isoformat(timespec="seconds")})
        values = stamped.model_dump(mode="json")
        names = ", ".join(values)
        marks = ", ".join(f":{name}" for name in values)
        updates = ", ".join(f"{name} = :{name}" for name in values)
        with self._writing() as connection:
            connection.execute(
                f"insert into recordings ({names}) values ({marks}) on conflict (key) do update set {updates}", values
            )
        return stamped

    def replaced(self, name: str, key: str, reason: str) -> None:
        """The file ``name`` holds other content now, so what was to do or had failed with the old one is settled."""
        for old in self.entries():
            if old.name == name and old.key != key and old.state in (State.WAITING, State.FAILED):
                self.put(old.model_copy(update={"state": State.SKIPPED, "reason": reason}))

    def forget(self, key: str) -> None:
        """A file that could not be read is known by its content from now on."""
        with self._writing() as connection:
            connection.execute("delete from recordings where key = ?", (key,))

    def take_up(self) -> tuple[Entry, ...]:
        """What a run left as 実行中 when it was killed waits again; returns those. Only the owner of the night may call this."""
        left = [entry for entry in self.entries() if entry.state is State.RUNNING]
        return tuple(
            self.put(e.model_copy(update={"state": State.WAITING, "interruptions": e.interruptions + 1})) for e in left
        )

    def key_of(self, path: Path, size: int, mtime_ns: int, digest: Callable[[Path], str]) -> str:
        """Digest of a file's content; read again only when its size or time has changed."""
        known = self._rows("select key from files where path = ? and size = ? and mtime_ns = ?", str(path), size, mtime_ns)
        if known:
            return str(known[0]["key"])
        key = digest(path)
        with self._writing() as connection:
            connection.execute(
                "insert or replace into files (path, size, mtime_ns, key) values (?, ?, ?, ?)",
                (str(path), size, mtime_ns, key),
            )
        return key

    def ran(self, key: str, code: int | None, seconds: float, audio_ms: int | None, setup: str) -> None:
        """Remember a run, for judging the next; without ``audio_ms`` it is no measure of the pace."""
        began = (self._now() - dt.timedelta(seconds=seconds)).isoformat(timespec="seconds")
        with self._writing() as connection:
            connection.execute("insert into runs values (?, ?, ?, ?, ?, ?)", (key, began, code, seconds, audio_ms, setup))

    def history(self, setup: str) -> tuple[tuple[float, int], ...]:
        """(seconds of work, milliseconds of audio) of the last runs that made a draft with the same ``setup``."""
        made = "code in (0, 7) and audio_ms > 0 and setup = ?"
        rows = self._rows(f"select seconds, audio_ms from runs where {made} order by rowid desc limit ?", setup, _HISTORY)
        return tuple((float(row["seconds"]), int(row["audio_ms"])) for row in rows)

    def _rows(self, query: str, *values: object) -> list[sqlite3.Row]:
        with self._lock:
            return self._connection.execute(query, values).fetchall()

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        try:
            with self._lock, self._connection:
                yield self._connection
        except sqlite3.OperationalError as error:
            raise _refused(self._path, error) from error

    def _open(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, timeout=_WAIT_S, check_same_thread=False)
        connection.row_factory = sqlite3.Row
        try:
            version = connection.execute("pragma user_version").fetchone()[0]
            if version not in (0, _VERSION):
                raise sqlite3.OperationalError(f"ledger of version {version}")
            if version == 0:
                connection.executescript(f"begin; {_SCHEMA} pragma user_version = {_VERSION}; commit;")
            connection.execute("select count(*) from recordings").fetchone()
        except sqlite3.DatabaseError:
            connection.close()
            raise
        return connection


def _refused(path: Path, error: sqlite3.OperationalError) -> OutputError:
    return OutputError(
        f"台帳に書き込めません: {path}({error})",
        "ディスクの空き、フォルダの権限、minutes の版を確かめて、もう一度実行してください。",
    )

"""One meeting on the desk: its proof, everybody's edits in one order, and nothing lost.

In: edits, each with the revision that its author saw. Out: the proof after it, or ``Stale`` when somebody has changed the same
thing meanwhile. An edit is a line of the history on the disk before it is answered for; ``proof.json`` is written within a
second, several edits at once, because writing a long meeting takes longer than a keystroke may.
"""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable
from pathlib import Path

from pipeline import documents, proof, store
from pipeline.editor import applying, edits, history
from pipeline.editor.applying import Refused
from pipeline.editor.edits import AnyEdit, Restore
from pipeline.editor.history import Entry
from pipeline.errors import RecordingError
from pipeline.proof import Proof
from pipeline.schema import Draft

SAVED_WITHIN_S = 0.5
LONGEST_NAME = 60


class Stale(Exception):
    """Somebody else changed the same thing after the revision that the author saw; ``entries`` are those changes."""

    def __init__(self, entries: tuple[Entry, ...]) -> None:
        super().__init__("stale")
        self.entries = entries


class Desk:
    """Safe for several threads. Raises RecordingError where the folder holds no draft."""

    def __init__(self, folder: Path, now: Callable[[], dt.datetime] = lambda: dt.datetime.now().astimezone()) -> None:
        self.folder = folder
        self._now = now
        self._lock = threading.RLock()
        self._timer: threading.Timer | None = None
        draft = documents.read(folder / documents.DRAFT)
        if not isinstance(draft, Draft):
            raise RecordingError(f"下書きとして読めません: {folder}", "minutes transcribe で作り直してください。")
        self._states = [proof.begin(draft)]
        self.entries: tuple[Entry, ...] = ()
        found = history.read(folder)
        for entry in found:
            self._states.append(self._next(entry.edit))
            self.entries = (*self.entries, entry)
        history.tidy(folder, self.entries)
        if self.entries:
            self._save()

    @property
    def proof(self) -> Proof:
        return self._states[-1]

    def state(self, revision: int) -> Proof:
        """As it was. Raises Refused for a revision that never was."""
        if not 0 <= revision < len(self._states):
            raise Refused("その版はありません。")
        return self._states[revision]

    def edit(self, base: int, edit: AnyEdit, who: str) -> Proof:
        """``base``: the revision that the author saw. Raises Stale, Refused, and OutputError when the disk refuses."""
        with self._lock:
            since = self.entries[base:]
            if any(not edits.disjoint(edit.touches, other.edit.touches) for other in since):
                raise Stale(since)
            after = self._next(edit)
            entry = Entry(
                revision=after.revision,
                at=self._now().isoformat(timespec="seconds"),
                who=who[:LONGEST_NAME],
                edit=edit,
                differences=history.differences(self.proof, after),
            )
            history.append(self.folder, entry)
            self._states.append(after)
            self.entries = (*self.entries, entry)
            self._save_soon()
            return after

    def undo(self, base: int, who: str, again: bool = False) -> Proof:
        """One step back, or forth again, without end. Raises Refused where there is none."""
        with self._lock:
            back, forth = self._ways()
            way = forth if again else back
            if not way:
                raise Refused("やり直すものはありません。" if again else "元に戻すものはありません。")
            return self.edit(base, Restore(revision=way[-1], way="redo" if again else "undo"), who)

    def close(self) -> None:
        """What is still to be written, is."""
        with self._lock:
            if self._timer is not None:
                self._timer.cancel()
                self._save()

    def _next(self, edit: AnyEdit) -> Proof:
        if isinstance(edit, Restore):
            return self.state(edit.revision).model_copy(update={"revision": self.proof.revision + 1})
        return applying.apply(self.proof, edit)

    def _ways(self) -> tuple[list[int], list[int]]:
        """Revisions to go back and forth to: a new edit forgets what was undone, like in every editor."""
        back: list[int] = []
        forth: list[int] = []
        here = 0
        for entry in self.entries:
            restored = entry.edit if isinstance(entry.edit, Restore) else None
            if restored and restored.way == "undo":
                back.pop()
                forth.append(here)
                here = restored.revision
            elif restored and restored.way == "redo":
                forth.pop()
                back.append(here)
                here = restored.revision
            else:
                back.append(here)
                forth.clear()
                here = entry.revision
        return back, forth

    def _save_soon(self) -> None:
        if self._timer is None:
            self._timer = threading.Timer(SAVED_WITHIN_S, self._save)
            self._timer.daemon = True
            self._timer.start()

    def _save(self) -> None:
        with self._lock:
            self._timer = None
            data = self.proof.model_dump_json(by_alias=True, indent=1) + "\n"
        store.write_bytes(self.folder / documents.PROOF, data.encode())

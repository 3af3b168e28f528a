"""The desks of one outputs folder: which meetings there are, and each one's desk, opened when somebody sits down at it."""

from __future__ import annotations

import re
import threading
from pathlib import Path

from pipeline import documents
from pipeline.editor.desk import Desk
from pipeline.errors import MinutesError, RecordingError
from pipeline.proof import doubts_left
from pipeline.schema import Record

_ID = re.compile(r"[\w][\w.\-]{0,200}")


class Summary(Record):
    """A line of the list. ``share`` 0..1 of the printed turns that are proofread; ``left``: open warnings."""

    id: str
    name: str
    date: str
    state: str
    share: float
    left: int
    problem: str = ""


class Meetings:
    """``home``: the outputs folder. Safe for several threads."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self._lock = threading.Lock()
        self._desks: dict[str, Desk] = {}

    def desk(self, meeting_id: str) -> Desk:
        """Raises RecordingError for an id that names no meeting here: no path leads out of the folder."""
        with self._lock:
            if meeting_id not in self._desks:
                folder = self.home / meeting_id
                if not _ID.fullmatch(meeting_id) or ".." in meeting_id or not (folder / documents.DRAFT).is_file():
                    raise RecordingError(f"会議がありません: {meeting_id}", "一覧から選んでください。")
                self._desks[meeting_id] = Desk(folder)
            return self._desks[meeting_id]

    def list(self) -> tuple[Summary, ...]:
        """Newest first, as they are on the disk; a meeting that cannot be read is named with the reason."""
        for desk in list(self._desks.values()):
            desk.close()
        folders = [draft.parent for draft in self.home.glob(f"*/{documents.DRAFT}")]
        folders.sort(key=lambda folder: (folder / documents.DRAFT).stat().st_mtime, reverse=True)
        return tuple(self._summary(folder) for folder in folders)

    def close(self) -> None:
        with self._lock:
            for desk in self._desks.values():
                desk.close()

    def _summary(self, folder: Path) -> Summary:
        try:
            found = documents.glance(documents.find(str(folder), self.home))
        except MinutesError as error:
            return Summary(id=folder.name, name=folder.name, date="", state="", share=0, left=0, problem=error.message)
        return Summary(
            id=folder.name,
            name=found.meeting.name or found.recording.source or folder.name,
            date=found.meeting.date.isoformat() if found.meeting.date else "",
            state=found.state.value,
            share=found.share,
            left=len(doubts_left(found)),
        )

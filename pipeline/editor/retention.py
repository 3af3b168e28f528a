"""What becomes of the audio when a 会議録 is final: the office's rule (``retention``), carried out once and on record.

In: the meeting's folder. Out: names of what was deleted. The proof, its history and the documents stay; the original recording
is the office's and is never touched.
"""

from __future__ import annotations

from pathlib import Path

from pipeline import prepare, run, store
from pipeline.microphones import heard
from pipeline.runlog import LOG
from pipeline.settings import Settings

DERIVED = (prepare.AUDIO, run.SEGMENTS, run.SEGMENTS + ".old", run.VOICES, heard.FILE)


def carry_out(folder: Path, settings: Settings) -> tuple[str, ...]:
    """Raises OutputError where a file cannot be deleted."""
    if settings.retention == "keep":
        LOG.info("%s: 確定。音声は残します(retention = keep)", folder.name)
        return ()
    deleted = []
    for name in DERIVED:
        path = folder / name
        if path.exists():
            with store.saying_why(path):
                path.unlink()
            deleted.append(name)
    LOG.info("%s: 確定。消したもの: %s(retention = %s)", folder.name, "、".join(deleted) or "なし", settings.retention)
    return tuple(deleted)

"""Which files of a folder are recordings, and which of them are whole.

In: the folder. Out: ``Found`` files, each ready or with the reason why not. Nothing tells on a network share when a copy has
ended, so a file is whole when its size and time have not changed between two looks and nobody holds it. Nothing is moved,
changed or deleted, and no link leads out of the folder.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

from pipeline import meeting_file
from pipeline.schema import Record

SOUND = frozenset(
    [
        "wav",
        "wave",
        "mp3",
        "m4a",
        "m4b",
        "aac",
        "flac",
        "ogg",
        "oga",
        "opus",
        "wma",
        "amr",
        "aif",
        "aiff",
        "caf",
        "au",
        "3ga",
        "mp2",
        "mka",
        "weba",
        "mp4",
        "m4v",
        "mov",
        "mkv",
        "webm",
        "avi",
        "wmv",
        "mpg",
        "mpeg",
        "mts",
        "m2ts",
        "ts",
        "3gp",
        "asf",
        "flv",
        "vob",
        "dss",
        "ds2",
    ]
)
_UNFINISHED = ("~$", ".", "~", "._")
_UNFINISHED_ENDS = (".part", ".partial", ".tmp", ".temp", ".crdownload", ".download", ".filepart", ".!ut", ".lock")
GROWING, HELD, OUTSIDE, UNREADABLE = (
    "まだ書き込み中です",
    "ほかのプログラムが開いています",
    "フォルダの外を指すリンクです",
    "読めません",
)
PART_OF, MISSING = "この録音と一緒に1つの会議にします", "一緒の録音がまだありません"


class Found(Record):
    """A file that looks like a recording. ``reason`` is empty when it is ready; ``size`` in bytes."""

    path: Path
    name: str
    size: int
    mtime_ns: int
    reason: str = ""


def look(folder: Path, stable_s: float, sleep: Callable[[float], None] = time.sleep) -> tuple[Found, ...]:
    """Two looks ``stable_s`` seconds apart; in the order of the names."""
    first = {found.path: found for found in _listed(folder)}
    if not first:
        return ()
    sleep(stable_s)
    return _together(tuple(_judged(found, first.get(found.path)) for found in _listed(folder)))


def _together(files: tuple[Found, ...]) -> tuple[Found, ...]:
    """Files that a meeting file names as one meeting: the first stands for all and waits for them, the others are its parts."""
    by_path = {found.path: found for found in files}
    reasons: dict[Path, str] = {}
    for meeting in sorted({file for found in files for file in found.path.parent.glob("*.toml")}):
        named = [meeting.parent / name for name in meeting_file.named_in(meeting)]
        if len(named) < 2 or named[0] not in by_path:
            continue
        for part in named[1:]:
            if part not in by_path and not part.is_file():
                reasons[named[0]] = f"{MISSING}: {part.name}"
            elif part in by_path and by_path[part].reason:
                reasons[named[0]] = f"{by_path[part].reason}: {part.name}"
            reasons.setdefault(part, f"{PART_OF}: {named[0].name}")
    return tuple(
        found.model_copy(update={"reason": reasons[found.path]}) if found.path in reasons and not found.reason else found
        for found in files
    )


def _judged(now: Found, before: Found | None) -> Found:
    if now.reason:
        return now
    if before is None or (before.size, before.mtime_ns) != (now.size, now.mtime_ns):
        return now.model_copy(update={"reason": GROWING})
    return now.model_copy(update={"reason": _refusal(now.path)})


def _listed(folder: Path) -> list[Found]:
    inside = folder.resolve()
    found: list[Found] = []
    closed: list[OSError] = []
    for place, folders, names in os.walk(folder, onerror=closed.append, followlinks=False):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            path = Path(place) / name
            if not _is_recording(name):
                continue
            try:
                real = path.resolve(strict=True)
                status = path.stat()
            except OSError:
                found.append(_found(folder, path, 0, 0, UNREADABLE))
                continue
            if not real.is_relative_to(inside):
                found.append(_found(folder, path, 0, 0, OUTSIDE))
            elif path.is_file():  # not a pipe or a device, which would never end
                found.append(_found(folder, path, status.st_size, status.st_mtime_ns))
    found += [_found(folder, Path(error.filename), 0, 0, UNREADABLE) for error in closed]
    return found


def _found(folder: Path, path: Path, size: int, mtime_ns: int, reason: str = "") -> Found:
    return Found(path=path, name=path.relative_to(folder).as_posix(), size=size, mtime_ns=mtime_ns, reason=reason)


def _is_recording(name: str) -> bool:
    if name.startswith(_UNFINISHED) or name.lower().endswith(_UNFINISHED_ENDS):
        return False
    return name.rpartition(".")[2].lower() in SOUND


def _refusal(path: Path) -> str:
    """Why a file cannot be read now, or nothing. Windows refuses to open for writing what another program has open; elsewhere
    a lock is asked for, which recorders that lock their file refuse."""
    try:
        if os.name == "nt":
            with path.open("r+b"):
                return ""
        import fcntl

        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return HELD
    except PermissionError:
        return HELD if os.name == "nt" else UNREADABLE
    except OSError:
        return UNREADABLE
    return ""

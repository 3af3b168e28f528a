"""When a file began, by the clock: what the meeting file says, else what the recorder wrote, else when the file was last changed.

In: a file's path, its tags, its length, the date of the meeting. Out: a time, or None. A clock only orders files and tells how much lies between
them; it never moves sound that can be matched by itself.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from enum import Enum
from pathlib import Path


class Witness(Enum):
    """Who says it; times of different witnesses are not compared."""

    MEETING_FILE = "会議ファイル"
    RECORDER = "録音機の時計"
    FILE_SYSTEM = "ファイルの日時"


@dataclass(frozen=True)
class Began:
    at: dt.datetime
    witness: Witness


def began(file: Path, start: str, tags: dict[str, str], duration_ms: int, date: str) -> tuple[Began, ...]:
    """Every witness's word, the best first. Times of day without a zone are taken as they are."""
    found: list[Began] = []
    day = dt.date.fromisoformat(date) if date else dt.date(2000, 1, 1)
    if start:
        found.append(Began(dt.datetime.combine(day, _time(start)), Witness.MEETING_FILE))
    if (told := _tagged(tags)) is not None:
        found.append(Began(told, Witness.RECORDER))
    try:
        changed = dt.datetime.fromtimestamp(file.stat().st_mtime)
    except (OSError, OverflowError, ValueError):
        return tuple(found)
    found.append(Began(changed - dt.timedelta(milliseconds=duration_ms), Witness.FILE_SYSTEM))
    return tuple(found)


def gap_ms(before: tuple[Began, ...], duration_ms: int, after: tuple[Began, ...]) -> int | None:
    """What was not recorded between two files, by the best witness of both; None where none makes sense.

    Copies made without their times look as if all files had ended at once, which makes the gap negative: no witness.
    """
    for witness in Witness:
        one = next((b.at for b in before if b.witness is witness), None)
        other = next((b.at for b in after if b.witness is witness), None)
        if one is None or other is None:
            continue
        gap = round((other - one).total_seconds() * 1000) - duration_ms
        if -CLOCK_ERROR_MS <= gap <= LONGEST_MS:
            return max(0, gap)
    return None


def order(clocks: list[tuple[Began, ...]]) -> list[int] | None:
    """The order of the files by the recorder's own clock, None where not every file has one."""
    told = [next((b.at for b in clock if b.witness is Witness.RECORDER), None) for clock in clocks]
    times = [at for at in told if at is not None]
    if len(times) < len(told) or len(set(times)) < len(times):
        return None
    return sorted(range(len(times)), key=lambda n: times[n])


CLOCK_ERROR_MS = 3_000  # file systems and recorders round to two seconds
LONGEST_MS = 12 * 3_600_000


def _time(text: str) -> dt.time:
    hour, minute, *second = (int(part) for part in text.split(":"))
    return dt.time(hour, minute, second[0] if second else 0)


def _tagged(tags: dict[str, str]) -> dt.datetime | None:
    """``creation_time`` of video and phone files, or the date and time of a broadcast wav's own chunk."""
    created, date = tags.get("creation_time", ""), tags.get("date", "")
    text = f"{date} {created}" if re.fullmatch(r"\d{2}:\d{2}:\d{2}", created) and date else created
    try:
        told = dt.datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        return None
    return told.replace(tzinfo=None) if told.year > 1990 else None  # a clock that nobody set

"""The meeting file: a small TOML beside the recording that tells what the clerk knows beforehand.

In: ``<stem>.toml`` or the file given with ``--meeting``. Out: a ``Meeting``. The file is written by hand, so a wrong
key is named with its line (exit code 9) instead of being ignored, and the number of speakers may be written the
short way (``speakers = 7``) or as bounds (``speakers = { minimum = 5, maximum = 9 }``), an entry of ``[fields]`` as a text or
as a list of texts.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from pipeline import complaints, reading
from pipeline.errors import SettingsError
from pipeline.schema import Meeting
from pipeline.settings import line_of, read_toml


def beside(recording: Path) -> Path | None:
    """The sidecar of a recording, None where there is none; one that leads nowhere is there, and ``read`` will say so."""
    if not recording.name:  # "." and "/" have no sidecar
        return None
    sidecar = recording.with_suffix(".toml")
    return sidecar if sidecar != recording and os.path.lexists(sidecar) else naming(recording)


def naming(recording: Path) -> Path | None:
    """A meeting file in the same folder that counts the recording among its files."""
    try:
        beside_it = sorted(recording.parent.glob("*.toml"))
    except OSError:  # a folder that cannot be: whoever opens the recording will say so
        return None
    return next((file for file in beside_it if recording.name in named_in(file)), None)


def named_in(file: Path) -> tuple[str, ...]:
    """The files that a meeting file says it is of, the first first; none where it cannot be read: ``read`` will say why."""
    try:
        values = read_toml(file)
        meeting = Meeting.model_validate({key: values[key] for key in ("files", "microphones") if key in values})
    except (SettingsError, ValueError):
        return ()
    named = [one.file for one in meeting.files] + [name for one in meeting.microphones for name in one.files]
    return tuple(dict.fromkeys(named))


def read(file: Path) -> Meeting:
    """Raises SettingsError, naming the key and its line."""
    if not reading.is_file(file):
        raise SettingsError(
            f"会議ファイルがありません: {file}", "--meeting か録音と同じ名前の .toml の場所を確かめてください。"
        )
    values = read_toml(file)
    if type(values.get("speakers")) is int:  # not true, which is one too
        values["speakers"] = {"exact": values["speakers"]}
    if isinstance(fields := values.get("fields"), dict):
        values["fields"] = {name: _lines(file, name, given) for name, given in fields.items()}
    try:
        meeting = Meeting.model_validate(values)
    except ValidationError as error:
        # a misspelt key also leaves the right one missing: the misspelling is what the clerk can see
        first = min(error.errors(), key=lambda found: found["type"] != "extra_forbidden")
        keys = [part for part in reversed(first["loc"]) if isinstance(part, str)]
        key = keys[0]
        line = next(filter(None, (line_of(file, part) for part in keys)), "")
        place = f"{file.name} {line}".strip()
        if first["type"] == "extra_forbidden":
            raise SettingsError(
                f"会議ファイルに知らない項目があります: {key}({place})",
                f"使える項目: {', '.join(Meeting.model_fields)}",
            ) from error
        raise SettingsError(
            f"会議ファイルの {'.'.join(map(str, first['loc']))} が正しくありません({place}): {complaints.in_japanese(first)}",
            "日付は date = 2026-05-14 の形、議題は [[agenda]] の下に label と title を書きます。",
        ) from error
    if not all(attendee.name.strip() for attendee in meeting.attendees):
        raise SettingsError(
            f"会議ファイルの attendees に、name の空な人がいます({file.name})",
            "名前を書くか、その [[attendees]] を消してください。",
        )
    return meeting


def for_recording(recording: Path, given: Path | None) -> Meeting:
    """The meeting of a recording: the file given, else its sidecar, else an empty one."""
    file = given or beside(recording)
    return read(file) if file else Meeting()


def first_recording(file: Path) -> Path:
    """The recording for which a meeting file stands that was given in its place. Raises SettingsError."""
    read(file)
    named = named_in(file)
    if not named:
        raise SettingsError(
            f"会議ファイルに録音が書かれていません: {file}",
            '録音のファイルを指定するか、会議ファイルに files = ["録音1.wav", "録音2.wav"] と書いてください。',
        )
    return file.parent / named[0]


def _lines(file: Path, name: str, given: Any) -> tuple[str, ...]:
    """Lines without empty ones: a header has no gaps."""
    texts = [given] if isinstance(given, str) else given
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        place = f"{file.name} {line_of(file, name)}".strip()
        raise SettingsError(
            f"会議ファイルの fields.{name} が正しくありません({place})",
            '文字("傍聴者" = "3名")か、文字の並び("配布資料" = ["次第", "資料1"])で書いてください。',
        )
    return tuple(line.strip() for text in texts for line in text.splitlines() if line.strip())

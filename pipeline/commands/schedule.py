"""What ``minutes schedule`` prints: the unit with which the operating system starts the nightly batch.

Nothing is installed: an office's IT desk reads what it is given before it enables it. The templates are in ``schedules/``.
"""

from __future__ import annotations

import datetime as dt
import shlex
import string
import subprocess
import sys
from enum import StrEnum
from importlib import resources
from pathlib import Path
from xml.sax.saxutils import escape

from pipeline import store
from pipeline.commands.batch import clock
from pipeline.errors import SettingsError
from pipeline.schema import Record
from pipeline.settings import Settings


class System(StrEnum):
    """What starts the batch."""

    SYSTEMD = "systemd"
    CRON = "cron"
    WINDOWS = "windows"


class Unit(Record):
    """A file for the system that starts the batch, in the encoding in which that one reads it."""

    name: str
    text: str
    encoding: str = "utf-8"


def save(units: tuple[Unit, ...], folder: Path) -> tuple[Path, ...]:
    """Each under its name. Raises OutputError."""
    for unit in units:
        store.write_bytes(folder / unit.name, unit.text.encode(unit.encoding))
    return tuple(folder / unit.name for unit in units)


def units(settings: Settings, kind: System, at: str, until: str | None) -> tuple[Unit, ...]:
    """What is to be saved; for systemd the service and the timer. Raises SettingsError for a time."""
    begin = clock(at)
    words = ["batch", *(["--until", f"{clock(until):%H:%M}"] if until else [])]
    home, program = settings.home.absolute(), sys.executable
    module = ["-m", "pipeline", *words]
    if kind is System.SYSTEMD:
        command = " ".join(_for_systemd(word) for word in (program, *module))
        given = {"at": f"{begin:%H:%M}", "home": str(home).replace("%", "%%"), "command": command}
        return tuple(Unit(name=f"minutes-batch.{part}", text=_filled(part, given)) for part in ("service", "timer"))
    if kind is System.CRON:
        log = settings.outputs_folder.absolute() / "batch.log"
        given = {"home": str(home), "command": shlex.join([program, *module]), "log": str(log)}
        quoted = {name: value.replace("%", r"\%") for name, value in given.items()}  # to cron, % is a new line
        quoted |= {name: shlex.quote(quoted[name]) for name in ("home", "log")}
        line = _filled("cron", {**quoted, "hour": str(begin.hour), "minute": str(begin.minute)})
        return (Unit(name="minutes-batch.cron", text=line),)
    given = {"date": f"{dt.date.today():%Y-%m-%d}T", "start": f"{begin:%H:%M:%S}", "program": program, "home": str(home)}
    given["arguments"] = subprocess.list2cmdline(module)
    task = _filled("windows", {name: escape(value) for name, value in given.items()})
    return (Unit(name="minutes-batch.xml", text=task, encoding="utf-16"),)


def _filled(name: str, given: dict[str, str]) -> str:
    text = resources.files("pipeline.schedules").joinpath(f"{name}.txt").read_text(encoding="utf-8")
    return string.Template(text).substitute(given)


def _for_systemd(word: str) -> str:
    """systemd's own quoting: % begins a specifier, and $ a variable."""
    safe = word.replace("\\", "\\\\").replace("%", "%%").replace("$", "$$").replace('"', '\\"')
    return f'"{safe}"' if safe != word or " " in word else word


def system(name: str | None) -> System:
    """By name, or what this machine has. Raises SettingsError."""
    if name is None:
        if sys.platform == "win32":
            return System.WINDOWS
        return System.SYSTEMD if Path("/run/systemd/system").is_dir() else System.CRON
    if name not in list(System):
        raise SettingsError(f"知らない仕組みです: {name}", f"使える名前: {', '.join(System)}")
    return System(name)

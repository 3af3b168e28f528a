"""The printed units: each is checked by the system that will read it, or by its published rules where that is not here."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
from lxml import etree

from pipeline import cli
from pipeline.commands import schedule
from pipeline.commands.schedule import System
from pipeline.errors import ExitCode, SettingsError
from pipeline.settings import Settings

ODD = "会議 100% $HOME"  # a folder that each system would read something into
SCHEMA = Path(__file__).parent / "schedules" / "task_scheduler.xsd"
TASKS = "{http://schemas.microsoft.com/windows/2004/02/mit/task}"


needs_systemd = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not here")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / ODD).mkdir()
    return Settings(home=tmp_path / ODD)


def verified(*units: Path) -> subprocess.CompletedProcess[str]:
    """systemd's own opinion of the units, as those of a user."""
    environment = {**os.environ, "XDG_RUNTIME_DIR": str(units[0].parent)}
    return subprocess.run(
        ["systemd-analyze", "--user", "verify", *map(str, units)],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
    )


@needs_systemd
def test_systemd_takes_the_service_and_the_timer(settings: Settings, tmp_path: Path) -> None:
    service, timer = schedule.save(schedule.units(settings, System.SYSTEMD, "22:00", "7:00"), tmp_path)
    done = verified(service, timer)
    assert (done.stderr, done.returncode) == ("", 0)
    assert "--until 07:00" in service.read_text(encoding="utf-8")
    assert "会議 100%% $HOME" in service.read_text(encoding="utf-8")
    assert "OnCalendar=*-*-* 22:00:00" in timer.read_text(encoding="utf-8")


@needs_systemd
def test_a_broken_unit_would_be_noticed(settings: Settings, tmp_path: Path) -> None:
    service, _ = schedule.save(schedule.units(settings, System.SYSTEMD, "22:00", None), tmp_path)
    service.write_text(service.read_text(encoding="utf-8").replace("Type=", "Tipe="), encoding="utf-8")
    assert "Tipe" in verified(service).stderr


def test_the_cron_line_survives_cron_and_the_shell(settings: Settings) -> None:
    (unit,) = schedule.units(settings, System.CRON, "22:05", "07:00")
    (line,) = [row for row in unit.text.splitlines() if not row.startswith("#")]
    minute, hour, *days, command = line.split(" ", 5)
    assert (minute, hour, days) == ("5", "22", ["*", "*", "*"])
    assert not re.search(r"(?<!\\)%", command)  # to cron, % is a new line
    words = shlex.split(command.replace(r"\%", "%"))
    assert words[:2] == ["cd", str(settings.home)]
    assert words[3:] == [
        *words[3:4], "-m", "pipeline", "batch", "--until", "07:00", ">>", str(settings.outputs_folder / "batch.log"), "2>&1",
    ]  # fmt: skip


def task(home: Path, folder: Path) -> bytes:
    """The file for Windows, as it is written."""
    (file,) = schedule.save(schedule.units(Settings(home=home), System.WINDOWS, "22:00", "07:00"), folder)
    return file.read_bytes()


def test_the_windows_task_is_valid_by_the_documented_schema(tmp_path: Path) -> None:
    home = tmp_path / "a & b <c>"
    home.mkdir()
    data = task(home, tmp_path)
    assert data[:2] in (b"\xff\xfe", b"\xfe\xff")  # as its first line says, and as Windows itself exports tasks
    found = etree.fromstring(data)
    etree.XMLSchema(file=SCHEMA).assertValid(found)
    text = {one.tag.removeprefix(TASKS): one.text for one in found.iter()}
    assert text["WorkingDirectory"] == str(home)
    assert text["Arguments"] == "-m pipeline batch --until 07:00"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT22:00:00", text["StartBoundary"] or "")
    assert text["ExecutionTimeLimit"] == "PT0S" and text["MultipleInstancesPolicy"] == "IgnoreNew"


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("<StartBoundary>", "<Enabled>true</Enabled><StartBoundary>"),  # valid: this order is the documented one
        ("<ScheduleByDay>", "<Enabled>true</Enabled><ScheduleByDay>"),
        ("T22:00:00", "T22:00"),
        ("IgnoreNew", "Ignore"),
        ('Context="Author"', 'Context="Nobody"'),
        ("<Priority>7", "<Priority>11"),
        ("<WakeToRun>true", "<WakeToRun>yes"),
        ("<Command>", "<Comand>"),
    ],
)
def test_the_schema_would_notice(tmp_path: Path, right: str, wrong: str) -> None:
    printed = task(tmp_path, tmp_path).decode("utf-16").replace('encoding="UTF-16"', 'encoding="UTF-8"')
    assert right in printed
    closing = printed.replace(right, wrong).replace("</Command>", f"</{wrong[1:]}" if right == "<Command>" else "</Command>")
    is_valid = etree.XMLSchema(file=SCHEMA).validate(etree.fromstring(closing.encode()))
    assert is_valid == (right == "<StartBoundary>")


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["schedule", "--at", "21:30", "--system", "cron", "--home", str(tmp_path)]) == ExitCode.DONE
    assert "\n30 21 * * * cd " in capsys.readouterr().out
    assert (
        cli.run(["schedule", "--system", "systemd", "-o", str(tmp_path / "units"), "--home", str(tmp_path)]) == ExitCode.DONE
    )
    saved = [tmp_path / "units" / f"minutes-batch.{part}" for part in ("service", "timer")]
    assert capsys.readouterr().out.splitlines() == list(map(str, saved))
    assert all(file.is_file() for file in saved)
    assert cli.run(["schedule", "--at", "9時"]) == ExitCode.SETTINGS
    assert cli.run(["schedule", "--system", "launchd"]) == ExitCode.SETTINGS
    assert "systemd, cron, windows" in capsys.readouterr().err


def test_without_a_name_the_machine_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "win32")
    assert schedule.system(None) is System.WINDOWS
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setattr(Path, "is_dir", lambda _: False)
    assert schedule.system(None) is System.CRON
    with pytest.raises(SettingsError):
        schedule.system("")

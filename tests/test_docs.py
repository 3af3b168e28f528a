"""The README tells the truth: its commands, exit codes, settings, files and targets are the program's."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.errors import ExitCode
from pipeline.export import EXPORTERS, formvalues
from pipeline.meeting_file import read
from pipeline.microphones import room
from pipeline.settings import Settings
from tests.drafts import draft

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def rows(first: str) -> list[list[str]]:
    """Cells of the table whose head begins with this cell, without the head."""
    (table,) = re.findall(rf"(?m)^\| {first} \|.*\n((?:^\|.*\n)+)", README)
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()[1:]]


def commands(group: typer.Typer, above: str = "") -> set[str]:
    """Full names of all commands, as one types them after ``minutes``."""
    names = set()
    for info in group.registered_commands:
        assert info.callback is not None
        names.add(above + (info.name or info.callback.__name__.replace("_", "-")))
    for below in group.registered_groups:
        assert below.typer_instance is not None
        names |= commands(below.typer_instance, f"{above}{below.name} " if below.name else above)
    return names


def test_the_table_of_commands_is_what_help_lists() -> None:
    described = [re.match(r"`minutes ((?:[a-z]+ ?)+)", row[0]) for row in rows("コマンド")]
    assert all(described)
    names = [found[1].strip() for found in described if found]
    assert sorted(names) == sorted(commands(app))
    listed = CliRunner().invoke(app, ["--help"]).output
    assert {name.split()[0] for name in names} == set(re.findall(r"(?m)^  ([a-z]+)  ", listed.split("コマンド:")[1]))


def test_every_command_in_the_text_exists() -> None:
    known = commands(app)
    blocks = re.findall(r"(?s)```(?:console)\n(.*?)```", README)
    fragments = "\n# ".join([*blocks, *re.findall(r"`([^`]+)`", README.replace("```", ""))])
    used = re.findall(r"minutes\s((?:models\s)?[a-z]+)", fragments)
    assert len(used) > 20
    assert set(used) <= known


def test_the_exit_codes_are_those_of_the_program() -> None:
    assert [int(row[0]) for row in rows("終了コード")] == sorted(ExitCode)


def test_the_settings_are_those_of_the_program() -> None:
    described = {row[0].strip("`"): row[1].strip("`") for row in rows("設定")}
    assert list(described) == [name for name in Settings.model_fields if name != "sources"]
    for name, default in described.items():
        actual = Settings.model_fields[name].get_default()
        shown = ",".join(actual) if isinstance(actual, tuple) else str(actual).lower() if actual is True else str(actual)
        assert default in (shown, "(空)" if actual == "" else None), name


def test_the_formats_are_those_of_the_program() -> None:
    (row,) = (row for row in rows("コマンド") if row[0].startswith("`minutes export"))
    named = re.search(r"\(([a-z, ]+)\)", row[1])
    assert named
    assert named[1].split(", ") == list(EXPORTERS)


def test_the_example_of_a_meeting_file_is_one(tmp_path: Path) -> None:
    meetings = []
    for example in re.findall(r"(?s)```toml\n(.*?)```", README):
        (tmp_path / "m.toml").write_text(example, encoding="utf-8")
        meetings.append(read(tmp_path / "m.toml"))
    meeting, microphones = meetings
    assert meeting.speakers.exact == 7
    assert [item.department for item in meeting.agenda] == ["図書館"]
    plan = room.planned(tmp_path / "m.wav", microphones, tmp_path)
    assert plan is not None and len(plan.lanes) == len(microphones.microphones)


def test_the_placeholders_of_a_word_form_are_those_of_the_program() -> None:
    named = [row[0].strip("`{} ").partition(".")[0] for row in rows("差し込み")]
    assert named == list(formvalues.values(draft()))


def test_the_rooms_are_where_the_readme_says() -> None:
    named = [name for row in rows("部屋") for name in re.findall(r"`([^`]+)`", row[0])]
    assert len(named) > 20
    for name in named:
        places = [ROOT / name, ROOT / "pipeline" / name]
        assert any(place.is_dir() if name.endswith("/") else place.is_file() for place in places), name


@pytest.mark.parametrize("document", ["README.md", "CHANGELOG.md", "recordings/README.md"])
def test_links_lead_somewhere(document: str) -> None:
    text = (ROOT / document).read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#]+)\)", text):
        if not target.startswith("https://"):
            assert ((ROOT / document).parent / target).exists(), target


def test_make_targets_in_the_text_exist() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    named = set(re.findall(r"(?m)(?:^|`)make ([a-z]+)", README))
    assert {"demo", "test"} <= named
    assert named <= set(re.findall(r"(?m)^([a-z]+):", makefile))


def test_the_file_that_is_left_out_of_git_is_what_holds_speech() -> None:
    ignored = (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
    assert {"/outputs/*", "/recordings/*", "/models/*"} <= set(ignored)
    kept = {line for line in ignored if line.startswith("!")}
    assert kept == {
        "!/outputs/.gitkeep",
        "!/recordings/README.md",
        "!/recordings/sample_meeting.*",
        "!/models/README.md",
        "!/models/demo/",
    }

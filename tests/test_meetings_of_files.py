"""The command, the meeting file and the night, where a meeting is more than one file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pipeline import meeting_file
from pipeline.batch import readiness
from pipeline.cli import run
from pipeline.commands import transcribe
from pipeline.errors import ExitCode, SettingsError
from pipeline.settings import Settings
from tests.test_joining_files import talk, write


@pytest.fixture
def called(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Path, Path | None, tuple[Path, ...]]]:
    """What the command would have made drafts of."""
    calls: list[tuple[Path, Path | None, tuple[Path, ...]]] = []

    def instead(source, meeting, settings, runner, joined=()):  # type: ignore[no-untyped-def]
        calls.append((source, meeting, joined))
        return source.with_suffix(".json"), True

    monkeypatch.setattr(transcribe, "transcribe_one", instead)
    return calls


def test_join_makes_one_meeting_of_all_files(
    tmp_path: Path, called: list[tuple[Path, Path | None, tuple[Path, ...]]], capsys: pytest.CaptureFixture[str]
) -> None:
    files = [tmp_path / "1.wav", tmp_path / "2.wav"]
    assert run(["transcribe", "--join", *map(str, files), "--home", str(tmp_path)]) == ExitCode.DONE
    assert called == [(files[0], None, tuple(files))]
    assert capsys.readouterr().out.split() == [str(tmp_path / "1.json")]
    called.clear()
    assert run(["transcribe", *map(str, files), "--home", str(tmp_path)]) == ExitCode.DONE
    assert called == [(file, None, ()) for file in files]


def test_a_meeting_file_stands_for_its_recordings(tmp_path: Path) -> None:
    plan = tmp_path / "会議.toml"
    plan.write_text('files = ["前半.wav", "後半.wav"]\n', encoding="utf-8")
    assert meeting_file.first_recording(plan) == tmp_path / "前半.wav"
    assert meeting_file.beside(tmp_path / "後半.wav") == plan
    assert meeting_file.beside(tmp_path / "ほか.wav") is None
    (tmp_path / "前半.toml").write_text('name = "別"\n', encoding="utf-8")
    assert meeting_file.beside(tmp_path / "前半.wav") == tmp_path / "前半.toml"
    with pytest.raises(SettingsError, match="録音が書かれていません") as caught:
        meeting_file.first_recording(tmp_path / "前半.toml")
    assert "files" in caught.value.advice


def test_a_broken_neighbour_names_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text("files = [", encoding="utf-8")
    (tmp_path / "b.toml").write_text("files = 3\n", encoding="utf-8")
    assert meeting_file.beside(tmp_path / "1.wav") is None


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("[[microphones]]\nchannel = 0\n", "channel"),
        ("[[microphones]]\nchannel = 1\nseet = 'x'\n", "seet"),
        ("files = [{ file = 'a.wav', start = '25:00' }]\n", "start"),
        ("[[microphones]]\nchannel = 1\nrole = '議長'\n", "role"),
    ],
)
def test_a_wrong_map_is_told_with_its_line(tmp_path: Path, text: str, key: str) -> None:
    file = tmp_path / "会議.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError, match=key):
        meeting_file.read(file)


def test_a_channel_that_is_not_there_ends_with_9(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path / "会議.wav", talk(2, 1))
    (tmp_path / "会議.toml").write_text("[[microphones]]\nchannel = 2\n", encoding="utf-8")
    home = Path(__file__).parents[1]
    arguments = ["transcribe", str(tmp_path / "会議.wav"), "--models", "demo", "--home", str(home)]
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("MINUTES_OUTPUTS", str(tmp_path / "out"))
        assert run(arguments) == ExitCode.SETTINGS
    told = capsys.readouterr()
    assert told.out == "" and "チャンネル2がありますが" in told.err and "→" in told.err


def test_a_night_waits_for_all_files_of_a_meeting(tmp_path: Path) -> None:
    (tmp_path / "会議.toml").write_text('files = ["1.wav", "2.wav"]\n', encoding="utf-8")
    write(tmp_path / "1.wav", np.zeros(1600))
    write(tmp_path / "9.wav", np.zeros(1600))

    def looked() -> dict[str, str]:
        return {found.name: found.reason for found in readiness.look(tmp_path, 0, lambda _: None)}

    assert looked() == {"1.wav": f"{readiness.MISSING}: 2.wav", "9.wav": ""}
    write(tmp_path / "2.wav", np.zeros(1600))
    assert looked() == {"1.wav": "", "2.wav": f"{readiness.PART_OF}: 1.wav", "9.wav": ""}

    def grows(_: float) -> None:
        write(tmp_path / "2.wav", np.zeros(3200))

    growing = {found.name: found.reason for found in readiness.look(tmp_path, 0, grows)}
    assert growing == {"1.wav": f"{readiness.GROWING}: 2.wav", "2.wav": readiness.GROWING, "9.wav": ""}


@pytest.mark.engines
def test_two_parts_and_the_real_engines_become_one_draft(tmp_path: Path) -> None:
    """The bundled meeting cut in two goes through the command; the draft's words lie on the joined axis."""
    import json

    from pipeline import job, wav
    from pipeline.microphones import channels
    from pipeline.protocols import no_progress

    home = Path(__file__).parents[1]
    whole = channels.decode(home / "recordings/sample_meeting.opus", frozenset({None}), tmp_path, "x", no_progress)
    sound = wav.read(whole.sounds[None], 0, 44_400)
    write(tmp_path / "前半.wav", sound[: 33_000 * 16])
    write(tmp_path / "後半.wav", sound[33_000 * 16 :])
    settings = Settings(home=home, outputs=tmp_path / "out", models="demo", diarizer="builtin", formats=("text",))
    parts = (tmp_path / "前半.wav", tmp_path / "後半.wav")
    with job.executor(settings) as runner:
        path, spoke = transcribe.transcribe_one(parts[0], None, settings, runner, joined=parts)
    draft = json.loads(path.read_text(encoding="utf-8"))
    assert spoke
    assert [part["file"] for part in draft["recording"]["parts"]] == ["前半.wav", "後半.wav"]
    assert any(warning["code"] == "joined" for warning in draft["warnings"])
    second = [turn for turn in draft["turns"] if turn["start_ms"] >= 34_000]
    assert second and "会長" in "".join(turn["spoken"] for turn in second)

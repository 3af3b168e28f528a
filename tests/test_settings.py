"""Settings and meeting files: which layer wins, and every mistake named with its line."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from pipeline import meeting_file
from pipeline.errors import ExitCode, SettingsError
from pipeline.settings import load
from pipeline.terms import Role


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_flag_over_variable_over_file_over_default(tmp_path: Path) -> None:
    write(tmp_path / "minutes.toml", 'device = "cpu"\nworkers = 2\nthreads = 3\n')
    settings = load({"home": tmp_path, "workers": 5, "device": None}, {"MINUTES_WORKERS": "4", "MINUTES_THREADS": "6"})
    assert (settings.device, settings.workers, settings.threads, settings.chunk_s) == ("cpu", 5, 6, 180)
    assert settings.sources["workers"] == "オプション"
    assert settings.sources["threads"] == "環境変数"
    assert settings.sources["device"] == "minutes.toml"
    assert "chunk_s" not in settings.sources


def test_home_may_come_from_the_environment(tmp_path: Path) -> None:
    assert load({}, {"MINUTES_HOME": str(tmp_path)}).outputs_folder == tmp_path / "outputs"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('device = "cpu"\n\nworkerz = 2\n', ["workerz", "3行目"]),
        ("workers = 0\n", ["workers", "1行目"]),
        ('device = "gpu"\n', ["device", "1行目"]),
        ("device = cpu\n", ["minutes.toml"]),
        ('models = "large"\n', ["models"]),
    ],
)
def test_a_mistake_in_the_file_is_named_with_its_line(tmp_path: Path, text: str, said: list[str]) -> None:
    write(tmp_path / "minutes.toml", text)
    with pytest.raises(SettingsError) as caught:
        load({"home": tmp_path}, {})
    assert caught.value.exit_code == ExitCode.SETTINGS
    assert all(word in caught.value.message for word in said)
    assert caught.value.advice


def test_a_misspelt_variable_is_an_error_too(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="MINUTES_DEVISE"):
        load({"home": tmp_path}, {"MINUTES_DEVISE": "cpu"})


def test_a_file_that_is_no_utf8_says_so(tmp_path: Path) -> None:
    (tmp_path / "minutes.toml").write_bytes('device = "中"'.encode("shift_jis"))
    with pytest.raises(SettingsError, match="UTF-8"):
        load({"home": tmp_path}, {})


def test_a_home_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SettingsError):
        load({"home": tmp_path / "none"}, {})


MEETING = """
name = "令和8年度第1回 試験市審議会"
date = 2026-05-14
speakers = 7
[[agenda]]
label = "諮問第1号"
title = "電子申請の利用について"
[[attendees]]
name = "山本 太郎"
role = "会長"
"""


def test_a_meeting_file_is_read(tmp_path: Path) -> None:
    meeting = meeting_file.read(write(tmp_path / "m.toml", MEETING))
    assert meeting.date == dt.date(2026, 5, 14)
    assert meeting.speakers.exact == 7
    assert meeting.agenda[0].label == "諮問第1号"
    assert meeting.attendees[0].role is Role.CHAIR


@pytest.mark.parametrize(
    ("extra", "said"),
    [
        ('plaice = "x"', ["plaice", "2行目"]),
        ("speakers = { minimum = 5, maximum = 3 }", ["speakers"]),
        ('date = "明日"', ["date", "2行目"]),
        ('[[agenda]]\nlabl = "x"', ["labl", "3行目"]),
        ("[fields]\n傍聴者 = 3", ["書き方に誤り"]),
        ('[fields]\n"傍聴者" = 3', ["fields.傍聴者", "3行目"]),
        ('[fields]\n"傍聴者" = ["a", 3]', ["fields.傍聴者", "3行目"]),
        ('fields = "x"', ["fields", "2行目"]),
    ],
)
def test_a_mistake_in_a_meeting_file_is_named_with_its_line(tmp_path: Path, extra: str, said: list[str]) -> None:
    with pytest.raises(SettingsError) as caught:
        meeting_file.read(write(tmp_path / "m.toml", f'name = "x"\n{extra}\n'))
    assert all(word in caught.value.message for word in said), caught.value.message


def test_what_else_the_head_holds_is_a_text_or_a_list_of_texts(tmp_path: Path) -> None:
    text = '[fields]\n"傍聴者" = "3名"\n"配布資料" = ["次第", " 資料1 "]\n"問合せ先" = """総務課\n\n電話\n"""\n"次回予定" = ""\n'
    assert meeting_file.read(write(tmp_path / "m.toml", text)).fields == {
        "傍聴者": ("3名",),
        "配布資料": ("次第", "資料1"),
        "問合せ先": ("総務課", "電話"),
        "次回予定": (),
    }


def test_the_sidecar_is_found_and_the_given_file_wins(tmp_path: Path) -> None:
    write(tmp_path / "r.toml", 'name = "beside"')
    given = write(tmp_path / "g.toml", 'name = "given"')
    assert meeting_file.for_recording(tmp_path / "r.wav", None).name == "beside"
    assert meeting_file.for_recording(tmp_path / "r.wav", given).name == "given"
    assert meeting_file.for_recording(tmp_path / "none.wav", None).name == ""
    with pytest.raises(SettingsError):
        meeting_file.for_recording(tmp_path / "r.wav", tmp_path / "absent.toml")

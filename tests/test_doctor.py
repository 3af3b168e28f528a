"""The examination of this machine: every finding provoked, and not one socket opened."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections import namedtuple
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import ctranslate2
import pytest

from pipeline.commands import doctor
from pipeline.engines import weights
from pipeline.settings import Settings, load

WATCHED = """
import sys
opened = []
sys.addaudithook(lambda event, _: event.startswith("socket.") and opened.append(event))
from pipeline.cli import run
code = run(["doctor", "--home", sys.argv[1]])
heavy = {"torch", "faster_whisper", "pyannote.audio", "huggingface_hub"} & set(sys.modules)
sys.exit(f"code {code}, sockets {opened}, heavy {heavy}" if code or opened or heavy else 0)
"""


def found(home: Path, topic: str, **settings: object) -> list[doctor.Finding]:
    return [one for one in doctor.examine(home, load({"home": home, **settings}, {})) if one.topic == topic]


def test_nothing_is_contacted_and_no_model_library_is_loaded(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", WATCHED, str(tmp_path)], capture_output=True, text=True, check=False, cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    assert "プログラム" in done.stdout


def test_the_watch_above_would_see_a_socket(tmp_path: Path) -> None:
    watched = WATCHED.replace(
        "from pipeline.cli import run\n", "from pipeline.cli import run\nimport socket; socket.socket()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", watched, str(tmp_path)], capture_output=True, text=True, check=False, cwd=tmp_path
    )
    assert "sockets ['socket.__new__']" in done.stderr


def test_an_absent_library_is_a_finding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def lacking_pydub(name: str) -> str:
        if name == "pydub":
            raise PackageNotFoundError(name)
        return "1.0"

    monkeypatch.setattr(doctor, "version", lacking_pydub)
    parts = found(tmp_path, "部品")
    assert [one.text.split()[0] for one in parts if not one.good] == ["pydub"]
    assert [one.text for one in parts if one.good] == [f"{n} 1.0" for n in doctor.LIBRARIES if n != "pydub"]


def test_absent_and_damaged_weights_come_with_the_next_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weights, "shared", lambda: tmp_path / "nowhere")
    whole = tmp_path / "models" / "large-v3-turbo"
    whole.mkdir(parents=True)
    for name in ("config.json", "model.bin", "tokenizer.json", "vocabulary.json"):
        (whole / name).write_bytes(b"x" * 500_000)
    first, second, *demo = found(tmp_path, "モデル")
    assert first.good
    assert "2.0 MB" in first.text
    assert not second.good
    assert "minutes models fetch pyannote/speaker-diarization-community-1" in second.text
    assert [one.good for one in demo] == [False, False]
    (whole / "model.bin").unlink()
    first = found(tmp_path, "モデル")[0]
    assert not first.good
    assert "model.bin がない" in first.text
    assert "minutes models fetch large-v3-turbo" in first.text


def test_the_models_of_these_settings_are_examined(tmp_path: Path) -> None:
    texts = [one.text for one in found(tmp_path, "モデル", whisper="our-model", diarizer="builtin")]
    assert texts[0].startswith("文字起こし our-model がありません。")
    assert not any("community" in text for text in texts)
    assert sum(" demo " in text for text in texts) == 2


def test_devices_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ctranslate2, "get_cuda_device_count", lambda: 2)
    assert found(tmp_path, "装置") == [doctor.Finding(topic="装置", good=True, text="CUDA 2 基")]
    monkeypatch.setattr(ctranslate2, "get_cuda_device_count", lambda: 0)
    monkeypatch.setattr(shutil, "which", lambda _: None)
    (device,) = found(tmp_path, "装置")
    assert device.good
    assert device.text.startswith("CPU ")
    monkeypatch.setattr(shutil, "which", lambda _: "nvidia-smi")
    (device,) = found(tmp_path, "装置")
    assert not device.good
    assert "nvidia-smi" in device.text


def test_a_broken_computing_library_is_a_finding_and_no_crash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> int:
        raise OSError("libcudart.so: cannot open shared object file")

    monkeypatch.setattr(ctranslate2, "get_cuda_device_count", broken)
    (device,) = found(tmp_path, "装置")
    assert not device.good
    assert "OSError" in device.text


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert found(tmp_path, "フォルダ", outputs="deep/er/outputs")[0].good
    assert not (tmp_path / "deep").exists(), "looking changes nothing"
    (tmp_path / "a-file").write_text("x")
    assert not found(tmp_path, "フォルダ", outputs="a-file")[0].good
    monkeypatch.setattr("os.access", lambda *_: False)
    (folder,) = found(tmp_path, "フォルダ")
    assert not folder.good
    assert "権限" in folder.text


@pytest.mark.parametrize(("free", "good"), [(5_000_000_000, True), (4_900_000_000, False)])
def test_little_room_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int, good: bool) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(10**12, 0, free))
    (room,) = found(tmp_path, "空き容量")
    assert room.good is good
    assert ("少なめ" in room.text) is not good


def test_every_setting_is_shown_with_its_origin(tmp_path: Path) -> None:
    (tmp_path / "minutes.toml").write_text('diarizer = "builtin"\nworkers = 2\n', encoding="utf-8")
    settings = load({"home": tmp_path, "workers": None}, {"MINUTES_WORKERS": "3", "MINUTES_FORMATS": "text,srt"})
    shown = {one.text for one in doctor.examine(tmp_path, settings) if one.topic == "設定"}
    assert len(shown) == len(Settings.model_fields) - 1
    assert {
        f"home = {tmp_path}(オプション)",
        "diarizer = builtin(minutes.toml)",
        "workers = 3(環境変数)",
        "formats = text,srt(環境変数)",
        "models = (空)(既定)",
        "hotwords = true(既定)",
    } <= shown


def test_the_table_has_a_line_for_each_finding(tmp_path: Path) -> None:
    findings = (
        doctor.Finding(topic="装置", good=True, text="CPU"),
        doctor.Finding(topic="フォルダ", good=False, text="書き込めません"),
    )
    assert doctor.table(findings) == "よし  装置      CPU\n注意  フォルダ  書き込めません"

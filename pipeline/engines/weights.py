"""Where model weights live and whether they are whole. No network here: fetching is ``fetching.py`` alone.

In: the working folder and a model's name. Out: a folder that an engine can load, or a WeightsError (exit code 5) that says
the one command which gets it. Weights lie in ``<home>/models/<folder>/`` with a ``SHA256SUMS`` written when they came, so
that damage on the way by USB stick is found by ``minutes models check`` and not in the middle of the night.
"""

from __future__ import annotations

import sysconfig
from pathlib import Path

from pipeline import store
from pipeline.errors import RecordingError, WeightsError
from pipeline.schema import Record
from pipeline.settings import DEMO

SUMS = "SHA256SUMS"
WHISPER, PYANNOTE = "文字起こし", "話者分離"
NEEDED = {
    WHISPER: ("config.json", "model.bin", "tokenizer.json"),
    PYANNOTE: ("config.yaml", "segmentation", "embedding"),
}


class Model(Record):
    """A model known by name. ``repository`` is its place on the hub, empty for those that come with the program."""

    name: str
    part: str
    folder: str
    repository: str = ""
    terms: str = ""


KNOWN = (
    Model(
        name="large-v3-turbo",
        part=WHISPER,
        folder="large-v3-turbo",
        repository="mobiuslabsgmbh/faster-whisper-large-v3-turbo",
    ),
    Model(
        name="pyannote/speaker-diarization-community-1",
        part=PYANNOTE,
        folder="speaker-diarization-community-1",
        repository="pyannote/speaker-diarization-community-1",
        terms="モデルのページで利用条件に同意し、発行した鍵を環境変数 HF_TOKEN に入れてください。",
    ),
    Model(name=DEMO, part=WHISPER, folder="demo/whisper"),
    Model(name=DEMO, part=PYANNOTE, folder="demo/pyannote"),
)


class Found(Record):
    """State of one model on this machine: ``trouble`` is empty for a whole one."""

    model: Model
    folder: Path | None
    size_bytes: int
    trouble: str


class DemoFiles(Record):
    """The sample meeting."""

    recording: Path
    meeting: Path
    reference: Path


def known(name: str, part: str) -> Model:
    """A model by name; a name nobody knows is a folder of the office's own under ``models/``."""
    for model in KNOWN:
        if (model.name, model.part) == (name, part) or (model.folder == name and model.part == part):
            return model
    return Model(name=name, part=part, folder=name)


def locate_whisper(home: Path, name: str) -> Path:
    return _located(home, known(name, WHISPER))


def locate_pyannote(home: Path, name: str) -> Path:
    return _located(home, known(name, PYANNOTE))


def _located(home: Path, model: Model) -> Path:
    found = examine(home, model)
    if found.folder is None:
        raise WeightsError(f"{model.part}のモデル {model.name} がありません。", command_for(model))
    if found.trouble:
        raise WeightsError(f"{model.part}のモデル {model.name} が壊れています({found.trouble})。", command_for(model))
    return found.folder


def command_for(model: Model) -> str:
    """The one command that gets a model."""
    if model.name == DEMO:
        return "見本用モデルはプログラムに同梱されています。プログラムを入れ直してください。"
    if not model.repository:
        return f"フォルダを minutes models add フォルダ --name {model.name} で加えてください。"
    return f"minutes models fetch {model.name} で取得できます(閉じた網では、別の機械で作った束を minutes models add で加えます)。"


def places(home: Path, model: Model) -> list[Path]:
    """Where to look, in order: the working folder, then, for what is bundled, the installed program's data."""
    own = home / "models" / model.folder
    return [own, shared() / "models" / model.folder] if model.name == DEMO else [own]


def shared() -> Path:
    """Data files of the installed program."""
    return Path(sysconfig.get_path("data")) / "share" / "kaigiroku"


def examine(home: Path, model: Model, thorough: bool = False) -> Found:
    """``thorough`` also compares every file with its recorded digest, which reads gigabytes."""
    folder = next((place for place in places(home, model) if place.is_dir()), None)
    if folder is None:
        return Found(model=model, folder=None, size_bytes=0, trouble="")
    files = [path for path in folder.rglob("*") if path.is_file()]
    trouble = trouble_in(folder, model, thorough)
    return Found(model=model, folder=folder, size_bytes=sum(path.stat().st_size for path in files), trouble=trouble)


def trouble_in(folder: Path, model: Model, thorough: bool) -> str:
    """What is wrong with a folder of weights, in words; empty for nothing."""
    missing = [name for name in NEEDED[model.part] if not (folder / name).exists()]
    if missing:
        return f"{', '.join(missing)} がない"
    empty = [path.name for path in folder.rglob("*") if path.is_file() and path.stat().st_size == 0]
    if empty:
        return f"{', '.join(empty)} が空"
    if thorough and (folder / SUMS).is_file():
        for line in (folder / SUMS).read_text(encoding="utf-8").splitlines():
            digest, _, name = line.partition("  ")
            if not (folder / name).is_file():
                return f"{name} がない"
            if store.sha256_of(folder / name) != digest:
                return f"{name} の内容が記録と違う"
    return ""


def write_sums(folder: Path) -> None:
    """Record what arrived, in the form that ``sha256sum -c`` reads."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != SUMS)
    lines = [f"{store.sha256_of(path)}  {path.relative_to(folder).as_posix()}" for path in files]
    store.write_bytes(folder / SUMS, ("\n".join(lines) + "\n").encode())


def demo_files(home: Path) -> DemoFiles:
    """The sample meeting, from the working folder or the installed program. Raises RecordingError."""
    for folder in (home / "recordings", shared() / "recordings"):
        stem = folder / "sample_meeting"
        files = DemoFiles(
            recording=stem.with_suffix(".opus"),
            meeting=stem.with_suffix(".toml"),
            reference=stem.with_suffix(".reference.json"),
        )
        if all(path.is_file() for path in (files.recording, files.meeting, files.reference)):
            return files
    raise RecordingError(
        "見本の会議がありません。", "プログラムを入れ直すか、--home で recordings のあるフォルダを指定してください。"
    )

"""Where model weights live and whether they are whole. No network here: fetching is ``fetching.py`` alone.

In: the working folder and a model's name. Out: a folder that an engine can load, or a WeightsError (exit code 5) that says
the one command which gets it. Weights lie in ``<home>/models/<folder>/`` with a ``SHA256SUMS`` written when they came, so
that damage on the way by USB stick is found by ``minutes models check`` and not in the middle of the night.
"""

from __future__ import annotations

import re
import sysconfig
from pathlib import Path

from pipeline import store
from pipeline.errors import RecordingError, WeightsError
from pipeline.schema import Record
from pipeline.settings import DEMO

SUMS = "SHA256SUMS"
UNFINISHED = (".part", ".old")  # endings of folders that are on their way in or out
WHISPER, PYANNOTE = "文字起こし", "話者分離"
NEEDED = {
    WHISPER: ("config.json", "model.bin", "tokenizer.json"),
    PYANNOTE: ("config.yaml", "segmentation/pytorch_model.bin", "embedding/pytorch_model.bin"),
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
        terms=(
            "https://huggingface.co/pyannote/speaker-diarization-community-1 で利用条件に同意し、"
            "同じサイトで発行した鍵(アクセストークン)を環境変数 HF_TOKEN に入れて、もう一度実行してください。"
        ),
    ),
    Model(name=DEMO, part=WHISPER, folder="demo/whisper"),
    Model(name=DEMO, part=PYANNOTE, folder="demo/pyannote"),
)


class Found(Record):
    """State of one model on this machine: ``trouble`` is empty for a whole one, ``recorded`` where digests came along."""

    model: Model
    folder: Path | None
    size_bytes: int
    trouble: str
    recorded: bool = False


class DemoFiles(Record):
    """The sample meeting."""

    recording: Path
    meeting: Path
    reference: Path


def known(name: str, part: str) -> Model:
    """A model by name; a name nobody knows is a folder of the office's own under ``models/``."""
    for model in KNOWN:
        if name in (model.name, model.folder) and model.part == part:
            return model
    return Model(name=name, part=part, folder=name)


def all_models(home: Path) -> tuple[Model, ...]:
    """Every known model, then the office's own folders under ``models/`` that hold one."""
    own = []
    folders = {model.folder.partition("/")[0] for model in KNOWN}
    for folder in sorted((home / "models").glob("*")):
        part = part_of(folder)
        if part and folder.name not in folders and folder.suffix not in UNFINISHED and folder.name[0] != ".":
            own.append(Model(name=folder.name, part=part, folder=folder.name))
    return (*KNOWN, *own)


def part_of(folder: Path) -> str:
    """What the weights in a folder are for, judged by its files; empty where it holds none."""
    for part, needed in NEEDED.items():
        if (folder / needed[0]).is_file() and any((folder / name).is_file() for name in needed[1:]):
            return part
    return ""


def locate_whisper(home: Path, name: str) -> Path:
    """The folder to load; raises WeightsError with the command that gets the model."""
    return _located(home, known(name, WHISPER))


def locate_pyannote(home: Path, name: str) -> Path:
    """The folder to load; raises WeightsError with the command that gets the model."""
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
        return f"minutes models add フォルダ --name {model.name} で、お手元のモデルのフォルダを加えてください。"
    return (
        f"minutes models fetch {model.name} で取得できます"
        "(閉じた網では、別の機械で minutes models bundle した束を minutes models add で加えます)。"
    )


def places(home: Path, model: Model) -> list[Path]:
    """Where to look, in order: the working folder, then, for what is bundled, the installed program's data."""
    own = home / "models" / model.folder
    return [own, shared() / "models" / model.folder] if model.name == DEMO else [own]


def shared() -> Path:
    """What comes with the program: beside its code in a checkout, else the data files of the installed wheel."""
    checkout = Path(__file__).parents[2]
    if (checkout / "recordings").is_dir() and (checkout / "pyproject.toml").is_file():
        return checkout
    return Path(sysconfig.get_path("data")) / "share" / "kaigiroku"


def examine(home: Path, model: Model, thorough: bool = False) -> Found:
    """``thorough`` also compares every file with its recorded digest, which reads gigabytes."""
    folder = next((place for place in places(home, model) if place.is_dir()), None)
    if folder is None:
        return Found(model=model, folder=None, size_bytes=0, trouble="")
    return Found(
        model=model,
        folder=folder,
        size_bytes=sum((folder / name).stat().st_size for name in files_in(folder)),
        trouble=trouble_in(folder, model.part, thorough),
        recorded=(folder / SUMS).is_file(),
    )


def files_in(folder: Path) -> tuple[str, ...]:
    """Relative names, with ``/``, of what belongs to a model: not the record of digests, nothing hidden."""
    names = (path.relative_to(folder) for path in sorted(folder.rglob("*")) if path.is_file())
    return tuple(n.as_posix() for n in names if n.as_posix() != SUMS and not any(part[0] == "." for part in n.parts))


def trouble_in(folder: Path, part: str, thorough: bool) -> str:
    """What is wrong with a folder of weights, in words; empty for nothing."""
    present = files_in(folder)
    try:
        recorded = read_sums(folder)
    except ValueError:
        return f"{SUMS} が読めない"
    missing = [name for name in (*NEEDED[part], *recorded) if name not in present]
    if part == WHISPER and not any(name.startswith("vocabulary.") for name in present):
        missing.append("vocabulary.json")
    if missing:
        return f"{'、'.join(dict.fromkeys(missing))} がない"
    empty = [name for name in present if (folder / name).stat().st_size == 0]
    if empty:
        return f"{'、'.join(empty)} が空"
    if thorough:
        changed = [name for name, digest in recorded.items() if store.sha256_of(folder / name) != digest]
        if changed:
            return f"{'、'.join(changed)} の内容が記録と違う"
    return ""


def sums_of(folder: Path) -> bytes:
    """Digests of all files, in the form that ``sha256sum -c`` reads."""
    return "".join(f"{store.sha256_of(folder / name)}  {name}\n" for name in files_in(folder)).encode()


def write_sums(folder: Path) -> None:
    """Record what arrived."""
    store.write_bytes(folder / SUMS, sums_of(folder))


def read_sums(folder: Path) -> dict[str, str]:
    """Recorded digest of each file; empty where nothing was recorded. Raises ValueError for what is no such record."""
    if not (folder / SUMS).is_file():
        return {}
    recorded = {}
    for line in (folder / SUMS).read_text(encoding="utf-8").splitlines():
        match = re.fullmatch(r"([0-9a-f]{64}) [ *](\S.*)", line)
        if match is None:
            raise ValueError(line)
        recorded[match[2]] = match[1]
    return recorded


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

"""Weights as one file, for machines that no network reaches: packed on one, added on the other, checked on arrival.

In: a model's folder, or a bundle made from one. Out: a bundle (an uncompressed tar: weights do not compress), or the folder
under ``<home>/models/``. A bundle may come from anywhere, so nothing in it may leave its folder.
"""

from __future__ import annotations

import shutil
import tarfile
from pathlib import Path

from pipeline import store
from pipeline.engines import weights
from pipeline.engines.fetching import put_in_place
from pipeline.errors import WeightsError


def pack(home: Path, model: weights.Model, target: Path) -> Path:
    """Write the bundle; raises WeightsError for absent weights, OutputError where it cannot be written."""
    found = weights.examine(home, model, thorough=True)
    if found.folder is None or found.trouble:
        raise WeightsError(f"{model.name} がないか、壊れています。{found.trouble}", weights.command_for(model))
    part = target.with_name(target.name + ".part")
    with store.saying_why(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        with tarfile.open(part, "w") as tar:
            tar.add(found.folder, arcname=model.folder)
        part.replace(target)
    return target


def add(home: Path, source: Path, name: str | None) -> Path:
    """A folder or a bundle into ``<home>/models/``; returns the new folder. Raises WeightsError for anything else."""
    if source.is_dir():
        target = home / "models" / (name or source.name)
        part = target.with_name(target.name + ".part")
        shutil.rmtree(part, ignore_errors=True)
        with store.saying_why(target):
            shutil.copytree(source, part)
        return _accepted(part, target)
    if not source.is_file() or not tarfile.is_tarfile(source):
        raise WeightsError(
            f"モデルのフォルダでも束でもありません: {source}", "minutes models bundle で作った .tar を指定してください。"
        )
    unpacked = home / "models" / ".adding"
    shutil.rmtree(unpacked, ignore_errors=True)
    try:
        with store.saying_why(unpacked), tarfile.open(source) as tar:
            unpacked.mkdir(parents=True)
            tar.extractall(unpacked, filter="data")
        inside = [path.parent for part in weights.NEEDED.values() for path in unpacked.rglob(part[0])]
        if not inside:
            raise WeightsError(f"束の中にモデルがありません: {source}", "minutes models bundle で作り直してください。")
        target = home / "models" / (name or inside[0].relative_to(unpacked).as_posix())
        return _accepted(inside[0], target)
    except tarfile.TarError as error:
        raise WeightsError(f"束を開けません: {source}({type(error).__name__})", "コピーし直してください。") from error
    finally:
        shutil.rmtree(unpacked, ignore_errors=True)


def _accepted(part: Path, target: Path) -> Path:
    """Whole by its own digests, then in its place with fresh ones."""
    kind = weights.PYANNOTE if (part / "config.yaml").exists() else weights.WHISPER
    trouble = weights.trouble_in(part, weights.Model(name=target.name, part=kind, folder=target.name), thorough=True)
    if trouble:
        if part.name.endswith(".part"):
            shutil.rmtree(part, ignore_errors=True)
        raise WeightsError(f"モデルとして揃っていません({trouble})。", "元のフォルダか束を確かめ、コピーし直してください。")
    with store.saying_why(target):
        target.parent.mkdir(parents=True, exist_ok=True)
    put_in_place(part, target)
    return target

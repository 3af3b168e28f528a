"""Weights as one file, for machines that no network reaches: packed on one, added on the other, checked on arrival.

In: models on this machine, or a folder or bundle made elsewhere. Out: a bundle (an uncompressed tar: weights do not
compress), or folders under ``<home>/models/``. Every model travels with the digests of its files. A bundle may come from
anywhere, so only plain files with plain names inside its own folder are taken out of it, and nothing is read of owners
and rights; and a name that somebody types never leads out of ``models/``.
"""

from __future__ import annotations

import io
import re
import shutil
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from pipeline import store
from pipeline.engines import weights
from pipeline.engines.fetching import put_in_place
from pipeline.errors import OutputError, WeightsError
from pipeline.schema import Record

PLAIN_NAME = re.compile(r"[^\W_][\w.+-]*")
PLAIN_PART = re.compile(r"[^./\\:\0][^/\\:\0]*")  # of a path: no separators of any system, no "..", nothing hidden
MAKE_AGAIN = "minutes models bundle で作った .tar を、コピーし直して指定してください。"


class Added(Record):
    """One model that arrived."""

    folder: Path
    part: str


def pack(home: Path, models: tuple[weights.Model, ...], target: Path) -> Path:
    """Write the models to one bundle; raises WeightsError for absent or damaged ones, OutputError for the file."""
    folders: list[tuple[Path, str]] = []
    for model in models:
        found = weights.examine(home, model, thorough=True)
        if found.folder is None:
            raise WeightsError(f"{model.part}のモデル {model.name} がありません。", weights.command_for(model))
        if found.trouble:
            raise WeightsError(f"モデル {model.name} が壊れています({found.trouble})。", weights.command_for(model))
        folders.append((found.folder, model.folder))
    if target.exists():
        raise OutputError(f"すでにあります: {target}", "別の名前を -o で指定するか、古いファイルを除いてください。")
    part = target.with_name(target.name + ".part")
    try:
        with store.saying_why(target):
            target.parent.mkdir(parents=True, exist_ok=True)
            with tarfile.open(part, "w") as tar:
                for folder, name in folders:
                    _pack_folder(tar, folder, name)
            part.replace(target)
    finally:
        part.unlink(missing_ok=True)
    return target


def _pack_folder(tar: tarfile.TarFile, folder: Path, name: str) -> None:
    """Files only, links followed; times, owners and rights of this machine stay here."""
    sums = weights.sums_of(folder)
    header = tarfile.TarInfo(f"{name}/{weights.SUMS}")
    header.size = len(sums)
    tar.addfile(header, io.BytesIO(sums))
    for file in weights.files_in(folder):
        header = tarfile.TarInfo(f"{name}/{file}")
        header.size = (folder / file).stat().st_size
        with (folder / file).open("rb") as content:
            tar.addfile(header, content)


def add(home: Path, source: Path, name: str | None = None) -> tuple[Added, ...]:
    """A folder or a bundle into ``<home>/models/``. Raises WeightsError for anything that is not whole weights.

    ``name`` is a known model's or a plain folder name; without it the source says it.
    """
    if not source.exists():
        raise WeightsError(
            f"ありません: {source}", "モデルのフォルダか、minutes models bundle で作った .tar を指定してください。"
        )
    with _workshop(home) as workshop:
        if source.is_dir():
            target = weights_folder(name or _own_name(source))
            _part_of_whole(source)  # before gigabytes are copied; the copy is examined again
            with store.saying_why(workshop):
                shutil.copytree(source, workshop / "0", ignore=shutil.ignore_patterns(".*"))
            arrived = {workshop / "0": target}
        else:
            inside = _unpacked(source, workshop)
            if name is not None and len(inside) > 1:
                raise WeightsError(f"束にモデルが {len(inside)} つあります: {source}", "--name を付けずに加えてください。")
            arrived = {path: weights_folder(name or folder) for path, folder in inside.items()}
        added = [(folder, target, _part_of_whole(folder)) for folder, target in arrived.items()]
        for folder, target, _ in added:
            place = home / "models" / target
            with store.saying_why(place):
                place.parent.mkdir(parents=True, exist_ok=True)
            put_in_place(folder, place)
    return tuple(Added(folder=home / "models" / target, part=part) for _, target, part in added)


def weights_folder(name: str) -> str:
    """Where under ``models/`` a model of this name belongs. Raises WeightsError for a name that leads elsewhere."""
    for model in weights.KNOWN:
        repository = model.repository.rpartition("/")[2]
        if name == model.folder or (repository and name in (model.name, repository)):
            return model.folder
    reserved = {model.folder.partition("/")[0] for model in weights.KNOWN}
    if not PLAIN_NAME.fullmatch(name) or name.endswith(weights.UNFINISHED) or name in reserved:
        raise WeightsError(
            f"モデルの名前に使えません: {name}", "--name に、文字・数字・ハイフンだけの名前を付けてください。"
        )
    return name


def _own_name(source: Path) -> str:
    """A folder's name; in the hub library's cache the folder is named by a digest and the model two levels above."""
    whole = source.resolve()
    for name in whole.parts:
        if name.startswith("models--"):
            return name.rpartition("--")[2]
    return whole.name


def _part_of_whole(folder: Path) -> str:
    part = weights.part_of(folder)
    trouble = weights.trouble_in(folder, part, thorough=True) if part else "文字起こしや話者分離のモデルではない"
    if trouble:
        raise WeightsError(f"モデルとして揃っていません({trouble})。", "元のフォルダか束を確かめ、コピーし直してください。")
    return part


@contextmanager
def _workshop(home: Path) -> Iterator[Path]:
    """A folder on the same disk as ``models/``, gone afterwards whatever happens."""
    folder = home / "models" / ".adding"
    shutil.rmtree(folder, ignore_errors=True)
    try:
        with store.saying_why(folder):
            folder.mkdir(parents=True)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _unpacked(source: Path, workshop: Path) -> dict[Path, str]:
    """Unpack a bundle: each model's folder here, and the folder that the bundle gives it."""
    try:
        with store.saying_why(workshop), tarfile.open(source, "r:") as tar:  # r: a compressed one could unfold endlessly
            for member in tar:
                _unpack_member(tar, member, workshop)
    except tarfile.TarError as error:
        raise WeightsError(f"モデルの束として開けません: {source}({type(error).__name__})", MAKE_AGAIN) from error
    found = {sums.parent: sums.parent.relative_to(workshop).as_posix() for sums in workshop.rglob(weights.SUMS)}
    if not found or any(outer in inner.parents for outer in found for inner in found):
        raise WeightsError(f"束の中にモデルがありません: {source}", MAKE_AGAIN)
    return found


def _unpack_member(tar: tarfile.TarFile, member: tarfile.TarInfo, workshop: Path) -> None:
    """One plain file; folders come into being with their files. Raises WeightsError for anything else."""
    if member.isdir():
        return
    parts = PurePosixPath(member.name).parts
    content = tar.extractfile(member) if member.isreg() else None
    path = workshop.joinpath(*parts)
    if content is None or not all(PLAIN_PART.fullmatch(part) for part in parts) or path.exists():
        raise WeightsError(f"束に、モデルのものではない中身があります: {member.name[:80]!r}", MAKE_AGAIN)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("xb") as out:
        shutil.copyfileobj(content, out)

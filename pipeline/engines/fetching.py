"""The only code that uses the network: weights from the model hub, when somebody asks for them.

In: a known model. Out: its folder under ``<home>/models/``, complete or not there at all: it is filled beside its place,
compared with what the hub says it holds, and renamed. The comparison is not idle: where the hub cannot be reached its
library answers with whatever an interrupted attempt left behind. Everything else in the program runs with the hub
switched off.
"""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline import store
from pipeline.engines import weights
from pipeline.errors import WeightsError
from pipeline.schema import Record

CLOSED = (
    "網につながる別の機械で minutes models fetch と minutes models bundle を行い、束を minutes models add で加えてください。"
)
OURS = (errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EPERM, errno.EROFS)  # this machine's refusals, not the network's


class HubFile(Record):
    """What the hub says of one file; ``sha256`` is empty for the small ones, of which it keeps none."""

    name: str
    size_bytes: int | None = None
    sha256: str = ""


Hub = Callable[[str, Path], tuple[HubFile, ...]]  # repository, folder to fill -> all its files


def fetch(home: Path, model: weights.Model, hub: Hub | None = None) -> Path:
    """Raises WeightsError: no known source, terms not accepted, hub not reachable, incomplete; OutputError: disk."""
    if not model.repository:
        raise WeightsError(f"{model.name} は取得先の分からないモデルです。", weights.command_for(model))
    target = home / "models" / model.folder
    part = target.with_name(target.name + ".part")
    with store.saying_why(part):
        part.mkdir(parents=True, exist_ok=True)
    try:
        with store.saying_why(part), _only_our_troubles():
            promised = (hub or from_hub)(model.repository, part)
    except _NotFetched as error:
        raise _explained(model, error.reason) from error.reason
    wrong = [file.name for file in promised if not _arrived(part, file)]
    with store.saying_why(part):
        for name in filter(lambda name: _is_inside(part, name), wrong):
            (part / name).unlink(missing_ok=True)  # the hub's library would take it for the right one for ever
    trouble = f"{'、'.join(wrong[:3])} が届いていない" if wrong else weights.trouble_in(part, model.part, thorough=False)
    if trouble:
        raise WeightsError(
            f"{model.name} を取得しきれませんでした({trouble})。", "同じコマンドをもう一度実行すると、続きから取得します。"
        )
    shutil.rmtree(part / ".cache", ignore_errors=True)
    put_in_place(part, target)
    return target


def put_in_place(part: Path, target: Path) -> None:
    """A complete folder takes the place of the old one, which goes only when the new one is there."""
    weights.write_sums(part)
    old = target.with_name(target.name + ".old")
    with store.saying_why(target):
        shutil.rmtree(old, ignore_errors=True)
        if target.exists():
            target.replace(old)
        part.replace(target)
        shutil.rmtree(old, ignore_errors=True)


def from_hub(repository: str, folder: Path) -> tuple[HubFile, ...]:
    """Fill ``folder`` from the hub, going on where an earlier attempt stopped. Raises whatever the hub's library does."""
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    from huggingface_hub import HfApi, constants, snapshot_download
    from huggingface_hub.utils import logging as its_log

    its_log.set_verbosity_error()  # it tells every retry, in English; what matters is told by ``fetch``
    try:
        info = HfApi().model_info(repository, files_metadata=True)
        snapshot_download(repository, revision=info.sha, local_dir=folder)
    finally:
        constants.HF_HUB_OFFLINE = True  # the draft that may follow in this process is made offline like any other
    return tuple(
        HubFile(name=file.rfilename, size_bytes=file.size, sha256=file.lfs.sha256 if file.lfs else "")
        for file in info.siblings or ()
    )


class _NotFetched(Exception):
    """Anything that went wrong between here and the hub."""

    def __init__(self, reason: Exception) -> None:
        super().__init__(str(reason))
        self.reason = reason


@contextmanager
def _only_our_troubles() -> Iterator[None]:
    """Let this machine's own refusals (disk full, no right to write) through and mark all else as the network's.

    The hub's library and the two libraries below it raise errors of many families, which change with their versions.
    """
    try:
        yield
    except Exception as error:
        if isinstance(error, OSError) and error.errno in OURS:
            raise
        raise _NotFetched(error) from error


def _explained(model: weights.Model, error: Exception) -> WeightsError:
    from huggingface_hub.errors import GatedRepoError, OfflineModeIsEnabled, RepositoryNotFoundError

    refused = getattr(getattr(error, "response", None), "status_code", None) in (401, 403)
    if isinstance(error, GatedRepoError) or (refused and model.terms):
        return WeightsError(f"{model.name} は利用条件への同意が要ります。", model.terms or CLOSED)
    if isinstance(error, RepositoryNotFoundError):
        return WeightsError(f"{model.name} がハブに見つかりません({model.repository})。", CLOSED)
    if isinstance(error, OfflineModeIsEnabled):
        return WeightsError(
            f"{model.name} を取得できません。環境変数 HF_HUB_OFFLINE で通信が止められています。",
            f"止めた理由がなければ HF_HUB_OFFLINE=0 を付けて実行し直してください。閉じた網では、{CLOSED}",
        )
    return WeightsError(
        f"{model.name} を取得できませんでした({type(error).__name__})。", f"通信を確かめてください。閉じた網では、{CLOSED}"
    )


def _is_inside(folder: Path, name: str) -> bool:
    """The names are the hub's."""
    return (folder / name).resolve().is_relative_to(folder.resolve())


def _arrived(folder: Path, file: HubFile) -> bool:
    path = folder / file.name
    if (
        not _is_inside(folder, file.name)
        or not path.is_file()
        or (file.size_bytes is not None and path.stat().st_size != file.size_bytes)
    ):
        return False
    return not file.sha256 or store.sha256_of(path) == file.sha256

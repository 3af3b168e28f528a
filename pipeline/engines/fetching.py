"""The only code that uses the network: weights from the model hub, when somebody asks for them.

In: a known model. Out: its folder under ``<home>/models/``, complete or not there at all (it is filled beside its place and
renamed). Everything else in the program runs with the hub switched off.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from pipeline import store
from pipeline.engines import weights
from pipeline.errors import WeightsError

CLOSED = (
    "網につながる別の機械で minutes models fetch と minutes models bundle を行い、束を minutes models add で加えてください。"
)


def fetch(home: Path, model: weights.Model) -> Path:
    """Raises WeightsError: unknown to the hub, terms not accepted, hub not reachable."""
    if not model.repository:
        raise WeightsError(f"{model.name} は取得先の分からないモデルです。", weights.command_for(model))
    os.environ["HF_HUB_OFFLINE"] = "0"
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import GatedRepoError, HfHubHTTPError, LocalEntryNotFoundError

    target = home / "models" / model.folder
    part = target.with_name(target.name + ".part")
    with store.saying_why(part):
        part.mkdir(parents=True, exist_ok=True)
    try:
        snapshot_download(model.repository, local_dir=part)
    except GatedRepoError as error:
        raise WeightsError(f"{model.name} は利用条件への同意が要ります。", model.terms) from error
    except (HfHubHTTPError, LocalEntryNotFoundError, OSError) as error:
        raise WeightsError(f"{model.name} を取得できませんでした({type(error).__name__})。", CLOSED) from error
    shutil.rmtree(part / ".cache", ignore_errors=True)
    put_in_place(part, target)
    return target


def put_in_place(part: Path, target: Path) -> None:
    """A complete folder replaces the old one."""
    weights.write_sums(part)
    with store.saying_why(target):
        if target.exists():
            shutil.rmtree(target)
        part.replace(target)

"""Checkpoints in the form that pyannote.audio 4 loads: a Lightning dict with the model's class and specifications."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import lightning
import torch
from pyannote.audio.core.task import Problem, Resolution

SEGMENTATION = {
    "problem": Problem.MONO_LABEL_CLASSIFICATION,
    "resolution": Resolution.FRAME,
    "duration": 10.0,
    "min_duration": None,
    "warm_up": (0.0, 0.0),
    "classes": ["speaker#1", "speaker#2", "speaker#3"],
    "powerset_max_classes": 2,
    "permutation_invariant": True,
}
EMBEDDING = {"problem": Problem.REPRESENTATION, "resolution": Resolution.CHUNK, "duration": 5.0}


def save(model: Any, path: Path) -> None:
    """Write ``model`` (with its specifications set) to ``path``."""
    path.parent.mkdir(parents=True, exist_ok=True)
    checkpoint = {
        "state_dict": {name: value.detach().clone() for name, value in model.state_dict().items()},
        "hyper_parameters": dict(model.hparams),
        "pytorch-lightning_version": lightning.__version__,
    }
    model.on_save_checkpoint(checkpoint)
    torch.save(checkpoint, path)

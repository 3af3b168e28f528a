"""Loading a pyannote pipeline folder: only from this machine, only what a diarizer needs, nothing that runs by surprise.

In: a folder with ``config.yaml``, ``segmentation/``, ``embedding/`` and, for newer models, ``plda/``. Out: pyannote's own
pipeline on a device. Three things in such a folder are not what they seem. Names in the configuration are taken from the
hub when they are no paths, so the parts are always replaced by the folder's own. A folder of the 3.1 kind has no PLDA and
needs none, but pyannote 4 fetches one all the same, so it gets a stand-in. And weights and configuration can name any
code to run, so both are looked through first.
"""

from __future__ import annotations

import io
import os
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.errors import WeightsError

OFFLINE = {"PYANNOTE_METRICS_ENABLED": "0", "HF_HUB_OFFLINE": "1", "OTEL_SDK_DISABLED": "true"}
CONFIG, PARTS, PLDA = "config.yaml", ("segmentation", "embedding"), "plda"
WEIGHTS = "pytorch_model.bin"
ADVICE = "minutes models check で点検し、足りなければ minutes models fetch か minutes models add で入れ直してください。"
BATCHES = {"cpu": (8, 1), "cuda": (32, 32)}  # segmentation, embedding: on a CPU larger ones are slower and take gigabytes
PIPELINES = (
    "pyannote.audio.pipelines.SpeakerDiarization",
    "pyannote.audio.pipelines.speaker_diarization.SpeakerDiarization",
)
# What weights may hold besides tensors and plain data; all of it only data.
HARMLESS = {"pyannote.audio.core.task.Specifications", "pyannote.audio.core.task.Problem"} | {
    "pyannote.audio.core.task.Resolution",
    "torch.torch_version.TorchVersion",
    "pathlib.PosixPath",
    "typing.Any",
    "collections.defaultdict",
}
HARMLESS_MODULES = ("omegaconf.",)


def check(folder: Path) -> None:
    """Raises WeightsError where files are missing."""
    needed = [CONFIG, *(f"{part}/{WEIGHTS}" for part in PARTS)]
    if (folder / PLDA).exists():
        needed += [f"{PLDA}/xvec_transform.npz", f"{PLDA}/plda.npz"]
    missing = [name for name in needed if not (folder / name).is_file()]
    if missing:
        raise WeightsError(f"話者分離のモデルが揃っていません: {folder}({', '.join(missing)} がない)", ADVICE)


def load(folder: Path, device: str) -> Any:
    """pyannote's pipeline with its parameters set. Raises WeightsError; RuntimeError only for trouble with the device."""
    check(folder)
    os.environ.update(OFFLINE)  # read by pyannote when it is imported
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=r"\s*torchcodec is not installed correctly", category=UserWarning)
        import torch
        from pyannote.audio import Pipeline
    for part in PARTS:
        _look_through(folder / part / WEIGHTS)
    try:
        pipeline = Pipeline.from_pretrained(_local(folder))
        pipeline._segmentation.model.receptive_field  # noqa: B018  missing where these are another model's weights
    except WeightsError:
        raise
    except Exception as error:
        raise WeightsError(f"話者分離のモデルを読み込めません: {folder}({type(error).__name__})", ADVICE) from error
    pipeline.segmentation_batch_size, pipeline.embedding_batch_size = BATCHES[device]
    pipeline.to(torch.device(device))
    pipeline._embedding = OncePerChunk(pipeline._embedding)
    return pipeline


def _local(folder: Path) -> dict[str, Any]:
    """The configuration with every part taken from the folder, whatever name it has there."""
    import yaml  # type: ignore[import-untyped]

    config = yaml.safe_load((folder / CONFIG).read_text(encoding="utf-8"))
    pipeline = config["pipeline"]
    if pipeline["name"] not in PIPELINES or "preprocessors" in config:
        raise WeightsError(
            f"話者分離ではない設定が含まれています: {folder / CONFIG}",
            "配布元から取り直したモデルを使ってください。",
        )
    inside = {part: {"checkpoint": folder, "subfolder": part} for part in PARTS}
    plda = {"checkpoint": folder, "subfolder": PLDA} if (folder / PLDA).exists() else _stand_in()
    pipeline["params"] = {**(pipeline.get("params") or {}), **inside, "plda": plda, "legacy": False}
    config.pop("device", None)
    return dict(config)


def _stand_in() -> Any:
    """A PLDA for the clustering of the 3.1 kind, which never asks it."""
    from pyannote.audio.core.plda import PLDA as Plda

    transform, model = io.BytesIO(), io.BytesIO()
    np.savez(transform, mean1=np.zeros(1), mean2=np.zeros(1), lda=np.eye(1))
    np.savez(model, mu=np.zeros(1), tr=np.eye(1), psi=np.ones(1))
    transform.seek(0)
    model.seek(0)
    return Plda(transform, model)


def _look_through(weights: Path) -> None:
    """Weights are pickles, which can call anything when they are loaded: refuse what is not known to be data."""
    import torch

    try:
        named = torch.serialization.get_unsafe_globals_in_checkpoint(weights)
    except Exception as error:
        raise WeightsError(f"話者分離のモデルを読み込めません: {weights}({type(error).__name__})", ADVICE) from error
    strange = [name for name in named if name not in HARMLESS and not name.startswith(HARMLESS_MODULES)]
    if strange:
        raise WeightsError(
            f"話者分離のモデルに実行される恐れのある内容があります: {weights}({', '.join(sorted(strange)[:3])})",
            "出どころの確かなモデルを取り直してください。",
        )


class OncePerChunk:
    """pyannote's embedding extractor without its waste: it is asked for every speaker slot of every 10 s chunk.

    Most slots are silent, and the network's frames are the same for all slots of a chunk. So silent slots get no number
    (pyannote leaves those out of the clustering), and at batch size 1 the frames are kept until the next chunk comes.
    On a CPU, where embeddings are nearly all of the time, this is two to three times faster with the same result.
    """

    def __init__(self, extractor: Any) -> None:
        self._extractor = extractor
        self._chunk: Any = None
        self._frames: Any = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._extractor, name)

    def __call__(self, waveforms: Any, masks: Any = None) -> Any:
        """``waveforms`` (batch, 1, samples), ``masks`` (batch, frames); embeddings (batch, D) with nan for silent rows."""
        if masks is None:
            return self._extractor(waveforms)
        heard = masks.sum(1) > 0
        result = np.full((len(masks), self._extractor.dimension), np.nan, np.float32)
        if not heard.any():
            return result
        if len(masks) == 1 and hasattr(self._extractor.model_, "forward_frames"):
            result[:] = self._pooled(waveforms, masks)
        else:
            result[heard.numpy()] = self._extractor(waveforms[heard], masks=masks[heard])
        return result

    def _pooled(self, waveform: Any, mask: Any) -> Any:
        import torch

        model, device = self._extractor.model_, self._extractor.device
        with torch.inference_mode(), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # as the extractor itself does around its model
            if self._chunk is None or not torch.equal(self._chunk, waveform):
                self._chunk = waveform
                self._frames = model.forward_frames(waveform.to(device))
            return model.forward_embedding(self._frames, weights=mask.to(device)).cpu().numpy()

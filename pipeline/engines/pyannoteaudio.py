"""pyannote.audio as a ``Diarizer``: a pipeline folder on this machine, no network, no telemetry.

In: the prepared wav and what is known of the number of speakers. Out: exclusive voices. A recording longer than a window
is done window by window with an overlap, so that neither the samples nor pyannote's matrices grow with the meeting, and
the windows' speakers are joined by their embeddings (``joining.py``). The environment is set before the first import,
because pyannote reads it there.
"""

from __future__ import annotations

import functools
import hashlib
import json
import os
import warnings
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pipeline import store, wav
from pipeline.engines.devices import is_device_trouble
from pipeline.engines.joining import Known
from pipeline.errors import WeightsError
from pipeline.protocols import Progress
from pipeline.schema import Diarization, ModelUsed, SpeakerCount, Voice, Warn

STAGE = "話者分離"
PARTS = ("config.yaml", "segmentation", "embedding")
OFFLINE = {"PYANNOTE_METRICS_ENABLED": "0", "HF_HUB_OFFLINE": "1", "OTEL_SDK_DISABLED": "true"}
BATCHES = {"cpu": (8, 1), "cuda": (32, 32)}  # segmentation, embedding: on a CPU larger ones are slower and take gigabytes
# Shares of the work by step: embeddings take nearly all of it; the clustering after them reports nothing.
STEPS = {"segmentation": (0.0, 0.05), "embeddings": (0.05, 0.98)}
UNITS = 1000  # of progress per window


@dataclass(frozen=True)
class PyannoteDiarizer:
    """Settings. ``folder``: a pipeline folder (config.yaml with ``$model/...`` references); times in ms."""

    folder: str
    model_name: str
    device: str = "auto"
    window_ms: int = 30 * 60_000
    overlap_ms: int = 2 * 60_000

    @property
    def model(self) -> ModelUsed:
        return ModelUsed(part="話者分離", name=self.model_name, sha256=_sha256(self.folder))

    @property
    def key(self) -> str:
        decisive = {k: v for k, v in asdict(self).items() if k not in ("folder", "device")}
        return hashlib.sha256(json.dumps([decisive, _sha256(self.folder)]).encode()).hexdigest()

    def diarize(self, audio: Path, count: SpeakerCount, progress: Progress) -> Diarization:
        """Raises WeightsError where the folder is no pipeline; an accelerator that fails is replaced by the CPU."""
        device, told = _device(self.device), []
        try:
            voices = self._windows(audio, count, progress, device)
        except (RuntimeError, MemoryError) as error:
            if device == "cpu" or not is_device_trouble(error):
                raise
            told.append(Warn(code="device-fallback", message="話者分離を CUDA で計算できなかったため、CPU に切り替えました。"))
            voices = self._windows(audio, count, progress, "cpu")
        return Diarization(engine="pyannote", voices=tuple(voices), warnings=tuple(told))

    def _windows(self, audio: Path, count: SpeakerCount, progress: Progress, device: str) -> list[Voice]:
        pipeline = _load(self.folder, device)
        total_ms = wav.duration_ms(audio)
        starts = window_starts(total_ms, self.window_ms, self.overlap_ms)
        known = Known(limit=count.exact or count.maximum)
        result: list[Voice] = []
        for number, start_ms in enumerate(starts):
            end_ms = min(start_ms + self.window_ms, total_ms)
            samples = wav.read(audio, start_ms, end_ms)

            def tell(share: float, number: int = number) -> None:
                progress(STAGE, int((number + share) * UNITS), len(starts) * UNITS)

            hints = _hints(count, whole=len(starts) == 1)
            voices, embeddings = _run(pipeline, samples, start_ms, hints, tell)
            result = _joined(result, voices, embeddings, known, start_ms + self.overlap_ms // 2 if number else 0)
            tell(1.0)
        return result


def window_starts(total_ms: int, window_ms: int, overlap_ms: int) -> list[int]:
    """Where windows begin; one for a recording that fits, and no last window shorter than its overlap."""
    step = window_ms - overlap_ms
    starts = [0]
    while starts[-1] + window_ms < total_ms:
        starts.append(starts[-1] + step)
    return starts


def _hints(count: SpeakerCount, whole: bool) -> dict[str, int | None]:
    """In one window of several not everybody speaks: the exact count is then only an upper bound."""
    if whole:
        return {"num_speakers": count.exact, "min_speakers": count.minimum, "max_speakers": count.maximum}
    return {"num_speakers": None, "min_speakers": None, "max_speakers": count.exact or count.maximum}


def _run(
    pipeline: Any, samples: Any, start_ms: int, hints: dict[str, int | None], tell: Callable[[float], None]
) -> tuple[list[Voice], dict[str, Any]]:
    """Exclusive voices of one window and an embedding per speaker label of it."""
    import torch

    highest = 0.0

    def hook(step: str, *_: Any, total: Any = None, completed: Any = None, **__: Any) -> None:
        nonlocal highest
        if step in STEPS and total and completed is not None:
            low, high = STEPS[step]
            highest = max(highest, low + (high - low) * min(int(completed), int(total)) / int(total))
            tell(highest)

    with warnings.catch_warnings():
        # pyannote probes its pooling with a single frame; the warning would be printed at each first use
        warnings.filterwarnings("ignore", message=r"std\(\): degrees of freedom is <= 0", category=UserWarning)
        output = pipeline(
            {"waveform": torch.from_numpy(np.ascontiguousarray(samples))[None], "sample_rate": wav.SAMPLE_RATE_HZ},
            hook=hook,
            **hints,
        )
    labels = output.speaker_diarization.labels()
    rows = output.speaker_embeddings
    embeddings = {label: np.asarray(rows[i], dtype=float) for i, label in enumerate(labels) if rows is not None and i < len(rows)}
    voices = [
        Voice(start_ms=start_ms + round(turn.start * 1000), end_ms=start_ms + round(turn.end * 1000), speaker=str(label))
        for turn, _, label in output.exclusive_speaker_diarization.itertracks(yield_label=True)
    ]
    return voices, embeddings


def _joined(before: list[Voice], window: list[Voice], embeddings: dict[str, Any], known: Known, border_ms: int) -> list[Voice]:
    """Both windows' voices up to and from the border, with the recording's labels."""
    labels = sorted({voice.speaker for voice in window} & set(embeddings))
    if not labels:
        return [*_until(before, border_ms), *_from(window, border_ms)] if border_ms else before
    talk = np.array([sum(v.duration_ms for v in window if v.speaker == label) for label in labels], float)
    shared = np.array([[_shared(before, window, k, label) for k in range(len(known))] for label in labels])
    indices = known.join(np.stack([embeddings[label] for label in labels]), talk, shared.reshape(len(labels), len(known)))
    names = {label: f"SPEAKER_{index:02}" for label, index in zip(labels, indices, strict=True)}
    mine = [voice.model_copy(update={"speaker": names[voice.speaker]}) for voice in window if voice.speaker in names]
    return [*_until(before, border_ms), *_from(mine, border_ms)]


def _shared(before: list[Voice], window: list[Voice], index: int, label: str) -> float:
    """Share of what ``label`` says inside the overlap that the known speaker ``index`` was found to say there."""
    edge_ms = max((voice.end_ms for voice in before), default=0)
    mine = [voice for voice in window if voice.speaker == label and voice.start_ms < edge_ms]
    theirs = [voice for voice in before if voice.speaker == f"SPEAKER_{index:02}"]
    talk_ms = sum(min(voice.end_ms, edge_ms) - voice.start_ms for voice in mine)
    both_ms = sum(max(0, min(a.end_ms, b.end_ms) - max(a.start_ms, b.start_ms)) for a in mine for b in theirs)
    return both_ms / talk_ms if talk_ms else 0.0


def _until(voices: list[Voice], border_ms: int) -> list[Voice]:
    cut = [voice.model_copy(update={"end_ms": min(voice.end_ms, border_ms)}) for voice in voices if voice.start_ms < border_ms]
    return [voice for voice in cut if voice.duration_ms]


def _from(voices: list[Voice], border_ms: int) -> list[Voice]:
    cut = [voice.model_copy(update={"start_ms": max(voice.start_ms, border_ms)}) for voice in voices if voice.end_ms > border_ms]
    return [voice for voice in cut if voice.duration_ms]


def _device(wish: str) -> str:
    if wish == "cpu":
        return "cpu"
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"


@functools.cache
def _sha256(folder: str) -> str:
    return store.sha256_of(Path(folder))


@functools.lru_cache(maxsize=1)
def _load(folder: str, device: str) -> Any:
    place = Path(folder)
    missing = [part for part in PARTS if not (place / part).exists()]
    advice = "minutes models check で点検し、足りなければ minutes models fetch か minutes models add で入れ直してください。"
    if missing:
        raise WeightsError(f"話者分離のモデルが揃っていません: {folder}({', '.join(missing)} がない)", advice)
    os.environ.update(OFFLINE)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=r"\s*torchcodec is not installed correctly", category=UserWarning)
        import torch
        from pyannote.audio import Pipeline
    try:
        pipeline = Pipeline.from_pretrained(place)
    except Exception as error:
        raise WeightsError(f"話者分離のモデルを読み込めません: {folder}({type(error).__name__})", advice) from error
    pipeline.segmentation_batch_size, pipeline.embedding_batch_size = BATCHES[device]
    return pipeline.to(torch.device(device))

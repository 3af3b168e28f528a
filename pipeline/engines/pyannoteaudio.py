"""pyannote.audio as a ``Diarizer``: a pipeline folder on this machine, no network, no telemetry.

In: the prepared wav and what is known of the number of speakers. Out: exclusive voices, labelled ``SPEAKER_00``... in
order of first appearance. A recording longer than a window is done window by window with an overlap, so that neither the
samples nor pyannote's matrices (some grow with the square of the length) grow with the meeting, and the windows' speakers
are joined by their embeddings and by who talks in the overlap (``joining.py``).
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import io
import json
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pipeline import store, wav
from pipeline.engines import pyannotefolder
from pipeline.engines.joining import Known
from pipeline.protocols import Progress
from pipeline.schema import Diarization, ModelUsed, SpeakerCount, Voice, Warn

STAGE = "話者分離"
# Share of the work that is done when a step is: embeddings take nearly all of it; the clustering after them is silent.
STEPS = {"segmentation": (0.0, 0.05), "embeddings": (0.05, 0.97)}
UNITS = 1000  # of progress per window
EVIDENCE_MS = 3_000  # so much more talk in the overlap is taken to be unshared: a second in common proves little


@dataclass(frozen=True)
class PyannoteDiarizer:
    """Settings. ``folder``: a pipeline folder as ``pyannotefolder`` wants it; ``device``: auto, cpu or cuda; times in ms.

    ``window_ms`` is the longest recording that is done in one pass: an hour takes about 1 GB of memory.
    """

    folder: str
    model_name: str
    device: str = "auto"
    window_ms: int = 60 * 60_000
    overlap_ms: int = 3 * 60_000

    @property
    def model(self) -> ModelUsed:
        return ModelUsed(part=STAGE, name=self.model_name, sha256=_sha256(self.folder))

    @property
    def key(self) -> str:
        """Everything that decides the voices; not the device, whose differences are rounding, nor what the model is called."""
        decisive = json.dumps([self.window_ms, self.overlap_ms, _sha256(self.folder)])
        return hashlib.sha256(decisive.encode()).hexdigest()

    def diarize(self, audio: Path, count: SpeakerCount, progress: Progress) -> Diarization:
        """Raises WeightsError where the folder is no pipeline; an accelerator that fails is replaced by the CPU."""
        pyannotefolder.check(Path(self.folder))
        devices = _devices(self.device)
        told: list[Warn] = []
        for number, device in enumerate(devices):
            try:
                voices = self._windows(audio, count, progress, device)
            except (RuntimeError, AssertionError, MemoryError):  # torch without CUDA asserts; a real bug comes again
                if number == len(devices) - 1:
                    raise
                told.append(
                    Warn(
                        code="device-fallback",
                        message="話者分離を CUDA で計算できなかったため、CPU に切り替えました(時間がかかります)。",
                    )
                )
                continue
            return Diarization(engine="pyannote", voices=renumbered(voices), warnings=tuple(told))
        raise AssertionError("the last device either returns or raises")

    def _windows(self, audio: Path, count: SpeakerCount, progress: Progress, device: str) -> list[Voice]:
        total_ms = wav.duration_ms(audio)
        if not total_ms:
            return []
        pipeline = _load(self.folder, device)
        windows = windows_of(total_ms, self.window_ms, self.overlap_ms)
        known = Known(limit=count.exact or count.maximum)
        result: list[Voice] = []
        for number, (start_ms, end_ms) in enumerate(windows):

            def tell(share: float, number: int = number) -> None:
                progress(STAGE, int((number + share) * UNITS), len(windows) * UNITS)

            samples = wav.read(audio, start_ms, end_ms)
            voices, embeddings = _run(pipeline, samples, start_ms, _hints(count, len(windows) == 1), tell)
            edge_ms = windows[number - 1][1] if number else 0
            result = joined(result, voices, embeddings, known, start_ms, edge_ms)
            tell(1.0)
        return result


def windows_of(total_ms: int, window_ms: int, overlap_ms: int) -> list[tuple[int, int]]:
    """As few windows as possible, no longer than ``window_ms``, of about equal length, overlapping by ``overlap_ms``."""
    if total_ms <= window_ms:
        return [(0, total_ms)]
    if window_ms <= overlap_ms:
        raise ValueError(f"window_ms {window_ms} leaves nothing beside overlap_ms {overlap_ms}")
    number = -(-(total_ms - overlap_ms) // (window_ms - overlap_ms))
    step_ms = -(-(total_ms - overlap_ms) // number)
    return [(i * step_ms, min(i * step_ms + step_ms + overlap_ms, total_ms)) for i in range(number)]


def joined(
    before: list[Voice], window: list[Voice], embeddings: dict[str, Any], known: Known, start_ms: int, edge_ms: int
) -> list[Voice]:
    """Both voices with the recording's labels: the old ones up to the middle of the overlap, the new ones from there.

    The overlap is ``[start_ms, edge_ms)``; ``edge_ms`` is 0 for the first window. ``embeddings`` by label of the window,
    which may lack some; ``known`` learns.
    """
    labels = sorted({voice.speaker for voice in window})
    border_ms = (start_ms + edge_ms) // 2 if edge_ms else 0
    if not labels:
        return _cut(before, 0, border_ms)
    size = next((len(vector) for vector in [*embeddings.values(), *known.sums]), 1)
    vectors = np.stack([embeddings.get(label, np.zeros(size)) for label in labels])
    talk_ms = np.array([sum(v.duration_ms for v in window if v.speaker == label) for label in labels], float)
    shared = np.zeros((len(labels), len(known)))
    for row, label in enumerate(labels):
        mine = _cut([voice for voice in window if voice.speaker == label], start_ms, edge_ms)
        for column in range(len(known)):
            theirs = [voice for voice in before if voice.speaker == _name(column)]
            both_ms = sum(max(0, min(a.end_ms, b.end_ms) - max(a.start_ms, b.start_ms)) for a in mine for b in theirs)
            shared[row, column] = both_ms / (sum(voice.duration_ms for voice in mine) + EVIDENCE_MS)
    indices = known.join(vectors, talk_ms, shared)
    names = {label: _name(index) for label, index in zip(labels, indices, strict=True)}
    renamed = [voice.model_copy(update={"speaker": names[voice.speaker]}) for voice in window]
    return [*_cut(before, 0, border_ms), *_cut(renamed, border_ms, None)]


def renumbered(voices: list[Voice]) -> tuple[Voice, ...]:
    """In time order, labels in order of first appearance."""
    labels: dict[str, str] = {}
    ordered = sorted(voices, key=lambda voice: (voice.start_ms, voice.end_ms))
    for voice in ordered:
        labels.setdefault(voice.speaker, _name(len(labels)))
    return tuple(voice.model_copy(update={"speaker": labels[voice.speaker]}) for voice in ordered)


def _name(index: int) -> str:
    return f"SPEAKER_{index:02}"


def _cut(voices: list[Voice], start_ms: int, end_ms: int | None) -> list[Voice]:
    """What lies inside ``[start_ms, end_ms)``."""
    result = []
    for voice in voices:
        first, last = max(voice.start_ms, start_ms), voice.end_ms if end_ms is None else min(voice.end_ms, end_ms)
        if first < last:
            result.append(voice.model_copy(update={"start_ms": first, "end_ms": last}))
    return result


def _hints(count: SpeakerCount, whole: bool) -> dict[str, int | None]:
    """In one window of several not everybody speaks: the exact count is then only an upper bound."""
    if whole:
        return {"num_speakers": count.exact, "min_speakers": count.minimum, "max_speakers": count.maximum}
    return {"num_speakers": None, "min_speakers": None, "max_speakers": count.exact or count.maximum}


def _run(
    pipeline: Any, samples: Any, start_ms: int, hints: dict[str, int | None], tell: Callable[[float], None]
) -> tuple[list[Voice], dict[str, Any]]:
    """Exclusive voices of one window, on the recording's clock, and an embedding per label."""
    import torch

    highest = 0.0

    def hook(step: str, *_: Any, total: Any = None, completed: Any = None, **__: Any) -> None:
        # completed counts whole batches and may pass total; both may be numpy's integers
        nonlocal highest
        if step in STEPS and total and completed is not None:
            low, high = STEPS[step]
            highest = max(highest, low + (high - low) * min(int(completed), int(total)) / int(total))
        elif step == "discrete_diarization":
            highest = 0.99
        tell(highest)

    # its clustering prints remarks to stdout, which is for results
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        # pyannote probes its pooling with a single frame at first use; a count it cannot reach is no news to the user
        warnings.filterwarnings("ignore", message=r"std\(\): degrees of freedom is <= 0", category=UserWarning)
        warnings.filterwarnings("ignore", message=r"\s*The detected number of speakers", category=UserWarning)
        output = pipeline(
            {
                "waveform": torch.from_numpy(np.ascontiguousarray(samples, np.float32))[None],
                "sample_rate": wav.SAMPLE_RATE_HZ,
                "uri": "recording",
            },
            hook=hook,
            **hints,
        )
    rows = output.speaker_embeddings if output.speaker_embeddings is not None else ()
    labels = output.speaker_diarization.labels()
    embeddings = {str(label): np.asarray(row, float) for label, row in zip(labels, rows, strict=False)}
    voices = []
    for turn, _, label in output.exclusive_speaker_diarization.itertracks(yield_label=True):
        first_ms, last_ms = max(0, round(turn.start * 1000)), round(turn.end * 1000)
        if first_ms < last_ms:
            voices.append(Voice(start_ms=start_ms + first_ms, end_ms=start_ms + last_ms, speaker=str(label)))
    return voices, embeddings


def _devices(wish: str) -> tuple[str, ...]:
    """What to try, in order. An accelerator that was asked for is tried even where none is seen, so that it is said."""
    if wish == "cpu":
        return ("cpu",)
    import torch

    return ("cuda", "cpu") if wish == "cuda" or torch.cuda.is_available() else ("cpu",)


@functools.cache
def _sha256(folder: str) -> str:
    return store.sha256_of(Path(folder))


@functools.lru_cache(maxsize=1)  # a fallback must free the memory of the device before
def _load(folder: str, device: str) -> Any:
    return pyannotefolder.load(Path(folder), device)

"""faster-whisper as a ``Transcriber``: batched decoding, then a second look at what came out badly.

In: a chunk of the prepared wav. Out: segments with words, in ms from the start of the recording, flagged where their
evidence is poor. The batched pipeline is fast but has one temperature and no fallback, so segments that loop or are
unlikely are decoded once more singly with fallback, and the better one is kept; one that holds nothing but hotwords is
decoded once more without them, because a recogniser that was told words may write them where nobody spoke. The settings object is frozen and
picklable; the loaded model is cached once per process and plan.
"""

from __future__ import annotations

import functools
import hashlib
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pipeline import store, wav
from pipeline.engines import devices, evidence, silero
from pipeline.errors import WeightsError
from pipeline.glossary import echoes, worth
from pipeline.schema import Chunk, ModelUsed, Segment, Transcription, Warn, Word

HOTWORD_TOKENS = 96  # of the decoder's 448: 30 s of dense Japanese need about 250, the prompt frame a few
FALLBACK_TEMPERATURES = [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]
AROUND_MS = 200  # of audio before and after a segment that is decoded again
SEED = 20200602  # sampling at temperature > 0 must give the same draft after an interrupted run

_working: dict[str, int] = {}  # per process: which plan of a model's list worked last


@dataclass(frozen=True)
class FasterWhisper:
    """Settings of the recogniser. ``folder``: CTranslate2 weights; ``cpu_threads`` 0: CTranslate2 chooses."""

    folder: str
    model_name: str
    device: str = "auto"
    language: str = "ja"
    hotwords: tuple[str, ...] = ()
    beam_size: int = 5
    cpu_threads: int = 0

    @property
    def model(self) -> ModelUsed:
        return ModelUsed(part="文字起こし", name=self.model_name, sha256=_weights_sha256(self.folder))

    @property
    def key(self) -> str:
        """Everything that decides the text; not the threads, and not the device, whose differences are rounding."""
        decisive = {k: v for k, v in asdict(self).items() if k not in ("folder", "cpu_threads", "device")}
        text = json.dumps([decisive, _weights_sha256(self.folder), FALLBACK_TEMPERATURES], ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()

    def transcribe(self, audio: Path, chunk: Chunk) -> Transcription:
        """Raises WeightsError where the model does not load; device trouble becomes the next plan and a warning."""
        from ctranslate2 import get_cuda_device_count

        samples = wav.read(audio, chunk.start_ms, chunk.end_ms)
        if not len(samples):
            return Transcription(segments=())
        choices = devices.plans(self.device, get_cuda_device_count)
        warnings: list[Warn] = []
        for number in range(_working.get(self.folder, 0), len(choices)):
            plan = choices[number]
            try:
                segments = self._decode(samples, plan)
            except (RuntimeError, MemoryError, ValueError) as error:
                if not devices.is_device_trouble(error) or number == len(choices) - 1:
                    raise
                warnings.append(_fallback_warning(plan, choices[number + 1]))
                _working[self.folder] = number + 1
                continue
            return Transcription(segments=_judged(segments, audio, chunk), warnings=tuple(warnings))
        raise AssertionError("the last plan either returns or raises")

    def _decode(self, samples: Any, plan: devices.Plan) -> list[Segment]:
        """Segments with times in ms from the start of ``samples``."""
        import ctranslate2
        from faster_whisper import BatchedInferencePipeline

        ctranslate2.set_random_seed(SEED)
        model = _load(self.folder, plan.device, plan.compute_type, self.cpu_threads)
        common = {
            "language": self.language,
            "beam_size": self.beam_size,
            "word_timestamps": True,
            "condition_on_previous_text": False,
            "hotwords": _within_budget(model, self.hotwords),
        }
        hinted = common["hotwords"] is not None
        heard, _ = BatchedInferencePipeline(model).transcribe(samples, batch_size=plan.batch, temperature=0.0, **common)
        result: list[Segment] = []
        for first in map(_segment, heard):
            is_echo = hinted and echoes.hints_in(first.text, self.hotwords) > 0
            if not (is_echo or evidence.is_loop(first) or evidence.is_weak(first)):
                result.append(first)
                continue
            begin_ms = max(0, first.start_ms - AROUND_MS)
            stretch = samples[begin_ms * wav.SAMPLES_PER_MS : (first.end_ms + AROUND_MS) * wav.SAMPLES_PER_MS]
            told = {**common, "hotwords": None} if is_echo else common
            again, _ = model.transcribe(stretch, temperature=FALLBACK_TEMPERATURES, vad_filter=False, **told)
            second = _merged([_shifted(_segment(s), begin_ms) for s in again])
            if is_echo:  # what is heard without the hints was said; what is not came from them
                result.append(second or first.model_copy(update={"flags": (echoes.INVENTED,)}))
            else:
                result.append(second if second and evidence.is_better(second, first) else first)
        return result


@functools.cache
def _weights_sha256(folder: str) -> str:
    return store.sha256_of(Path(folder))


@functools.lru_cache(maxsize=1)  # a fallback must free the memory of the plan before
def _load(folder: str, device: str, compute_type: str, cpu_threads: int) -> Any:
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    from faster_whisper import WhisperModel

    silero.quiet()

    try:
        return WhisperModel(folder, device=device, compute_type=compute_type, cpu_threads=cpu_threads, local_files_only=True)
    except (RuntimeError, ValueError, OSError) as error:
        if devices.is_device_trouble(error):
            raise
        raise WeightsError(
            f"文字起こしのモデルを読み込めません: {folder}",
            "minutes models check で点検し、壊れていれば minutes models fetch で取り直してください。",
        ) from error


def _within_budget(model: Any, terms: tuple[str, ...]) -> str | None:
    """Terms that fit the budget by the model's own tokenizer, in their order, joined; None for none."""

    def fits(taken: list[str]) -> bool:
        return len(model.hf_tokenizer.encode(" " + "、".join(taken), add_special_tokens=False).ids) <= HOTWORD_TOKENS

    return "、".join(worth.spend(terms, fits)) or None


def _segment(heard: Any) -> Segment:
    """faster-whisper's segment in our terms. Word times are made monotone: its alignment may step back a frame."""
    words: list[Word] = []
    floor_ms = max(0, round(heard.start * 1000))
    for word in heard.words or ():
        start_ms = max(floor_ms, round(word.start * 1000))
        end_ms = max(start_ms, round(word.end * 1000))
        words.append(
            Word(
                start_ms=start_ms,
                end_ms=end_ms,
                text=word.word.strip(),
                confidence=min(1.0, max(0.0, word.probability)),
            )
        )
        floor_ms = start_ms
    text = "".join(word.text for word in words) if words else heard.text.strip()
    start_ms = words[0].start_ms if words else max(0, round(heard.start * 1000))
    end_ms = max(start_ms, words[-1].end_ms if words else round(heard.end * 1000))
    if text and not words:
        words = [Word(start_ms=start_ms, end_ms=end_ms, text=text, confidence=0.0)]
    return Segment(
        start_ms=start_ms,
        end_ms=end_ms,
        text=text,
        words=tuple(words),
        avg_logprob=heard.avg_logprob,
        no_speech_prob=min(1.0, max(0.0, heard.no_speech_prob)),
        compression_ratio=heard.compression_ratio,
        temperature=heard.temperature or 0.0,
    )


def _shifted(segment: Segment, by_ms: int) -> Segment:
    def moved(span: Any) -> dict[str, int]:
        return {"start_ms": span.start_ms + by_ms, "end_ms": span.end_ms + by_ms}

    words = tuple(word.model_copy(update=moved(word)) for word in segment.words)
    return segment.model_copy(update={**moved(segment), "words": words})


def _merged(parts: list[Segment]) -> Segment | None:
    """One segment out of several, with the worst of their evidence."""
    parts = [part for part in parts if part.words]
    if not parts:
        return None
    return Segment(
        start_ms=parts[0].start_ms,
        end_ms=max(part.end_ms for part in parts),
        text="".join(part.text for part in parts),
        words=tuple(word for part in parts for word in part.words),
        avg_logprob=min(part.avg_logprob for part in parts),
        no_speech_prob=max(part.no_speech_prob for part in parts),
        compression_ratio=max(part.compression_ratio for part in parts),
        temperature=max(part.temperature for part in parts),
    )


def _judged(segments: list[Segment], audio: Path, chunk: Chunk) -> tuple[Segment, ...]:
    """Segments that hold text, on the recording's clock, each with the flags that its evidence earns."""
    speech = silero.vad(audio, chunk.start_ms, chunk.end_ms) if segments else []
    result = []
    for segment in segments:
        if not segment.words:
            continue
        placed = _shifted(segment, chunk.start_ms)
        heard_ms = evidence.overlap_ms(placed.start_ms, placed.end_ms, speech)
        earned = dict.fromkeys((*segment.flags, *evidence.flags(placed, heard_ms)))
        result.append(placed.model_copy(update={"flags": tuple(earned)}))
    return tuple(result)


def _fallback_warning(failed: devices.Plan, following: devices.Plan) -> Warn:
    return Warn(
        code="device-fallback",
        message=f"{failed.device}({failed.compute_type}、{failed.batch} 並列)で計算できなかったため、"
        f"{following.device}({following.compute_type}、{following.batch} 並列)に切り替えました。",
    )

"""The real recogniser with the bundled weights, and its way out of every trouble."""

from __future__ import annotations

import pickle
import shutil
from pathlib import Path

import numpy as np
import pytest

from pipeline import prepare
from pipeline.engines import fasterwhisper
from pipeline.engines.fasterwhisper import FasterWhisper
from pipeline.errors import WeightsError
from pipeline.protocols import no_progress
from pipeline.schema import Chunk, Segment
from tests.drafts import silence, write_wav

WEIGHTS = Path("models/demo/whisper")
DEMO = FasterWhisper(folder=str(WEIGHTS), model_name="demo", device="cpu", cpu_threads=1)


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    outputs = tmp_path_factory.mktemp("out")
    made = prepare.recording(Path("recordings/sample_meeting.opus"), outputs, no_progress)
    return outputs / made.id / made.audio


@pytest.fixture(autouse=True)
def forget_what_worked() -> None:
    fasterwhisper._working.clear()


@pytest.mark.engines
def test_speech_becomes_timed_words_on_the_recordings_clock(sample: Path) -> None:
    chunk = Chunk(index=1, start_ms=60_000, end_ms=90_000)
    heard = DEMO.transcribe(sample, chunk)
    assert sum(len(s.text) for s in heard.segments) > 50
    for segment in heard.segments:
        assert segment.text == "".join(word.text for word in segment.words)
        starts = [word.start_ms for word in segment.words]
        assert starts == sorted(starts)
        assert segment.start_ms >= 59_000 and segment.end_ms <= 91_000


@pytest.mark.engines
def test_the_same_chunk_gives_the_same_result(sample: Path) -> None:
    chunk = Chunk(index=0, start_ms=0, end_ms=25_000)
    assert pickle.loads(pickle.dumps(DEMO)).transcribe(sample, chunk) == DEMO.transcribe(sample, chunk)


@pytest.mark.engines
@pytest.mark.parametrize("seconds", [0, 0.03, 5])
def test_silence_gives_no_words(tmp_path: Path, seconds: float) -> None:
    audio = write_wav(tmp_path / "s.wav", silence(seconds))
    assert DEMO.transcribe(audio, Chunk(index=0, start_ms=0, end_ms=int(seconds * 1000))).segments == ()


def test_damaged_weights_are_said_in_words(tmp_path: Path) -> None:
    folder = tmp_path / "w"
    shutil.copytree(WEIGHTS, folder)
    (folder / "model.bin").write_bytes(b"broken")
    audio = write_wav(tmp_path / "s.wav", silence(1))
    with pytest.raises(WeightsError) as caught:
        FasterWhisper(folder=str(folder), model_name="x", device="cpu").transcribe(
            audio, Chunk(index=0, start_ms=0, end_ms=1000)
        )
    assert "minutes models" in caught.value.advice


def test_trouble_on_the_device_is_the_next_plan_and_a_warning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[tuple[str, int]] = []

    def out_of_memory_unless_alone(self: FasterWhisper, samples: np.ndarray, plan) -> list[Segment]:  # type: ignore[no-untyped-def]
        tried.append((plan.device, plan.batch))
        if plan.batch > 1:
            raise RuntimeError("CUDA failed with error out of memory")
        return []

    monkeypatch.setattr(FasterWhisper, "_decode", out_of_memory_unless_alone)
    engine = FasterWhisper(folder="nowhere", model_name="x", device="cuda")
    audio = write_wav(tmp_path / "s.wav", silence(1))
    chunk = Chunk(index=0, start_ms=0, end_ms=1000)
    heard = engine.transcribe(audio, chunk)
    assert [w.code for w in heard.warnings] == ["device-fallback"] * 3
    assert tried == [("cuda", 16), ("cuda", 4), ("cpu", 4), ("cpu", 1)]
    assert engine.transcribe(audio, chunk).warnings == ()  # what worked is remembered
    assert tried[4:] == [("cpu", 1)]


def test_other_errors_are_not_taken_for_device_trouble(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(self: FasterWhisper, samples: np.ndarray, plan) -> list[Segment]:  # type: ignore[no-untyped-def]
        raise RuntimeError("shape mismatch")

    monkeypatch.setattr(FasterWhisper, "_decode", wrong)
    audio = write_wav(tmp_path / "s.wav", silence(1))
    with pytest.raises(RuntimeError, match="shape"):
        DEMO.transcribe(audio, Chunk(index=0, start_ms=0, end_ms=1000))


class FakeWord:
    def __init__(self, start: float, end: float, word: str) -> None:
        self.start, self.end, self.word, self.probability = start, end, word, 0.5


class LoopingThenPlain:
    """A model whose batched decoding loops and whose single decoding does not."""

    def heard(self, text: str, logprob: float) -> list[object]:
        made = type("Heard", (), {})()
        made.start, made.end, made.text = 0.0, 1.0, text
        made.words = [FakeWord(i * 0.1, i * 0.1 + 0.1, c) for i, c in enumerate(text)]
        made.avg_logprob, made.no_speech_prob, made.compression_ratio, made.temperature = logprob, 0.0, 1.0, 0.0
        return [made]

    def transcribe(self, samples: np.ndarray, **options: object) -> tuple[list[object], None]:
        return self.heard("そうです", -0.5), None


def test_a_loop_is_decoded_again_singly(monkeypatch: pytest.MonkeyPatch) -> None:
    import faster_whisper

    fake = LoopingThenPlain()

    class Batched:
        def __init__(self, model: object) -> None: ...

        def transcribe(self, samples: np.ndarray, **options: object) -> tuple[list[object], None]:
            return fake.heard("ですですですですですです", -0.1), None

    monkeypatch.setattr(faster_whisper, "BatchedInferencePipeline", Batched)
    monkeypatch.setattr(fasterwhisper, "_load", lambda *_: fake)
    segments = DEMO._decode(np.zeros(16_000, np.float32), fasterwhisper.devices.ON_CPU[0])
    assert [s.text for s in segments] == ["そうです"]


@pytest.mark.engines
def test_hotwords_stay_within_their_budget() -> None:
    model = fasterwhisper._load(str(WEIGHTS), "cpu", "int8", 1)
    many = tuple(f"用語{i}" for i in range(200))
    joined = fasterwhisper._within_budget(model, many)
    assert joined is not None
    assert len(model.hf_tokenizer.encode(" " + joined, add_special_tokens=False).ids) <= fasterwhisper.HOTWORD_TOKENS
    assert fasterwhisper._within_budget(model, ()) is None


def test_the_key_follows_what_decides_the_text() -> None:
    assert FasterWhisper(folder=str(WEIGHTS), model_name="demo", cpu_threads=4).key == DEMO.key
    assert FasterWhisper(folder=str(WEIGHTS), model_name="demo", hotwords=("諮問",)).key != DEMO.key

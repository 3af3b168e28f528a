"""Nobody speaks: nothing is printed. Somebody does: 「はい。」 stays.

The recogniser here hallucinates on purpose, with the evidence that a decoder gives; the voice detector and all that follows are
the real ones. ``tests/benchmarks/invented_speech.py`` shows the same with the real recogniser, ten minutes each.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline import attribute, documents, job, layouts, prepare, wav
from pipeline.cli import run
from pipeline.engines import fasterwhisper
from pipeline.engines.fasterwhisper import FasterWhisper
from pipeline.errors import ExitCode
from pipeline.protocols import no_progress
from pipeline.run import understand
from pipeline.schema import Chunk, Diarization, Draft, Meeting, Segment, Transcription, Voice
from pipeline.settings import load
from pipeline.terms import FlagKind
from tests.benchmarks import invented_speech
from tests.drafts import segment, words, write_wav
from tests.hostile.noises import NOISES, air_conditioner, silence

ROOT = Path(__file__).parents[1]
TRUTH = json.loads((ROOT / "recordings" / "sample_meeting.reference.json").read_text(encoding="utf-8"))["turns"]
DEMO = FasterWhisper(folder=str(ROOT / "models" / "demo" / "whisper"), model_name="demo", device="cpu")
PRINTS_ALL = invented_speech.PRINTS_ALL
HALLUCINATIONS: dict[str, dict[str, float]] = {  # as Whisper gives them for silence and music: often quite sure of itself
    "ご視聴ありがとうございました": {"avg_logprob": -0.15, "no_speech_prob": 0.85},
    "ありがとうございました。": {"avg_logprob": -0.3, "no_speech_prob": 0.4},
    "はい。": {"avg_logprob": -0.6, "no_speech_prob": 0.2},
    "チャンネル登録をお願いいたします": {"avg_logprob": -0.4, "no_speech_prob": 0.05},
    "Thank you for watching!": {"avg_logprob": -0.5, "no_speech_prob": 0.7},
    "MBC 뉴스 이덕영입니다": {"avg_logprob": -0.35, "no_speech_prob": 0.9},
    "Продолжение следует...": {"avg_logprob": -0.2, "no_speech_prob": 0.6},
    "それはそれはそれはそれはそれはそれは": {"avg_logprob": -0.1, "no_speech_prob": 0.3, "compression_ratio": 4.0},
    "(音楽)": {"avg_logprob": -0.8, "no_speech_prob": 0.5},
    "異議なしと認めます。よって、諮問第1号は承認することに決定いたしました。": {"avg_logprob": -0.2, "no_speech_prob": 0.1},
}


def hallucinating(engine: FasterWhisper, samples: np.ndarray, plan: object) -> list[Segment]:
    """In place of the decoder: one of the phrases every six seconds, whatever there is to hear."""
    starts_ms = range(0, len(samples) // wav.SAMPLES_PER_MS - 6_000, 6_000)
    phrases = list(HALLUCINATIONS.items()) * 100
    return [
        segment(text, start_ms).model_copy(update=evidence)
        for start_ms, (text, evidence) in zip(starts_ms, phrases, strict=False)
    ]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MINUTES_HOME", raising=False)
    return tmp_path


def transcribe(home: Path, samples: np.ndarray) -> tuple[int, Draft]:
    """Through the command, with the demo's settings."""
    write_wav(home / "x.wav", samples)
    (home / "x.toml").write_text(
        f'template = "{PRINTS_ALL}"\n[[agenda]]\nlabel = "諮問第1号"\ntitle = "電子申請の利用について"\n', encoding="utf-8"
    )
    code = run(["transcribe", "x.wav", "--models", "demo", "--diarizer", "builtin"])
    (path,) = home.glob("outputs/x-*/draft.json")
    return code, Draft.model_validate_json(path.read_bytes())


@pytest.mark.engines
@pytest.mark.parametrize("noise", NOISES)
def test_a_recogniser_that_hallucinates_prints_nothing_where_nobody_speaks(
    noise: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FasterWhisper, "_decode", hallucinating)
    code, draft = transcribe(home, NOISES[noise](75))
    assert code == ExitCode.NO_SPEECH
    heard = "".join(turn.spoken for turn in draft.turns)
    assert all(text in heard for text in HALLUCINATIONS), "kept, with a reason, for the proofreader"
    assert not [turn.written for turn in draft.turns if turn.printed]
    assert all(any(flag.kind is FlagKind.INVENTED and flag.reason for flag in turn.flags) for turn in draft.turns)
    assert [decision.result for decision in draft.decisions] == [None]
    told = {warning.code: warning.message for warning in draft.warnings}
    assert "no-speech" in told and "0:00:00" in told["invented"]
    for form in ("text", "markdown", "srt", "vtt"):
        printed = documents.render(draft, form).decode()
        assert not [text for text in HALLUCINATIONS if re.sub(r"\W", "", text) in re.sub(r"\W", "", printed)], form


@pytest.mark.engines
@pytest.mark.parametrize("noise", NOISES)
def test_the_real_recogniser_prints_nothing_where_nobody_speaks(noise: str, home: Path) -> None:
    found = invented_speech.outcome(noise, 30, home)
    assert (found.code, found.printed) == (ExitCode.NO_SPEECH, 0)


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    outputs = tmp_path_factory.mktemp("out")
    made = prepare.recording(ROOT / "recordings" / "sample_meeting.opus", outputs, no_progress)
    return outputs / made.id / made.audio


def said(turn: dict[str, Any], text: str, before_ms: int = 0) -> Segment:
    """A part of a turn of the sample as a decoder hears it: its characters one after the other, from the turn's begin.

    ``before_ms``: how much too early the segment begins, as Whisper's do after a pause.
    """
    per_char_ms = (turn["end_ms"] - turn["start_ms"]) / len(turn["text"])
    at = turn["text"].index(text)
    start_ms = round(turn["start_ms"] + at * per_char_ms)
    end_ms = round(start_ms + len(text) * per_char_ms)
    plain = segment(text, start_ms)
    return plain.model_copy(update={"start_ms": start_ms - before_ms, "end_ms": end_ms, "no_speech_prob": 0.5})


def judged(sample: Path, segments: list[Segment]) -> tuple[Segment, ...]:
    return fasterwhisper._judged(segments, sample, Chunk(index=0, start_ms=0, end_ms=wav.duration_ms(sample)))


@pytest.mark.engines
def test_every_turn_of_a_real_recording_survives(sample: Path) -> None:
    """The same phrases and shorter, where somebody does say them; the decoder is even unsure whether anybody speaks."""
    spoken = [said(turn, turn["text"]) for turn in TRUTH]
    thanks = [said(turn, "ありがとうございました。") for turn in TRUTH if "ありがとうございました。" in turn["text"]]
    yes = [said(turn, "はい", before_ms=1_500) for turn in TRUTH if turn["text"].startswith("はい")]
    assert len(spoken) > 50 and len(thanks) > 2 and yes
    kinds = [flag.kind for one in judged(sample, [*spoken, *thanks, *yes]) for flag in one.flags]
    assert FlagKind.INVENTED not in kinds


@pytest.mark.engines
def test_what_is_invented_in_a_pause_does_not_take_its_neighbours_along(home: Path) -> None:
    """One speaker, one pause with a hallucination in it: three turns, the middle one not printed."""
    rate = wav.SAMPLES_PER_MS
    first, second = TRUTH[0], TRUTH[2]
    outputs = home / "prepared"
    made = prepare.recording(ROOT / "recordings" / "sample_meeting.opus", outputs, no_progress)
    audio = outputs / made.id / made.audio
    pieces = [wav.read(audio, t["start_ms"], t["end_ms"]) for t in (first, second)]
    pause = silence(8).astype(np.float32)
    joined = write_wav(home / "j.wav", np.concatenate([pieces[0], pause, pieces[1]]))
    lengths_ms = [len(piece) // rate for piece in pieces]
    invented_ms, second_ms = lengths_ms[0] + 3_000, lengths_ms[0] + 8_000
    heard = [
        segment(first["text"]).model_copy(update={"end_ms": lengths_ms[0]}),
        segment("ご視聴ありがとうございました", invented_ms),
        segment(second["text"], second_ms).model_copy(update={"end_ms": second_ms + lengths_ms[1]}),
    ]
    total_ms = second_ms + lengths_ms[1]
    segments = fasterwhisper._judged(heard, joined, Chunk(index=0, start_ms=0, end_ms=total_ms))
    voices = (Voice(start_ms=0, end_ms=total_ms, speaker="SPEAKER_00"),)
    meeting = Meeting(template=PRINTS_ALL)
    draft = understand(
        made, Transcription(segments=segments), Diarization(engine="x", voices=voices), meeting, layouts.load(meeting.template),
        job.provenance(load({}, {}), ()), (),
    )  # fmt: skip
    invented = [turn for turn in draft.turns if turn.is_invented]
    assert [(turn.spoken, turn.printed) for turn in invented] == [("ご視聴ありがとうございました", False)]
    real = [turn for turn in draft.turns if not turn.is_invented]
    assert "".join(turn.spoken for turn in real) == first["text"] + second["text"]
    assert all(turn.printed for turn in real)
    assert "ご視聴" not in documents.render(draft, "text").decode() + documents.render(draft, "srt").decode()


def test_a_flag_of_invention_never_reaches_a_neighbours_words() -> None:
    real = segment("そうですね。", 0)
    invented = segment("ご視聴", 2_000).model_copy(
        update={"flags": fasterwhisper.evidence.flags(segment("ご視聴", 2_000), 0)}
    )
    turns = attribute.words((real, invented, segment("次です。", 4_000)), ())
    assert [turn.spoken for turn in turns] == ["そうですね。", "ご視聴", "次です。"]
    assert [turn.is_invented for turn in turns] == [False, True, False]
    assert sum((turn.words for turn in turns), ()) == real.words + invented.words + words("次です。", 4_000)


def test_the_noises_are_the_same_every_time_and_loud_enough() -> None:
    for name, noise in NOISES.items():
        made = noise(2)
        assert np.array_equal(made, noise(2)), name
        assert len(made) == 32_000 and np.abs(made).max() < 1
    assert 0.005 < air_conditioner(2).std() < 0.1

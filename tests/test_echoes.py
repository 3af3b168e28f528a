"""Hints that come back as speech: what a recogniser was told must not be written where nobody spoke."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import faster_whisper
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import layouts
from pipeline.engines import fasterwhisper
from pipeline.engines.fasterwhisper import FasterWhisper
from pipeline.glossary import echoes
from pipeline.glossary.term import Term
from pipeline.protocols import Progress, Serial, no_progress
from pipeline.run import Job, make_draft
from pipeline.schema import (
    Chunk,
    Diarization,
    Meeting,
    ModelUsed,
    Provenance,
    Segment,
    SpeakerCount,
    Transcription,
    Voice,
)
from pipeline.terms import UNDECIDED, FlagKind
from tests.drafts import segment, silence, tone, write_wav

HINTS = ("放課後児童クラブ", "クラウドサービス", "諮問第21号", "入退室管理システム")
VOICES = Diarization(engine="fake", voices=(Voice(start_ms=0, end_ms=60_000, speaker="SPEAKER_00"),))
NOBODY = Diarization(engine="fake", voices=())


def kinds(heard: Segment, voices: Diarization) -> list[FlagKind]:
    (judged,) = echoes.marked(Transcription(segments=(heard,)), voices, HINTS).segments
    assert judged.words == heard.words
    return [flag.kind for flag in judged.flags]


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("クラウドサービス。", 1),
        ("放課後児童クラブ、クラウドサービス、諮問第21号", 3),
        ("クラウドサービスクラウドサービス", 2),
        ("クラウドサービスを使います。", 0),
        ("はい。", 0),
        ("", 0),
    ],
)
def test_how_many_hints_a_text_is_made_of(text: str, count: int) -> None:
    assert echoes.hints_in(text, HINTS) == count


@given(st.lists(st.sampled_from([*HINTS, "、", "。", "です", "会長の山本"]), max_size=6))
def test_a_text_is_an_echo_when_its_letters_are_those_of_the_hints(parts: list[str]) -> None:
    """Against counting the parts that it was put together from."""
    told = sum(len(part) for part in parts if part in HINTS)
    said = sum(len(part) for part in parts if part in ("です", "会長の山本"))
    is_echo = told > 0 and said <= echoes.REST_SHARE * (told + said)
    assert bool(echoes.hints_in("".join(parts), HINTS)) is is_echo


def test_a_hint_where_nobody_is_heard_is_marked_and_kept() -> None:
    assert kinds(segment("クラウドサービス。"), NOBODY) == [FlagKind.INVENTED]
    far = segment("クラウドサービス。", start_ms=90_000)
    assert kinds(far, VOICES) == [FlagKind.INVENTED]


def test_a_chair_may_say_nothing_but_the_word() -> None:
    assert kinds(segment("クラウドサービス。"), VOICES) == []


def test_the_list_itself_is_no_speech_even_under_a_voice() -> None:
    assert kinds(segment("、".join(HINTS[:3])), VOICES) == [FlagKind.INVENTED]
    assert kinds(segment("クラウドサービス。").model_copy(update={"no_speech_prob": 0.9}), VOICES) == [FlagKind.INVENTED]


def test_what_is_more_than_hints_is_not_for_this_check() -> None:
    assert kinds(segment("クラウドサービスを使います。"), NOBODY) == []


def test_a_transcript_from_elsewhere_got_no_hints_from_us() -> None:
    assert kinds(segment("クラウドサービス。"), Diarization(engine=echoes.TRANSCRIPT, voices=())) == []


# --- a recogniser that echoes on purpose, through the whole way ------------------------------------------------------


class Echoing:
    """Writes its hints wherever it is asked, as surely as if they had been said."""

    key = "echo"
    model = ModelUsed(part="文字起こし", name="fake", sha256="0" * 64)

    def transcribe(self, audio: Path, chunk: Chunk) -> Transcription:
        said = (
            segment("クラウドサービス", chunk.start_ms + 2_000, logprob=-0.1),
            segment("放課後児童クラブ、クラウドサービス、諮問第21号。", chunk.start_ms + 6_000, logprob=-0.1),
        )
        return Transcription(segments=said)


class Deaf:
    """Hears the voices that it is given."""

    key = "deaf"
    model = ModelUsed(part="話者分離", name="fake", sha256="0" * 64)

    def __init__(self, *voices: Voice) -> None:
        self.voices = voices

    def diarize(self, audio: Path, count: SpeakerCount, progress: Progress) -> Diarization:
        return Diarization(engine="fake", voices=self.voices)


def job(outputs: Path, *voices: Voice) -> Job:
    meeting = Meeting(glossary=HINTS)
    return Job(
        outputs=outputs, meeting=meeting, layout=layouts.load("nagasaki"), transcriber=Echoing(), diarizer=Deaf(*voices),
        executor=Serial(), provenance=Provenance(program="test"), progress=no_progress, target_ms=60_000,
        terms=tuple(Term(text=text, chosen=True) for text in HINTS),
    )  # fmt: skip


def test_words_invented_in_silence_are_asked_about_and_warned_of(tmp_path: Path) -> None:
    audio = write_wav(tmp_path / "s.wav", silence(20))
    draft = make_draft(audio, job(tmp_path / "outputs"))
    assert draft.turns
    assert all(UNDECIDED in turn.written for turn in draft.turns)
    assert all(FlagKind.INVENTED in [flag.kind for flag in turn.flags] for turn in draft.turns)
    assert "invented" in {warning.code for warning in draft.warnings}


def test_what_a_voice_covers_stands_unless_it_is_the_list(tmp_path: Path) -> None:
    audio = write_wav(tmp_path / "s.wav", silence(20))
    draft = make_draft(audio, job(tmp_path / "outputs", Voice(start_ms=0, end_ms=5_000, speaker="SPEAKER_00"),
                                  Voice(start_ms=5_000, end_ms=20_000, speaker="SPEAKER_01")))  # fmt: skip
    assert [FlagKind.INVENTED in [flag.kind for flag in turn.flags] for turn in draft.turns] == [False, True]


# --- the real recogniser -----------------------------------------------------------------------------------------------

TOLD = FasterWhisper(folder="models/demo/whisper", model_name="demo", device="cpu", cpu_threads=1, hotwords=HINTS)


def rumble(seconds: float, rms: float, seed: int) -> np.ndarray:
    """Noise that swells and fades every few seconds, as rooms do."""
    rng = np.random.default_rng(seed)
    count = int(seconds * 16_000)
    noise = np.convolve(rng.standard_normal(count + 7), np.full(8, 8**-0.5), mode="valid")
    return (rms * noise * (1 + 0.8 * np.sin(np.arange(count) / 16_000))).astype(np.float32)


@pytest.mark.engines
def test_ten_minutes_of_silence_and_noise_bring_out_no_hint(tmp_path: Path) -> None:
    parts = [silence(150), rumble(150, 0.0006, 1), rumble(150, 0.02, 2), rumble(90, 0.15, 3), tone(30), tone(30, hz=90)]
    audio = write_wav(tmp_path / "noise.wav", np.concatenate(parts))
    for index in range(4):
        heard = TOLD.transcribe(audio, Chunk(index=index, start_ms=index * 150_000, end_ms=(index + 1) * 150_000))
        for one in heard.segments:
            unflagged = not any(flag.kind is FlagKind.INVENTED for flag in one.flags)
            assert not any(hint in one.text for hint in HINTS) or not unflagged, one.text
            assert not echoes.hints_in(one.text, HINTS), one.text


def decoder(told: str, untold: list[str]) -> Any:
    """A model that says ``told`` when it has hints, and ``untold`` when it has none."""
    from types import SimpleNamespace as Made

    def heard(text: str) -> Any:
        said = [Made(start=0.1 * i, end=0.1 * i + 0.1, word=c, probability=0.9) for i, c in enumerate(text)]
        return Made(start=0.0, end=0.1 * len(text), text=text, words=said, avg_logprob=-0.1, no_speech_prob=0.1,
                    compression_ratio=1.0, temperature=0.0)  # fmt: skip

    class Model:
        hf_tokenizer = Made(encode=lambda text, add_special_tokens: Made(ids=list(text)))

        def transcribe(self, samples: np.ndarray, **options: Any) -> tuple[list[Any], None]:
            assert options["hotwords"] is None  # the second look is without hints
            return [heard(text) for text in untold], None

    class Batched:
        def __init__(self, model: Any) -> None: ...

        def transcribe(self, samples: np.ndarray, **options: Any) -> tuple[list[Any], None]:
            assert "クラウドサービス" in options["hotwords"]
            return [heard(told)], None

    return Model(), Batched


@pytest.mark.parametrize(
    ("untold", "text", "flagged"),
    [(["はい。"], "はい。", False), (["クラウドサービス。"], "クラウドサービス。", False), ([], "クラウドサービス。", True)],
)
def test_an_echo_is_heard_again_without_the_hints(
    monkeypatch: pytest.MonkeyPatch, untold: list[str], text: str, flagged: bool
) -> None:
    model, batched = decoder("クラウドサービス。", untold)
    monkeypatch.setattr(faster_whisper, "BatchedInferencePipeline", batched)
    monkeypatch.setattr(fasterwhisper, "_load", lambda *_: model)
    (one,) = TOLD._decode(np.zeros(32_000, np.float32), fasterwhisper.devices.ON_CPU[0])
    assert one.text == text
    assert [flag.kind for flag in one.flags] == ([FlagKind.INVENTED] if flagged else [])

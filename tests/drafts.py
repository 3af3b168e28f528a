"""Builders of records with defaults, so that a test names only what it is about."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from pipeline.schema import (
    AgendaItem,
    Chunk,
    Decision,
    Draft,
    Flag,
    Meeting,
    ModelUsed,
    Provenance,
    Recording,
    Section,
    Segment,
    Speaker,
    Transcription,
    Turn,
    Warn,
    Word,
)
from pipeline.terms import Phase, Role
from pipeline.wav import SAMPLE_RATE_HZ

CHAR_MS = 150


def words(text: str, start_ms: int = 0, confidence: float = 0.9) -> tuple[Word, ...]:
    return tuple(
        Word(start_ms=start_ms + i * CHAR_MS, end_ms=start_ms + (i + 1) * CHAR_MS, text=c, confidence=confidence)
        for i, c in enumerate(text)
    )


def segment(text: str, start_ms: int = 0, flags: tuple[Flag, ...] = (), logprob: float = -0.2) -> Segment:
    said = words(text, start_ms)
    return Segment(
        start_ms=start_ms,
        end_ms=said[-1].end_ms if said else start_ms,
        text=text,
        words=said,
        avg_logprob=logprob,
        no_speech_prob=0.0,
        compression_ratio=1.0,
        flags=flags,
    )


def turn(
    number: int, speaker: str, spoken: str, start_ms: int = 0, printed: bool = True, flags: tuple[Flag, ...] = ()
) -> Turn:
    said = words(spoken, start_ms)
    return Turn(
        id=f"t{number:04}",
        speaker=speaker,
        start_ms=start_ms,
        end_ms=said[-1].end_ms if said else start_ms + 1000,
        words=said,
        spoken=spoken,
        written=spoken,
        printed=printed,
        flags=flags,
    )


def recording(duration_ms: int = 600_000, warnings: tuple[Warn, ...] = ()) -> Recording:
    return Recording(
        id="test-000000",
        source="test.wav",
        audio="audio.wav",
        sha256="0" * 64,
        duration_ms=duration_ms,
        channels=1,
        warnings=warnings,
    )


MEETING = Meeting.model_validate(
    {
        "name": "令和8年度第1回 試験市審議会",
        "date": "2026-05-14",
        "start": "14:00",
        "place": "第1会議室",
        "department": "総務部 総務課",
        "agenda": [
            {"label": "諮問第1号", "title": "電子申請の利用について", "department": "市民課"},
            {"label": "諮問第2号", "title": "窓口の予約について", "department": "窓口課"},
        ],
    }
)
SPEAKERS = (
    Speaker(label="SPEAKER_00", role=Role.CHAIR, confidence=0.99),
    Speaker(label="SPEAKER_01", role=Role.MEMBER, confidence=0.9),
    Speaker(label="SPEAKER_02", role=Role.AGENCY, confidence=0.9),
)


def draft(
    turns: tuple[Turn, ...] | None = None,
    sections: tuple[Section, ...] | None = None,
    decisions: tuple[Decision, ...] | None = None,
    meeting: Meeting = MEETING,
    warnings: tuple[Warn, ...] = (),
    speakers: tuple[Speaker, ...] = SPEAKERS,
    recorded: Recording | None = None,
) -> Draft:
    turns = turns if turns is not None else (
        turn(1, "SPEAKER_01", "費用はいくらですか。", 0),
        turn(2, "SPEAKER_02", "年間200万円です。", 5_000),
        turn(3, "SPEAKER_01", "必要だと思います。", 9_000),
    )  # fmt: skip
    if sections is None:
        sections = (
            Section(item=0, phase=Phase.QUESTIONS, heading="質疑", turn_ids=tuple(t.id for t in turns[:2])),
            Section(item=0, phase=Phase.DELIBERATION, heading="審議", turn_ids=tuple(t.id for t in turns[2:])),
        )
    if decisions is None:
        decisions = (Decision(item=0, result="承認された", turn_id=turns[-1].id), Decision(item=1, result=None))
    return Draft(
        meeting=meeting,
        recording=recorded or recording(),
        speakers=speakers,
        turns=turns,
        sections=sections,
        decisions=decisions,
        warnings=warnings,
        provenance=Provenance(program="minutes test"),
    )


AGENDA = AgendaItem(label="諮問第1号", title="電子申請の利用について")


def tone(seconds: float, level: float = 0.2, hz: float = 220.0) -> np.ndarray:
    """A steady tone (n,) float32 at 16 kHz."""
    t = np.arange(int(seconds * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
    return (level * np.sin(2 * np.pi * hz * t)).astype(np.float32)


def silence(seconds: float) -> np.ndarray:
    return np.zeros(int(seconds * SAMPLE_RATE_HZ), np.float32)


def write_wav(path: Path, samples: np.ndarray) -> Path:
    """The prepared form: 16 kHz mono 16-bit."""
    import wave

    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(SAMPLE_RATE_HZ)
        out.writeframes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())
    return path


class CountingTranscriber:
    """Says 「あ」 for every chunk, and writes each call to a file that outlives the process."""

    def __init__(self, log: Path, key: str = "k", fails_on: tuple[int, ...] = (), pause_s: float = 0.0) -> None:
        self.log, self.key, self.fails_on, self.pause_s = log, key, fails_on, pause_s

    @property
    def model(self) -> ModelUsed:
        return ModelUsed(part="文字起こし", name="fake", sha256="0" * 64)

    def transcribe(self, audio: Path, chunk: Chunk) -> Transcription:
        import time

        with self.log.open("a") as out:
            out.write(f"{chunk.index}\n")
        if chunk.index in self.fails_on:
            raise RuntimeError("this text must not reach a log")
        time.sleep(self.pause_s)
        return Transcription(segments=(segment("あ", chunk.start_ms),))

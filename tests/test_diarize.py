"""The stage makes any engine's voices lawful, keeps them, and uses them again while nothing that decides changed."""

from __future__ import annotations

import itertools
import json
import wave
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import diarize
from pipeline.errors import OutputError, WeightsError
from pipeline.protocols import Progress, no_progress
from pipeline.schema import Diarization, ModelUsed, SpeakerCount, Voice, Warn

ANY = SpeakerCount()


def voice(start_ms: int, end_ms: int, speaker: str) -> Voice:
    return Voice(start_ms=start_ms, end_ms=end_ms, speaker=speaker)


@dataclass
class DiarizerThatReturns:
    """Returns what it was given and counts how often it was asked."""

    voices: tuple[Voice, ...]
    key: str = "k1"
    engine: str = "pyannote"
    warnings: tuple[Warn, ...] = ()
    calls: int = 0
    counts: list[SpeakerCount] = field(default_factory=list)

    @property
    def model(self) -> ModelUsed:
        return ModelUsed(part="話者分離", name="fake", sha256="0")

    def diarize(self, audio: Path, count: SpeakerCount, progress: Progress) -> Diarization:
        self.calls += 1
        self.counts.append(count)
        return Diarization(engine=self.engine, voices=self.voices, warnings=self.warnings)


class DiarizerWithoutWeights(DiarizerThatReturns):
    def diarize(self, audio: Path, count: SpeakerCount, progress: Progress) -> Diarization:
        raise WeightsError("重みがありません")


@pytest.fixture
def audio(tmp_path: Path) -> Path:
    return silence(tmp_path / "audio.wav", 10_000)


def silence(path: Path, duration_ms: int) -> Path:
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(16_000)
        out.writeframes(b"\0\0" * 16 * duration_ms)
    return path


def test_labels_are_numbered_by_first_appearance(audio: Path, tmp_path: Path) -> None:
    engine = DiarizerThatReturns((voice(5000, 6000, "B"), voice(1000, 2000, "Z"), voice(3000, 4000, "B")))
    found = diarize.recording(audio, engine, ANY, tmp_path / "voices.json", no_progress)
    assert found.voices == (
        voice(1000, 2000, "SPEAKER_00"),
        voice(3000, 4000, "SPEAKER_01"),
        voice(5000, 6000, "SPEAKER_01"),
    )


def test_an_interjection_keeps_its_speaker_and_the_interrupted_goes_on() -> None:
    assert diarize.exclusive([voice(0, 9000, "A"), voice(4000, 5000, "B")], 10_000) == (
        voice(0, 4000, "A"),
        voice(4000, 5000, "B"),
        voice(5000, 9000, "A"),
    )


def test_voices_beyond_the_recording_are_cut_and_touching_ones_joined() -> None:
    given_voices = [voice(0, 1000, "A"), voice(1000, 1500, "A"), voice(9000, 12_000, "B"), voice(11_000, 12_000, "C")]
    assert diarize.exclusive(given_voices, 10_000) == (voice(0, 1500, "A"), voice(9000, 10_000, "B"))


def test_voices_of_no_length_vanish() -> None:
    assert diarize.exclusive([voice(3, 3, "A"), voice(5, 5, "B"), voice(4, 6, "A")], 10) == (voice(4, 6, "A"),)


VOICES = st.lists(
    st.builds(
        lambda start, length, who: voice(start, start + length, who),
        st.integers(0, 30),
        st.integers(0, 12),
        st.sampled_from("ABC"),
    ),
    max_size=8,
)


@given(VOICES, st.integers(0, 40))
def test_exclusive_is_what_asking_every_millisecond_gives(voices: list[Voice], duration_ms: int) -> None:
    """The slow oracle: at each moment the voice with the latest start, the longest and last-named among equals."""

    def heard(at_ms: int) -> str | None:
        now = [v for v in voices if v.start_ms <= at_ms < v.end_ms and at_ms < duration_ms]
        if not now:
            return None
        return max(now, key=lambda v: (v.start_ms, min(v.end_ms, duration_ms), v.speaker)).speaker

    result = diarize.exclusive(voices, duration_ms)
    for at_ms in range(45):
        assert [v.speaker for v in result if v.start_ms <= at_ms < v.end_ms] == [w for w in [heard(at_ms)] if w]
    for before, after in itertools.pairwise(result):
        assert before.end_ms <= after.start_ms
        assert before.speaker != after.speaker or before.end_ms < after.start_ms
    assert all(v.duration_ms > 0 for v in result)


@given(VOICES)
def test_renumbering_changes_only_names(voices: list[Voice]) -> None:
    result = diarize.renumbered(tuple(voices))
    assert [(v.start_ms, v.end_ms) for v in result] == [(v.start_ms, v.end_ms) for v in voices]
    for i, one in enumerate(voices):
        for j, other in enumerate(voices):
            assert (one.speaker == other.speaker) == (result[i].speaker == result[j].speaker)
    assert list(dict.fromkeys(v.speaker for v in result)) == sorted({v.speaker for v in result})


def test_a_second_run_uses_what_was_kept(audio: Path, tmp_path: Path) -> None:
    engine, saved = DiarizerThatReturns((voice(0, 500, "A"),)), tmp_path / "voices.json"
    first = diarize.recording(audio, engine, ANY, saved, no_progress)
    assert diarize.recording(audio, engine, ANY, saved, no_progress) == first
    assert engine.calls == 1


def test_another_key_count_or_audio_is_diarized_anew(audio: Path, tmp_path: Path) -> None:
    engine, saved = DiarizerThatReturns((voice(0, 500, "A"),)), tmp_path / "voices.json"
    diarize.recording(audio, engine, ANY, saved, no_progress)
    engine.key = "k2"
    diarize.recording(audio, engine, ANY, saved, no_progress)
    assert engine.calls == 2
    diarize.recording(audio, engine, SpeakerCount(exact=3), saved, no_progress)
    assert engine.counts[-1] == SpeakerCount(exact=3)
    assert engine.calls == 3
    silence(audio, 9000)
    diarize.recording(audio, engine, SpeakerCount(exact=3), saved, no_progress)
    assert engine.calls == 4


@pytest.mark.parametrize("content", [b"", b"{", b'{"engine_key": "k1"}', b"\xff\xfe"])
def test_a_damaged_file_is_made_anew(audio: Path, tmp_path: Path, content: bytes) -> None:
    engine, saved = DiarizerThatReturns((voice(0, 500, "A"),)), tmp_path / "voices.json"
    saved.write_bytes(content)
    assert diarize.recording(audio, engine, ANY, saved, no_progress).voices == (voice(0, 500, "SPEAKER_00"),)
    assert json.loads(saved.read_bytes())["diarization"]["voices"]


def test_what_cannot_be_written_is_said(audio: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError):
        diarize.recording(audio, DiarizerThatReturns(()), ANY, tmp_path / "file" / "voices.json", no_progress)


def test_a_failing_engine_leaves_nothing_behind(audio: Path, tmp_path: Path) -> None:
    saved = tmp_path / "voices.json"
    with pytest.raises(WeightsError):
        diarize.recording(audio, DiarizerWithoutWeights(()), ANY, saved, no_progress)
    assert not saved.exists()


def codes(found: Diarization) -> list[str]:
    return [warning.code for warning in found.warnings]


@pytest.mark.parametrize(
    ("count", "expected"),
    [
        (ANY, ["builtin-diarizer", "speaker-count-estimated"]),
        (SpeakerCount(minimum=2, maximum=5), ["builtin-diarizer", "speaker-count-estimated"]),
        (SpeakerCount(exact=2), ["builtin-diarizer"]),
        (SpeakerCount(minimum=2, maximum=2), ["builtin-diarizer"]),
    ],
)
def test_the_builtin_engine_is_called_an_approximation_each_time(
    audio: Path, tmp_path: Path, count: SpeakerCount, expected: list[str]
) -> None:
    engine = DiarizerThatReturns((voice(0, 500, "A"), voice(600, 900, "B")), engine="builtin")
    first = diarize.recording(audio, engine, count, tmp_path / "voices.json", no_progress)
    again = diarize.recording(audio, engine, count, tmp_path / "voices.json", no_progress)
    assert codes(first) == codes(again) == expected
    assert "簡易話者分離" in first.warnings[0].message
    assert ("(2人)" in first.warnings[-1].message) == (len(expected) == 2)


def test_no_number_of_speakers_is_guessed_where_nobody_speaks(audio: Path, tmp_path: Path) -> None:
    engine = DiarizerThatReturns((), engine="builtin")
    assert codes(diarize.recording(audio, engine, ANY, tmp_path / "v.json", no_progress)) == ["builtin-diarizer"]


def test_another_engine_is_not_called_an_approximation_and_its_own_warnings_stay(audio: Path, tmp_path: Path) -> None:
    own = Warn(code="own", message="m")
    engine = DiarizerThatReturns((voice(0, 500, "A"),), warnings=(own,))
    saved = tmp_path / "voices.json"
    for _ in range(2):
        assert diarize.recording(audio, engine, ANY, saved, no_progress).warnings == (own,)

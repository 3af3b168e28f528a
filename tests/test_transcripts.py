"""Transcripts made elsewhere: what each form tells arrives, what is wrong is named by its place."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import attribute, transcripts, webvtt
from pipeline.errors import ExitCode, RecordingError
from pipeline.schema import Flag, Turn
from pipeline.terms import FlagKind
from tests.drafts import draft

DRAFT = draft()

SAID = [
    {"start": 0.5, "end": 2.0, "text": "よろしいですか。", "speaker": "SPEAKER_01"},
    {"start": 2.1, "end": 2.5, "text": "はい。", "speaker": "SPEAKER_00"},
    {"start": 2.6, "end": 5.0, "text": "では、次に進みます。", "speaker": "SPEAKER_01"},
]


def whisperx(folder: Path, *segments: dict[str, Any]) -> Path:
    file = folder / "会議 1.json"
    file.write_text(json.dumps({"language": "ja", "segments": segments}, ensure_ascii=False), encoding="utf-8")
    return file


def turns(file: Path) -> tuple[Turn, ...]:
    _, heard, voices = transcripts.read(file)
    return attribute.words(heard.segments, voices.voices)


def said(found: tuple[Turn, ...]) -> list[tuple[str, str]]:
    return [(turn.speaker, turn.spoken) for turn in found]


def test_segments_of_whisperx_keep_their_speakers_and_times(tmp_path: Path) -> None:
    recording, heard, voices = transcripts.read(whisperx(tmp_path, *SAID))
    assert recording.id.startswith("会議_1-")
    assert (recording.source, recording.audio, recording.duration_ms) == ("会議 1.json", "", 5000)
    assert next((s.start_ms, s.end_ms, s.text) for s in heard.segments) == (500, 2000, "よろしいですか。")
    assert voices.engine == "transcript"
    assert said(turns(whisperx(tmp_path, *SAID))) == [(s["speaker"], s["text"]) for s in SAID]


def test_a_clause_is_a_word_with_a_time_in_proportion(tmp_path: Path) -> None:
    _, heard, _ = transcripts.read(whisperx(tmp_path, {"start": 0, "end": 1, "text": "はい、では 次に。"}))
    assert [(w.text, w.start_ms, w.end_ms) for w in heard.segments[0].words] == [
        ("はい、", 0, 333),
        ("では 次に。", 333, 1000),
    ]


def test_words_with_times_are_taken_as_they_are(tmp_path: Path) -> None:
    aligned = [
        {"word": "第", "start": 1.0, "end": 1.2, "score": 0.8},
        {"word": "5"},
        {"word": "号", "start": 1.4, "end": 1.6, "score": 1.7},
    ]
    segment = {"start": 1, "end": 2, "text": "第5号", "speaker": None, "words": aligned, "avg_logprob": -0.5}
    _, heard, voices = transcripts.read(whisperx(tmp_path, segment))
    assert [(w.text, w.start_ms, w.end_ms, w.confidence) for w in heard.segments[0].words] == [
        ("第", 1000, 1200, 0.8),
        ("5", 1200, 1200, 1.0),
        ("号", 1400, 1600, 1.0),
    ]
    assert heard.segments[0].avg_logprob == -0.5
    assert voices.warnings == (transcripts.NO_SPEAKERS,)


def test_a_segment_without_a_speaker_is_the_one_its_words_name(tmp_path: Path) -> None:
    named = [{"word": "は", "speaker": "B"}, {"word": "い", "speaker": "B"}, {"word": "。", "speaker": "A"}]
    found = turns(whisperx(tmp_path, {"start": 0, "end": 1, "text": "はい。", "words": named}))
    assert said(found) == [("B", "はい。")]


def test_a_stretch_that_names_nobody_is_flagged(tmp_path: Path) -> None:
    far = {"start": 60, "end": 62, "text": "どなたの発言か分かりません。"}
    assert [flag.kind for flag in turns(whisperx(tmp_path, *SAID, far))[-1].flags] == [FlagKind.NO_VOICE]


def test_overlapping_speech_is_kept_whole(tmp_path: Path) -> None:
    over = {"start": 3.0, "end": 3.4, "text": "異議なし。", "speaker": "SPEAKER_02"}
    assert sorted(said(turns(whisperx(tmp_path, *SAID, over)))) == sorted((s["speaker"], s["text"]) for s in [*SAID, over])


def test_webvtt_gives_voices_by_name(tmp_path: Path) -> None:
    file = tmp_path / "会議.vtt"
    file.write_bytes(
        "\ufeffWEBVTT - 会議\r\n\r\nNOTE 作成 --- 会議室\r\n\r\nSTYLE\r\n::cue { color: red }\r\n\r\n"
        "1\r\n00:01.000 --> 00:03.000 align:start\r\n<v.loud 佐藤会長>では、<b>次</b>に\r\n進みます。\r\n\r\n"
        "01:00:04.000 --> 01:00:06.000\r\n<v 原>はい。</v><v 森>A&amp;B です。</v>\r\n".encode()
    )
    _, heard, voices = transcripts.read(file)
    assert [(s.start_ms, s.end_ms, s.text) for s in heard.segments] == [
        (1000, 3000, "では、次に進みます。"),
        (3_604_000, 3_604_600, "はい。"),
        (3_604_600, 3_606_000, "A&B です。"),
    ]
    assert [v.speaker for v in voices.voices] == ["佐藤会長", "原", "森"]


def test_webvtt_without_voices_is_one_speaker_and_says_so(tmp_path: Path) -> None:
    file = tmp_path / "a.vtt"
    file.write_text("WEBVTT\n\n00:01.000 --> 00:03.000\n賛成です。\n", encoding="utf-8")
    _, heard, voices = transcripts.read(file)
    assert said(attribute.words(heard.segments, voices.voices)) == [(attribute.NO_SPEAKER, "賛成です。")]
    assert voices.warnings == (transcripts.NO_SPEAKERS,)


def test_a_draft_is_read_again_with_its_turns_words_and_flags(tmp_path: Path) -> None:
    file = tmp_path / "draft.json"
    file.write_text(DRAFT.model_dump_json(by_alias=True), encoding="utf-8")
    _, heard, voices = transcripts.read(file)
    spoken = [turn for turn in DRAFT.turns if turn.words or turn.flags]
    assert [w for s in heard.segments for w in s.words] == [w for turn in spoken for w in turn.words]
    assert [s.flags for s in heard.segments] == [turn.flags for turn in spoken]
    assert {v.speaker for v in voices.voices} == {turn.speaker for turn in spoken}


def test_a_failed_stretch_of_a_draft_stays_one(tmp_path: Path) -> None:
    flag = Flag(kind=FlagKind.FAILED, reason="文字起こしできませんでした。")
    silent = DRAFT.turns[0].model_copy(update={"words": (), "spoken": "", "flags": (flag,)})
    file = tmp_path / "draft.json"
    failed = DRAFT.model_copy(update={"turns": (silent, *DRAFT.turns[1:])})
    file.write_text(failed.model_dump_json(by_alias=True), encoding="utf-8")
    assert turns(file)[0].flags == (flag,)


@pytest.mark.parametrize(
    ("name", "content", "place"),
    [
        ("a.json", b"", "1 行目"),
        ("a.json", b"{\n oops", "2 行目"),
        ("a.json", b"[]", "形式が違う"),
        ("a.json", b"{}", "segments"),
        ("a.json", b'{"segments": [{"start": 0, "text": "a"}]}', "segments.0.end"),
        ("a.json", b'{"segments": [{"start": -1, "end": 2, "text": "a"}]}', "segments.0.start"),
        ("a.json", b'{"segments": [{"start": 0, "end": NaN, "text": "a"}]}', "segments.0.end"),
        ("a.json", b'{"segments": [{"start": 3, "end": 2, "text": "a"}]}', "3.0 秒"),
        ("a.json", b'{"schema": "minutes-draft/1"}', "meeting"),
        ("a.vtt", b"WEBVTT\n\n00:01 --> 00:02\na", "3 行目"),
        ("a.vtt", b"WEBVTT\n\n00:03.000 --> 00:02.000\na", "3 行目"),
        ("a.json", "はい。".encode("shift_jis"), "UTF-8"),
        ("a.json", b'{"segments": []}', "発言が一つもありません"),
        ("a.json", b'{"segments": [{"start": 0, "end": 2, "text": "  "}]}', "発言が一つもありません"),
        ("a.vtt", b"WEBVTT\n", "発言が一つもありません"),
    ],
)
def test_what_cannot_be_read_is_named_by_its_place(tmp_path: Path, name: str, content: bytes, place: str) -> None:
    file = tmp_path / name
    file.write_bytes(content)
    with pytest.raises(RecordingError) as error:
        transcripts.read(file)
    assert place in error.value.message
    assert error.value.advice
    assert error.value.exit_code == ExitCode.RECORDING


def test_a_missing_file_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match="読めません"):
        transcripts.read(tmp_path / "none.json")


def test_an_error_never_holds_what_was_said(tmp_path: Path) -> None:
    file = whisperx(tmp_path, {"start": "秘密の発言", "end": 1, "text": "秘密の発言"})
    with pytest.raises(RecordingError) as error:
        transcripts.read(file)
    assert "秘密" not in error.value.message + error.value.advice


seconds = st.floats(0, 1000, allow_nan=False)
texts = st.text("はいえー、。 ", max_size=12)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(seconds, seconds, texts, st.sampled_from(["A", "B", ""])), min_size=1, max_size=8))
def test_no_character_is_lost_and_no_voice_overlaps(
    tmp_path_factory: pytest.TempPathFactory, segments: list[tuple[float, float, str, str]]
) -> None:
    file = whisperx(
        tmp_path_factory.mktemp("t"),
        *({"start": min(a, b), "end": max(a, b), "text": text, "speaker": who} for a, b, text, who in segments),
    )
    expected = sorted("".join("".join(text.split()) for _, _, text, _ in segments))
    if not expected:
        with pytest.raises(RecordingError):
            transcripts.read(file)
        return
    _, heard, voices = transcripts.read(file)
    found = attribute.words(heard.segments, voices.voices)
    assert sorted("".join(turn.spoken for turn in found).replace(" ", "")) == expected
    assert all(a.end_ms <= b.start_ms for a, b in itertools.pairwise(voices.voices))


def test_cues_without_text_are_no_cues() -> None:
    assert list(webvtt.cues("WEBVTT\n\n00:01.000 --> 00:02.000\n<v 原></v>\n")) == []

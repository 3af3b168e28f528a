"""Transcripts made elsewhere become what our own first half would have handed on: segments and voices.

In: WhisperX (or Whisper) JSON, WebVTT with ``<v Name>``, or one of our own drafts. Out: ``Recording`` (of which there is
no audio: ``audio`` is empty), ``Transcription``, ``Diarization``. Who speaks is the file's own word: its labels stay, so
that draft and file can be compared, and its stretches are made exclusive, so that ``attribute`` gives every word back to
the speaker it came with. Where the file has no times for words, what lies between two punctuation marks is a word, with
a time in proportion to its characters.

A file that is none of these is a RecordingError (exit code 3) that names the place of the mistake, never the content.
"""

from __future__ import annotations

import itertools
import json
import math
import re
import unicodedata
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, Field, ValidationError

from pipeline import reading, shown, store, webvtt
from pipeline.errors import RecordingError
from pipeline.schema import SCHEMA_NAME, Diarization, Draft, Flag, Recording, Segment, Transcription, Voice, Warn, Word

ENGINE = "transcript"
MAX_BYTES = 100_000_000  # three hours with a time for every character are about 8 MB
MAX_S = 360_000.0  # a hundred hours
MAX_STRETCHES = 50_000  # one every two seconds for a day
MAX_STRETCH_BYTES = 48_000  # in full-width form: what the analyser takes at once, about 15,000 characters
UNKNOWN_CONFIDENCE = 1.0  # the file says nothing against the word
_PIECE = re.compile(r"[^、。？！?!]*[、。？！?!]+|[^、。？！?!]+")
_ADVICE = (
    "読めるのは、WhisperX の .json(segments に start, end, text, speaker)、話者名つき(<v 名前>)の .vtt、draft.json です。"
)
_TOO_MANY = f"発言が {MAX_STRETCHES:,} を超える"
NO_SPEAKERS = Warn(
    code="no-speakers",
    message="文字起こしに話者の印がありません。すべて一人の発言として扱いました。話者つきで作り直すか、校正で直してください。",
)


def _fit(value: object) -> object:
    """Text without what no draft can hold; what is no text is left to pydantic to refuse."""
    return shown.text(value) if isinstance(value, str) else value


def _finite(value: object) -> object:
    """Whisper writes NaN for evidence that it does not have."""
    return 0.0 if isinstance(value, float) and not math.isfinite(value) else value


Seconds = Annotated[float, Field(ge=0, le=MAX_S, allow_inf_nan=False)]
Text = Annotated[str, BeforeValidator(_fit)]
Label = Annotated[str, BeforeValidator(lambda value: "" if value is None else _fit(value))]
Evidence = Annotated[float, BeforeValidator(_finite)]


class _Word(BaseModel):
    """WhisperX leaves out the times of words that it could not align (numbers, Latin letters)."""

    word: Text
    start: Seconds | None = None
    end: Seconds | None = None
    score: Evidence | None = None
    speaker: Label = ""


class _Segment(BaseModel):
    start: Seconds
    end: Seconds
    text: Text
    speaker: Label = ""
    words: list[_Word] = []
    avg_logprob: Evidence = 0.0
    no_speech_prob: Annotated[Evidence, Field(ge=0, le=1)] = 0.0
    compression_ratio: Evidence = 1.0


class _Transcript(BaseModel):
    segments: Annotated[list[_Segment], Field(max_length=MAX_STRETCHES)]


class _Said(BaseModel):
    """A stretch of one speaker (empty where the file does not say) before times are made exclusive."""

    start_ms: int
    end_ms: int
    speaker: str
    words: tuple[Word, ...]
    avg_logprob: float = 0.0
    no_speech_prob: float = 0.0
    compression_ratio: float = 1.0
    flags: tuple[Flag, ...] = ()


def read(file: Path) -> tuple[Recording, Transcription, Diarization]:
    """Raises RecordingError for a file that is missing, empty or of no known kind."""
    try:
        content = reading.whole(file, MAX_BYTES).decode("utf-8-sig")
    except reading.Unreadable as error:
        raise RecordingError(f"文字起こしが読めません: {file}({error})", "ファイル名と場所を確かめてください。") from error
    except UnicodeDecodeError as error:
        raise RecordingError(f"文字コードが UTF-8 ではありません: {file}", "UTF-8 で保存し直してください。") from error
    try:
        said = _from_vtt(content) if content.startswith("WEBVTT") else _from_json(_parsed(content))
    except ValueError as error:  # json's and pydantic's errors are ValueErrors
        raise RecordingError(f"文字起こしとして読めません: {file.name}({_where(error)})", _ADVICE) from error
    said = [s for s in said if s.words or s.flags]
    if long := next(filter(_is_no_speech, said), None):
        raise RecordingError(
            f"文字起こしとして読めません: {file.name}({long.start_ms / 1000:g} 秒からの発言が長すぎる)", _ADVICE
        )
    if not said:
        raise RecordingError(
            f"発言が一つもありません: {file.name}", "文字起こしをやり直して、本文のあるファイルを指定してください。"
        )
    said = _exclusive(said)
    return _recording(file, said), Transcription(segments=tuple(map(_segment, said))), _voices(said)


def _parsed(content: str) -> Any:
    """Raises ValueError; the reason is Japanese unless it is a JSONDecodeError."""
    try:
        return json.loads(content, object_pairs_hook=_without_repeats)
    except json.JSONDecodeError:
        raise
    except RecursionError as error:
        raise ValueError("入れ子が深すぎる") from error
    except ValueError as error:
        raise error if isinstance(error, _Repeated) else ValueError("大きすぎる数がある") from error


class _Repeated(ValueError):
    """A key stands twice in one object: one of the two would be lost."""


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise _Repeated("同じ項目が2度書かれた所がある")
    return found


def _from_json(content: Any) -> list[_Said]:
    if isinstance(content, dict) and content.get("schema") == SCHEMA_NAME:
        return [
            _Said(start_ms=t.start_ms, end_ms=t.end_ms, speaker=t.speaker, words=t.words, flags=t.flags)
            for t in Draft.model_validate(content).turns
        ]
    return [_whisper(segment) for segment in _Transcript.model_validate(content).segments]


def _whisper(segment: _Segment) -> _Said:
    start_ms, end_ms = round(segment.start * 1000), round(segment.end * 1000)
    if end_ms < start_ms:
        raise ValueError(f"{segment.start} 秒からの発言の終わりが始まりより前")
    return _Said(
        start_ms=start_ms,
        end_ms=end_ms,
        speaker=segment.speaker.strip() or _usual_speaker(segment.words),
        words=_aligned(segment.words, start_ms, end_ms) or _spread(segment.text, start_ms, end_ms),
        avg_logprob=segment.avg_logprob,
        no_speech_prob=segment.no_speech_prob,
        compression_ratio=segment.compression_ratio,
    )


def _usual_speaker(words: list[_Word]) -> str:
    """Of a segment that names none itself: whom most of its words name."""
    named = [word.speaker.strip() for word in words if word.speaker.strip()]
    return max(sorted(set(named)), key=named.count, default="")


def _aligned(words: list[_Word], start_ms: int, end_ms: int) -> tuple[Word, ...]:
    """Words with times; one without them stands, with no length, where the word before ended."""
    result: list[Word] = []
    at_ms = start_ms
    for word in words:
        begin_ms = at_ms if word.start is None else min(max(round(word.start * 1000), at_ms), end_ms)
        at_ms = begin_ms if word.end is None else min(max(round(word.end * 1000), begin_ms), end_ms)
        if word.word:
            sure = UNKNOWN_CONFIDENCE if word.score is None else min(1.0, max(0.0, word.score))
            result.append(Word(start_ms=begin_ms, end_ms=at_ms, text=word.word, confidence=sure))
    return tuple(result)


def _spread(text: str, start_ms: int, end_ms: int) -> tuple[Word, ...]:
    """The pieces between punctuation marks, in proportion to their characters."""
    pieces = _PIECE.findall(" ".join(text.split()))
    ends = list(itertools.accumulate(len(piece) for piece in pieces))
    at = [start_ms + (end_ms - start_ms) * done // ends[-1] for done in ends]
    return tuple(
        Word(start_ms=begin, end_ms=end, text=piece, confidence=UNKNOWN_CONFIDENCE)
        for piece, begin, end in zip(pieces, [start_ms, *at], at, strict=False)
    )


def _from_vtt(content: str) -> list[_Said]:
    found = list(itertools.islice(webvtt.cues(shown.text(content)), MAX_STRETCHES + 1))
    if len(found) > MAX_STRETCHES:
        raise ValueError(_TOO_MANY)
    return [
        _Said(start_ms=cue.start_ms, end_ms=cue.end_ms, speaker=cue.voice, words=_spread(cue.text, cue.start_ms, cue.end_ms))
        for cue in found
    ]


def _is_no_speech(said: _Said) -> bool:
    """More at once than anybody says in an hour."""
    text = "".join(word.text for word in said.words)
    return len(unicodedata.normalize("NFKC", text).encode()) > MAX_STRETCH_BYTES


def _exclusive(said: list[_Said]) -> list[_Said]:
    """In time order; one that another begins within ends there, and its words are pressed into what is left."""
    ordered = sorted(said, key=lambda s: (s.start_ms, s.end_ms))
    result = []
    for this, after in itertools.zip_longest(ordered, ordered[1:]):
        end_ms = this.end_ms if after is None else min(this.end_ms, after.start_ms)
        words = tuple(
            word.model_copy(update={"start_ms": min(word.start_ms, end_ms), "end_ms": min(word.end_ms, end_ms)})
            for word in this.words
        )
        result.append(this.model_copy(update={"end_ms": end_ms, "words": words}))
    return result


def _segment(said: _Said) -> Segment:
    return Segment(
        start_ms=said.start_ms,
        end_ms=said.end_ms,
        text="".join(word.text for word in said.words),
        words=said.words,
        avg_logprob=said.avg_logprob,
        no_speech_prob=said.no_speech_prob,
        compression_ratio=said.compression_ratio,
        flags=said.flags,
    )


def _voices(said: list[_Said]) -> Diarization:
    voices = tuple(Voice(start_ms=s.start_ms, end_ms=s.end_ms, speaker=s.speaker) for s in said if s.speaker)
    return Diarization(engine=ENGINE, voices=voices, warnings=() if voices else (NO_SPEAKERS,))


def _recording(file: Path, said: list[_Said]) -> Recording:
    sha256 = store.sha256_of(file)
    return Recording(
        id=store.id_of(file, sha256, "transcript"),
        source=shown.line(file.name),
        audio="",
        sha256=sha256,
        duration_ms=max(s.end_ms for s in said),
        channels=1,
    )


def _where(error: ValueError) -> str:
    """The place of the mistake, never the content: it holds what was said."""
    if isinstance(error, ValidationError):
        if error.errors()[0]["type"] == "too_long":
            return _TOO_MANY
        return ".".join(str(part) for part in error.errors()[0]["loc"]) or "形式が違う"
    if isinstance(error, json.JSONDecodeError):
        return f"{error.lineno} 行目が JSON ではない"
    return str(error)

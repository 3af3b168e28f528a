"""One side of a comparison: what was said, by whom, when and where in the meeting, as far as a file tells.

In: any of the file kinds below. Out: a ``Side``, in which what the file does not tell is None. Reference and hypothesis
are read alike, so a proof can be the reference of its draft, and comparing a file with itself is perfect.

| file | text | voices | roles, placement | decisions |
| --- | --- | --- | --- | --- |
| reference JSON (``"format": "minutes-reference/1"``) | yes | yes | yes | yes |
| rehearsal truth (JSON list of turns) | yes | yes | yes | no |
| ``draft.json``, ``proof.json`` (what was heard, not what was rewritten) | yes | yes | yes | yes |
| ``voices.json``, RTTM | no | yes | no | no |
| any other text | yes | no | no | no |

A file that is none of these is a RecordingError (exit code 3), as for a draft that cannot be read.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic import BaseModel, TypeAdapter, ValidationError

from pipeline.errors import RecordingError
from pipeline.schema import Decision, Diarization, Record, Section, Span, Speaker, Voice
from pipeline.terms import Phase, Role

REFERENCE_FORMAT = "minutes-reference/"
_ADVICE = "採点できるのは、正解の .json、draft.json、proof.json、voices.json、.rttm、文字だけの .txt です。"


class SpokenTurn(Span):
    """A turn with its place. ``items`` lists the agenda indices of a joint block: any of them, or None, is right."""

    speaker: str
    role: Role
    item: int | None
    phase: Phase
    text: str
    items: tuple[int, ...] | None = None

    def allows(self, item: int | None, phase: Phase) -> bool:
        """Whether this is a right place for what this turn says."""
        allowed = {self.item} if not self.items else {self.item, None, *self.items}
        return phase == self.phase and item in allowed


class Result(Record):
    """The result of an agenda item; None where nobody was heard to decide."""

    item: int
    result: str | None


class Side(Record):
    """What a file tells; None where it does not. ``voices`` may overlap."""

    text: str | None = None
    voices: tuple[Voice, ...] | None = None
    turns: tuple[SpokenTurn, ...] | None = None
    results: tuple[Result, ...] | None = None


class _Reference(BaseModel):
    turns: tuple[SpokenTurn, ...]
    decisions: tuple[Result, ...] | None = None


class _DraftTurn(BaseModel):
    id: str
    speaker: str
    start_ms: int
    end_ms: int
    spoken: str


class _Draft(BaseModel):
    """Of a draft or proof only what is scored, so that a proof may hold more than a draft."""

    speakers: tuple[Speaker, ...]
    turns: tuple[_DraftTurn, ...]
    sections: tuple[Section, ...]
    decisions: tuple[Decision, ...]


class _Voices(BaseModel):
    diarization: Diarization


def read(file: Path) -> Side:
    """Raises RecordingError for a file that is missing, empty or of no known kind."""
    try:
        content = file.read_bytes().decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise RecordingError(f"読めません: {file}", _ADVICE) from error
    if not content.strip():
        raise RecordingError(f"空のファイルです: {file}", _ADVICE)
    try:
        if file.suffix == ".rttm":
            return Side(voices=_rttm(content))
        if file.suffix == ".json":
            return _json(json.loads(content))
    except (ValueError, KeyError, TypeError, AttributeError) as error:  # pydantic's and json's errors are ValueErrors
        raise RecordingError(f"採点できる形ではありません: {file}({_where(error)})", _ADVICE) from error
    return Side(text=content)


def _json(content: Any) -> Side:
    if isinstance(content, list):
        return _spoken(TypeAdapter(tuple[SpokenTurn, ...]).validate_python(content), None)
    if str(content.get("format", "")).startswith(REFERENCE_FORMAT):
        reference = _Reference.model_validate(content)
        return _spoken(reference.turns, reference.decisions)
    if "diarization" in content:
        return Side(voices=_Voices.model_validate(content).diarization.voices)
    return _draft(_Draft.model_validate(content))


def _spoken(turns: tuple[SpokenTurn, ...], results: tuple[Result, ...] | None) -> Side:
    return Side(
        text="\n".join(turn.text for turn in turns),
        voices=tuple(Voice(start_ms=t.start_ms, end_ms=t.end_ms, speaker=t.speaker) for t in turns),
        turns=turns,
        results=results,
    )


def _draft(draft: _Draft) -> Side:
    roles = {speaker.label: speaker.role for speaker in draft.speakers}
    places = {turn_id: section for section in draft.sections for turn_id in section.turn_ids}
    turns = tuple(
        SpokenTurn(
            start_ms=turn.start_ms,
            end_ms=turn.end_ms,
            speaker=turn.speaker,
            role=roles[turn.speaker],
            item=places[turn.id].item,
            phase=places[turn.id].phase,
            text=turn.spoken,
        )
        for turn in draft.turns
    )
    return _spoken(turns, tuple(Result(item=d.item, result=d.result) for d in draft.decisions))


def _rttm(content: str) -> tuple[Voice, ...]:
    """NIST's RTTM: ``SPEAKER <uri> <channel> <start s> <duration s> <NA> <NA> <speaker> <NA> <NA>``."""
    voices = []
    for line in content.splitlines():
        fields = line.split()
        if not fields or fields[0] != "SPEAKER":
            continue
        if len(fields) < 8:
            raise ValueError("SPEAKER の行の欄が足りない")
        start_ms = round(float(fields[3]) * 1000)
        end_ms = round((float(fields[3]) + float(fields[4])) * 1000)
        voices.append(Voice(start_ms=start_ms, end_ms=end_ms, speaker=fields[7]))
    if not voices:
        raise ValueError("SPEAKER の行がない")
    return tuple(voices)


def _where(error: Exception) -> str:
    """The place of the mistake, never the content: it holds what was said."""
    if isinstance(error, ValidationError):
        return ".".join(str(part) for part in error.errors()[0]["loc"]) or "形式が違う"
    if isinstance(error, json.JSONDecodeError):
        return f"{error.lineno} 行目が JSON ではない"
    return "形式が違う" if isinstance(error, (KeyError, TypeError, AttributeError)) else str(error)

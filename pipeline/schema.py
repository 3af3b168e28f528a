"""The records that pass from stage to stage: one page, the whole data model.

Every stage takes and returns these and nothing else, so that a stage can be read, tested and replaced alone.
All are frozen pydantic models that refuse unknown fields; the JSON Schema of ``draft.json`` is generated from them.

Time is ``int`` milliseconds from the start of the recording, in half-open ranges ``[start_ms, end_ms)``.
Seconds exist only inside ``engines/``, importers and exporters: a float second invites rounding at every seam.
"""

from __future__ import annotations

import datetime as dt
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from pipeline.terms import FlagKind, Phase, Role

SCHEMA_NAME = "minutes-draft/1"
SURE = 0.6  # confidence in a role below which the proofreader is asked


class Record(BaseModel):
    """Base of all records: immutable, and an unknown key is an error rather than a silent loss."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Span(Record):
    """A stretch of the recording, ``[start_ms, end_ms)``."""

    start_ms: int = Field(ge=0)
    end_ms: int = Field(ge=0)

    @model_validator(mode="after")
    def _ends_after_start(self) -> Self:
        if self.end_ms < self.start_ms:
            raise ValueError(f"end_ms {self.end_ms} < start_ms {self.start_ms}")
        return self

    @property
    def duration_ms(self) -> int:
        return self.end_ms - self.start_ms


class Flag(Record):
    """A doubt, with its reason in Japanese words for the proofreader."""

    kind: FlagKind
    reason: str


class Warn(Record):
    """Something about the whole draft that its reader must know; ``code`` is stable, ``message`` is Japanese."""

    code: str
    message: str


class Part(Span):
    """A file of the recording, by name, and where it lies on the recording's time axis."""

    file: str


class Recording(Record):
    """The prepared recording. ``source`` and ``audio`` are file names, not paths: drafts may be moved and published.

    ``audio`` lies in ``outputs/<id>/`` as 16 kHz mono 16-bit wav; ``channels`` is what the source had. ``parts``: the files that it was
    made of, where these were several or had a microphone a channel.
    """

    id: str
    source: str
    audio: str
    sha256: str
    duration_ms: int = Field(ge=0)
    channels: int = Field(ge=1)
    warnings: tuple[Warn, ...] = ()
    parts: tuple[Part, ...] = ()


class Chunk(Span):
    """A piece of the recording for one decoder call; consecutive chunks meet exactly and cover the recording."""

    index: int = Field(ge=0)


class Word(Span):
    """A recognised word (for Japanese models often one character). ``text`` carries its punctuation."""

    text: str
    confidence: float = Field(ge=0, le=1)


class Segment(Span):
    """One decoder segment with the decoder's own evidence, so that later stages can judge it.

    ``avg_logprob`` (natural log per token), ``no_speech_prob`` (0..1), ``compression_ratio`` (gzip, > 2.4 is a loop)
    and ``temperature`` are what Whisper defines them to be. Segments of a failed chunk have no words and a flag.
    """

    text: str
    words: tuple[Word, ...]
    avg_logprob: float
    no_speech_prob: float = Field(ge=0, le=1)
    compression_ratio: float
    temperature: float = 0.0
    flags: tuple[Flag, ...] = ()


class Transcription(Record):
    """What a transcriber heard in one stretch of audio, or a stage in all of it, with what went wrong on the way."""

    segments: tuple[Segment, ...]
    warnings: tuple[Warn, ...] = ()


class Voice(Span):
    """One speaker is heard. Labels are ``SPEAKER_00``... in order of first appearance."""

    speaker: str


class Seat(Record):
    """What the meeting file says of the microphone at which ``speaker`` is heard; only what holds for this one voice."""

    speaker: str
    place: str = ""
    name: str = ""
    role: Role | None = None


class Diarization(Record):
    """Who is heard when: voices do not overlap (exclusive) and are in time order. ``engine`` as in ``--diarizer``, or 'microphones'."""

    engine: str
    voices: tuple[Voice, ...]
    warnings: tuple[Warn, ...] = ()
    seats: tuple[Seat, ...] = ()


class SpeakerCount(Record):
    """What is known of the number of speakers beforehand; all None when nothing is."""

    exact: int | None = Field(default=None, ge=1)
    minimum: int | None = Field(default=None, ge=1)
    maximum: int | None = Field(default=None, ge=1)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.minimum is not None and self.maximum is not None and self.minimum > self.maximum:
            raise ValueError("最少人数が最多人数より大きい")
        return self


class Change(Record):
    """One 整文 rule that fired: ``spoken[start:end]`` read ``before`` and was written ``after``."""

    rule: str
    start: int = Field(ge=0)
    end: int = Field(ge=0)
    before: str
    after: str


class Redaction(Record):
    """``written[start:end]`` is not for the public."""

    start: int = Field(ge=0)
    end: int = Field(ge=0)


class Turn(Span):
    """What one speaker says until another does. ``spoken`` is as heard and never altered, ``written`` after 整文."""

    id: str
    speaker: str
    words: tuple[Word, ...]
    spoken: str
    written: str = ""
    printed: bool = True
    changes: tuple[Change, ...] = ()
    redactions: tuple[Redaction, ...] = ()
    flags: tuple[Flag, ...] = ()

    @property
    def is_invented(self) -> bool:
        """Whether by all evidence nobody said it."""
        return any(flag.kind is FlagKind.INVENTED for flag in self.flags)


class Speaker(Record):
    """A voice with its role; ``reasons`` are the evidence in Japanese words, ``talk_ms`` the time it is heard."""

    label: str
    role: Role
    name: str | None = None
    confidence: float = Field(ge=0, le=1)
    reasons: tuple[str, ...] = ()
    talk_ms: int = Field(default=0, ge=0)

    @property
    def is_sure(self) -> bool:
        """Whether the role may be printed without asking."""
        return self.confidence >= SURE and self.role is not Role.OTHER


class Section(Record):
    """A part of the meeting: agenda index (None outside the agenda), phase, and its turns in time order."""

    item: int | None
    phase: Phase
    heading: str
    turn_ids: tuple[str, ...]


class Decision(Record):
    """The result of an item, only as heard: ``result`` None prints 〔要確認〕; ``turn_id`` is the evidence."""

    item: int
    result: str | None
    turn_id: str | None = None


class AgendaItem(Record):
    """One item of the 次第."""

    label: str
    title: str
    department: str = ""


class Attendee(Record):
    """Somebody expected at the meeting."""

    name: str
    role: Role
    reading: str = ""
    aliases: tuple[str, ...] = ()


class Microphone(Record):
    """A microphone in the meeting file: the ``channel`` (from 1) of its own ``files``, or of the recording where it has none.

    Without ``channel`` all channels of its files together. ``people`` share it; ``room``: it hears also those without a microphone.
    """

    channel: int | None = Field(default=None, ge=1)
    files: tuple[str, ...] = ()
    seat: str = ""
    name: str = ""
    role: Role | None = None
    people: int = Field(default=1, ge=1)
    room: bool = False

    @field_validator("files", mode="before")
    @classmethod
    def _one_file(cls, value: object) -> object:
        return (value,) if isinstance(value, str) else value


class SourceFile(Record):
    """One of the files of a meeting, with the time of day at which it begins (``14:05`` or ``14:05:30``) where that is known."""

    file: str
    start: str = Field(default="", pattern=r"^(([01]?\d|2[0-3]):[0-5]\d(:[0-5]\d)?)?$")


class Meeting(Record):
    """The particulars of a meeting, from the sidecar file; everything may be missing.

    ``fields``: the lines of what a header may hold besides (欠席者, 傍聴者, 次回予定 ...), by the names in the layout's ``header``.
    ``channels``: the short form of ``microphones``, one text a channel: a role, a name of ``attendees`` or a seat; empty: not used.
    """

    name: str = ""
    date: dt.date | None = None
    start: str = ""
    end: str = ""
    place: str = ""
    department: str = ""
    agenda: tuple[AgendaItem, ...] = ()
    attendees: tuple[Attendee, ...] = ()
    fields: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    template: str = "nagasaki"
    glossary: tuple[str, ...] = ()
    secret: tuple[str, ...] = ()
    speakers: SpeakerCount = SpeakerCount()
    channels: tuple[str, ...] = ()
    microphones: tuple[Microphone, ...] = ()
    files: tuple[SourceFile, ...] = ()

    @field_validator("files", mode="before")
    @classmethod
    def _named_files(cls, value: object) -> object:
        return [{"file": one} if isinstance(one, str) else one for one in value] if isinstance(value, list) else value


class ModelUsed(Record):
    """A model that had a part in the draft: ``part`` is 文字起こし or 話者分離."""

    part: str
    name: str
    sha256: str


class Setting(Record):
    """One effective option of the run."""

    name: str
    value: str


class Provenance(Record):
    """How the draft was made (作成方法), complete enough to make it again; no times of day, so drafts compare equal."""

    program: str
    models: tuple[ModelUsed, ...] = ()
    options: tuple[Setting, ...] = ()
    versions: tuple[Setting, ...] = ()


class Draft(Record):
    """The draft 会議録. Its laws hold on creation: ids resolve, every turn in exactly one section, time order."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    schema_name: str = Field(default=SCHEMA_NAME, alias="schema")
    meeting: Meeting
    recording: Recording
    speakers: tuple[Speaker, ...]
    turns: tuple[Turn, ...]
    sections: tuple[Section, ...]
    decisions: tuple[Decision, ...]
    warnings: tuple[Warn, ...] = ()
    provenance: Provenance

    @model_validator(mode="after")
    def _is_lawful(self) -> Self:
        self.check_laws()
        return self

    def check_laws(self) -> None:
        """Raises ValueError. Copies with other turns are not checked by themselves: whoever makes one calls this."""
        ids = [turn.id for turn in self.turns]
        if len(set(ids)) != len(ids):
            raise ValueError("turn ids repeat")
        if [turn.start_ms for turn in self.turns] != sorted(turn.start_ms for turn in self.turns):
            raise ValueError("turns are not in time order")
        labels = {speaker.label for speaker in self.speakers}
        if len(labels) != len(self.speakers):
            raise ValueError("speaker labels repeat")
        if unknown := {turn.speaker for turn in self.turns} - labels:
            raise ValueError(f"turns name unknown speakers: {sorted(unknown)}")
        if sorted(turn_id for section in self.sections for turn_id in section.turn_ids) != sorted(ids):
            raise ValueError("sections do not hold every turn exactly once")
        indices = range(len(self.meeting.agenda))
        if any(s.item is not None and s.item not in indices for s in self.sections):
            raise ValueError("a section names an item that is not on the agenda")
        if any(d.item not in indices or (d.turn_id is not None and d.turn_id not in set(ids)) for d in self.decisions):
            raise ValueError("a decision names an unknown item or turn")

    def speaker(self, label: str) -> Speaker:
        """The speaker with this label; KeyError if there is none."""
        return {speaker.label: speaker for speaker in self.speakers}[label]

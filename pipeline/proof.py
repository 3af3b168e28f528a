"""The draft as people have corrected it: ``proof.json``, the same records with a revision and what only people know.

``draft.json`` is the machine's and stays; documents are made from the proof where there is one.
"""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

from pipeline.schema import Decision, Draft, Meeting, Recording, Speaker, Warn

SCHEMA_NAME = "minutes-proof/1"
_SETTLED_BY_PEOPLE = ("unsure-role", "no-decision", "no-section")
BY_HAND = "校正"  # the rule of a change that a person made


class State(StrEnum):
    """How far the 会議録 has come."""

    DRAFT = "下書き"
    PROOFREADING = "校正中"
    WITH_MEMBERS = "委員確認中"
    FINAL = "確定"


class Proof(Draft):
    """``revision`` grows by one with each change; ``checked``: ids of the turns that somebody has read against the audio."""

    schema_name: str = Field(default=SCHEMA_NAME, alias="schema")
    revision: int = Field(ge=0)
    state: State
    checked: tuple[str, ...] = ()

    @property
    def printed_ids(self) -> tuple[str, ...]:
        """Of the turns that have to be read."""
        return tuple(turn.id for turn in self.turns if turn.printed)


def begin(draft: Draft) -> Proof:
    """Revision 0: the draft as the machine left it."""
    fields = {name: getattr(draft, name) for name in Draft.model_fields if name != "schema_name"}
    return Proof(**fields, revision=0, state=State.DRAFT)


class SeenTurn(BaseModel):
    """Of a turn, what the list of meetings needs."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    printed: bool = True


class Glance(BaseModel):
    """A draft or proof without its text: reading a hundred meetings for a list must not take a minute."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    meeting: Meeting
    recording: Recording
    speakers: tuple[Speaker, ...]
    decisions: tuple[Decision, ...]
    warnings: tuple[Warn, ...] = ()
    turns: tuple[SeenTurn, ...]
    state: State = State.DRAFT
    checked: tuple[str, ...] = ()

    @property
    def share(self) -> float:
        """0..1 of the printed turns that have been read."""
        printed = {turn.id for turn in self.turns if turn.printed}
        return len(printed & set(self.checked)) / len(printed) if printed else 0.0


def doubts_left(proof: Proof | Glance) -> tuple[Warn, ...]:
    """The machine's warnings without what people have settled since: roles, results, and items that have got their turns."""
    unsure = sorted(speaker.label for speaker in proof.speakers if not speaker.is_sure and speaker.talk_ms)
    open_items = [d.item for d in proof.decisions if d.result is None]
    labels = [proof.meeting.agenda[item].label for item in open_items]
    left = [warning for warning in proof.warnings if warning.code not in _SETTLED_BY_PEOPLE]
    if unsure:
        left.append(Warn(code="unsure-role", message=f"役割を確かめてください: {'、'.join(unsure)}"))
    left += [Warn(code="no-decision", message=f"{label}の結果が決まっていません。") for label in labels]
    return tuple(left)

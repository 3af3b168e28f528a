"""The draft as people have corrected it: ``proof.json``, the same records with a revision and what only people know.

``draft.json`` is the machine's and stays; documents are made from the proof where there is one.
"""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from pipeline.schema import Draft

SCHEMA_NAME = "minutes-proof/1"
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

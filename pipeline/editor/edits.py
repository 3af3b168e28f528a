"""What a proofreader can do, each as a record: small enough for a line of the history, complete enough to be done again.

``touches`` names what an edit works on (turn ids, ``speaker:…``, ``item:…``, ``*`` for all): two people's edits that touch
different things can both stand, whichever came first.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from pipeline.proof import State
from pipeline.schema import Record
from pipeline.terms import Phase, Role

ALL = "*"


class Edit(Record):
    """Base of all."""

    @property
    def touches(self) -> frozenset[str]:
        return frozenset({ALL})


class OfTurn(Edit):
    """On one turn."""

    turn: str

    @property
    def touches(self) -> frozenset[str]:
        return frozenset({self.turn})


class Rewrite(OfTurn):
    """The turn now reads so."""

    kind: Literal["rewrite"] = "rewrite"
    written: str = Field(max_length=100_000)


class Revert(OfTurn):
    """One change of 整文, at ``spoken[start:end]``, is taken back."""

    kind: Literal["revert"] = "revert"
    rule: str
    start: int
    end: int


class Split(OfTurn):
    """In two, before ``written[at]``."""

    kind: Literal["split"] = "split"
    at: int


class Merge(OfTurn):
    """With the turn after it."""

    kind: Literal["merge"] = "merge"
    other: str

    @property
    def touches(self) -> frozenset[str]:
        return frozenset({self.turn, self.other})


class Speak(OfTurn):
    """Somebody else said this: a known speaker, or a new one (None)."""

    kind: Literal["speak"] = "speak"
    speaker: str | None


class Show(OfTurn):
    """Whether the turn is printed."""

    kind: Literal["show"] = "show"
    printed: bool


class Redact(OfTurn):
    """``written[start:end]`` is not for the public; ``marked`` False takes the marks in the range away."""

    kind: Literal["redact"] = "redact"
    start: int = Field(ge=0)
    end: int = Field(ge=0)
    marked: bool = True


class Place(Edit):
    """The turns from ``turn`` to ``through`` belong to this item and phase: a boundary is moved by placing what it passes."""

    kind: Literal["place"] = "place"
    turn: str
    through: str
    item: int | None
    phase: Phase


class Person(Edit):
    """Who a voice is, everywhere."""

    kind: Literal["person"] = "person"
    speaker: str
    role: Role
    name: str | None = Field(default=None, max_length=100)

    @property
    def touches(self) -> frozenset[str]:
        return frozenset({f"speaker:{self.speaker}"})


class Unite(Edit):
    """Two voices are one person: ``speaker`` becomes ``into``."""

    kind: Literal["unite"] = "unite"
    speaker: str
    into: str


class Decide(Edit):
    """The result of an item as a person confirms it; None: still open."""

    kind: Literal["decide"] = "decide"
    item: int
    result: str | None = Field(default=None, max_length=500)

    @property
    def touches(self) -> frozenset[str]:
        return frozenset({f"item:{self.item}"})


class Replace(Edit):
    """``find`` becomes ``by`` in these turns, everywhere."""

    kind: Literal["replace"] = "replace"
    find: str = Field(min_length=1, max_length=1000)
    by: str = Field(max_length=1000)
    turns: tuple[str, ...]

    @property
    def touches(self) -> frozenset[str]:
        return frozenset(self.turns)


class Tick(Edit):
    """Read against the audio, or not after all."""

    kind: Literal["tick"] = "tick"
    turns: tuple[str, ...]
    done: bool

    @property
    def touches(self) -> frozenset[str]:
        return frozenset(f"tick:{turn}" for turn in self.turns)


class Promote(Edit):
    """How far the 会議録 has come."""

    kind: Literal["promote"] = "promote"
    state: State

    @property
    def touches(self) -> frozenset[str]:
        return frozenset({"state"})


class Restore(Edit):
    """As it was at an earlier revision. ``way`` tells 元に戻す, やり直す and a chosen revision apart."""

    kind: Literal["restore"] = "restore"
    revision: int = Field(ge=0)
    way: Literal["undo", "redo", "chosen"] = "chosen"


AnyEdit = Annotated[
    Rewrite
    | Revert
    | Split
    | Merge
    | Speak
    | Show
    | Redact
    | Place
    | Person
    | Unite
    | Decide
    | Replace
    | Tick
    | Promote
    | Restore,
    Field(discriminator="kind"),
]
EDIT: TypeAdapter[AnyEdit] = TypeAdapter(AnyEdit)


def disjoint(one: frozenset[str], other: frozenset[str]) -> bool:
    """Whether edits that touch these can both stand."""
    return ALL not in one and ALL not in other and one.isdisjoint(other)

"""The sentence as the sections see it: what it announces, what it fits, which items it names.

In: nothing. Out: ``Unit``, which the evidence fills in and the decoding reads.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from pipeline.schema import Turn
from pipeline.terms import Phase, Role

BARE_NEXT_CHARS = 15
INTERJECTION_CHARS = 15  # shorter turns do not answer and do not interrupt
OFFICIALS = (Role.AGENCY, Role.SECRETARIAT)


@dataclass
class Unit:
    """A sentence: words ``[begin, end)`` of ``turn``.

    ``announces``: worth of a phase beginning here. ``fits``: of standing in a phase. ``named``: clarity 0..1 of the items
    named from here to the end of the turn; ``here``: in this sentence. ``homes``: the items of the speaker's department.
    """

    turn: Turn
    begin: int
    end: int
    text: str
    role: Role
    families: dict[str, float]
    announces: defaultdict[Phase, float] = field(default_factory=lambda: defaultdict(float))
    fits: defaultdict[Phase, float] = field(default_factory=lambda: defaultdict(float))
    here: dict[int, float] = field(default_factory=dict)
    named: dict[int, float] = field(default_factory=dict)
    homes: frozenset[int] = frozenset()

    @property
    def starts_turn(self) -> bool:
        return self.begin == 0

    @property
    def is_bare_next(self) -> bool:
        """「次いきます。」: what it goes over to is named in the next sentence."""
        return "next" in self.families and not self.here and len(self.text) < BARE_NEXT_CHARS

    @property
    def is_courtesy(self) -> bool:
        """Says nothing of its own about the place: thanks, and the resuming of whatever was interrupted."""
        return not self.families.keys().isdisjoint({"courtesy", "resume"})

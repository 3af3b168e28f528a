"""です・ます to だ・である, by morphemes.

In: the morphemes of a text. Out: ``Ending``s, each a range of morphemes and the plain words for it, and ``Untouched``
ranges that no rule covers: those are left as spoken and reported, never guessed. A polite ending is a cluster of
auxiliaries (おり+**ませ+ん+でし+た**) with what it hangs on before it and particles after it (か, ね, けれども). Which plain
form it gets is decided in ``copula`` (です) and ``politeverb`` (ます); the particles are dealt with here, once for both.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import NamedTuple

from pipeline.japanese.morphemes import NOTHING, Morph


class Uncovered(Exception):
    """No rule for this form."""


class Ending(NamedTuple):
    """Morphemes ``first`` to ``last`` inclusive become ``text``."""

    rule: str
    text: str
    first: int
    last: int


class Untouched(NamedTuple):
    """Morphemes ``first`` to ``last`` inclusive stay polite or spoken."""

    first: int
    last: int


class Tail(Enum):
    """What follows a polite ending."""

    NONE = auto()
    ASKS = auto()  # か at the end of a clause
    SOFTENS = auto()  # ね, よ at the end of a clause: dropped
    CONFIRMS = auto()  # よね: asks for agreement, which plain writing has no word for
    CONTRASTS = auto()  # けど, けれども: written が


_AUXILIARIES = ("ます", "です", "た", "ぬ", "ん", "う", "よう")
_SOFTENERS = ("ね", "よ", "ねえ", "な", "なあ", "わ")


@dataclass(frozen=True)
class Cluster:
    """Auxiliaries ``first`` to ``last`` inclusive of ``morphs``. ``questioner``: said by somebody who is there to ask."""

    morphs: Sequence[Morph]
    first: int
    last: int
    questioner: bool = False

    def at(self, i: int) -> Morph:
        return self.morphs[i] if 0 <= i < len(self.morphs) else NOTHING

    @property
    def form(self) -> str:
        return "".join(m.surface for m in self.morphs[self.first : self.last + 1])

    @property
    def before(self) -> Morph:
        return self.at(self.first - 1)

    @property
    def following(self) -> Morph:
        return self.at(self.last + 1)

    def tail(self) -> tuple[Tail, int]:
        """What follows, and the index of its last morpheme."""
        i = self.last + 1
        surface = self.at(i).surface
        if surface in ("けど", "けれど", "けれども", "けども"):
            end = i + (self.at(i + 1).surface == "も")
            if self.at(end + 1).surface in _SOFTENERS and self.at(end + 2).stops:
                return Tail.SOFTENS, end + 1  # 〜と思うんですけどね。: nothing is contrasted
            return Tail.CONTRASTS, end
        if surface == "よ" and self.at(i + 1).surface == "ね" and self.at(i + 2).stops:
            return Tail.CONFIRMS, i + 1
        if surface == "か":
            end = i + (self.at(i + 1).surface in _SOFTENERS)
            if self.at(end + 1).stops:
                return Tail.ASKS, end
        if surface in _SOFTENERS and self.at(i + 1).stops:
            return Tail.SOFTENS, i
        return Tail.NONE, self.last


def plain(morphs: Sequence[Morph], questioner: bool = False) -> Iterator[Ending | Untouched]:
    """In order, and apart."""
    from pipeline.japanese import copula, politeverb  # they need the records above

    for first, last in _clusters(morphs):
        cluster = Cluster(morphs, first, last, questioner)
        try:
            ending = (copula if morphs[first].base == "です" else politeverb).plain(cluster)
        except (Uncovered, ValueError):
            yield Untouched(first if cluster.before.stops else first - 1, last)
            continue
        tail, end = cluster.tail()
        if tail is Tail.CONTRASTS:
            ending = ending._replace(text=ending.text + "が", last=end)
        elif tail is Tail.ASKS:
            ending = ending._replace(text=ending.text + "か", last=end)
        elif tail is Tail.SOFTENS:
            ending = ending._replace(last=end)
        yield ending
        if tail is Tail.CONFIRMS and ending.last < end:
            yield Untouched(end - 1, end)


def _clusters(morphs: Sequence[Morph]) -> Iterator[tuple[int, int]]:
    i = 0
    while i < len(morphs):
        if morphs[i].pos == "助動詞" and morphs[i].base in ("ます", "です"):
            j = i
            while j + 1 < len(morphs) and morphs[j + 1].pos == "助動詞" and morphs[j + 1].base in _AUXILIARIES:
                j += 1
            yield i, j
            i = j
        i += 1

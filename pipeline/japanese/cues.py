"""Finding cue families in a sentence by its reading.

In: one sentence. Out: the families it belongs to, with a strength 0..1. What people say and what it tells is data
(``cues.toml``, which documents its keys); here is only how a phrase is matched: its reading must occur in the reading of
the sentence, in a long phrase with a sound or two wrong.
"""

from __future__ import annotations

import functools
import re
from typing import Any

from rapidfuzz import fuzz

from pipeline.japanese import tables
from pipeline.japanese.reading import kana
from pipeline.schema import Record
from pipeline.terms import Phase, Role

GAP = "…"
GAP_SOUNDS = 15
SOUNDS_PER_ERROR = 8  # one wrong sound in 8..15, two in 16..23; shorter phrases are everywhere with a sound changed
POLITE_TAIL = re.compile(r"(?:デ?ゴザイ|イタシ|イタダ|サセテ|シマシ?|マシ|オネガイ|アリガトウ|クダサイ).*$")
WHOLE_REST = 2  # sounds beside the phrases of a family that must be the whole sentence
ASKED = re.compile(r"[?？]\s*$")  # in dialect a question may have no other mark than the recogniser's
NEARLY = 0.5  # strength of a match with wrong sounds


class Family(Record):
    """One table of ``cues.toml``; readings instead of spellings, a phrase split at its gap."""

    name: str
    says: str
    phrases: tuple[tuple[str, ...], ...]
    cores: tuple[str, ...]
    endings: tuple[str, ...]
    excluded: tuple[tuple[str, ...], ...]
    exact: bool
    whole: bool
    roles: dict[Role, float]
    begins: Phase | None
    worth: float
    by: tuple[Role, ...]
    within: dict[Phase, float]


@functools.cache
def families() -> dict[str, Family]:
    """By name, in the order of the file."""
    return {name: _family(name, table) for name, table in tables.read("cues").items()}


def _family(name: str, table: dict[str, Any]) -> Family:
    phrases = tuple(_parts(phrase) for phrase in table.get("phrases", ()))
    exact = table.get("exact", False)
    return Family(
        name=name,
        says=table.get("says", ""),
        phrases=phrases,
        cores=() if exact else _cores(phrases),
        endings=tuple(kana(phrase) for phrase in table.get("endings", ())),
        excluded=tuple(_parts(phrase) for phrase in table.get("not", ())),
        exact=exact,
        whole=table.get("whole", False),
        roles=table.get("roles", {}),
        begins=table.get("begins"),
        worth=table.get("worth", 0.0),
        by=tuple(table.get("by", ())),
        within=table.get("within", {}),
    )


@functools.lru_cache(maxsize=20_000)
def found(sentence: str) -> dict[str, float]:
    """Family name to strength for the families in ``sentence``; treat the result as read-only."""
    sound = kana(sentence)
    result = {}
    for family in families().values():
        strength = 1.0 if sound.endswith(family.endings) else _best(family, sound)
        if strength and not any(_occurs(phrase, sound) for phrase in family.excluded):
            result[family.name] = strength
    if ASKED.search(sentence) and "consent_question" not in result:
        result.setdefault("question", 1.0)
    return result


def _best(family: Family, sound: str) -> float:
    if family.whole:
        return 1.0 if _is_made_of(family, sound) else 0.0
    if any(_occurs(phrase, sound) for phrase in family.phrases):
        return 1.0
    return NEARLY if any(_nearly(core, sound) for core in family.cores) else 0.0


def _occurs(phrase: tuple[str, ...], sound: str) -> bool:
    """The parts in order, each at most ``GAP_SOUNDS`` after the one before."""
    if len(phrase) == 1:
        return phrase[0] in sound
    at = sound.find(phrase[0])
    while at >= 0:
        end, rest = at + len(phrase[0]), phrase[1:]
        while rest and (next_at := sound.find(rest[0], end, end + GAP_SOUNDS + len(rest[0]))) >= 0:
            end, rest = next_at + len(rest[0]), rest[1:]
        if not rest:
            return True
        at = sound.find(phrase[0], at + 1)
    return False


def _nearly(core: str, sound: str) -> bool:
    """With wrong sounds in proportion to its length."""
    errors = len(core) // SOUNDS_PER_ERROR
    # A sound replaced costs 1/n of rapidfuzz's ratio, one left out or doubled about half of that.
    return len(sound) >= len(core) - errors and (
        fuzz.partial_ratio(core, sound, score_cutoff=100 * (1 - errors / len(core)) - 0.1) > 0
    )


def _cores(phrases: tuple[tuple[str, ...], ...]) -> tuple[str, ...]:
    """What may be misheard: phrases without a gap, less the polite tail that half of all sentences share, if long enough."""
    cores = (POLITE_TAIL.sub("", phrase[0]) for phrase in phrases if len(phrase) == 1)
    return tuple(dict.fromkeys(core for core in cores if len(core) >= SOUNDS_PER_ERROR))


def _is_made_of(family: Family, sound: str) -> bool:
    """Whether nothing is left of the sentence without the phrases (longest first)."""
    rest = sound
    for phrase in sorted((parts[0] for parts in family.phrases), key=len, reverse=True):
        rest = rest.replace(phrase, "")
    return rest != sound and len(rest) <= WHOLE_REST


def _parts(phrase: str) -> tuple[str, ...]:
    return tuple(kana(part) for part in phrase.split(GAP))

"""Finding cue families in a sentence by its reading.

In: one sentence. Out: the families it belongs to, with a strength 0..1. The phrases are data (``cues.toml``); here is only
how they are matched: the reading of the phrase must occur in the reading of the sentence, a few sounds may differ.
"""

from __future__ import annotations

import functools
import tomllib
from importlib import resources

from rapidfuzz import fuzz

from pipeline.japanese.reading import kana
from pipeline.schema import Record

ALIKE = 84  # of 100: about one sound in six may differ
SHORT_KANA = 6  # phrases under this length must match exactly: with a sound changed they are everywhere


class Family(Record):
    """One table of ``cues.toml``."""

    name: str
    phrases: tuple[str, ...]
    excluded: tuple[str, ...] = ()
    exact: bool = False


@functools.cache
def families() -> tuple[Family, ...]:
    tables = tomllib.loads(resources.files("pipeline.japanese").joinpath("cues.toml").read_text(encoding="utf-8"))
    return tuple(
        Family(
            name=name,
            phrases=tuple(kana(phrase) for phrase in table["phrases"]),
            excluded=tuple(kana(phrase) for phrase in table.get("not", ())),
            exact=table.get("exact", False),
        )
        for name, table in tables.items()
    )


@functools.lru_cache(maxsize=20_000)
def found(sentence: str) -> dict[str, float]:
    """Family name to strength for the families in ``sentence``; treat the result as read-only."""
    sound = kana(sentence)
    result: dict[str, float] = {}
    for family in families():
        if any(phrase in sound for phrase in family.excluded):
            continue
        strength = max((_strength(phrase, sound, family.exact) for phrase in family.phrases), default=0.0)
        if strength > 0:
            result[family.name] = strength
    return result


def _strength(phrase: str, sound: str, exact: bool) -> float:
    if phrase in sound:
        return 1.0
    if exact or len(phrase) < SHORT_KANA or len(sound) < len(phrase) * 0.8:
        return 0.0
    alike = fuzz.partial_ratio(phrase, sound, score_cutoff=ALIKE)
    return (alike - ALIKE) / (100 - ALIKE) * 0.7 + 0.3 if alike else 0.0

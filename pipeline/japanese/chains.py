"""Sentences that go on and on: where a chain of clauses may be cut without changing what is said.

In: a ``Talk``. Out: ``Change``s that end a clause and put a full stop. Cut is only where nothing hangs on the joint: after a
state (〜ておりまして、〜でして、), in a sentence far longer than readers bear, before words that begin anew (また、, 来年度は…).
An action joined by て may be a cause, a means or a time before the next, and が and ので mean something: those stay joined.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from pipeline.japanese import dearu
from pipeline.japanese.morphemes import Talk
from pipeline.schema import Change

RULE = "長い文の分割"
LONG_CHARS, PART_CHARS = 90, 25  # of a sentence that is cut, and of each part at least
NEW_TOPIC_CHARS = 15
_STATES = ("おる", "いる", "ござる")
_FULL = {"まし": "ます", "でし": "です"}


def plain(talk: Talk) -> Iterator[Change]:
    """〜ておりまして、また → 〜ている。また."""
    stops = set(_joints(talk))
    morphs = [replace(morph, surface="。") if i in stops else morph for i, morph in enumerate(talk.morphs)]
    for found in dearu.plain(morphs, talk.questioner):
        if isinstance(found, dearu.Ending) and found.last + 1 in stops:
            yield _change(talk, found.first, found.last + 1, found.text + "。")


def polite(talk: Talk) -> Iterator[Change]:
    """〜ておりまして、また → 〜ております。また."""
    for comma in _joints(talk):
        yield _change(talk, comma - 2, comma, _FULL[talk.at(comma - 2).surface] + "。")


def _joints(talk: Talk) -> list[int]:
    """Commas, by number of the morpheme, that may be full stops."""
    result: list[int] = []
    begin = 0
    for i, morph in enumerate(talk.morphs):
        if morph.surface in ("。", "？", "?"):
            begin = morph.end
        elif morph.surface == "、" and _after_state(talk, i) and _begins_anew(talk, i):
            end = next((m.end for m in talk.morphs[i:] if m.surface in ("。", "？", "?")), len(talk.text))
            long = end - begin >= LONG_CHARS or bool(result and talk.at(result[-1]).end == begin)
            if long and morph.begin - begin >= PART_CHARS and end - morph.end >= PART_CHARS:
                result.append(i)
                begin = morph.end
    return result


def _after_state(talk: Talk, comma: int) -> bool:
    joined, polite, verb = talk.at(comma - 1), talk.at(comma - 2), talk.at(comma - 3)
    if joined.surface != "て" or polite.surface not in _FULL:
        return False
    return polite.base == "です" or (polite.base == "ます" and verb.base in _STATES)


def _begins_anew(talk: Talk, comma: int) -> bool:
    """A conjunction, or a topic of its own."""
    if talk.at(comma + 1).pos == "接続詞":
        return True
    begin = talk.at(comma).end
    for morph in talk.morphs[comma + 1 :]:
        if morph.stops or morph.end - begin > NEW_TOPIC_CHARS or morph.pos in ("動詞", "形容詞", "助動詞"):
            return False
        if morph.surface == "は" and morph.detail == "係助詞":
            return True
    return False


def _change(talk: Talk, first: int, last: int, after: str) -> Change:
    start, end = talk.at(first).begin, talk.at(last).end
    return Change(rule=RULE, start=start, end=end, before=talk.text[start:end], after=after)

"""Which agenda items does a sentence speak of.

In: a sentence and the agenda. Out: how clearly each item is named, 0..1: by its number (「諮問第13号」, 「報告の2番」), its
title or the words that only its title has, its department. Recognisers garble both sides (指紋第1三号), so numerals are read
in any mixture, kinds and titles by sound; a number that stands before 条, 項 or ページ names nothing.
"""

from __future__ import annotations

import functools
import re
import unicodedata

from rapidfuzz import fuzz

from pipeline.japanese.reading import COUNTED, NUMERAL, content_words, kana, number
from pipeline.schema import AgendaItem

TITLE_ALIKE = 80  # of 100
TITLE_SOUNDS = 8  # a shorter title is found by its words only
WORDS_SHARE = 0.5  # of the words that only this title has
BY_WORDS, BY_DEPARTMENT, BY_BARE_NUMBER, BY_ONE_WORD = 0.6, 0.5, 0.7, 0.3
DISTINCT_SOUNDS = 4  # of a single word that tells an item
_LABEL_NUMBER = re.compile(NUMERAL)
_NUMBER = re.compile(rf"(?P<ordinal>第?)(?P<n>{NUMERAL})(?P<unit>号議案|号|番目|番|件目|つ目|)")
_AND = re.compile(rf"^(?:と|及び|、|から)(?:第)?(?P<n>{NUMERAL})(?:号|番)?(?=[^0-9年月日時分人名件円個条項])")
_KIND_NOISE = re.compile(rf"第|号|番|その|[()()\s]|{NUMERAL}")


@functools.lru_cache(maxsize=20_000)
def named(sentence: str, agenda: tuple[AgendaItem, ...]) -> dict[int, float]:
    """Agenda index to clarity for the items named; treat the result as read-only."""
    clear: dict[int, float] = {}
    found = [*_numbers(sentence, agenda), *_titles(sentence, agenda), *_departments(sentence, agenda)]
    for i, worth in found or _kinds(sentence, agenda):
        clear[i] = max(clear.get(i, 0.0), worth)
    return clear


@functools.cache
def _labels(agenda: tuple[AgendaItem, ...]) -> tuple[tuple[str, int | None, bool], ...]:
    """Of each label the sound of its kind (シモン, ホウコク), its number, and whether that is a 号."""
    result = []
    for item in agenda:
        label = unicodedata.normalize("NFKC", item.label)
        found = _LABEL_NUMBER.search(label)
        result.append(
            (kana(_KIND_NOISE.sub("", label).removesuffix("事項")), number(found[0]) if found else None, "号" in label)
        )
    return tuple(result)


def _numbers(sentence: str, agenda: tuple[AgendaItem, ...]) -> list[tuple[int, float]]:
    labels = _labels(agenda)
    normal = unicodedata.normalize("NFKC", sentence)
    result: list[tuple[int, float]] = []
    for match in _NUMBER.finditer(normal):
        # The kind may stand before or, in an earlier clause of the sentence, rule further numbers: 「報告の1番、2番」.
        before = kana(normal[max(0, match.start("n") - 9) : match.start("n")])
        unit = match["unit"]
        if not unit and COUNTED.match(normal, match.end()):
            continue
        values = [number(match["n"])]
        end = match.end("unit")
        while more := _AND.match(normal[end:] + "。"):
            values.append(number(more["n"]))
            end += len(more[0])
        for value in values:
            fitting = [i for i, (_, n, _) in enumerate(labels) if n is not None and n == value]
            with_kind = [i for i in fitting if labels[i][0] and labels[i][0] in before]
            if with_kind:
                result += [(i, 1.0) for i in with_kind]
            elif unit.startswith("号") and len(fitting) == 1 and labels[fitting[0]][2]:
                result.append((fitting[0], 1.0))
            elif unit in ("番", "番目", "件目") and len(fitting) == 1 and not match["ordinal"]:
                result.append((fitting[0], BY_BARE_NUMBER))
    return result


def _kinds(sentence: str, agenda: tuple[AgendaItem, ...]) -> list[tuple[int, float]]:
    """「あとは報告ですね」, where only one item is a 報告."""
    sound = kana(sentence)
    kinds = [kind for kind, _, _ in _labels(agenda)]
    return [(i, BY_ONE_WORD) for i, kind in enumerate(kinds) if len(kind) >= 4 and kinds.count(kind) == 1 and kind in sound]


def _titles(sentence: str, agenda: tuple[AgendaItem, ...]) -> list[tuple[int, float]]:
    sound = kana(sentence)
    result = []
    for i, (title, words) in enumerate(_title_sounds(agenda)):
        whole = len(title) >= TITLE_SOUNDS and len(sound) >= 0.7 * len(title)
        if whole and fuzz.partial_ratio(title, sound, score_cutoff=TITLE_ALIKE):
            result.append((i, 1.0))
        elif len(words) >= 2 and sum(word in sound for word in words) >= max(2, WORDS_SHARE * len(words)):
            result.append((i, BY_WORDS))
        elif any(len(word) >= DISTINCT_SOUNDS and word in sound for word in words):
            result.append((i, BY_ONE_WORD))
    return result


@functools.cache
def _title_sounds(agenda: tuple[AgendaItem, ...]) -> tuple[tuple[str, frozenset[str]], ...]:
    """Of each title its sound, and the sounds of the content words that no other title has."""
    words = [frozenset(content_words(item.title)) for item in agenda]
    return tuple(
        (kana(item.title), words[i] - frozenset().union(*words[:i], *words[i + 1 :])) for i, item in enumerate(agenda)
    )


def _departments(sentence: str, agenda: tuple[AgendaItem, ...]) -> list[tuple[int, float]]:
    sound = kana(sentence)
    departments = [kana(item.department) for item in agenda]
    whole = [
        (i, BY_DEPARTMENT)
        for i, department in enumerate(departments)
        if len(department) >= 4 and department in sound and departments.count(department) == 1
    ]
    words = _department_words(agenda)
    return whole or [(i, BY_ONE_WORD) for i, own in enumerate(words) if any(word in sound for word in own)]


@functools.cache
def _department_words(agenda: tuple[AgendaItem, ...]) -> tuple[frozenset[str], ...]:
    """Of each department the sounds of the words that no other has (営繕 of 施設営繕課)."""
    words = [frozenset(content_words(item.department)) for item in agenda]
    return tuple(
        frozenset(word for word in own if len(word) >= DISTINCT_SOUNDS).difference(*words[:i], *words[i + 1 :])
        for i, own in enumerate(words)
    )

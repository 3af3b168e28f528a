"""What slips into minutes while they are written, and readers stumble over: stray spaces, doubled words, lost particles,
what was said after the sentence that it belongs into.

In: a written text. Out: ``Remark``s; nothing is changed here. The kinds are those that were found in published 会議録. Each
check is a pattern that hardly occurs in a sound sentence, since a list that is mostly wrong is not read to its end.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from pipeline.japanese import morphemes
from pipeline.japanese.morphemes import Talk
from pipeline.remarks import Remark

_JAPANESE = "ぁ-んァ-ヶー一-龠々、。「」・"
_SPACE = re.compile(rf"(?<=[{_JAPANESE}])[ \t\u3000]+(?=[{_JAPANESE}])")
_STOPS = re.compile(r"[、。，．]{2,}|。、|、。")
_DOUBLED = re.compile(r"(?P<w>[一-龠々]{2,}|[ァ-ヶー]{3,}|[ぁ-ん]{4,})(?P=w)")
_PARTICLES_ONCE = ("を", "が", "は", "に", "で", "の", "も", "へ", "から", "まで", "より")
_AS_ADVERBS = ("両方", "双方", "全員", "全部", "大半", "大部分", "各自", "毎回")
_PREDICATES = ("動詞", "形容詞", "助動詞")
_LEFT_OPEN = ("格助詞", "係助詞", "副助詞")
_BRACKETS = {"」": "「", "』": "『", ")": "(", "】": "【"}
_MAKES_VERBS = (
    "する", "す", "為る", "できる", "出来る", "なさる", "いたす", "致す", "くださる", "下さる", "いただく", "頂く", "願う", "申し上げる",
    "ござる", "おる", "られる", "させる", "しまう", "あずかる", "賜る", "給う", "たまう", "始める", "続ける", "終える", "済む", "みる",
)  # fmt: skip


def find(text: str) -> tuple[Remark, ...]:
    """In order."""
    talk = Talk(text, morphemes.of(text))
    found = [
        *_spaces(text),
        *_stops(text),
        *_brackets(text),
        *_doubled(talk),
        *_particles(talk),
        *_run_together(talk),
        *_inverted(talk),
    ]
    return tuple(sorted(found, key=lambda remark: (remark.start, remark.end)))


def _spaces(text: str) -> Iterator[Remark]:
    for match in _SPACE.finditer(text):
        yield _remark("空白", text, *match.span(), "", "語の途中か句読点の後に空白があります。")


def _stops(text: str) -> Iterator[Remark]:
    for match in _STOPS.finditer(text):
        after = "。" if "。" in match[0] else match[0][0]
        yield _remark("句読点", text, *match.span(), after, "句読点が続いています。")


def _brackets(text: str) -> Iterator[Remark]:
    waiting: list[tuple[str, int]] = []
    for at, character in enumerate(text):
        if character in _BRACKETS.values():
            waiting.append((character, at))
        elif character in _BRACKETS:
            if waiting and waiting[-1][0] == _BRACKETS[character]:
                waiting.pop()
            else:
                yield _remark("かっこ", text, at, at + 1, None, "開くかっこがありません。")
    for _, at in waiting:
        yield _remark("かっこ", text, at, at + 1, None, "閉じるかっこがありません。")


def _doubled(talk: Talk) -> Iterator[Remark]:
    """A word twice over: 「ということということ」, 「対策対策」; and a particle twice: 「を を」, 「のの」."""
    for match in _DOUBLED.finditer(talk.text):
        if any(morph.begin < match.start("w") + len(match["w"]) < morph.end for morph in talk.morphs):
            continue  # the analyser knows a longer word here (それぞれ, なかなか)
        yield _remark("重複", talk.text, *match.span(), match["w"], "同じ言葉が続いています。")
    for before, after in pairwise(talk.morphs):
        if before.surface == after.surface and before.surface in _PARTICLES_ONCE and before.pos == after.pos == "助詞":
            yield _remark("重複", talk.text, before.begin, after.end, before.surface, "助詞が続いています。")


def _particles(talk: Talk) -> Iterator[Remark]:
    """A noun and a verb that takes it, with nothing between: 「省力化なる」."""
    for i, (noun, verb) in enumerate(pairwise(talk.morphs)):
        if (
            noun.pos == "名詞"
            and noun.detail == "普通名詞"
            and not noun.is_adverbial
            and noun.surface not in _AS_ADVERBS
            and talk.at(i - 1).pos != "接頭辞"
            and len(noun.surface) > 1
            and verb.pos == "動詞"
            and verb.base not in _MAKES_VERBS
            and not _is_noun_here(talk, i + 1)
        ):
            yield _remark("助詞", talk.text, noun.begin, verb.end, None, f"「{noun.surface}」の後に助詞がありません。")


def _run_together(talk: Talk) -> Iterator[Remark]:
    """Two verbs with nothing between: 「提出してらう」, where もらう has lost its も."""
    for before, verb in pairwise(talk.morphs):
        if before.pos == "動詞" and before.surface == "し" and verb.pos == "動詞" and verb.detail == "一般":
            yield _remark("脱字", talk.text, before.begin, verb.end, None, "文字が抜けているかもしれません。")


def _inverted(talk: Talk) -> Iterator[Remark]:
    """What follows its predicate: 「違う、それは。」, 「…と思う。長崎市にとっても。」. Marked and not moved: where to is a choice."""
    begins: int | None = None  # of a fragment, if one begins here: after a full stop, or a comma after a predicate
    for i, morph in enumerate(talk.morphs):
        before = talk.at(i - 1)
        if morph.surface == "。":
            if begins is not None and begins < i and before.pos == "助詞" and before.detail in _LEFT_OPEN:
                yield _remark(
                    "倒置", talk.text, talk.at(begins).begin, morph.end, None, "前の文に入る言葉か、言いさしです。"
                )
            begins = i + 1
        elif morph.surface == "、" and before.pos in _PREDICATES and before.surface == before.base:
            begins = i + 1


def _is_noun_here(talk: Talk, i: int) -> bool:
    """What the analyser takes for a verb, though particles follow it like a noun: 「意見聞き取りの」."""
    return talk.at(i + 1).detail in ("格助詞", "係助詞") or talk.at(i + 1).pos == "名詞"


def _remark(kind: str, text: str, start: int, end: int, after: str | None, reason: str) -> Remark:
    return Remark(kind=kind, start=start, end=end, before=text[start:end], after=after, reason=reason)

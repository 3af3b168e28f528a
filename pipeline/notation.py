"""Spellings that the city's standard writes otherwise, as suggestions for the proofreader: nothing is changed here.

In: a written text and the layout, which names a standard (公用文, 標準用字用例辞典, 記者ハンドブック) and may add words of its
own; those go before the standard's. Out: ``Remark``s of kind 表記, in order and apart. The dictionaries disagree with each
other, so there is no right spelling without a layout; which words they spell how is data (``japanese/notation.toml``). A
spelling counts only as the kind of word it is listed for: 時 after a verb is とき, in 「時の市長」 it is not.
"""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from pipeline.japanese import morphemes, tables
from pipeline.japanese.morphemes import Talk
from pipeline.layouts import Layout, Notation
from pipeline.remarks import Remark

KIND = "表記"
_OWN = "様式の words"
_NOMINAL = ("格助詞", "係助詞", "副助詞")
_BEFORE_FORMAL = ("動詞", "形容詞", "助動詞", "連体詞")
_SO = ("この", "その", "あの", "どの", "の")


class _Spelling(NamedTuple):
    wrong: str
    right: str
    kind: str
    source: str


def suggestions(text: str, layout: Layout) -> tuple[Remark, ...]:
    """In order; where two would overlap, the layout's own and then the longer one."""
    talk = Talk(text, morphemes.of(text))
    taken: list[Remark] = []
    for spelling in _spellings(layout):
        for start, end, after in _found(talk, spelling):
            if all(end <= other.start or other.end <= start for other in taken):
                reason = f"{spelling.source}では「{spelling.right}」と書きます。"
                taken.append(Remark(kind=KIND, start=start, end=end, before=text[start:end], after=after, reason=reason))
    return tuple(sorted(taken, key=lambda remark: remark.start))


def _spellings(layout: Layout) -> list[_Spelling]:
    own = [_Spelling(wrong, right, "語", _OWN) for right, others in layout.words.items() for wrong in others]
    known = {spelling.wrong for spelling in own} | set(layout.words)
    standard = () if layout.notation is Notation.NONE else _standard(layout.notation)
    listed = [s for s in standard if s.wrong not in known and s.right not in known]
    return [*sorted(own, key=lambda s: -len(s.wrong)), *sorted(listed, key=lambda s: -len(s.wrong))]


@functools.cache
def _standard(notation: Notation) -> tuple[_Spelling, ...]:
    kinds: Mapping[str, Mapping[str, list[str]]] = tables.read("notation")[notation.value]
    return tuple(
        _Spelling(wrong, right, kind, notation.value)
        for kind, words in kinds.items()
        for right, others in words.items()
        for wrong in others
    )


def _found(talk: Talk, spelling: _Spelling) -> Iterator[tuple[int, int, str]]:
    """Start, end and the replacement, for each place where the spelling stands as a word of its kind."""
    if spelling.kind == "動詞":
        yield from _verbs(talk, spelling)
        return
    fits = _FITS[spelling.kind]
    for match in re.finditer(re.escape(spelling.wrong), talk.text):
        first = next((i for i, morph in enumerate(talk.morphs) if morph.begin == match.start()), None)
        last = next((i for i, morph in enumerate(talk.morphs) if morph.end == match.end()), None)
        if first is not None and last is not None and fits(talk, first, last):
            yield match.start(), match.end(), spelling.right


def _verbs(talk: Talk, spelling: _Spelling) -> Iterator[tuple[int, int, str]]:
    """出来ます → できます: what differs at the head of the dictionary forms differs in every form."""
    pairs = zip(reversed(spelling.wrong), reversed(spelling.right), strict=False)
    same = sum(1 for _ in itertools.takewhile(lambda pair: pair[0] == pair[1], pairs))
    wrong, right = spelling.wrong[: len(spelling.wrong) - same], spelling.right[: len(spelling.right) - same]
    for morph in talk.morphs:
        if morph.pos == "動詞" and morph.base == spelling.wrong and morph.surface.startswith(wrong):
            yield morph.begin, morph.end, right + morph.surface[len(wrong) :]


def _word(talk: Talk, first: int, last: int) -> bool:
    return first != last or talk.at(first).pos != "動詞" or _noun(talk, first, last)


def _conjunction(talk: Talk, first: int, last: int) -> bool:
    return talk.at(first).pos == "接続詞"


def _adverb(talk: Talk, first: int, last: int) -> bool:
    return first == last and talk.at(first).pos in ("副詞", "名詞", "形容詞", "接続詞")


def _begins_clause(talk: Talk, first: int, last: int) -> bool:
    return talk.at(first - 1).stops


def _inside_clause(talk: Talk, first: int, last: int) -> bool:
    return not talk.at(first - 1).stops


def _noun(talk: Talk, first: int, last: int) -> bool:
    """A noun, or what the analyser takes for a verb though only a noun is followed by such a particle (取り組みを)."""
    if first == last and talk.at(first).pos == "動詞":
        return talk.at(first + 1).detail in _NOMINAL
    return talk.at(last).pos == "名詞"


def _formal_noun(talk: Talk, first: int, last: int) -> bool:
    before = talk.at(first - 1)
    return (
        first == last
        and talk.at(first).pos == "名詞"
        and (before.surface in _SO or before.pos in _BEFORE_FORMAL)
        and talk.at(first + 1).pos in ("助詞", "助動詞", "補助記号", "")
    )


def _after_number(talk: Talk, first: int, last: int) -> bool:
    return talk.at(first - 1).detail == "数詞"


_FITS: dict[str, Callable[[Talk, int, int], bool]] = {
    "語": _word,
    "接続詞": _conjunction,
    "副詞": _adverb,
    "文頭": _begins_clause,
    "文中": _inside_clause,
    "名詞": _noun,
    "形式名詞": _formal_noun,
    "数の後": _after_number,
}

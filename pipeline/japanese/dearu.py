"""です・ます to だ・である: one sentence, by its morphemes.

In: a sentence as spoken. Out: ``Change``s (rule, place, before, after) that make it 常体; everything else stays. A polite
ending is a cluster of morphemes (検討し+て+おり+ませ+ん); the cluster is read from its left: what it hangs on (verb, noun,
adjective, の) and which form it has (plain, past, negative, question...) decide the written form. What no rule covers is
left as spoken and reported, never guessed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pipeline.japanese import conjugation
from pipeline.japanese.reading import tokenizer
from pipeline.schema import Change


@dataclass(frozen=True)
class Morph:
    """A morpheme with its place in the sentence."""

    surface: str
    base: str
    pos: str
    detail: str
    kind: str
    begin: int
    end: int


NOTHING = Morph("", "", "", "", "", 0, 0)
HUMBLE = {  # verbs that the plain register replaces; the second is its conjugation type
    "おる": ("いる", "上一段-ア行"),
    "いたす": ("する", "サ行変格"),
    "致す": ("する", "サ行変格"),
    "ござる": ("ある", "五段-ラ行"),
    "存ずる": ("思う", "五段-ワア行"),
    "存じる": ("思う", "五段-ワア行"),
    "申し上げる": ("言う", "五段-ワア行"),
    "てる": ("ている", "上一段-ア行"),
    "でる": ("でいる", "上一段-ア行"),
    "とる": ("ている", "上一段-ア行"),
}
CONTRAST = ("が", "けど", "けれど", "けれども", "から")  # after these だ, elsewhere である


def morphs(sentence: str) -> list[Morph]:
    result = []
    for m in tokenizer().tokenize(sentence):
        pos: Any = m.part_of_speech()
        result.append(Morph(m.surface(), m.dictionary_form(), pos[0], pos[1], pos[4], m.begin(), m.end()))
    return result


def changes(sentence: str) -> tuple[list[Change], list[str]]:
    """The changes in order, and the polite endings (as spoken) that no rule covers."""
    found: list[Change] = []
    uncovered: list[str] = []
    sequence = morphs(sentence)
    for first, last in _clusters(sequence):
        before = sentence[sequence[first].begin : sequence[last].end]
        try:
            rule, after, first, last = _rewritten(sequence, first, last)
        except (ValueError, KeyError):
            uncovered.append(before)
            continue
        begin, end = sequence[first].begin, sequence[last].end
        if sentence[begin:end] != after:
            found.append(Change(rule=rule, start=begin, end=end, before=sentence[begin:end], after=after))
    return found, uncovered


def _clusters(sequence: list[Morph]) -> Iterator[tuple[int, int]]:
    """Index ranges of ます and です with the auxiliaries after them (ませ+ん+でし+た, でしょ+う), first to last inclusive."""
    i = 0
    while i < len(sequence):
        if sequence[i].pos == "助動詞" and sequence[i].base in ("ます", "です"):
            j = i
            while j + 1 < len(sequence) and _goes_on(sequence[j + 1]):
                j += 1
            yield i, j
            i = j
        i += 1


def _goes_on(m: Morph) -> bool:
    return m.pos == "助動詞" and m.base in ("ます", "です", "た", "ぬ", "ん", "う", "よう")


def _rewritten(sequence: list[Morph], first: int, last: int) -> tuple[str, str, int, int]:
    """Rule, new text, and the range that it replaces. Raises ValueError where no rule covers the form."""
    form = "".join(m.surface for m in sequence[first : last + 1])
    before = sequence[first - 1] if first else NOTHING
    following = sequence[last + 1] if last + 1 < len(sequence) else NOTHING
    asks = following.surface == "か" and _closes(sequence, last + 2)
    if sequence[first].base == "です":
        return _copula(sequence, first, last, form, before, asks)
    return _verb(sequence, first, last, form, before, following, asks)


def _closes(sequence: list[Morph], i: int) -> bool:
    """Whether the sentence ends at ``i`` (after ね, よ and the stop)."""
    return all(m.pos == "補助記号" or m.surface in ("ね", "よ", "な") for m in sequence[i : i + 3])


def _copula(sequence: list[Morph], first: int, last: int, form: str, before: Morph, asks: bool) -> tuple[str, str, int, int]:
    if form == "でした" and before.surface == "ん" and before.base in ("ぬ", "ん"):
        raise ValueError("handled with its verb")
    if before.surface in ("の", "ん") and before.pos == "助詞":  # 〜のです: the reference drops it, a question keeps の
        noun = first > 1 and sequence[first - 2].surface == "な"  # 件なんです: の cannot go without な
        if noun and not asks and form == "です":
            following = sequence[last + 1] if last + 1 < len(sequence) else NOTHING
            return "なのです→である", "だ" if following.surface in CONTRAST else "である", first - 2, last
        if asks and form in ("です", "でしょう"):
            return "のですか→のか", "の", first - 1, last
        if form == "です":
            return "のです→", "", first - 1, last
        if form == "でしょう":
            return "のでしょう→のだろう", "のだろう", first - 1, last
        raise ValueError(form)
    adjective = before.pos == "形容詞" or (
        before.pos == "助動詞" and before.base in ("た", "ない", "たい", "らしい", "だ", "ぬ", "ん")
    )
    verb = before.pos == "動詞" or adjective
    if form == "です":
        if adjective:
            return ("いですか→いのか", "の", first, last) if asks else ("いです→い", "", first, last)
        following = sequence[last + 1] if last + 1 < len(sequence) else NOTHING
        if asks:
            return "ですか→か", "", first, last
        return ("ですが→だが", "だ", first, last) if following.surface in CONTRAST else (
            "です→である", "である", first, last
        )  # fmt: skip
    if form == "でしょう":
        if asks and before.base == "ない" and first > 1 and sequence[first - 2].surface == "は":
            return "ではないでしょうか→ではないか", "", first, last
        if asks:
            return ("でしょうか→のか", "の", first, last) if verb else ("でしょうか→か", "", first, last)
        return "でしょう→だろう", "だろう", first, last
    if form == "でした":
        return ("かったです→かった", "", first, last) if adjective else ("でした→であった", "であった", first, last)
    raise ValueError(form)


def _verb(
    sequence: list[Morph], first: int, last: int, form: str, before: Morph, following: Morph, asks: bool
) -> tuple[str, str, int, int]:
    if before.pos == "助詞" and before.surface in ("て", "で"):  # い抜き: 〜てます
        before = Morph(before.surface, before.surface + "いる", "動詞", "", "上一段-ア行", before.begin, before.end)
    if before.pos not in ("動詞", "助動詞") or not before.base:
        raise ValueError(form)
    start = first - 1
    base, kind = HUMBLE.get(before.base, (before.base, before.kind))
    earlier = sequence[start - 1] if start else NOTHING
    if before.base == "ござる" and earlier.surface == "で":  # 〜でございます
        start, base = start - 1, "である"
        earlier = sequence[start - 1] if start else NOTHING
        if asks and form == "ます":
            return "でございますか→か", "", start, last
    if before.base in ("いたす", "致す") and earlier.pos not in ("名詞", "接尾辞") and earlier.detail != "サ変可能":
        raise ValueError("いたす without its noun")
    polite = sequence[start - 2] if start > 1 else NOTHING
    if (
        base == "する"
        and before.base in ("いたす", "致す", "する")
        and polite.surface in ("お", "ご")
        and polite.pos == "接頭辞"
    ):
        raise ValueError("お〜します")  # requests and thanks; what they become depends on who asks whom
    rule = f"{before.base}ます→{base}" if base != before.base else "ます→普通形"
    if form == "ます":
        if following.surface in (
            "と",
            "し",
            "の",
            "が",
            "けど",
            "けれど",
            "けれども",
            "から",
            "よう",
            "か",
            "ので",
        ) or _plain_after(following):
            return rule, base + ("の" if asks and not base.endswith("である") else ""), start, last
        raise ValueError(form)
    if form == "ました":
        return rule, conjugation.past(base, kind) + ("の" if asks else ""), start, last
    if form == "まし" and following.surface == "て":
        joined = "おり" if before.base == "おる" else conjugation.te(base, kind)
        return rule, joined, start, last + 1
    if form == "ません":
        return rule, conjugation.negative(base, kind) + ("の" if asks else ""), start, last
    if form == "ませんでした":
        return rule, conjugation.negative(base, kind)[:-1] + "かった", start, last
    if form == "ましょう":
        return rule, conjugation.volitional(base, kind), start, last
    raise ValueError(form)


def _plain_after(following: Morph) -> bool:
    """Where a plain form may stand: the end, a noun that it modifies, or a particle."""
    return following is NOTHING or following.pos in ("補助記号", "名詞", "助詞")

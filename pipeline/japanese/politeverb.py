"""ます in all its forms, plain; humble verbs become the plain ones.

In: a cluster that begins with ます. Out: its ``Ending``, which takes the verb in (おり+ます → いる).
"""

from __future__ import annotations

from typing import NamedTuple

from pipeline.japanese import conjugation
from pipeline.japanese.dearu import Cluster, Ending, Tail, Uncovered
from pipeline.japanese.morphemes import dictionary_form, lacks_ra


class Verb(NamedTuple):
    """A verb in its dictionary form, the morpheme that it starts at, and what stands between them (は of 〜はない)."""

    base: str
    kind: str
    start: int
    rule: str = "ます→普通形"


_HUMBLE = {
    "おる": ("いる", "上一段-ア行"),
    "いたす": ("する", "サ行変格"),
    "致す": ("する", "サ行変格"),
    "ござる": ("ある", "五段-ラ行"),
    "存ずる": ("思う", "五段-ワア行"),
    "存じる": ("思う", "五段-ワア行"),
    "申す": ("言う", "五段-ワア行"),
    "頂く": ("いただく", "五段-カ行"),
}
_CONTRACTED = {
    "てる": ("ている", "上一段-ア行"),
    "でる": ("でいる", "上一段-ア行"),
    "とる": ("ている", "上一段-ア行"),
    "ちゃう": ("てしまう", "五段-ワア行"),
    "じゃう": ("でしまう", "五段-ワア行"),
    "とく": ("ておく", "五段-カ行"),
    "どく": ("でおく", "五段-カ行"),
}
_COMING = ("まいる", "参る")
_FAVOURS = ("いただける", "頂ける", "もらえる", "くださる", "いただく")  # 〜していただけるか: の would doubt the favour
_SET_PHRASES = ("ありがとう", "おめでとう", "おはよう", "申し訳")


def plain(cluster: Cluster) -> Ending:
    """Raises Uncovered, or ValueError for a conjugation that is not known."""
    verb = _verb(cluster)
    tail, _ = cluster.tail()
    asks = "の" if tail is Tail.ASKS and verb.base not in _FAVOURS and not verb.base.endswith("である") else ""
    last = cluster.last

    def ending(text: str, last: int = last) -> Ending:
        return Ending(verb.rule, text, verb.start, last)

    match cluster.form:
        case "ます" if tail is Tail.ASKS and verb.base.endswith("である"):
            return ending(verb.base.removesuffix("である"))
        case "ます":
            return ending(verb.base + asks)
        case "ますでしょう":
            return ending(verb.base + (asks or "だろう"))
        case "ました":
            return ending(conjugation.past(verb.base, verb.kind) + asks)
        case "ましたでしょう":
            return ending(conjugation.past(verb.base, verb.kind) + (asks or "だろう"))
        case "ましたら":
            return ending(conjugation.past(verb.base, verb.kind) + "ら")
        case "ません" if cluster.following.surface == "で" and cluster.at(last + 2).stops:
            return ending(_negative_joining(cluster, verb), last + 1)
        case "ません":
            return ending(_negative(cluster, verb))
        case "ませんでしょう":
            return ending(_negative(cluster, verb) + ("" if tail is Tail.ASKS else "だろう"))
        case "ませんでした":
            return ending(_negative(cluster, verb)[:-1] + "かった" + asks)
        case "ましょう":
            return ending(conjugation.volitional(verb.base, verb.kind))
        case "まし" if cluster.following.surface == "て":
            return ending(_joining(cluster, verb), last + 1)
        case "まし" if cluster.following.surface in ("ては", "ても"):
            return ending(conjugation.te(verb.base, verb.kind) + cluster.following.surface[1:], last + 1)
        case "まし" if cluster.following.surface == "たり":
            return ending(conjugation.past(verb.base, verb.kind) + "り", last + 1)
    raise Uncovered(cluster.form)


def _verb(cluster: Cluster) -> Verb:
    """The verb under the ます, humble and courteous forms taken off it."""
    before, start = cluster.before, cluster.first - 1
    earlier = cluster.at(start - 1)
    if before.surface in ("て", "で") and before.pos == "助詞":  # い抜き: 〜てます
        return Verb(before.surface + "いる", "上一段-ア行", start)
    if before.pos not in ("動詞", "助動詞", "接尾辞") or not before.base:
        raise Uncovered("ます without a verb")
    if before.base == "すむ" and cluster.form == "ません" and before.surface == "すみ":
        raise Uncovered("an apology, not a verb")
    if before.pos == "助動詞" and before.base in _CONTRACTED:
        return Verb(*_CONTRACTED[before.base], start)
    if before.base == "ござる" and earlier.surface in _SET_PHRASES:
        raise Uncovered("a set phrase")
    if before.base == "ござる" and earlier.surface == "で" and earlier.pos == "助動詞":  # 〜でございます
        return Verb("である", "五段-ラ行", start - 1, "でございます→である")
    if before.base in _COMING:
        return _coming(cluster, start)
    if before.base in ("する", "いたす", "致す") and cluster.at(start - 2).surface in ("お", "ご", "御"):
        return _courteous(cluster, start)
    if lacks_ra(before.base):
        return Verb(before.base.removesuffix("れる") + "られる", "下一段-ラ行", start, "ら抜き")
    base, kind = _HUMBLE.get(before.base, (before.base, before.kind))
    return Verb(base, kind, start, f"{before.base}→{base}" if base != before.base else "ます→普通形")


def _coming(cluster: Cluster, start: int) -> Verb:
    """進めてまいります → 進めていく, 進めてまいりました → 進めてきた; alone 行く."""
    base, kind = ("いく", "五段-カ行") if cluster.at(start - 1).surface in ("て", "で") else ("行く", "五段-カ行")
    if base == "いく" and cluster.form.startswith("ました"):
        base, kind = "くる", "カ行変格"
    return Verb(base, kind, start, f"まいる→{base}")


def _courteous(cluster: Cluster, start: int) -> Verb:
    """お渡しします → 渡す, ご説明します → 説明する. お願いします stays: a plain 願う is no request."""
    stem = cluster.at(start - 1)
    if stem.base == "願う" or stem.surface == "願い":
        return Verb("する", "サ行変格", start)
    if stem.pos == "動詞":
        verb = dictionary_form(stem.surface)
        if not verb.base:
            raise Uncovered("no verb to this stem")
        return Verb(verb.base, verb.kind, start - 2, "お〜する→普通形")
    return Verb(stem.surface + "する", "サ行変格", start - 2, "お〜する→普通形")


def _negative(cluster: Cluster, verb: Verb) -> str:
    """A noun before ない gets its は: 異議ありません → 異議はない."""
    bare = verb.base == "ある" and cluster.at(verb.start - 1).pos in ("名詞", "接尾辞")
    return ("は" if bare else "") + conjugation.negative(verb.base, verb.kind)


def _negative_joining(cluster: Cluster, verb: Verb) -> str:
    """〜ませんで、 → 〜ず、 or 〜なく、; at the end of a sentence it just ends."""
    negative = _negative(cluster, verb)
    if cluster.at(cluster.last + 2).surface != "、":
        return negative
    if verb.base.endswith("ある") or verb.base.endswith("いる"):
        return negative[:-1] + "く"
    return ("せ" if verb.base == "する" else negative.removesuffix("ない")) + "ず"


def _joining(cluster: Cluster, verb: Verb) -> str:
    """〜まして: at the end of a sentence the sentence just ends, elsewhere it goes on (おり、あり、して)."""
    after = cluster.at(cluster.last + 2)
    if after.surface in ("。", ""):
        return verb.base
    if verb.base.endswith("ある") and after.stops:
        return verb.base[:-1] + "り"
    if cluster.before.base == "おる" and after.stops:
        return "おり"
    return conjugation.te(verb.base, verb.kind)

"""です in all its forms, plain.

In: a cluster that begins with です. Out: its ``Ending``. What it hangs on decides: a noun gets である, an adjective
nothing (多いです → 多い), an explaining の goes away unless it asks (いつからなんですか → いつからなのか).
"""

from __future__ import annotations

from pipeline.japanese.dearu import Cluster, Ending, Tail, Uncovered

_ADJECTIVAL = ("た", "ない", "たい", "らしい", "ぬ", "ん")  # auxiliaries that end a sentence as they are
_DA_BEFORE = ("が", "から", "と", "よ")  # after these particles である is だ
_GOOD = ("いい", "良い", "よい")


def plain(cluster: Cluster) -> Ending:
    """Raises Uncovered."""
    before = cluster.before
    tail, _ = cluster.tail()
    if before.stops and tail in (Tail.SOFTENS, Tail.CONFIRMS):  # 注視、ですね。
        raise Uncovered("です without a predicate")
    if before.surface == "と" and before.pos == "助詞":  # なかとですよ: a dialect's, not ours to rewrite
        raise Uncovered("です after と")
    if before.surface in ("。", "") and cluster.following.surface in ("ので", "の"):
        return Ending("ですので→なので", "な", cluster.first, cluster.last)
    if before.surface in ("の", "ん") and before.detail == "準体助詞":
        return _explaining(cluster)
    if before.pos == "形容詞" or (before.pos == "助動詞" and before.base in _ADJECTIVAL):
        return _after_adjective(cluster)
    if before.pos == "動詞" or (before.pos == "助動詞" and before.kind.startswith(("下一段", "上一段", "助動詞-レル"))):
        return _after_verb(cluster)
    return _after_noun(cluster)


def _explaining(cluster: Cluster) -> Ending:
    """〜のです, 〜んです: the explaining の is talk, except where it asks or concludes."""
    tail, _ = cluster.tail()
    start = cluster.first - 1
    of_noun = cluster.at(start - 1).surface == "な" and cluster.at(start - 1).pos == "助動詞"  # 件+な+ん+です
    match cluster.form:
        case "です" | "でしょう" if tail is Tail.ASKS:
            return Ending("のですか→のか", "の", start, cluster.last)
        case "です" if of_noun:
            return Ending("なのです→である", _copula(cluster), start - 1, cluster.last)
        case "です":
            return Ending("のです→", "", start, cluster.last)
        case "でしょう":
            return Ending("のでしょう→のだろう", "のだろう", start, cluster.last)
        case "でしたら":
            return Ending("でしたら→なら", "のなら", start, cluster.last)
    raise Uncovered(cluster.form)


def _after_adjective(cluster: Cluster) -> Ending:
    tail, _ = cluster.tail()
    match cluster.form:
        case "です" | "でしょう" if tail is Tail.ASKS:
            no = "" if _asks_without_no(cluster) else "の"
            return Ending("いですか→いのか", no, cluster.first, cluster.last)
        case "です" | "でした":
            return Ending("いです→い", "", cluster.first, cluster.last)
        case "でしょう":
            return Ending("でしょう→だろう", "だろう", cluster.first, cluster.last)
        case "でしたら":
            return Ending("でしたら→なら", "なら", cluster.first, cluster.last)
    raise Uncovered(cluster.form)


def _asks_without_no(cluster: Cluster) -> bool:
    """よろしいか, 〜してもいいか, 〜ではないか; but いつが多いのか, それでいいのか."""
    before, earlier = cluster.before, cluster.at(cluster.first - 2)
    if before.base in _GOOD:
        return earlier.stops or earlier.pos == "名詞" or earlier.surface in ("て", "も", "個")
    return before.base == "よろしい" or (before.base == "ない" and before.pos == "形容詞")


def _after_verb(cluster: Cluster) -> Ending:
    tail, _ = cluster.tail()
    if cluster.form == "でしょう":
        text = "の" if tail is Tail.ASKS else "だろう"
        return Ending("でしょう→だろう", text, cluster.first, cluster.last)
    raise Uncovered(cluster.form)


def _after_noun(cluster: Cluster) -> Ending:
    tail, end = cluster.tail()
    first, last = cluster.first, cluster.last
    listing = cluster.following.surface == "と" and cluster.at(last + 2).surface == "か"
    match cluster.form:
        case "です" if listing:  # 世間話ですとか
            return Ending("ですとか→とか", "", first, last)
        case "です" if cluster.questioner and tail in (Tail.SOFTENS, Tail.CONFIRMS) and _that_is(cluster):
            return Ending("ということですね→ということか", "か", first, end)
        case "です" if tail is Tail.SOFTENS and cluster.at(end).surface == "ね" and cluster.at(end + 1).surface == "、":
            return Ending("ですね→", "", first, last)
        case "です" | "でしょう" if tail is Tail.ASKS or (cluster.following.surface == "か" and cluster.form == "です"):
            return Ending("ですか→か", "", first, last)
        case "です":
            return Ending("です→である", _copula(cluster), first, last)
        case "でしょう":
            return Ending("でしょう→だろう", "だろう", first, last)
        case "でした":
            return Ending("でした→であった", "であった", first, last)
        case "でしたら":
            return Ending("でしたら→なら", "なら", first, last)
        case "でし" if cluster.following.surface == "て":
            ends = cluster.at(last + 2).surface in ("。", "")
            return Ending("でして→であり", "である" if ends else "であり", first, last + 1)
    raise Uncovered(cluster.form)


def _that_is(cluster: Cluster) -> bool:
    """〜ということ|です."""
    words = "".join(cluster.at(i).surface for i in range(cluster.first - 3, cluster.first))
    return words.endswith("ということ")


def _copula(cluster: Cluster) -> str:
    tail, _ = cluster.tail()
    if tail in (Tail.CONTRASTS, Tail.CONFIRMS) or (cluster.following.surface in _DA_BEFORE and tail is not Tail.SOFTENS):
        return "だ"
    return "である"

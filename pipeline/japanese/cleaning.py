"""What speech has and a record leaves out: fillers, restarts, responses, thanks, self-introductions.

In: a ``Talk``. Out: ``Change``s that delete. The words are data (``fillers.toml``); each function is one rule. Deleting
is on record like every change, so that a proofreader can see and undo it.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator

from pipeline.japanese import tables
from pipeline.japanese.morphemes import Talk
from pipeline.japanese.reading import is_surname
from pipeline.schema import Change

_CLAUSE = r"(?:^|(?<=[。、？?]))"
_SENTENCE = r"(?:^|(?<=[。？?]))"
_IDEOGRAMS = "一-龠々〆ァ-ヶー"
_REPEATED = re.compile(
    # the same again, as a word of its own: 「費用は、費用は」, but not 「市民、市民団体」
    rf"{_CLAUSE}([{_IDEOGRAMS}ぁ-ん]{{2,8}})、(?=\1(?:(?<=[{_IDEOGRAMS}])[^{_IDEOGRAMS}]|(?<=[ぁ-ん])[^ぁ-ん]|$))"
)
_NAME = "一-龠々ヶ"
_OF_NOUN = re.compile(rf"[{_IDEOGRAMS}]の(?:ですね)?、$")
_QUANTITY = r"[0-9０-９〇一二三四五六七八九十百千万][0-9０-９〇一二三四五六七八九十百千万.,]*"
_TAKEN_BACK = (
    # 「4月、いや、5月」: the same unit again, after a word that takes back
    re.compile(
        rf"(?P<n>{_QUANTITY})(?P<unit>[^0-9、。]{{1,3}})、(?:(?:あ|えー?と?)、)?"
        rf"(?:いや|違います|違う|失礼(?:しました)?|すみません|もとい|じゃなくて|ではなくて|訂正します)、(?={_QUANTITY}(?P=unit))"
    ),
    # 「東側の、じゃなくて西側の」: the same particle again
    re.compile(
        rf"(?<![{_IDEOGRAMS}])[{_IDEOGRAMS}0-9]{{1,8}}(?P<p>[のはがをにで])、(?:じゃなくて|じゃなく|ではなくて|いや|もとい)、?"
        rf"(?=[{_IDEOGRAMS}0-9]{{1,8}}(?P=p))"
    ),
    # 「その工事は、工事は」: again without the その
    re.compile(rf"(?<=[そこあ]の)(?P<w>[{_IDEOGRAMS}]{{2,8}}[はがをも])、(?:えー、|あの、)?(?=(?P=w))"),
)
_OFFICE = re.compile(r"(?:課|部|局|室|係|会|所|館|校|園|長|センター|事務局|委員|担当)の?$")
_INTERJECTED_AFTER = ("助詞", "接続詞", "連体詞", "感動詞")


@functools.cache
def _words(key: str) -> str:
    """The alternatives under ``key`` of the data file as one group."""
    return "(?:" + "|".join(tables.read("fillers")[key]) + ")"


@functools.cache
def _pattern(name: str) -> re.Pattern[str]:
    return re.compile(
        {
            "filler": rf"{_CLAUSE}{_words('fillers')}(?:ですね)?、|{_SENTENCE}{_words('fillers')}[。？…]+",
            "response": (
                rf"{_SENTENCE}{_words('responses')}[、。](?=.)(?!{_words('responses_mean_before')})"
                rf"|(?<=、){_words('responses')}、(?=.)"
            ),
            "courtesy": rf"{_SENTENCE}{_words('courtesy_leads')}*{_words('courtesies')}(?:。|$)",
            "preface": (
                rf"{_CLAUSE}{_words('clause_prefaces')}、(?=.)|{_SENTENCE}(?:(?:はい|{_words('fillers')})、)*{_words('sentence_prefaces')}[。、](?=.)"
            ),
            "introduction": (
                rf"^(?:(?:{_words('responses')}|{_words('clause_prefaces')}|{_words('fillers')})[、。])*"
                rf"(?P<said>(?P<from>[^。、？]{{0,20}}?)(?P<name>[{_NAME}]{{1,5}}){_words('introductions')}[。、])(?=.)"
            ),
        }[name]
    )


def _deleted(rule: str, match: re.Match[str]) -> Change:
    return Change(rule=rule, start=match.start(), end=match.end(), before=match[0], after="")


def courtesies(talk: Talk) -> Iterator[Change]:
    """Sentences that only thank, greet or apologise."""
    for match in _pattern("courtesy").finditer(talk.text):
        yield _deleted("お礼・あいさつ", match)


def introductions(talk: Talk) -> Iterator[Change]:
    """「子育て支援課の山田です。」 at the start: the label says who speaks, and names are not published.

    「森です。」「福島です。」 may be an answer as well: such a name goes only with the office that it belongs to.
    """
    match = _pattern("introduction").match(talk.text)
    if not match:
        return
    begin, end = match.span("name")
    inside = [morph for morph in talk.morphs if begin <= morph.begin and morph.end <= end]
    if not inside or inside[-1].end != end:
        return
    name = inside[-1].surface
    of_office = bool(_OFFICE.search(talk.text[match.start("said") : end].removesuffix(name)))
    is_place = inside[-1].detail == "固有名詞" and not inside[-1].is_name
    known = len(name) > 1 and not is_place and talk.name.startswith(name)
    if inside[-1].is_name or (is_surname(name) and (of_office or known)):
        begin, end = match.span("said")
        yield Change(rule="名乗り", start=begin, end=end, before=talk.text[begin:end], after="")


def prefaces(talk: Talk) -> Iterator[Change]:
    """「すみません、」「お答えします。」 before the matter."""
    for match in _pattern("preface").finditer(talk.text):
        yield _deleted("前置き", match)


def fillers(talk: Talk) -> Iterator[Change]:
    """Between stops by the list; elsewhere only what the analyser takes for nothing but a filler (えーっと5,900円)."""
    for match in _pattern("filler").finditer(talk.text):
        start = match.start() - bool(_OF_NOUN.search(talk.text[: match.start()]))  # 避難所の、あの、毛布: its comma goes too
        yield Change(rule="フィラー", start=start, end=match.end(), before=talk.text[start : match.end()], after="")
    for i, morph in enumerate(talk.morphs):
        alone = talk.at(i - 1).stops or talk.at(i + 1).stops  # a single あ may be half of a word: そがあな
        if morph.detail == "フィラー" and (len(morph.surface) > 1 or alone):
            end = talk.at(i + 1).end if talk.at(i + 1).surface == "、" else morph.end
            yield Change(rule="フィラー", start=morph.begin, end=end, before=talk.text[morph.begin : end], after="")


def habits(talk: Talk) -> Iterator[Change]:
    """いわゆる, 基本的に, ちょっと: only on request, since each of them has a meaning too."""
    begins = {morph.begin: i for i, morph in enumerate(talk.morphs)}
    ends = {morph.end: i for i, morph in enumerate(talk.morphs)}
    for match in re.finditer(_words("habits"), talk.text):
        last = ends.get(match.end())
        if match.start() not in begins or last is None or talk.at(last + 1).pos in ("助詞", "助動詞", ""):
            continue
        end = talk.at(last + 1).end if talk.at(last + 1).surface == "、" else match.end()
        yield Change(rule="口癖", start=match.start(), end=end, before=talk.text[match.start() : end], after="")


def responses(talk: Talk) -> Iterator[Change]:
    """はい、 before an answer that says it all."""
    for match in _pattern("response").finditer(talk.text):
        yield _deleted("相づち", match)


def restarts(talk: Talk) -> Iterator[Change]:
    """Said again, or taken back and said right; what was taken back stays in ``spoken`` and on record."""
    for pattern in (_REPEATED, *_TAKEN_BACK):
        for match in pattern.finditer(talk.text):
            yield _deleted("言い直し", match)


def interjections(talk: Talk) -> Iterator[Change]:
    """それは|ですね|、: after a particle です is no predicate."""
    for i, morph in enumerate(talk.morphs):
        after, stop = talk.at(i + 1), talk.at(i + 2)
        if morph.base == "です" and morph.surface == "です" and after.surface == "ね" and stop.surface == "、":
            before = talk.at(i - 1)
            if before.pos in _INTERJECTED_AFTER and before.detail != "準体助詞":
                yield Change(rule="間投の「ですね」", start=morph.begin, end=after.end, before="ですね", after="")

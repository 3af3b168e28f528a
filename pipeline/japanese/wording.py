"""Single words of speech that writing says otherwise, outside polite endings.

In: a ``Talk``. Out: ``Change``s, and ``Untouched`` for requests that have no plain form. Each function is one rule.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipeline.japanese.dearu import Untouched
from pipeline.japanese.morphemes import Talk, lacks_ra
from pipeline.schema import Change

# A polite form that a clause cannot go on from; what is quoted does (「よろしいですか、と」)
_FINITE_COMMA = re.compile(
    r"(?:(?<!の)です|ます|でした|ました|ません|でしょう|ください)か?、(?!と(?:[いお思言聞]|の)|[がけし])(?=.{5})"
)

_CONTRACTED = {"ちゃう": ("てしまう", 2), "じゃう": ("でしまう", 2), "とく": ("ておく", 1), "どく": ("でおく", 1)}
_SAYING = ("いう", "言う", "思う", "聞く", "考える")
_SAID = ("こと", "話", "感じ", "意味")
_PREDICATES = ("動詞", "形容詞", "助動詞")


def _is_polite(talk: Talk, i: int) -> bool:
    """です, ます, ません, ました, でした ending at ``i``."""
    return any(talk.at(j).base in ("です", "ます") for j in (i, i - 1))


def _changed(talk: Talk, rule: str, first: int, last: int, after: str) -> Change:
    start, end = talk.at(first).begin, talk.at(last).end
    return Change(rule=rule, start=start, end=end, before=talk.text[start:end], after=after)


def humble(talk: Talk) -> Iterator[Change]:
    """Humble verbs inside a predicate: 検討いたして → 検討して, 進めてまいりたい → 進めていきたい."""
    for i, morph in enumerate(talk.morphs):
        after = talk.at(i + 1)
        if (
            morph.base in ("いたす", "致す")
            and morph.surface.endswith("し")
            and after.surface in ("て", "た", "たい", "たら")
        ):
            yield _changed(talk, "いたす→する", i, i, "し")
        elif morph.base in ("まいる", "参る") and after.surface == "たい" and talk.at(i - 1).surface in ("て", "で"):
            yield _changed(talk, "まいる→いく", i, i, "いき")


def contracted(talk: Talk) -> Iterator[Change]:
    """〜んじゃない → 〜のではない, 〜じゃない → 〜ではない, 〜ちゃう → 〜てしまう, 〜とく → 〜ておく, 〜っていう → 〜という."""
    for i, morph in enumerate(talk.morphs):
        after = talk.at(i + 1)
        if morph.surface == "じゃ" and morph.pos == "助動詞" and after.surface.startswith("な"):
            before = talk.at(i - 1)
            if before.surface == "ん" and before.detail == "準体助詞":
                yield _changed(talk, "じゃ→では", i - 1, i, "のでは")
            else:
                yield _changed(talk, "じゃ→では", i, i, "では")
        elif morph.pos == "助動詞" and morph.base in _CONTRACTED and after.base != "ます":
            full, rest = _CONTRACTED[morph.base]
            yield _changed(talk, f"{morph.base}→{full}", i, i, full[:-1] + morph.surface[rest:])
        elif morph.surface == "って" and morph.detail == "副助詞":
            if after.base in _SAYING:
                yield _changed(talk, "って→と", i, i, "と")
            elif after.base in _SAID:
                yield _changed(talk, "って→という", i, i, "という")


def contrasts(talk: Talk) -> Iterator[Change]:
    """高いけど、 → 高いが、, after a predicate that is plain already."""
    for i, morph in enumerate(talk.morphs):
        before = talk.at(i - 1)
        if morph.base not in ("けど", "けれど") or before.pos not in _PREDICATES or _is_polite(talk, i - 1):
            continue
        last = i + (talk.at(i + 1).surface == "も")
        if talk.at(last + 1).surface == "、":
            explaining = before.surface == "だ" and talk.at(i - 2).detail == "準体助詞"
            yield _changed(talk, "けど→が", i - 2 if explaining else i, last, "が")


def requests(talk: Talk) -> Iterator[Change | Untouched]:
    """確かめてください → 確かめてほしい. ご覧ください has no plain form that is still a request."""
    for i, morph in enumerate(talk.morphs):
        if morph.surface not in ("ください", "下さい"):
            continue
        softened = talk.at(i + 1).surface in ("ね", "よ")
        if talk.at(i - 1).surface in ("て", "で") and talk.at(i + 1 + softened).stops:
            yield _changed(talk, "ください→ほしい", i, i + softened, "ほしい")
        else:
            yield Untouched(i, i)


def full_forms(talk: Talk) -> Iterator[Change]:
    """い抜き: 〜てる → 〜ている. ら抜き: 食べれる → 食べられる, where the verb without れ is of the class that takes られる."""
    for i, morph in enumerate(talk.morphs):
        volitional = morph.surface.endswith("よ") and talk.at(i + 1).surface != "う"  # a dialect's 〜でよか is none
        if morph.pos == "助動詞" and morph.base in ("てる", "でる") and not volitional:
            yield _changed(talk, "い抜き", i, i, morph.surface[0] + "い" + morph.surface[1:])
        elif morph.pos == "動詞" and morph.base.endswith("れる") and lacks_ra(morph.base):
            stem = len(morph.base) - 2
            yield _changed(talk, "ら抜き", i, i, morph.surface[:stem] + "ら" + morph.surface[stem:])


def spoken_ends(talk: Talk) -> Iterator[Change]:
    """Particles that only speech ends with, after a polite form: 〜ですね。 → 〜です。, 〜ますけれども、 → 〜ますが、."""
    for i, morph in enumerate(talk.morphs):
        polite = talk.at(i - 1).pos == "助動詞" and talk.at(i - 1).base in ("です", "ます", "た")
        asked = talk.at(i - 1).surface == "か"
        if morph.surface in ("ね", "よ") and (polite or asked) and talk.at(i + 1).stops and talk.at(i + 1).surface != "、":
            yield _changed(talk, "文末の「ね」「よ」", i, i, "")
        elif morph.surface in ("けど", "けれど", "けども", "けれども") and polite:
            last = i + (talk.at(i + 1).surface == "も")
            if talk.at(last + 1).surface == "、":
                yield _changed(talk, "けれども→が", i, last, "が")


def full_stops(talk: Talk) -> Iterator[Change]:
    """確認しました、次に → 確認しました。次に: recognisers write a comma where a sentence has ended."""
    for match in _FINITE_COMMA.finditer(talk.text):
        yield Change(rule="読点→句点", start=match.end() - 1, end=match.end(), before="、", after="。")

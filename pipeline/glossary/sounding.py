"""How alike two words sound: recognisers mistake what sounds alike, so that is what a correction may rest on.

In: katakana. Out: ``letters`` (one for each consonant, vowel, long mark) and the share of them that agree. By letters, カ and ガ are
half as far apart as カ and ソ, and トウ and トー are the same, which a comparison by kana would not know.
"""

from __future__ import annotations

import functools

from rapidfuzz.distance import Levenshtein

_ROWS = {
    "": "アイウエオ", "k": "カキクケコ", "g": "ガギグゲゴ", "s": "サシスセソ", "z": "ザジズゼゾ", "t": "タチツテト", "d": "ダヂヅデド",
    "n": "ナニヌネノ", "h": "ハヒフヘホ", "b": "バビブベボ", "p": "パピプペポ", "m": "マミムメモ", "r": "ラリルレロ",
}  # fmt: skip
_LETTERS = {kana: consonant + vowel for consonant, row in _ROWS.items() for kana, vowel in zip(row, "aiueo", strict=True)}
_LETTERS |= {
    "ヤ": "ya", "ユ": "yu", "ヨ": "yo", "ワ": "wa", "ヰ": "i", "ヱ": "e", "ヲ": "o", "ン": "N", "ッ": "Q", "ー": ":", "ヂ": "zi", "ヅ": "zu",
    "ヴ": "bu",
}  # fmt: skip
_GLIDES = {"ャ": "ya", "ュ": "yu", "ョ": "yo"}
_SMALL = {"ァ": "a", "ィ": "i", "ゥ": "u", "ェ": "e", "ォ": "o"}
_LONG = {("o", "u"), ("o", "o"), ("u", "u"), ("e", "i"), ("e", "e"), ("a", "a"), ("i", "i")}


@functools.lru_cache(maxsize=50_000)
def letters(katakana: str) -> str:
    """Digits and Latin letters stay as they are."""
    result = ""
    for kana in katakana:
        if kana in _GLIDES:
            result = result.removesuffix("i") + _GLIDES[kana]
        elif kana in _SMALL:
            result = (result[:-1] if result.endswith(("a", "i", "u", "e", "o")) else result) + _SMALL[kana]
        else:
            new = _LETTERS.get(kana, kana)
            result += ":" if len(new) == 1 and (result[-1:], new) in _LONG else new
    return result


def alike(one: str, other: str, least: float = 0.0) -> float:
    """0..1 of the letters of the longer; 0 where it is below ``least``."""
    return float(Levenshtein.normalized_similarity(one, other, score_cutoff=least))

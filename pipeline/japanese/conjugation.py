"""Conjugation of Japanese verbs from their dictionary form: what です・ます endings turn into.

In: a dictionary form and SudachiPy's conjugation type (「五段-ラ行」, 「下一段-バ行」, 「サ行変格」...). Out: another form of the
same verb. Pure and total over the types that verbs of council talk have; an unknown type raises ValueError, which the
caller turns into a flag (the sentence then stays as spoken).
"""

from __future__ import annotations

_ROWS = (
    "わいうえお",
    "かきくけこ",
    "がぎぐげご",
    "さしすせそ",
    "たちつてと",
    "なにぬねの",
    "ばびぶべぼ",
    "まみむめも",
    "らりるれろ",
)
_ROW_OF = {row[2]: row for row in _ROWS}
_PAST = {
    "う": "った", "つ": "った", "る": "った", "む": "んだ", "ぶ": "んだ", "ぬ": "んだ", "く": "いた", "ぐ": "いだ", "す": "した",
}  # fmt: skip


def _ends(base: str, kind: str) -> str:
    """五段, 一段, する or くる."""
    if kind.startswith("五段") and base[-1:] in _ROW_OF:
        return "五段"
    if kind.startswith(("上一段", "下一段", "助動詞-レル")) and base.endswith("る"):
        return "一段"
    if kind.startswith("サ行変格") and base.endswith(("する", "ずる")):
        return "する"
    if kind.startswith("カ行変格") and base.endswith(("くる", "来る")):
        return "くる"
    raise ValueError(f"no conjugation for type {kind}")


def negative(base: str, kind: str) -> str:
    """書く → 書かない."""
    how = _ends(base, kind)
    if base.endswith("ある") and how == "五段":
        return base[:-2] + "ない"
    if how == "五段":
        return base[:-1] + _ROW_OF[base[-1]][0] + "ない"
    return _stem(base, how, "し", "こ") + "ない"


def past(base: str, kind: str) -> str:
    """書く → 書いた."""
    how = _ends(base, kind)
    if how == "五段":
        if base.endswith(("行く", "いく")):
            return base[:-1] + "った"
        return base[:-1] + _PAST[base[-1]]
    return _stem(base, how, "し", "き") + "た"


def te(base: str, kind: str) -> str:
    """書く → 書いて."""
    form = past(base, kind)
    return form[:-1] + ("て" if form.endswith("た") else "で")


def volitional(base: str, kind: str) -> str:
    """書く → 書こう."""
    how = _ends(base, kind)
    if how == "五段":
        return base[:-1] + _ROW_OF[base[-1]][4] + "う"
    return _stem(base, how, "し", "こ") + "よう"


def _stem(base: str, how: str, suru: str, kuru: str) -> str:
    if how == "一段":
        return base[:-1]
    if how == "する":
        return base[:-2] + (suru if base.endswith("する") else "じ")
    return base[:-1] if base.endswith("来る") else base[:-2] + kuru

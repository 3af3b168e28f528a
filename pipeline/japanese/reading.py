"""Text to readings and sentences: recognisers mistake kanji, rarely sounds.

In: text as recognised. Out: its katakana reading by SudachiPy (numbers as they stand), and sentences. The dictionary
takes a second to load and is loaded once.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from typing import Any

_NOT_SOUND = re.compile(r"[^ァ-ヶー0-9A-Z]")
_KANJI_DIGITS = {c: i for i, c in enumerate("〇一二三四五六七八九")}
_NUMBER = re.compile(r"[0-9〇一二三四五六七八九十百]+")


@functools.cache
def tokenizer() -> Any:
    """The morphological analyser with the longest units off (mode B keeps 個人情報 apart from 保護審議会)."""
    from sudachipy import Dictionary, SplitMode

    return Dictionary().create(SplitMode.B)


@functools.lru_cache(maxsize=20_000)
def kana(text: str) -> str:
    """Katakana of ``text`` without punctuation; digits and Latin letters as capitals."""
    normal = unicodedata.normalize("NFKC", text)
    read = "".join(m.surface() if m.surface().isdigit() else m.reading_form() for m in tokenizer().tokenize(normal))
    katakana = "".join(chr(ord(c) + 0x60) if "ぁ" <= c <= "ゖ" else c for c in read.upper())
    return _NOT_SOUND.sub("", katakana)


def number(text: str) -> int | None:
    """The value of an arabic, kanji or mixed numeral (「21」「二十一」「2十1」); None where it is none."""
    total = current = 0
    digits = unicodedata.normalize("NFKC", text)
    for c in digits:
        if c.isdigit():
            current = current * 10 + int(c)
        elif c in _KANJI_DIGITS:
            current = current * 10 + _KANJI_DIGITS[c]
        elif c == "十":
            total, current = total + max(current, 1) * 10, 0
        elif c == "百":
            total, current = total + max(current, 1) * 100, 0
        else:
            return None
    return total + current if digits else None


def numbers_of_items(text: str) -> list[int]:
    """N of every 「第N号」「N号」「議題N」「N件目」 in ``text``, in order."""
    normal = unicodedata.normalize("NFKC", text)
    found = re.findall(rf"(?:第({_NUMBER.pattern})[号項]?|({_NUMBER.pattern})号|議題({_NUMBER.pattern}))", normal)
    values = (number(next(filter(None, groups))) for groups in found)
    return [value for value in values if value is not None]

"""Text to readings: recognisers mistake kanji, rarely sounds.

In: text as recognised. Out: its katakana reading by SudachiPy (numbers as they stand), its content words, the values of
its numerals. The dictionary takes a second to load and is loaded once.
"""

from __future__ import annotations

import functools
import re
import threading
import unicodedata
from typing import Any

NUMERAL = r"[0-9〇一二三四五六七八九十百]+"
COUNTED = re.compile(
    r"[年月日時分秒人名件円個条項点%割万億回枚社者つ台章節款]|[かカヵヶ][月所国]|ペー|パー"
)  # after a numeral
_NOT_SOUND = re.compile(r"[^ァ-ヶー0-9A-Z]")
_KANJI_DIGITS = {c: i for i, c in enumerate("〇一二三四五六七八九")}
_TENS = {"十": 10, "百": 100}
_CONTENT_SOUNDS = 3  # shorter words stand in too many others


_LOADING = threading.Lock()


@functools.cache
def _dictionary() -> Any:
    from sudachipy import Dictionary

    return Dictionary()


_of_thread = threading.local()


def tokenizer() -> Any:
    """The morphological analyser with the longest units off (mode B keeps 個人情報 apart from 保護審議会).

    One for each thread, on one dictionary: an analyser that two threads use at once refuses one of them.
    """
    if not hasattr(_of_thread, "tokenizer"):
        from sudachipy import SplitMode

        with _LOADING:
            _of_thread.tokenizer = _dictionary().tokenizer(SplitMode.B)
    return _of_thread.tokenizer


@functools.lru_cache(maxsize=20_000)
def kana(text: str) -> str:
    """Katakana of ``text`` without punctuation; digits and Latin letters as capitals."""
    normal = unicodedata.normalize("NFKC", text)
    return _sound("".join(m.surface() if m.surface().isdigit() else m.reading_form() for m in tokenizer().tokenize(normal)))


def content_words(text: str) -> list[str]:
    """Readings of the nouns in ``text`` that are long enough to be told from chance."""
    normal = unicodedata.normalize("NFKC", text)
    nouns = (m for m in tokenizer().tokenize(normal) if m.part_of_speech()[0] == "名詞" and m.part_of_speech()[1] != "数詞")
    return [sound for m in nouns if len(sound := _sound(m.reading_form())) >= _CONTENT_SOUNDS]


@functools.lru_cache(maxsize=2_000)
def is_surname(text: str) -> bool:
    """Whether the dictionary knows ``text`` as a surname, among whatever else it may be."""
    return any(entry.part_of_speech()[3] == "姓" for entry in _dictionary().lookup(text))


def number(text: str) -> int | None:
    """The value of an arabic, kanji or mixed numeral (「21」「二十一」「2十1」); None where it is none."""
    total = current = 0
    normal = unicodedata.normalize("NFKC", text)
    for c in normal:
        if c in "0123456789":
            current = current * 10 + int(c)
        elif c in _KANJI_DIGITS:
            current = current * 10 + _KANJI_DIGITS[c]
        elif c in _TENS:
            total, current = total + max(current, 1) * _TENS[c], 0
        else:
            return None
    return total + current if normal else None


def _sound(text: str) -> str:
    """Hiragana and Latin letters as capitals, everything else that is no sound left out."""
    katakana = "".join(chr(ord(c) + 0x60) if "ぁ" <= c <= "ゖ" else c for c in text.upper())
    return _NOT_SOUND.sub("", katakana)

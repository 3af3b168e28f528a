"""Nouns as they stand together: the pieces of a text that may be a term.

In: a text. Out: ``Compound``s with place, reading and kind. A run of nouns is one compound (入退室管理システム), however many
dictionary words it is made of; numerals end it, and so do words that only hang on (各…, …等). A surname and the name after a blank are
one name, as rosters write them, and a reading in parentheses behind a word is its reading.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pipeline.japanese import tables
from pipeline.japanese.reading import kana, longest_units

LONGEST_CHARS = 40
LONG_CHARS = 6  # of a dictionary word that is a compound to everybody but the dictionary (クラウドサービス)
_PIECE = re.compile(r"[^。\n]{1,4000}[。\n]?|[。\n]")
_READING = re.compile(r"[(（]\s*([ぁ-ゖァ-ヶー\s]+)\s*[)）]")
_SOUND = re.compile(r"[ァ-ヶー0-9A-Z]+")
_JOINTS = ("・", "-", "‐", "－")
_NO_NOUNS = ("数詞", "助動詞語幹")
_NO_TERM = re.compile(r"[A-Za-z0-9.,]{1,2}|[ぁ-ゖー]+")


@dataclass(frozen=True)
class Compound:
    """``text`` begins at ``start`` of what was read. ``words``: dictionary words in it; ``reading`` empty where nobody knows it."""

    text: str
    start: int
    reading: str
    words: int
    is_unknown: bool
    is_name: bool


def of(text: str) -> tuple[str, ...]:
    """The compounds of a title, each once; short single words of the dictionary are none."""
    return tuple(dict.fromkeys(c.text for c in found(text) if c.words > 1 or c.is_unknown or len(c.text) >= LONG_CHARS))


def found(text: str) -> Iterator[Compound]:
    """In order. ``text`` is read in NFKC, which PDF files need: they write 一 as a radical."""
    normal = unicodedata.normalize("NFKC", text)
    for piece in _PIECE.finditer(normal):
        run: list[Any] = []
        for m in (*longest_units().tokenize(piece[0]), None):
            if m is not None and (_belongs(m) or (run and _joins(m, run[-1]))):
                run.append(m)
            elif run:
                yield from _trimmed(run, piece[0], piece.start())
                run = []


def _trimmed(run: list[Any], sentence: str, offset: int) -> Iterator[Compound]:
    before, after, offices = _edges()
    while run and (run[0].surface() in before or _stops(run[0])):
        hangs_on = run[0].part_of_speech()[0] == "接頭辞"
        run = run[2 if hangs_on and len(run) > 1 and run[1].surface() in offices else 1 :]
    while run and (run[-1].surface() in after or _stops(run[-1]) or run[-1].part_of_speech()[0] == "接頭辞"):
        run = run[:-1]
    if not run:
        return
    start, end = run[0].begin(), run[-1].end()
    text = "".join(sentence[start:end].split())
    if not 2 <= len(text) <= LONGEST_CHARS or _NO_TERM.fullmatch(text):
        return
    given = _READING.match(sentence, end)
    reading = kana("".join(given[1].split())) if given else "".join(m.reading_form() for m in run if not _stops(m))
    yield Compound(
        text=text,
        start=offset + start,
        reading=reading if _SOUND.fullmatch(reading) else "",
        words=sum(not _stops(m) for m in run),
        is_unknown=any(m.is_oov() for m in run),
        is_name=any(m.part_of_speech()[1] == "固有名詞" for m in run),
    )


def _belongs(m: Any) -> bool:
    pos = m.part_of_speech()
    if pos[0] in ("接頭辞", "接尾辞"):
        return bool(pos[0] == "接頭辞" or pos[1] == "名詞的")
    return bool(pos[0] == "名詞" and pos[1] not in _NO_NOUNS and pos[2] != "副詞可能")


def _joins(m: Any, before: Any) -> bool:
    """A dot or dash inside a word, or the blank between a surname and a name."""
    if m.surface() in _JOINTS:
        return True
    is_blank = m.part_of_speech()[0] == "空白" and "\n" not in m.surface()
    return is_blank and bool(before.part_of_speech()[3] == "姓")


def _stops(m: Any) -> bool:
    return str(m.part_of_speech()[0]) in ("空白", "補助記号")


@functools.cache
def _edges() -> tuple[frozenset[str], ...]:
    edges = tables.read("glossary")["edges"]
    return tuple(frozenset(edges[name]) for name in ("before", "after", "with_before"))

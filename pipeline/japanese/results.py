"""What result a sentence names. In: a sentence. Out: the words of the minutes, 「付言を付して承認された」, or nothing.

The phrases are data (``results.toml``) and matched by their reading.
"""

from __future__ import annotations

import functools

from pipeline.japanese import tables
from pipeline.japanese.reading import kana
from pipeline.schema import Record


class _Line(Record):
    heard: tuple[str, ...]
    written: str
    denied: tuple[str, ...] = ()

    def fits(self, sound: str) -> bool:
        return any(phrase in sound for phrase in self.heard) and not any(phrase in sound for phrase in self.denied)


@functools.cache
def _lines(table: str) -> tuple[_Line, ...]:
    return tuple(
        _Line(heard=tuple(map(kana, line["heard"])), written=line["written"], denied=tuple(map(kana, line.get("not", ()))))
        for line in tables.read("results")[table]
    )


def named(sentence: str) -> str:
    """Empty where the sentence names no result."""
    sound = kana(sentence)
    result = next((line.written for line in _lines("results") if line.fits(sound)), "")
    return "".join(line.written for line in _lines("added") if line.fits(sound)) + result if result else ""

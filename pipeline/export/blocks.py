"""The parts of a document, as every text format takes them."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Self

from pipeline.schema import Record

_NOT_TEXT = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ufffe\uffff]+")


class Kind(StrEnum):
    NOTE_HEADING = "note-heading"
    NOTE = "note"
    FIELD = "field"
    VALUE = "value"
    LIST = "list"
    RESULTS = "results"
    ITEM = "item"
    SECTION = "section"
    LABEL = "label"
    PARAGRAPH = "paragraph"


class Block(Record):
    """One block; ``turn_id`` leads from a paragraph to its words and audio. Only LIST and NOTE have several lines."""

    kind: Kind
    lines: tuple[str, ...]
    turn_id: str | None = None

    @classmethod
    def of(cls, kind: Kind, *lines: str, turn_id: str | None = None) -> Self:
        """Lines without line breaks and control characters, which would end a block early or a Word file altogether."""
        return cls(kind=kind, lines=tuple(_NOT_TEXT.sub(" ", line) for line in lines), turn_id=turn_id)


def clock(ms: int) -> str:
    """H:MM:SS from the start of the recording, as a player shows it."""
    return f"{ms // 3_600_000}:{ms // 60_000 % 60:02}:{ms // 1000 % 60:02}"

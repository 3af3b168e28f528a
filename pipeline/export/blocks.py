"""The parts of a document, as every text format takes them: what is printed, in order, before any format dresses it."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Literal, Self

from pydantic import ConfigDict, Field

from pipeline.schema import Record

_NOT_TEXT = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029\ufffe\uffff]+")


class Kind(StrEnum):
    NOTE_HEADING = "note-heading"
    NOTE = "note"
    FIELD = "field"
    VALUE = "value"
    LIST = "list"
    RESULTS = "results"
    ITEM = "item"
    SECTION = "section"
    DIRECTION = "direction"  # 《資料による説明》 in place of what was said
    LABEL = "label"
    PARAGRAPH = "paragraph"
    AROUND = "around"  # of the page that a published 会議録 stands on, line by line as it is


class Block(Record):
    """One block; ``turn_id`` leads from a paragraph to its words and audio. Only LIST and NOTE have several lines."""

    kind: Kind
    lines: tuple[str, ...]
    turn_id: str | None = None

    @classmethod
    def of(cls, kind: Kind, *lines: str, turn_id: str | None = None) -> Self:
        """Lines without line breaks and control characters, which would end a block early or a Word file altogether."""
        return cls(kind=kind, lines=tuple(_NOT_TEXT.sub(" ", line) for line in lines), turn_id=turn_id)


class Document(Record):
    """A 会議録 as it is printed, without what it was made from: what ``minutes parse`` reads."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    schema_name: Literal["minutes-document/1"] = Field(default="minutes-document/1", alias="schema")
    template: str
    blocks: tuple[Block, ...]


def clock(ms: int) -> str:
    """H:MM:SS from the start of the recording, as a player shows it."""
    return f"{ms // 3_600_000}:{ms // 60_000 % 60:02}:{ms // 1000 % 60:02}"

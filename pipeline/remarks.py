"""What a check says of a stretch of text: the one record that ``slips``, ``notation`` and the desk share."""

from __future__ import annotations

from pydantic import Field

from pipeline.schema import Record


class Remark(Record):
    """Something in a text that a proofreader should look at: ``text[start:end]`` is ``before``.

    ``kind``: 表記 (a notation) or what slipped in; ``after``: what to write instead, None where only a human knows.
    """

    kind: str
    start: int = Field(ge=0)
    end: int = Field(ge=0)
    before: str
    after: str | None
    reason: str

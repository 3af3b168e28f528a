"""Which blocks share a line, and what the layout sets around them: 「1 日時」, 「場所:第1会議室」, 「委員:賛成である。」.

In: the blocks of a document. Out: the same in order, each with what stands before it on its first line. Text and Word print
from these, so that a layout looks the same in both.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from pipeline.export.blocks import Block, Kind
from pipeline.layouts import Layout


class Dressed(NamedTuple):
    """``lead`` (a field or a label) has no line of its own: ``before`` + first line + ``after`` is one line."""

    block: Block
    lead: Block | None = None
    before: str = ""
    after: str = ""

    @property
    def lines(self) -> tuple[str, ...]:
        first, *others = self.block.lines or ("",)
        return self.before + first + self.after, *others


def dressed(printed: Iterable[Block], layout: Layout) -> Iterator[Dressed]:
    fields = 0
    waiting: Dressed | None = None  # a field or label, as a block without text of its own
    for block in printed:
        if block.kind is Kind.FIELD or (block.kind is Kind.LABEL and layout.label_inline):
            if waiting:
                yield _alone(waiting)
            pattern = "{name}{value}"
            if block.kind is Kind.FIELD:
                fields += 1
                pattern = layout.field_line
            if "{value}" not in pattern:
                waiting = None
                yield Dressed(block.model_copy(update={"lines": (pattern.format(n=fields, name=block.lines[0]),)}))
                continue
            before, after = (part.format(n=fields, name=block.lines[0]) for part in pattern.split("{value}", 1))
            waiting = Dressed(block, block, before, after)
        elif waiting and block.kind is not Kind.AROUND:
            yield Dressed(block, waiting.lead, waiting.before, waiting.after)
            waiting = None
        else:
            if waiting:
                yield _alone(waiting)
            waiting = None
            yield Dressed(block)
    if waiting:
        yield _alone(waiting)


def _alone(waiting: Dressed) -> Dressed:
    """One behind which nothing came."""
    return Dressed(waiting.block.model_copy(update={"lines": ((waiting.before + waiting.after).rstrip(),)}))

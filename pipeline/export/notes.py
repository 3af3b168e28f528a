"""What the proofreader must know, in a part of its own before the 会議録, so that it can be cut off in one piece.

In: a draft. Out: blocks between two marked headings; none where there is nothing to say. One line per doubt with every
time where it arises: a list of a hundred sentences would be read by nobody.
"""

from __future__ import annotations

from pipeline.export.blocks import Block, Kind, clock
from pipeline.proof import Proof, State, doubts_left
from pipeline.schema import Draft, Warn
from pipeline.terms import FlagKind

HEADING, END = "【下書きの注意】", "【ここから会議録の案】"
STYLE_NOTE = "話し言葉のままの所があります"
_TOLD_BY_WARNINGS = (FlagKind.ROLE, FlagKind.FAILED)  # one warning names them all


def notes(draft: Draft) -> list[Block]:
    if isinstance(draft, Proof) and draft.state is State.FINAL:
        return []
    warnings = doubts_left(draft) if isinstance(draft, Proof) else draft.warnings
    lines = [_line(warning) for warning in warnings]
    for doubt, starts_ms in _doubts(draft).items():
        times = "、".join(clock(ms) for ms in starts_ms)
        lines.append(f"※ {doubt}: {times}")
    if not lines:
        return []
    return [
        Block.of(Kind.NOTE_HEADING, HEADING),
        Block.of(Kind.NOTE, *dict.fromkeys(lines)),
        Block.of(Kind.NOTE_HEADING, END),
    ]


def _line(warning: Warn) -> str:
    return f"※ {warning.message}"


def _doubts(draft: Draft) -> dict[str, list[int]]:
    """Each doubt about what is printed, with the times of its turns, in the order of their first."""
    result: dict[str, list[int]] = {}
    checked = set(draft.checked) if isinstance(draft, Proof) else set()
    for turn in draft.turns:
        if turn.id in checked:
            continue
        for flag in turn.flags:
            if turn.printed and flag.kind not in _TOLD_BY_WARNINGS:
                doubt = STYLE_NOTE if flag.kind is FlagKind.STYLE else flag.reason.rstrip("。")
                times = result.setdefault(doubt, [])
                if turn.start_ms not in times:
                    times.append(turn.start_ms)
    return result

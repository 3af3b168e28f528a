"""整文: from speech to the city's written register, every change on record.

In: turns with their parts, and the layout. Out: the same turns with ``written``, ``changes`` and ``printed`` filled in;
``spoken`` is never touched. Rules are deterministic and named. A change is a stretch of ``spoken`` and what was written
for it, so replaying the changes over ``spoken`` gives ``written`` exactly, and each can be shown or undone alone.
What a rule cannot handle stays as spoken, with a flag.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from pipeline.japanese import dearu
from pipeline.layouts import Layout, Register
from pipeline.schema import UNDECIDED, Change, Flag, FlagKind, Section, Speaker, Turn

FAILED_TEXT = "〔この区間は文字起こしできませんでした〕"
_START = r"(?:(?<=[。、？])|^)"
# Fillers that stand alone (domain: Tier A): between stops or commas. 「あの件」 and 「その後」 have none and stay.
_FILLER = re.compile(
    _START + r"(?:え[えーぇ]*っ?と?|ええと|あの[ーう]*|その[ーう]*|まあ|まー|う[ーん]+|ん[ー]+|なんか|ほら)(?:ですね)?、"
)
_INTERJECTED = re.compile(r"(?<=[^。、])ですね、(?=.)")
_YES = re.compile(r"(?:(?<=[。])|^)はい、")
_REPEATED = re.compile(r"(?:(?<=[。、])|^)([一-龠ァ-ヶーぁ-ん]{2,8})、(?=\1)")
_QUOTED = re.compile(r"「[^」]*」")
_SENTENCE = re.compile(r"[^。？?]+[。？?]?")

Rule = Callable[[str], Iterator[Change]]


def _deleted(name: str, pattern: re.Pattern[str], keep: str = "") -> Rule:
    def rule(spoken: str) -> Iterator[Change]:
        for match in pattern.finditer(spoken):
            yield Change(rule=name, start=match.start(), end=match.end(), before=match[0], after=keep)

    return rule


# In this order; a later rule never touches what an earlier one changed.
CLEANING: dict[str, Rule] = {
    "フィラー": _deleted("フィラー", _FILLER),
    "ですね": _deleted("ですね", _INTERJECTED, "、"),
    "受けの「はい」": _deleted("受けの「はい」", _YES),
    "言い直し": _deleted("言い直し", _REPEATED),
}


def rewrite(
    turns: tuple[Turn, ...], speakers: tuple[Speaker, ...], sections: tuple[Section, ...], layout: Layout
) -> tuple[Turn, ...]:
    """Fill in ``written``, ``changes``, ``printed`` and flags of style."""
    roles = {speaker.label: speaker.role for speaker in speakers}
    phases = {turn_id: section.phase for section in sections for turn_id in section.turn_ids}
    result = []
    for turn in turns:
        if any(flag.kind is FlagKind.FAILED for flag in turn.flags):
            result.append(turn.model_copy(update={"written": FAILED_TEXT, "printed": True}))
            continue
        changes, uncovered = changed(turn.spoken, layout.register)
        written = applied(turn.spoken, changes)
        if any(flag.kind is FlagKind.INVENTED for flag in turn.flags):
            written += UNDECIDED  # perhaps nobody said this: visible, never silently gone
        flags = turn.flags
        if uncovered:
            words = "」「".join(dict.fromkeys(uncovered))
            flags += (Flag(kind=FlagKind.STYLE, reason=f"「{words}」は話し言葉のままです。"),)
        printed = layout.prints(roles[turn.speaker], phases[turn.id])
        result.append(
            turn.model_copy(update={"written": written, "changes": tuple(changes), "printed": printed, "flags": flags})
        )
    return tuple(result)


def changed(spoken: str, register: Register) -> tuple[list[Change], list[str]]:
    """Changes in order and apart, and what stayed polite though the register is である."""
    if register is Register.VERBATIM:
        return [], []
    protected = [match.span() for match in _QUOTED.finditer(spoken)]
    result: list[Change] = []
    for rule in CLEANING.values():
        for change in rule(spoken):
            _add(change, result, protected)
    uncovered: list[str] = []
    if register is Register.DEARU:
        for sentence in _SENTENCE.finditer(spoken):
            found, left = dearu.changes(sentence[0])
            uncovered += left
            for change in found:
                moved = {"start": change.start + sentence.start(), "end": change.end + sentence.start()}
                _add(change.model_copy(update=moved), result, protected)
    return sorted(result, key=lambda change: change.start), uncovered


def _add(change: Change, to: list[Change], protected: list[tuple[int, int]]) -> None:
    """Keep the change if it touches neither another one nor a quotation."""
    taken = [*protected, *((c.start, c.end) for c in to)]
    if all(change.end <= begin or end <= change.start for begin, end in taken):
        to.append(change)


def applied(spoken: str, changes: list[Change] | tuple[Change, ...]) -> str:
    """``spoken`` with the changes carried out; they must be in order and apart."""
    parts, at = [], 0
    for change in changes:
        parts += [spoken[at : change.start], change.after]
        at = change.end
    return "".join([*parts, spoken[at:]])

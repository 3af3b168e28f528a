"""A finished draft in another layout and register, from what was spoken; nothing is heard or decided again.

In: a draft (or proof) and the name of a layout. Out: the draft as that layout would have written it. What a human has changed
stays as it is: turns that were edited, turns that were hidden or shown by hand, and the marks of what is not for the public,
which move along to wherever the same speech now stands.
"""

from __future__ import annotations

import re

from pipeline import layouts, style, timing
from pipeline.errors import SettingsError
from pipeline.layouts import Layout
from pipeline.schema import Draft, Flag, Record, Redaction, Turn
from pipeline.terms import UNDECIDED, FlagKind, Phase, Role

PROOFREAD = "校正"  # the rule of a change that a human made


class Relaid(Record):
    """The draft, the ids of turns that keep the words of their editor, and of those whose marks had to move."""

    draft: Draft
    edited: tuple[str, ...]
    marked: tuple[str, ...]


def in_layout(draft: Draft, template: str) -> Relaid:
    """Raises SettingsError for a layout that is not there, or wrong."""
    layout, before = layouts.load(template), _loaded(draft.meeting.template)
    phases = {turn_id: section.phase for section in draft.sections for turn_id in section.turn_ids}
    roles = {speaker.label: speaker.role for speaker in draft.speakers}
    bare = tuple(
        turn.model_copy(update={"flags": tuple(flag for flag in turn.flags if flag.kind is not FlagKind.STYLE)})
        for turn in draft.turns
    )
    turns: list[Turn] = []
    edited: list[str] = []
    for turn, new in zip(draft.turns, style.rewrite(bare, draft.speakers, draft.sections, layout), strict=True):
        role, phase = roles[turn.speaker], phases[turn.id]
        if _is_edited(turn):
            edited.append(turn.id)
            new = turn.model_copy(update={"printed": layout.prints(role, phase) and _says_something(turn)})
        else:
            new = new.model_copy(update={"flags": _role_last(new), "redactions": _moved(turn, new)})
        if _is_chosen(turn, role, phase, before):
            new = new.model_copy(update={"printed": turn.printed})
        turns.append(new)
    marked = tuple(old.id for old, new in zip(draft.turns, turns, strict=True) if old.redactions != new.redactions)
    meeting = draft.meeting.model_copy(update={"template": template})
    relaid = draft.model_copy(update={"meeting": meeting, "turns": tuple(turns)})
    return Relaid(draft=relaid, edited=tuple(edited), marked=marked)


def _loaded(template: str) -> Layout | None:
    """The layout so far; a city's file may be gone, and another layout is then the way out."""
    try:
        return layouts.load(template)
    except SettingsError:
        return None


def _is_edited(turn: Turn) -> bool:
    return any(change.rule == PROOFREAD for change in turn.changes) or not timing.is_traced(turn)


def _is_chosen(turn: Turn, role: Role, phase: Phase, before: Layout | None) -> bool:
    """Whether a human hid or showed the turn: the rules would not have."""
    if before is None or any(flag.kind is FlagKind.FAILED for flag in turn.flags):
        return False
    return turn.printed != (before.prints(role, phase) and _says_something(turn))


def _says_something(turn: Turn) -> bool:
    return bool(re.search(r"\w", turn.written.replace(UNDECIDED, "")))


def _role_last(turn: Turn) -> tuple[Flag, ...]:
    """In the order of a draft's making: doubts about style come before those about the speaker."""
    return tuple(sorted(turn.flags, key=lambda flag: flag.kind is FlagKind.ROLE))


def _moved(turn: Turn, new: Turn) -> tuple[Redaction, ...]:
    """Where the marked speech stands now, with what had been left out beside it: it may be a first try at the same words."""
    result = []
    for mark in turn.redactions:
        begin, end = timing.spoken_range(turn, mark.start, mark.end)
        for change in reversed(turn.changes):
            begin = change.start if not change.after and change.end == begin else begin
        for change in turn.changes:
            end = change.end if not change.after and change.start == end else end
        if now := timing.written_range(new, begin, end):
            result.append(Redaction(start=now[0], end=now[1]))
    return tuple(result)

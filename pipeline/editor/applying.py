"""A proof and an edit to the next proof. Pure: no files, no clock; the laws of a draft hold before and after.

In: ``Proof`` and an edit other than ``Restore``. Out: ``Proof`` with the next revision. An edit that makes no sense (any more) is a
``Refused`` with a Japanese sentence; nothing is changed then.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import groupby
from typing import Any

from pipeline.editor import edits, handwork
from pipeline.proof import Proof, State
from pipeline.schema import Decision, Redaction, Section, Speaker, Turn
from pipeline.terms import FlagKind, Phase, Role

CONFIRMED = "校正で確かめた"
Place = tuple[int | None, Phase]


class Refused(Exception):
    """Why an edit cannot be made, in a Japanese sentence."""


def apply(proof: Proof, edit: edits.Edit) -> Proof:
    """Raises Refused."""
    changed = _DO[type(edit)](proof, edit)
    if proof.state is State.FINAL and not isinstance(edit, edits.Promote):
        raise Refused("確定した会議録は直せません。状態を校正中に戻してください。")
    after = changed.model_copy(update={"revision": proof.revision + 1})
    if after.state is State.DRAFT and not isinstance(edit, edits.Promote):
        after = after.model_copy(update={"state": State.PROOFREADING})
    try:
        after.check_laws()
    except ValueError as error:
        raise Refused("会議録の決まりに合わなくなるため、できません。") from error
    return after


def _turn(proof: Proof, turn_id: str) -> Turn:
    found = next((turn for turn in proof.turns if turn.id == turn_id), None)
    if found is None:
        raise Refused("その発言は、もうありません。")
    return found


def _with_turn(proof: Proof, turn: Turn) -> Proof:
    return proof.model_copy(update={"turns": tuple(turn if t.id == turn.id else t for t in proof.turns)})


def _rewrite(proof: Proof, edit: edits.Rewrite) -> Proof:
    return _with_turn(proof, handwork.rewritten(_turn(proof, edit.turn), " ".join(edit.written.splitlines())))


def _revert(proof: Proof, edit: edits.Revert) -> Proof:
    turn = _turn(proof, edit.turn)
    found = next((c for c in turn.changes if (c.rule, c.start, c.end) == (edit.rule, edit.start, edit.end)), None)
    if found is None:
        raise Refused("その書きかえは、もうありません。")
    return _with_turn(proof, handwork.reverted(turn, found))


def _split(proof: Proof, edit: edits.Split) -> Proof:
    known = {turn.id for turn in proof.turns}
    stem = edit.turn.split("-")[0]
    new_id = next(name for n in range(2, len(known) + 3) if (name := f"{stem}-{n}") not in known)
    try:
        parts = handwork.split(_turn(proof, edit.turn), edit.at, new_id)
    except ValueError as error:
        raise Refused("発言の始めか終わりでは分けられません。") from error
    turns: list[Turn] = []
    for turn in proof.turns:
        turns += parts if turn.id == edit.turn else [turn]
    sections = tuple(
        s.model_copy(update={"turn_ids": _inserted(s.turn_ids, edit.turn, new_id)}) if edit.turn in s.turn_ids else s
        for s in proof.sections
    )
    checked = _inserted(proof.checked, edit.turn, new_id) if edit.turn in proof.checked else proof.checked
    return proof.model_copy(update={"turns": _in_time(turns), "sections": sections, "checked": checked})


def _inserted(ids: tuple[str, ...], after: str, new: str) -> tuple[str, ...]:
    at = ids.index(after) + 1
    return (*ids[:at], new, *ids[at:])


def _merge(proof: Proof, edit: edits.Merge) -> Proof:
    ids = [turn.id for turn in proof.turns]
    if edit.turn not in ids or edit.other not in ids or ids.index(edit.other) != ids.index(edit.turn) + 1:
        raise Refused("続いていない発言どうしは、つなげません。")
    one = handwork.joined(_turn(proof, edit.turn), _turn(proof, edit.other))
    turns = tuple(one if t.id == one.id else t for t in proof.turns if t.id != edit.other)
    sections = (s.model_copy(update={"turn_ids": tuple(i for i in s.turn_ids if i != edit.other)}) for s in proof.sections)
    checked = set(proof.checked)
    both = {edit.turn, edit.other} <= checked
    decisions = tuple(d.model_copy(update={"turn_id": edit.turn}) if d.turn_id == edit.other else d for d in proof.decisions)
    return proof.model_copy(
        update={
            "turns": turns,
            "sections": tuple(s for s in sections if s.turn_ids),
            "decisions": decisions,
            "checked": tuple(i for i in proof.checked if i != edit.other and (both or i != edit.turn)),
        }
    )


def _speak(proof: Proof, edit: edits.Speak) -> Proof:
    turn = _turn(proof, edit.turn)
    labels = [speaker.label for speaker in proof.speakers]
    speakers = proof.speakers
    label = edit.speaker
    if label is None:
        label = next(name for n in range(len(labels) + 1) if (name := f"SPEAKER_{n:02}") not in labels)
        speakers = (*speakers, Speaker(label=label, role=Role.OTHER, confidence=0.0, reasons=("校正で分けた話者",)))
    elif label not in labels:
        raise Refused("その話者は、もういません。")
    flags = tuple(flag for flag in turn.flags if flag.kind not in (FlagKind.ROLE, FlagKind.NO_VOICE))
    moved = turn.model_copy(update={"speaker": label, "flags": flags})
    return _counted(_with_turn(proof.model_copy(update={"speakers": speakers}), moved))


def _show(proof: Proof, edit: edits.Show) -> Proof:
    return _with_turn(proof, _turn(proof, edit.turn).model_copy(update={"printed": edit.printed}))


def _redact(proof: Proof, edit: edits.Redact) -> Proof:
    turn = _turn(proof, edit.turn)
    if not edit.start < edit.end <= len(turn.written):
        raise Refused("伏せる範囲が発言の外にあります。")
    kept = [r for r in turn.redactions if r.end <= edit.start or edit.end <= r.start]
    if edit.marked:
        touching = [r for r in turn.redactions if r not in kept]
        start = min([edit.start, *(r.start for r in touching)])
        kept.append(Redaction(start=start, end=max([edit.end, *(r.end for r in touching)])))
    return _with_turn(proof, turn.model_copy(update={"redactions": tuple(sorted(kept, key=lambda r: r.start))}))


def _place(proof: Proof, edit: edits.Place) -> Proof:
    ids = [turn.id for turn in proof.turns]
    if edit.turn not in ids or edit.through not in ids or ids.index(edit.through) < ids.index(edit.turn):
        raise Refused("移す発言の範囲が正しくありません。")
    if edit.item is not None and edit.item >= len(proof.meeting.agenda):
        raise Refused("その議題は、次第にありません。")
    places: dict[str, Place] = {i: (s.item, s.phase) for s in proof.sections for i in s.turn_ids}
    for turn_id in ids[ids.index(edit.turn) : ids.index(edit.through) + 1]:
        places[turn_id] = (edit.item, edit.phase)
    sections = tuple(
        Section(item=item, phase=phase, heading=phase.value, turn_ids=tuple(members))
        for (item, phase), members in groupby(ids, key=lambda turn_id: places[turn_id])
    )
    return proof.model_copy(update={"sections": sections})


def _person(proof: Proof, edit: edits.Person) -> Proof:
    if edit.speaker not in {speaker.label for speaker in proof.speakers}:
        raise Refused("その話者は、もういません。")
    speakers = tuple(
        s.model_copy(update={"role": edit.role, "name": edit.name or None, "confidence": 1.0, "reasons": (CONFIRMED,)})
        if s.label == edit.speaker
        else s
        for s in proof.speakers
    )
    turns = tuple(
        t.model_copy(update={"flags": tuple(f for f in t.flags if f.kind is not FlagKind.ROLE)})
        if t.speaker == edit.speaker
        else t
        for t in proof.turns
    )
    return proof.model_copy(update={"speakers": speakers, "turns": turns})


def _unite(proof: Proof, edit: edits.Unite) -> Proof:
    labels = {speaker.label for speaker in proof.speakers}
    if edit.speaker == edit.into or not {edit.speaker, edit.into} <= labels:
        raise Refused("まとめる話者が見つかりません。")
    turns = tuple(t.model_copy(update={"speaker": edit.into}) if t.speaker == edit.speaker else t for t in proof.turns)
    return _counted(
        proof.model_copy(update={"turns": turns, "speakers": tuple(s for s in proof.speakers if s.label != edit.speaker)})
    )


def _decide(proof: Proof, edit: edits.Decide) -> Proof:
    if not 0 <= edit.item < len(proof.meeting.agenda):
        raise Refused("その議題は、次第にありません。")
    given = (edit.result or "").strip() or None
    known = {d.item: d for d in proof.decisions}
    known[edit.item] = known.get(edit.item, Decision(item=edit.item, result=None)).model_copy(update={"result": given})
    return proof.model_copy(update={"decisions": tuple(known[item] for item in sorted(known))})


def _replace(proof: Proof, edit: edits.Replace) -> Proof:
    by = " ".join(edit.by.splitlines())
    wanted = set(edit.turns)
    turns = tuple(
        handwork.rewritten(t, t.written.replace(edit.find, by)) if t.id in wanted and edit.find in t.written else t
        for t in proof.turns
    )
    if turns == proof.turns:
        raise Refused("置きかえる言葉が見つかりません。")
    return proof.model_copy(update={"turns": turns})


def _tick(proof: Proof, edit: edits.Tick) -> Proof:
    wanted = set(edit.turns)
    checked = set(proof.checked) | wanted if edit.done else set(proof.checked) - wanted
    return proof.model_copy(update={"checked": tuple(turn.id for turn in proof.turns if turn.id in checked)})


def _promote(proof: Proof, edit: edits.Promote) -> Proof:
    return proof.model_copy(update={"state": edit.state})


def _counted(proof: Proof) -> Proof:
    """Talking times after turns have changed hands."""
    talk_ms: dict[str, int] = {}
    for turn in proof.turns:
        talk_ms[turn.speaker] = talk_ms.get(turn.speaker, 0) + turn.duration_ms
    speakers = tuple(s.model_copy(update={"talk_ms": talk_ms.get(s.label, 0)}) for s in proof.speakers)
    return proof.model_copy(update={"speakers": speakers})


def _in_time(turns: list[Turn]) -> tuple[Turn, ...]:
    """A part that was split off may begin later than an interjection of another: order is by time, first come first."""
    return tuple(sorted(turns, key=lambda turn: turn.start_ms))


_DO: dict[type[edits.Edit], Callable[[Proof, Any], Proof]] = {
    edits.Rewrite: _rewrite,
    edits.Revert: _revert,
    edits.Split: _split,
    edits.Merge: _merge,
    edits.Speak: _speak,
    edits.Show: _show,
    edits.Redact: _redact,
    edits.Place: _place,
    edits.Person: _person,
    edits.Unite: _unite,
    edits.Decide: _decide,
    edits.Replace: _replace,
    edits.Tick: _tick,
    edits.Promote: _promote,
}

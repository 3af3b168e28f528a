"""What the page is told of a proof: everything it shows, nothing twice, and small enough for three hours of talk.

In: a proof. Out: plain JSON. Words are runs of ``[start_ms, end_ms, text, confidence]``; the stretches that lead from written to
spoken are computed here, so that the page needs no rules of its own.
"""

from __future__ import annotations

from typing import Any

from pipeline import checks, layouts, redaction, timing
from pipeline.layouts import Layout
from pipeline.proof import Proof, doubts_left
from pipeline.schema import Turn
from pipeline.terms import Phase, Role

DOUBTFUL = 0.5


def whole(proof: Proof) -> dict[str, Any]:
    """The page's first load."""
    return {
        **around(proof),
        "turns": [of_turn(turn) for turn in proof.turns],
        "agenda": [item.model_dump() for item in proof.meeting.agenda],
        "name": proof.meeting.name or proof.recording.source,
        "duration_ms": proof.recording.duration_ms,
        "audio": bool(proof.recording.audio),
        "phases": [phase.value for phase in Phase],
        "roles": [role.value for role in Role],
    }


def around(proof: Proof) -> dict[str, Any]:
    """Everything but the turns: small, and sent after every edit."""
    return {
        "revision": proof.revision,
        "state": proof.state.value,
        "checked": list(proof.checked),
        "speakers": [s.model_dump(mode="json") for s in proof.speakers],
        "sections": [[s.item, s.phase.value, list(s.turn_ids)] for s in proof.sections],
        "decisions": [d.model_dump() for d in proof.decisions],
        "warnings": [w.message for w in doubts_left(proof)],
    }


def since(before: Proof, after: Proof) -> dict[str, Any]:
    """What the page has to change: turns that differ, ids that are gone, and the order."""
    old = {turn.id: turn for turn in before.turns}
    return {
        **around(after),
        "changed": [of_turn(turn) for turn in after.turns if old.get(turn.id) != turn],
        "order": [turn.id for turn in after.turns],
    }


def of_turn(turn: Turn) -> dict[str, Any]:
    """``doubts``: ranges of ``written`` that came of words heard with little confidence."""
    return {
        "id": turn.id,
        "speaker": turn.speaker,
        "start_ms": turn.start_ms,
        "end_ms": turn.end_ms,
        "spoken": turn.spoken,
        "written": turn.written,
        "printed": turn.printed,
        "changes": [change.model_dump() for change in turn.changes],
        "redactions": [[r.start, r.end] for r in turn.redactions],
        "flags": [flag.reason for flag in turn.flags],
        "sentences": sentences(turn),
        "doubts": doubts(turn),
    }


def sentences(turn: Turn) -> list[list[int]]:
    """``[start, end, start_ms, end_ms]`` of each sentence of ``written``: what a click plays."""
    found: list[list[int]] = []
    start = 0
    for at, character in enumerate(turn.written, start=1):
        if character in "。？?" or at == len(turn.written):
            found.append([start, at, *timing.audio_ms(turn, start, at)])
            start = at
    return found


def doubts(turn: Turn) -> list[list[int]]:
    """Neighbouring ones joined."""
    if not timing.is_traced(turn):
        return []
    found: list[list[int]] = []
    at = 0
    for word in turn.words:
        if word.confidence < DOUBTFUL and word.text.strip("、。 "):
            place = timing.written_range(turn, at, at + len(word.text))
            if place and found and place[0] <= found[-1][1]:
                found[-1][1] = max(found[-1][1], place[1])
            elif place:
                found.append(list(place))
        at += len(word.text)
    return found


def remarks(proof: Proof) -> list[dict[str, Any]]:
    """Spellings and slips to accept, and what might have to be kept back. Raises SettingsError for a layout that is gone."""
    layout: Layout = layouts.load(proof.meeting.template)
    found = [
        {"turn": turn.id, **remark.model_dump()}
        for turn in proof.turns
        if turn.printed
        for remark in checks.remarks(turn.written, layout)
    ]
    for one in redaction.suggestions(proof):
        found.append(
            {
                "turn": one.turn_id,
                "kind": "伏せるか確認",
                "before": one.text,
                "after": None,
                "reason": one.kind,
                "start": one.start,
                "end": one.end,
            }
        )
    return found

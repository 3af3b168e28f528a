"""Every change ever made to a proof, one line each, only ever appended: ``history.jsonl``.

In: what was done. Out: what was done, in order. A line is on the disk before the change is answered for; ``proof.json`` follows
within a second, so after a crash the lines beyond its revision are done again. A torn last line is what a power cut leaves:
nobody was told that it stands.
"""

from __future__ import annotations

import os
from pathlib import Path

from pydantic import ValidationError

from pipeline import store
from pipeline.editor.edits import AnyEdit
from pipeline.proof import Proof
from pipeline.schema import Record

FILE = "history.jsonl"


class Difference(Record):
    """``what`` read ``before`` and reads ``after``; an empty text is nothing."""

    what: str
    before: str
    after: str


class Entry(Record):
    """One line. ``at``: local time, ISO 8601 with its zone; ``who``: as the browser was told."""

    revision: int
    at: str
    who: str
    edit: AnyEdit
    differences: tuple[Difference, ...] = ()


def read(folder: Path) -> tuple[Entry, ...]:
    """In order; lines that are torn or out of order end the reading, and are put aside by the next ``append``."""
    try:
        lines = (folder / FILE).read_bytes().split(b"\n")
    except FileNotFoundError:
        return ()
    entries: list[Entry] = []
    for line in lines:
        try:
            entry = Entry.model_validate_json(line)
        except ValidationError:
            break
        if entry.revision != len(entries) + 1:
            break
        entries.append(entry)
    return tuple(entries)


def tidy(folder: Path, entries: tuple[Entry, ...]) -> None:
    """Whole lines only, so that the next one begins a line; what is cut off is kept beside. Raises OutputError."""
    path = folder / FILE
    whole = b"".join(line_of(entry) for entry in entries)
    if path.exists() and path.read_bytes() != whole:
        store.write_bytes(path.with_name(FILE + ".torn"), path.read_bytes())
        store.write_bytes(path, whole)


def append(folder: Path, entry: Entry) -> None:
    """On the disk when this returns. Raises OutputError."""
    path = folder / FILE
    with store.saying_why(path), path.open("ab") as out:
        out.write(line_of(entry))
        out.flush()
        os.fsync(out.fileno())


def line_of(entry: Entry) -> bytes:
    return entry.model_dump_json().encode() + b"\n"


def differences(before: Proof, after: Proof) -> tuple[Difference, ...]:
    """What a person reading the history wants to know."""
    found: list[Difference] = []
    old = {turn.id: turn for turn in before.turns}
    new = {turn.id: turn for turn in after.turns}
    for turn_id in dict.fromkeys((*old, *new)):
        one, other = old.get(turn_id), new.get(turn_id)
        if one != other:
            found += _of_field(f"{turn_id} 本文", one.written if one else None, other.written if other else None)
            found += _of_field(f"{turn_id} 話者", one.speaker if one else None, other.speaker if other else None)
            found += _of_field(f"{turn_id} 印刷", str(one.printed) if one else None, str(other.printed) if other else None)
    for speaker in after.speakers:
        known = next((s for s in before.speakers if s.label == speaker.label), None)
        was_role = f"{known.role} {known.name or ''}" if known else None
        found += _of_field(f"{speaker.label} 役割", was_role, f"{speaker.role} {speaker.name or ''}")
    for decision in after.decisions:
        was = next((d for d in before.decisions if d.item == decision.item), None)
        found += _of_field(f"議題{decision.item + 1} 結果", was.result if was else None, decision.result)
    found += _of_field("状態", before.state.value, after.state.value)
    return tuple(found)


def _of_field(what: str, before: str | None, after: str | None) -> list[Difference]:
    return [] if before == after else [Difference(what=what, before=before or "", after=after or "")]

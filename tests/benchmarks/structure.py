"""How well roles, parts and boundaries are found on rehearsal meetings, and what each kind of evidence is worth.

    python tests/benchmarks/structure.py [FILE...] [--without-each] [--attendees] [--seeds 3]

Without files: all of ``tests/rehearsals``. A meeting goes the way of ``minutes assemble`` and is scored by the code of
``minutes score``. Clean: what was said. Noisy: 10 % of the characters wrong and 8 % of the sentences given to another voice,
mean over the seeds. ``--without-each`` switches one kind of evidence off at a time and prints what that costs.
"""

from __future__ import annotations

import argparse
import contextlib
import re
import sys
import tempfile
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

from pipeline import layouts, meeting_file, run, score, transcripts
from pipeline.japanese import agenda, cues
from pipeline.schema import Provenance
from pipeline.structure import role_evidence, section_evidence, section_scores, section_weights
from pipeline.structure.board import Board
from tests import rehearsal

CHAR_NOISE, SPEAKER_NOISE = 0.10, 0.08
Figures = tuple[float, float, float]  # roles, placement, boundary F1


def measure(meeting: rehearsal.Rehearsal, noise: float, seed: int) -> Figures:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        rehearsal.hand_over(meeting, folder, CHAR_NOISE * noise, SPEAKER_NOISE * noise, seed)
        particulars = meeting_file.read(folder / "meeting.toml")
        recording, heard, voices = transcripts.read(folder / "transcript.json")
        layout = layouts.load(particulars.template)
        draft = run.understand(recording, heard, voices, particulars, layout, Provenance(program="benchmark"), ())
        (folder / "draft.json").write_text(draft.model_dump_json(by_alias=True), encoding="utf-8")
        found = score.score(folder / "truth.json", folder / "draft.json").structure
    assert found is not None
    return found.role, found.placement, found.boundary_f1 or 0.0


def mean(figures: list[Figures]) -> Figures:
    a, b, c = (sum(column) / len(figures) for column in zip(*figures, strict=True))
    return a, b, c


def over(meetings: list[rehearsal.Rehearsal], seeds: int) -> tuple[list[Figures], list[Figures]]:
    clean = [measure(meeting, 0.0, 1) for meeting in meetings]
    noisy = [mean([measure(meeting, 1.0, seed) for seed in range(1, seeds + 1)]) for meeting in meetings]
    return clean, noisy


@contextlib.contextmanager
def patched(changes: list[tuple[Any, str, Any]]) -> Iterator[None]:
    before = [(owner, name, getattr(owner, name)) for owner, name, _ in changes]
    for owner, name, value in changes:
        setattr(owner, name, value)
    _forget()
    try:
        yield
    finally:
        for owner, name, value in before:
            setattr(owner, name, value)
        _forget()


def _forget() -> None:
    for cached in (cues.families, cues.found, agenda.named, agenda._labels, agenda._title_sounds):
        if hasattr(cached, "cache_clear"):
            cached.cache_clear()


def _board_without(*kinds: str) -> list[tuple[Any, str, Any]]:
    add = Board.add

    def without(self: Board, speaker: str, role: Any, kind: str, points: float, reason: str) -> None:
        if kind not in kinds:
            add(self, speaker, role, kind, points, reason)

    return [(Board, "add", without)]


def _cues_without(drop: Callable[[cues.Family], bool]) -> list[tuple[Any, str, Any]]:
    all_found = cues.found

    def found(sentence: str) -> dict[str, float]:
        return {name: strength for name, strength in all_found(sentence).items() if not drop(cues.families()[name])}

    return [(cues, "found", found)]


def switches() -> dict[str, list[tuple[Any, str, Any]]]:
    nothing: dict[Any, float] = {}
    nowhere_usual = {name: family.model_copy(update={"within": {}}) for name, family in cues.families().items()}
    learnt = section_weights.learnt()
    any_order = {"left out": 0.0, "back": 3.0, "earlier item": 3.0}
    own = tuple(name for name, family in cues.families().items() if family.roles)
    return {
        "roles: what somebody says": _board_without(*own),
        "roles: introductions, names": _board_without("introduced", "named"),
        "roles: being called": _board_without("called"),
        "roles: who answers whom": [(role_evidence, "questions", lambda heard, chair: {})],
        "roles: presence, long speech": _board_without("first", "hub", "monologue", "visit", "stay"),
        "roles: who gives the floor": _board_without("nominates", "handover", "before_monologue", "after_monologue"),
        "parts: announcements": _cues_without(lambda family: bool(family.begins)),
        "parts: words usual in a phase": [(cues, "families", lambda: nowhere_usual)],
        "parts: agenda named": [(agenda, "named", lambda sentence, items: {})],
        "parts: who speaks": [(section_evidence, "ROLE_FITS", {})],
        "parts: rhythm of turns": [
            (section_evidence, name, nothing) for name in ("LONG_OFFICIAL", "ANSWER", "ANSWERED", "AMONG_MEMBERS")
        ],
        "parts: new subjects": [(section_scores, "NEW_SUBJECT", 0.0)],
        "parts: usual order": [(section_weights, "learnt", lambda: replace(learnt, costs={**learnt.costs, **any_order}))],
        "parts: what was learnt": [(section_weights, "learnt", lambda: section_weights.BY_HAND)],
        "sounds nearly right": [(cues, "_nearly", lambda phrase, sound: False)],
        "readings": [(cues, "kana", spelling), (agenda, "kana", spelling)],
    }


def spelling(text: str) -> str:
    """What stands in for a reading where there is none."""
    return re.sub(r"[、。？!?\s]", "", unicodedata.normalize("NFKC", text))


def line(name: str, clean: Figures, noisy: Figures) -> str:
    return f"{name:34s} " + " ".join(f"{100 * x:6.1f}" for x in clean) + "  " + " ".join(f"{100 * x:6.1f}" for x in noisy)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--without-each", action="store_true")
    parser.add_argument("--attendees", action="store_true", help="the meeting files list who is expected")
    parser.add_argument("--seeds", type=int, default=3)
    a = parser.parse_args()
    meetings = [rehearsal.load(path) for path in a.files or sorted(rehearsal.FOLDER.glob("*.txt"))]
    if a.attendees:
        meetings = [rehearsal.with_attendees(meeting) for meeting in meetings]
    print(f"{'':34s} {'clean: role place F1':>20s}  {'noisy: role place F1':>20s}")
    clean, noisy = over(meetings, a.seeds)
    for meeting, one, other in zip(meetings, clean, noisy, strict=True):
        print(line(f"{meeting.name} ({len(meeting.turns)} turns)", one, other))
    print(line("mean", mean(clean), mean(noisy)), flush=True)
    if a.without_each:
        for name, changes in switches().items():
            with patched(changes):
                fewer = over(meetings, a.seeds)
            print(line(f"without {name}", mean(fewer[0]), mean(fewer[1])), flush=True)


if __name__ == "__main__":
    main()

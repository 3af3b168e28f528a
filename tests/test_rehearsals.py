"""Whole meetings written by several hands, from transcript to scored draft: the floor under the figures of the README beside them.

The floors lie below what is measured today, so that a change that costs a part of a meeting is seen and one that moves a
sentence is not. ``tests/benchmarks/structure.py`` prints the figures.
"""

from __future__ import annotations

import json
import time
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline import attribute, decisions, deputies, meeting_file, roles, sections, style, transcripts
from pipeline.layouts import load
from pipeline.terms import Phase, Role
from tests import rehearsal
from tests.benchmarks import structure

FILES = sorted(rehearsal.FOLDER.glob("*.txt"))
CLEAN = (0.85, 0.85, 0.75)  # roles, placement, boundary F1 of each meeting
NOISY = (0.70, 0.65, 0.50)
MEAN_CLEAN, MEAN_NOISY = (0.98, 0.94, 0.90), (0.92, 0.86, 0.80)


@pytest.fixture(scope="module")
def measured() -> dict[str, tuple[structure.Figures, structure.Figures]]:
    return {
        path.stem: (structure.measure(rehearsal.load(path), 0.0, 1), structure.measure(rehearsal.load(path), 1.0, 1))
        for path in FILES
    }


@pytest.mark.parametrize("name", [path.stem for path in FILES])
def test_a_meeting_is_understood_as_well_as_ever(
    name: str, measured: dict[str, tuple[structure.Figures, structure.Figures]]
) -> None:
    clean, noisy = measured[name]
    assert all(figure >= floor for figure, floor in zip(clean, CLEAN, strict=True)), clean
    assert all(figure >= floor for figure, floor in zip(noisy, NOISY, strict=True)), noisy


def test_meetings_are_understood_as_well_as_ever_on_the_whole(
    measured: dict[str, tuple[structure.Figures, structure.Figures]],
) -> None:
    clean = structure.mean([figures[0] for figures in measured.values()])
    noisy = structure.mean([figures[1] for figures in measured.values()])
    assert all(figure >= floor for figure, floor in zip(clean, MEAN_CLEAN, strict=True)), clean
    assert all(figure >= floor for figure, floor in zip(noisy, MEAN_NOISY, strict=True)), noisy


@pytest.mark.parametrize("path", sorted(rehearsal.FOLDER.rglob("*.txt")), ids=lambda path: path.stem)
def test_a_script_is_whole(path: Path) -> None:
    meeting = rehearsal.load(path)
    assert {turn.speaker for turn in meeting.turns} == set(meeting.cast)
    assert {Role(role) for role in meeting.cast.values()} <= set(Role)
    assert {Phase(turn.phase) for turn in meeting.turns} <= set(Phase)
    spoken_of = {i for turn in meeting.turns for i in (turn.items or (turn.item,)) if i is not None}
    assert spoken_of == set(range(len(meeting.particulars["agenda"])))


def test_noise_is_as_much_as_was_asked_for(tmp_path: Path) -> None:
    meeting = rehearsal.load(FILES[0])
    for name, noise in (("clean", 0.0), ("noisy", 1.0)):
        rehearsal.hand_over(meeting, tmp_path / name, 0.1 * noise, 0.08 * noise, 1)
    clean, noisy = (transcripts.read(tmp_path / name / "transcript.json") for name in ("clean", "noisy"))
    pairs = list(zip(clean[1].segments, noisy[1].segments, strict=True))
    assert "".join(s.text for s in clean[1].segments) == "".join(turn.text for turn in meeting.turns)
    assert 0.3 < sum(a.text != b.text for a, b in pairs) / len(pairs) <= 1.0
    truths = [json.loads((tmp_path / name / "truth.json").read_text(encoding="utf-8")) for name in ("clean", "noisy")]
    assert [turn["text"] for turn in truths[0]] == [turn["text"] for turn in truths[1]]


def cpu_s(meeting: rehearsal.Rehearsal, folder: Path) -> float:
    """Of the second half of the way, the dictionary loaded."""
    rehearsal.hand_over(meeting, folder, 0.0, 0.0, 1)
    particulars = meeting_file.read(folder / "meeting.toml")
    _, heard, voices = transcripts.read(folder / "transcript.json")
    begun_s = time.process_time()
    turns = attribute.words(heard.segments, voices.voices)
    speakers = roles.assign(turns, particulars)
    turns, speakers = deputies.apart(turns, speakers, particulars)
    turns, parts = sections.divide(turns, speakers, particulars)
    decisions.hear(turns, speakers, parts, particulars)
    style.rewrite(turns, speakers, parts, load("nagasaki"))
    return time.process_time() - begun_s


def test_time_grows_with_the_length_of_the_meeting_and_no_faster(tmp_path: Path) -> None:
    meeting = rehearsal.load(rehearsal.FOLDER / "joint_landuse.txt")
    cpu_s(meeting, tmp_path / "dictionary")

    def times(n: int, seed: str) -> rehearsal.Rehearsal:
        """Words are made new, as a cache would answer for words that come again."""
        turns = tuple(
            replace(turn, text=turn.text.replace("。", f"{seed}{i}件。")) for i in range(n) for turn in meeting.turns
        )
        return replace(meeting, turns=turns)

    short, long = cpu_s(times(2, "約"), tmp_path / "2"), cpu_s(times(6, "計"), tmp_path / "6")
    assert long < 3 * short * 1.8

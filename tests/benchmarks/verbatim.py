"""How well roles are found in published verbatim minutes that you have as text files.

    python tests/benchmarks/verbatim.py FOLDER... [--seeds 3] [--errors]

Each file goes through the program as a transcript with anonymous voices: no agenda, no attendees, nothing but what was said and by
which voice. ``tests/verbatim.py`` tells which labels are understood. Printed: the share of the characters and of the speeches whose
role is right, as the label tells it; speeches whose label tells no role are heard but not counted. Clean, and with the noise of the
rehearsals (mean over the seeds). ``--errors`` prints each voice that got another role, with the reasons.
"""

from __future__ import annotations

import argparse
import itertools
import json
import sys
import tempfile
from bisect import bisect_right
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from pipeline import layouts, meeting_file, run, transcripts
from pipeline.schema import Draft, Provenance
from pipeline.scoring.letters import counterparts, plain
from pipeline.terms import Role
from tests import rehearsal, verbatim

CHAR_NOISE, SPEAKER_NOISE = 0.10, 0.08
FEWEST_TURNS = 20
Figures = tuple[float, float]  # shares of the characters and of the speeches


def heard(meeting: rehearsal.Rehearsal, noise: float, seed: int) -> tuple[list[dict[str, str]], Draft]:
    """The truth, and the draft made without knowing it."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        rehearsal.hand_over(meeting, folder, CHAR_NOISE * noise, SPEAKER_NOISE * noise, seed)
        particulars = meeting_file.read(folder / "meeting.toml")
        recording, text, voices = transcripts.read(folder / "transcript.json")
        layout = layouts.load(particulars.template)
        draft = run.understand(recording, text, voices, particulars, layout, Provenance(program="benchmark"), ())
        return json.loads((folder / "truth.json").read_text(encoding="utf-8")), draft


def right(truth: list[dict[str, str]], draft: Draft) -> Figures:
    """Every character of the truth looks up the role of the turn where its counterpart is; a speech goes by most of its own."""
    roles = {speaker.label: speaker.role for speaker in draft.speakers}
    turns = [(roles[turn.speaker], plain(turn.spoken)) for turn in draft.turns if plain(turn.spoken)]
    starts = list(itertools.accumulate((len(text) for _, text in turns[:-1]), initial=0))
    said = [(Role(turn["role"]), plain(turn["text"])) for turn in truth]
    places = iter(counterparts("".join(text for _, text in said), "".join(text for _, text in turns)))
    chars = good_chars = speeches = good_speeches = 0
    for role, text in said:
        hits = sum(
            turns[bisect_right(starts, place) - 1][0] is role
            for place in itertools.islice(places, len(text))
            if place is not None
        )
        if role is Role.OTHER or not text:
            continue
        chars, good_chars = chars + len(text), good_chars + hits
        speeches, good_speeches = speeches + 1, good_speeches + (2 * hits > len(text))
    return good_chars / max(1, chars), good_speeches / max(1, speeches)


def mean(figures: list[Figures]) -> Figures:
    chars, speeches = (sum(column) / len(figures) for column in zip(*figures, strict=True))
    return chars, speeches


def errors(meeting: rehearsal.Rehearsal, truth: list[dict[str, str]], draft: Draft) -> list[str]:
    """One line for each voice whose role is not the label's; nothing that was said."""
    true = {turn["speaker"]: turn["role"] for turn in truth}
    length = {label: sum(len(turn["text"]) for turn in truth if turn["speaker"] == label) for label in true}
    return [
        f"    {speaker.label} {true[speaker.label]} -> {speaker.role.value} {length[speaker.label]} chars: {'、'.join(speaker.reasons)}"
        for speaker in draft.speakers
        if speaker.label in true and true[speaker.label] not in (speaker.role.value, Role.OTHER.value)
    ]


def line(name: str, clean: Figures, noisy: Figures) -> str:
    return f"{name:40s} " + " ".join(f"{100 * x:6.1f}" for x in (*clean, *noisy))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--errors", action="store_true")
    a = parser.parse_args()
    print(f"{'':40s} {'clean: chars, speeches':>13s}  noisy: chars, speeches")
    clean: list[Figures] = []
    noisy: list[Figures] = []
    for path in sorted(path for folder in a.folders for path in folder.glob("*.txt")):
        meeting = verbatim.read(path)
        if len(meeting.turns) < FEWEST_TURNS:
            continue
        truth, draft = heard(meeting, 0.0, 1)
        clean.append(right(truth, draft))
        noisy.append(mean([right(*heard(meeting, 1.0, seed)) for seed in range(1, a.seeds + 1)]))
        print(line(f"{meeting.name} ({len(meeting.turns)} speeches)", clean[-1], noisy[-1]), flush=True)
        if a.errors:
            print("\n".join(errors(meeting, truth, draft)), flush=True)
    if clean:
        print(line(f"mean of {len(clean)}", mean(clean), mean(noisy)))


if __name__ == "__main__":
    main()

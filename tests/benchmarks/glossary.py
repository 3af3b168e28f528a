"""What a glossary brings: errors in its words, with and without hints to the recogniser and corrections afterwards.

    python tests/benchmarks/glossary.py            # the two demo meetings, and a room full of terms that is synthesised here
    python tests/benchmarks/glossary.py --worst    # also: corrections into the truth itself, had every letter been in doubt

In: recordings with their truth, a glossary made by ``learn`` from what would have been on paper. Out: a table of CER on the letters of
glossary words, of words heard whole, of CER on everything. The demo recogniser was never trained with hints, so ``hints`` measures that
they are harmless or not, and says nothing about Whisper; corrections are measured as they are. The room of terms needs
the packages of ``training`` (Open JTalk); without them it is left out by name.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tempfile
import tomllib
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from rapidfuzz.distance import Levenshtein

from pipeline import attribute, meeting_file, prepare, split, wav
from pipeline.engines.fasterwhisper import FasterWhisper
from pipeline.glossary import correcting, proposing, worth
from pipeline.glossary.papers import Paper
from pipeline.glossary.term import Term, holding
from pipeline.protocols import no_progress
from pipeline.schema import Meeting, Turn, Voice
from pipeline.style import applied

ROOT = Path(__file__).resolve().parents[2]
TRAINING = ROOT / "models/demo/training"
ROOM = Path(__file__).with_name("glossary_room.toml")
DEMO = FasterWhisper(folder=str(ROOT / "models/demo/whisper"), model_name="demo", device="cpu")
MEETINGS = (ROOT / "recordings/sample_meeting", TRAINING / "meetings/second_meeting")
GAP_S = 0.6
_NO_LETTERS = re.compile(r"[\W_]+")


@dataclass(frozen=True)
class Room:
    """``truth``: what was said, without punctuation."""

    name: str
    audio: Path
    truth: str
    terms: tuple[Term, ...]


@dataclass(frozen=True)
class Result:
    """Errors and letters of glossary words, how many of them were heard whole, errors in everything; corrections made, and made wrong."""

    errors: int
    letters: int
    whole: int
    words: int
    all_errors: int
    all_letters: int
    corrections: int
    wrong: int


def bare(text: str) -> str:
    return _NO_LETTERS.sub("", text)


def demo_room(stem: Path, folder: Path) -> Room:
    """The glossary is what the meeting file tells: its own list, agenda and attendees. Nothing is taken from the truth."""
    reference = json.loads(stem.with_suffix(".reference.json").read_text(encoding="utf-8"))
    made = prepare.recording(stem.with_suffix(".opus"), folder, no_progress)
    truth = bare("".join(turn["text"] for turn in reference["turns"]))
    return Room(stem.name, folder / made.id / made.audio, truth, holding((), meeting_file.read(stem.with_suffix(".toml"))))


def room_of_terms(folder: Path) -> Room:
    """Raises ImportError or OSError where there is no synthesiser."""
    sys.path.insert(0, str(TRAINING))
    from synthesis import RATE_HZ, Speaker, say

    script = tomllib.loads(ROOM.read_text(encoding="utf-8"))
    people = (Speaker("mei", 2.2, 0.004, 1.12), Speaker("mei", -8.0, 0.056, 1.08))
    gap = np.zeros(int(GAP_S * RATE_HZ), np.float32)
    waves = [wave for i, text in enumerate(script["said"]) for wave in (say(text, people[i // 6 % 2]).wave, gap)]
    noise = np.random.default_rng(8).standard_normal(sum(map(len, waves))).astype(np.float32) * 0.0006
    audio = folder / "room.wav"
    write(audio, np.concatenate(waves) + noise)
    paper = Paper(name="次第.txt", paragraphs=tuple(line for line in script["paper"].splitlines() if line))
    proposed = tuple(found.term for found in proposing.propose([paper]))
    return Room("room of terms", audio, bare("".join(script["said"])), holding(proposed, Meeting(name=script["name"])))


def write(path: Path, samples: np.ndarray) -> None:
    import wave

    with wave.open(str(path), "wb") as out:
        out.setparams((1, 2, wav.SAMPLE_RATE_HZ, 0, "NONE", ""))
        out.writeframes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())


def heard(room: Room, transcriber: FasterWhisper) -> tuple[Turn, ...]:
    chunks = split.at_silences(room.audio, no_progress, 180_000)
    segments = [segment for chunk in chunks for segment in transcriber.transcribe(room.audio, chunk).segments]
    everybody = Voice(start_ms=0, end_ms=chunks[-1].end_ms, speaker="SPEAKER_00")
    return attribute.words(tuple(segments), (everybody,))


def measured(room: Room, before: tuple[Turn, ...], after: tuple[Turn, ...]) -> Result:
    text = bare("".join(applied(turn.spoken, turn.changes) for turn in after))
    errors = letters = whole = words = 0
    damage = damaged(room.truth, text)
    for begin, end in places(room.truth, room.terms):
        wrong = sum(damage[begin:end])
        errors, letters, whole, words = errors + wrong, letters + end - begin, whole + (wrong == 0), words + 1
    changes = [(turn, change) for turn in after for change in turn.changes]
    plain = Levenshtein.distance(room.truth, bare("".join(turn.spoken for turn in before)))
    wrong = sum(
        Levenshtein.distance(room.truth, bare("".join(applied(t.spoken, [change] if t is turn else []) for t in after)))
        >= plain
        for turn, change in changes
    )
    return Result(
        errors, letters, whole, words, Levenshtein.distance(room.truth, text), len(room.truth), len(changes), wrong
    )


def places(truth: str, terms: tuple[Term, ...]) -> list[tuple[int, int]]:
    """Where glossary words stand in the truth; the longest where they overlap."""
    taken: list[tuple[int, int]] = []
    for text in sorted({bare(term.text) for term in terms if term.use}, key=len, reverse=True):
        for match in re.finditer(re.escape(text), truth):
            if all(match.end() <= begin or end <= match.start() for begin, end in taken):
                taken.append(match.span())
    return sorted(taken)


def damaged(truth: str, text: str) -> list[int]:
    """Errors at each letter of the truth; an insertion counts at the letter behind it."""
    errors = [0] * (len(truth) + 1)
    for code in Levenshtein.opcodes(truth, text):
        if code.tag == "insert":
            errors[code.src_start] += code.dest_end - code.dest_start
        elif code.tag != "equal":
            for at in range(code.src_start, code.src_end):
                errors[at] += 1
    return errors


def worst(room: Room) -> list[str]:
    """Corrections into the truth itself, sentence by sentence, had every letter been in doubt: each of them is wrong."""
    from pipeline.schema import Word

    sentences = re.findall(r".{1,60}", room.truth)
    turns = []
    for text in sentences:
        words = tuple(Word(start_ms=i, end_ms=i + 1, text=c, confidence=0.1) for i, c in enumerate(text))
        turns.append(Turn(id="t", speaker="S", start_ms=0, end_ms=len(text), words=words, spoken=text))
    return [f"{c.before} → {c.after}" for turn in correcting.correct(turns, room.terms) for c in turn.changes]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--worst", action="store_true")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        rooms = [demo_room(stem, Path(place)) for stem in MEETINGS]
        try:
            rooms.append(room_of_terms(Path(place)))
        except (ImportError, OSError) as error:
            print(f"room of terms left out: {error}", file=sys.stderr)
        print(
            "| room | with | CER on glossary words | words heard whole | CER on everything | corrections (of them wrong) |"
        )
        print("| --- | --- | --- | --- | --- | --- |")
        for room in rooms:
            plain = heard(room, DEMO)
            hinted = heard(room, replace(DEMO, hotwords=worth.hints(room.terms)))
            for name, before, corrects in (
                ("nothing", plain, False),
                ("hints", hinted, False),
                ("corrections", plain, True),
                ("both", hinted, True),
            ):
                after = correcting.correct(before, room.terms) if corrects else before
                r = measured(room, before, after)
                print(
                    f"| {room.name} | {name} | {r.errors / r.letters:.1%} ({r.errors}/{r.letters}) | {r.whole}/{r.words} "
                    f"| {r.all_errors / r.all_letters:.1%} | {r.corrections} ({r.wrong}) |"
                )
            if asked.worst:
                print(f"  into the truth, all in doubt: {len(found := worst(room))} {found}", file=sys.stderr)


if __name__ == "__main__":
    main()

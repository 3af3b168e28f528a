"""Pseudo-speakers for training the demo diarizer: settings spread over the two voices, and their speech.

In: nothing but the training texts. Out: ``<folder>/<n>.npz`` per speaker with ``wave`` int16 (samples,), ``bounds``
int64 (utterances, 4) = first sample, first and last sample of speech, last sample, and ``setting``. Settings keep a
distance to each other, because two settings of one voice that are close in pitch *and* formants are the same person,
and a distance to every speaker of the evaluation meetings, because those are for evaluation. Seeds are fixed.

    python models/demo/training/diarization/voices.py .work/diar/voices
"""

from __future__ import annotations

import random
import sys
import time
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent / "meetings")]

from render import SPEAKERS as EVALUATION  # noqa: E402
from synthesis import RATE_HZ, Speaker, random_speaker, say  # noqa: E402

SEED = 41
SPEAKERS = 84
SECONDS = 42  # of speech per speaker
HALF_TONE_UNIT, ALPHA_UNIT = 1.0, 0.010  # a distance of 1 in this measure is hardly audible, 2 is another person
APART, APART_FROM_EVALUATION = 0.9, 0.5
SENTENCES = (1, 1, 2, 2, 3)  # in one utterance: the pauses between them belong to the turn


def distance(a: Speaker, b: Speaker) -> float:
    """How different two speakers sound, in units; speed does not count."""
    if a.voice != b.voice:
        return float("inf")
    return float(np.hypot((a.half_tone - b.half_tone) / HALF_TONE_UNIT, (a.alpha_offset - b.alpha_offset) / ALPHA_UNIT))


def evaluation_speakers() -> list[Speaker]:
    return [speaker for meeting in EVALUATION.values() for speaker in meeting.values()]


def spread(rng: random.Random, count: int, apart: float, kept_out: list[Speaker]) -> list[Speaker]:
    """``count`` speakers at least ``apart`` from each other, fewer where the space is full."""
    found: list[Speaker] = []
    for _ in range(20_000):
        new = random_speaker(rng)
        if all(distance(new, old) >= apart for old in found) and all(
            distance(new, old) >= APART_FROM_EVALUATION for old in kept_out
        ):
            found.append(new)
            if len(found) == count:
                break
    return found


def sentences() -> list[str]:
    names = ("a", "b", "c", "topics")
    return [line for name in names for line in (HERE.parent / "text" / f"{name}.txt").read_text("utf-8").split("\n") if line]


def record(speaker: Speaker, texts: list[str], rng: random.Random) -> tuple[np.ndarray, np.ndarray]:
    """Speech of one speaker and its bounds, as the module says."""
    waves, bounds, at = [], [], 0
    while at < SECONDS * RATE_HZ:
        try:
            said = say("".join(rng.sample(texts, rng.choice(SENTENCES))), speaker)
        except ValueError:
            continue
        first = int(said.char_times_s[0][0] * RATE_HZ)
        last = int(max(end for _, end in said.char_times_s) * RATE_HZ)
        bounds.append((at, at + first, at + last, at + len(said.wave)))
        waves.append((np.clip(said.wave, -1, 1) * 32767).astype(np.int16))
        at += len(said.wave)
    return np.concatenate(waves), np.array(bounds)


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    rng = random.Random(SEED)
    texts, begun_s, total_s = sentences(), time.process_time(), 0.0
    people = spread(rng, SPEAKERS, APART, evaluation_speakers())
    print(f"{len(people)} speakers", flush=True)
    for number, speaker in enumerate(people):
        wave, bounds = record(speaker, texts, rng)
        setting = np.array([speaker.half_tone, speaker.alpha_offset, speaker.speed, speaker.voice == "mei"])
        np.savez(folder / f"{number:03}.npz", wave=wave, bounds=bounds, setting=setting)
        total_s += len(wave) / RATE_HZ
        if number % 10 == 0:
            print(f"{number}: {total_s:.0f} s of speech, {time.process_time() - begun_s:.0f} s of CPU", flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))

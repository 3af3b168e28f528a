"""Development meetings for the built-in diarizer: synthetic voices never used in the evaluation meetings.

In: a folder to write to. Out: ``dev<n>.wav`` (16 kHz mono) and ``dev<n>.rttm``. A few minutes each, of 2 to 9 voices
in the turn lengths of a council: a chair who speaks often and briefly, an explanation or two of half a minute, answers
of a few seconds. Voices keep a distance in pitch and formants (two random settings of one base voice can be the same
person), half of the rooms reverberate, noise lies 20 to 40 dB under the speech. Seeds are fixed.

    python models/demo/training/diarization_builtin/dev_meetings.py .work/dev
"""

from __future__ import annotations

import random
import sys
import wave
from pathlib import Path

import numpy as np
import numpy.typing as npt

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from synthesis import RATE_HZ, Speaker, random_speaker, say  # noqa: E402

COUNTS = (2, 3, 4, 5, 6, 8, 4, 6, 7, 5, 9, 3, 6, 8, 4, 7)
LENGTH_S = (120, 150, 180, 200, 240, 280, 420, 180, 500, 300, 600, 240, 420, 480, 300, 360)
HALF_TONES_APART, ALPHA_APART = 2.0, 0.02
Wave = npt.NDArray[np.float32]


def voices(rng: random.Random, count: int) -> list[Speaker]:
    """Speakers of whom any two differ audibly: in base voice, or enough in pitch and formants together."""
    found: list[Speaker] = []
    while len(found) < count:
        new = random_speaker(rng)
        if all(
            new.voice != old.voice
            or np.hypot(
                (new.half_tone - old.half_tone) / HALF_TONES_APART, (new.alpha_offset - old.alpha_offset) / ALPHA_APART
            )
            >= 1
            for old in found
        ):
            found.append(new)
    return found


def room(rng: random.Random, audio: Wave) -> Wave:
    """Exponentially decaying reverberation, 0.15 to 0.5 s, 4 to 12 dB under the direct sound."""
    from scipy.signal import fftconvolve

    decay_s = rng.uniform(0.15, 0.5)
    t = np.arange(int(decay_s * RATE_HZ)) / RATE_HZ
    tail = np.random.default_rng(rng.randrange(1 << 30)).standard_normal(len(t)) * np.exp(-6.9 * t / decay_s)
    tail *= 10 ** (-rng.uniform(4, 12) / 20) / np.sqrt((tail**2).sum())
    tail[0] = 1.0
    return fftconvolve(audio, tail)[: len(audio)].astype(np.float32)


def meeting(number: int, sentences: list[str]) -> tuple[Wave, list[tuple[float, float, int]]]:
    rng = random.Random(7000 + number)
    count, length_s = COUNTS[number], LENGTH_S[number]
    people = voices(rng, count)
    level = [rng.uniform(0.5, 1.5) for _ in people]
    weight = [3.0] + [rng.uniform(0.4, 2.0) for _ in people[1:]]
    pieces, turns, at, last = [np.zeros(RATE_HZ, np.float32)], [], RATE_HZ, -1
    waiting = list(range(count))  # everybody speaks
    while at < length_s * RATE_HZ or waiting:
        who = waiting.pop(0) if waiting and rng.random() < 0.5 else rng.choices(range(count), weight)[0]
        if who == last:
            continue
        last = who
        for _ in range(rng.choice((1, 1, 2, 2, 3, 6))):
            try:
                said = say(rng.choice(sentences), people[who])
            except ValueError:
                continue
            times = said.char_times_s
            turns.append((at / RATE_HZ + times[0][0], at / RATE_HZ + max(end for _, end in times), who))
            pieces += [said.wave * np.float32(level[who]), np.zeros(int(rng.uniform(0.1, 0.6) * RATE_HZ), np.float32)]
            at += len(pieces[-1]) + len(pieces[-2])
    audio = np.concatenate(pieces)
    if number % 2:
        audio = room(rng, audio)
    noise = np.random.default_rng(number).standard_normal(len(audio)).astype(np.float32)
    noise = np.convolve(noise, np.ones(8, np.float32) / 8, mode="same")
    audio += noise * np.float32(np.sqrt((audio**2).mean()) * 10 ** (-rng.uniform(20, 40) / 20) / noise.std())
    return audio, turns


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    sentences = [
        line for name in "abc" for line in (HERE.parent / "text" / f"{name}.txt").read_text("utf-8").split("\n") if line
    ]
    for number in range(len(COUNTS)):
        audio, turns = meeting(number, sentences)
        with wave.open(str(folder / f"dev{number}.wav"), "wb") as out:
            out.setparams((1, 2, RATE_HZ, 0, "NONE", ""))
            out.writeframes((np.clip(audio, -1, 1) * 32767).astype("<i2").tobytes())
        lines = [f"SPEAKER dev{number} 1 {a:.3f} {b - a:.3f} <NA> <NA> V{who} <NA> <NA>\n" for a, b, who in turns]
        (folder / f"dev{number}.rttm").write_text("".join(lines))
        print(f"dev{number}: {len(audio) / RATE_HZ:.0f} s, {COUNTS[number]} voices, {len(turns)} stretches", flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))

"""A recording of several hours with its truth, to measure the memory and time that a long meeting takes.

In: the two evaluation meetings. Out: ``<out>.wav`` (16 kHz mono), ``<out>.reference.json`` and ``<out>.toml``. Every
utterance is synthesised once by one of six voices, so three hours cost the speech of a quarter of an hour; the agenda
items then come up again and again, each time with the turns inside a part in another order. Audio goes to the disk turn
by turn. What is measured here is the machine: the text repeats itself, so the scores of such a file say little.

    python models/demo/training/meetings/make_long.py --hours 3      # writes .work/long/long.wav, 346 MB
"""

from __future__ import annotations

import argparse
import itertools
import json
import random
import wave
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from render import EDGE_S, RESULTS, ROOT, SPEAKERS, gap_s, read, room_noise, turn, write_sidecar
from synthesis import RATE_HZ, Utterance, say

# Six people for the thirteen of the two meetings: who shares a voice here also shares a role.
VOICES = {
    "S1": ("S1", "T1"),  # 事務局
    "S2": ("S2", "T2"),  # 会長
    "S3": ("S3", "T3"),  # 委員
    "S4": ("S4", "T4"),
    "S5": ("S5",),
    "S6": ("S6", "S7", "T5", "T6"),  # 実施機関
}
VOICE_OF = {label: voice for voice, labels in VOICES.items() for label in labels}
Spoken = dict[str, Any]


def parts(name: str, item: int | None) -> list[list[Spoken]]:
    """What is said under an agenda item (None: opening and closing), part by part, with the six speakers' labels."""
    said = [
        spoken | {"speaker": VOICE_OF[spoken["speaker"]]} for spoken in read(name)["utterances"] if spoken["item"] == item
    ]
    return [list(group) for _, group in itertools.groupby(said, key=lambda spoken: spoken["phase"])]


def shuffled(part: list[Spoken], rng: random.Random) -> list[Spoken]:
    """The part with its inner turns in another order; the first announces it and the last closes it."""
    inner = part[1:-1]
    rng.shuffle(inner)
    return [*part[:1], *inner, *part[1:][-1:]]


def script(seconds: float, clips: dict[tuple[str, str], Utterance], rng: random.Random) -> Iterator[Spoken]:
    """The utterances of the whole meeting in order, as many items as fill the time, numbered as they come."""
    opening, closing = parts("sample", None)
    filled, number = 0.0, 0
    yield from opening
    blocks = [(name, item) for name in SPEAKERS for item in range(len(RESULTS[name]))]
    while filled < seconds:
        name, item = blocks[number % len(blocks)]
        for part in parts(name, item):
            for spoken in shuffled(part, rng):
                filled += len(clips[spoken["speaker"], spoken["text"]].wave) / RATE_HZ + 0.6
                yield spoken | {"item": number}
        number += 1
    yield from closing


def main() -> None:
    arguments = argparse.ArgumentParser(description="Write a long recording and its truth.")
    arguments.add_argument("--hours", type=float, default=3.0)
    arguments.add_argument("--out", type=Path, default=ROOT / ".work" / "long" / "long", help="path without an ending")
    arguments.add_argument("--seed", type=int, default=0)
    chosen = arguments.parse_args()
    chosen.out.parent.mkdir(parents=True, exist_ok=True)
    rng, noise = random.Random(chosen.seed), np.random.default_rng(chosen.seed)

    everything = [spoken for name in SPEAKERS for item in (None, 0, 1) for part in parts(name, item) for spoken in part]
    clips = {(s["speaker"], s["text"]): say(s["text"], SPEAKERS["sample"][s["speaker"]]) for s in everything}
    speakers = {voice: read("sample")["speakers"][voice] for voice in VOICES}

    turns: list[dict[str, Any]] = []
    at, phase = 0, None
    with wave.open(f"{chosen.out}.wav", "wb") as file:
        file.setparams((1, 2, RATE_HZ, 0, "NONE", ""))

        def write(audio: np.ndarray) -> None:
            nonlocal at
            noisy = audio + room_noise(len(audio), noise)
            file.writeframes((np.clip(noisy, -1, 1) * 32767).astype("<i2").tobytes())
            at += len(audio)

        write(np.zeros(EDGE_S * RATE_HZ, np.float32))
        for spoken in script(chosen.hours * 3600, clips, rng):
            write(np.zeros(int(gap_s(rng, spoken["phase"] != phase) * RATE_HZ), np.float32))
            phase = spoken["phase"]
            said = clips[spoken["speaker"], spoken["text"]]
            turns.append(turn(spoken, speakers[spoken["speaker"]]["role"], said, at))
            write(said.wave * np.float32(rng.uniform(0.8, 1.2)))
        write(np.zeros(EDGE_S * RATE_HZ, np.float32))

    items = 1 + max(spoken["item"] for spoken in turns if spoken["item"] is not None)
    results = [result for name in SPEAKERS for result in RESULTS[name]]
    agenda = [item for name in SPEAKERS for item in read(name)["meeting"]["agenda"]]
    meeting = read("sample")["meeting"] | {"agenda": [agenda[number % len(agenda)] for number in range(items)]}
    write_sidecar(Path(f"{chosen.out}.toml"), "sample", meeting, len(speakers))
    reference = {
        "format": "minutes-reference/1",
        "speakers": speakers,
        "turns": turns,
        "decisions": [{"item": number, "result": results[number % len(results)]} for number in range(items)],
    }
    Path(f"{chosen.out}.reference.json").write_text(json.dumps(reference, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"{chosen.out}.wav: {at / RATE_HZ / 3600:.2f} h, {len(turns)} turns, {items} items, {len(speakers)} voices")


if __name__ == "__main__":
    main()

"""Synthesise the training text: log-mel power with phone and character times, in shards.

    python models/demo/training/asr/make_data.py WORK [--passes 2] [--processes 2]

Every sentence is spoken once per pass, each time by another random speaker. About 50 core-seconds per hour of speech with a
fast build of the engine (see ``synthesis.py``). Sentences of the evaluation meetings are left out (``held_out.py``).
"""

from __future__ import annotations

import argparse
import multiprocessing
import pickle
import random
import re
import sys
import unicodedata
from pathlib import Path

import numpy as np
import numpy.typing as npt

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parent.parent))

from held_out import is_held_out, training_lines
from synthesis import random_speaker, say

PER_SHARD, LONGEST = 200, 95


def normalised(line: str) -> str:
    """What the model shall write: half-width, no brackets, 、 and 。 only."""
    text = re.sub(r"\([^)]*\)", "", unicodedata.normalize("NFKC", line))
    text = re.sub(r"[「」『』\"“”()\[\]【】〈〉《》]", "", text)
    text = re.sub(r"[…‥]+|\.{2,}|[—―─~〜]+", "、", text).replace("%", "パーセント").replace(":", "")
    text = re.sub(r"(?<!\d),|,(?!\d)", "、", re.sub(r"[?!．]", "。", text))
    return re.sub(r"、*。+", "。", re.sub(r"、+", "、", re.sub(r"\s+", "", text)))


def sentences() -> list[str]:
    found: dict[str, None] = {}
    for line in training_lines():
        for part in normalised(line).split("。"):
            text = part.strip("、・- ")
            if 2 <= len(text) <= LONGEST and re.search(r"[ぁ-んァ-ヶ一-龠]", text) and not is_held_out(text):
                found[text + "。"] = None
    return list(found)


def log_mel(wave: npt.NDArray[np.float32]) -> npt.NDArray[np.float16]:
    """log10 mel power (80, frames), framed as faster-whisper does, before its normalisation over the file."""
    from faster_whisper.feature_extractor import FeatureExtractor

    padded = np.pad(wave, 200, mode="reflect")
    count = (len(padded) - 400) // 160 + 1
    frames = np.lib.stride_tricks.sliding_window_view(padded, 400)[::160][:count]
    power = np.abs(np.fft.rfft(frames * np.hanning(401)[:-1].astype(np.float32), axis=1)) ** 2
    mel = FeatureExtractor(80).mel_filters @ power.T[:, :-1]
    return np.log10(np.maximum(mel, 1e-10)).astype(np.float16)


def shard(task: tuple[Path, list[str], int]) -> float:
    """Returns hours of speech. A sentence that the front end loses track of is left out."""
    path, texts, seed = task
    rng = random.Random(seed)
    rows = []
    for text in texts:
        try:
            said = say(text, random_speaker(rng))
        except (ValueError, RuntimeError):
            continue
        rows.append(
            {
                "text": text,
                "mel": log_mel(said.wave),
                "ph": said.phones,
                "d": said.durations_s.astype(np.float32),
                "ct": said.char_times_s,
            }
        )
    part = path.with_suffix(".tmp")
    part.write_bytes(pickle.dumps(rows, 4))
    part.replace(path)
    return sum(row["mel"].shape[1] for row in rows) / 360_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("work", type=Path)
    parser.add_argument("--passes", type=int, default=2)
    parser.add_argument("--processes", type=int, default=2)
    a = parser.parse_args()
    a.work.mkdir(parents=True, exist_ok=True)
    tasks = []
    for number in range(a.passes):
        texts = sentences()
        random.Random(number).shuffle(texts)
        for i in range(0, len(texts), PER_SHARD):
            path = a.work / f"f{number:02}{i // PER_SHARD:04}.pkl"
            if not path.exists():
                tasks.append((path, texts[i : i + PER_SHARD], number * 100_000 + i))
    hours = 0.0
    with multiprocessing.get_context("spawn").Pool(a.processes) as pool:
        for done, spoken in enumerate(pool.imap_unordered(shard, tasks), start=1):
            hours += spoken
            print(f"{done}/{len(tasks)} shards, {hours:.2f} h", flush=True)


if __name__ == "__main__":
    main()

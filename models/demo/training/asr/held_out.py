"""No sentence of the evaluation meetings may be trained on: the test for one sentence, and a check of all texts.

    python models/demo/training/asr/held_out.py      # prints the overlap, exit 1 if there is any

Compared without punctuation, so that 「はい、鈴木です。」 and 「はい鈴木です」 count as the same.
"""

from __future__ import annotations

import functools
import json
import re
import sys
from pathlib import Path

TRAINING = Path(__file__).parent.parent
MEETINGS = ("sample", "second")


def bare(sentence: str) -> str:
    return re.sub(r"[、。\s]", "", sentence)


@functools.cache
def evaluation_sentences() -> frozenset[str]:
    """All sentences of both meetings, bare."""
    sentences = set()
    for name in MEETINGS:
        meeting = json.loads((TRAINING / "meetings" / f"{name}.json").read_text(encoding="utf-8"))
        for utterance in meeting["utterances"]:
            sentences.update(bare(part) for part in utterance["text"].split("。") if part)
    return frozenset(sentences)


def is_held_out(sentence: str) -> bool:
    """True for a sentence (or a line whose sentences include one) that must not be trained on."""
    return any(bare(part) in evaluation_sentences() for part in sentence.split("。") if part)


def training_lines() -> list[str]:
    """Every line of ``text/*.txt`` that may be trained on, in file order, once each."""
    lines: dict[str, None] = {}
    for file in sorted((TRAINING / "text").glob("*.txt")):
        for line in file.read_text(encoding="utf-8").splitlines():
            if line.strip() and not is_held_out(line):
                lines[line.strip()] = None
    return list(lines)


def coverage(n: int) -> float:
    """Share of the meetings' character n-grams that occur in the training text: how far from it they are."""
    text = "".join(map(bare, training_lines()))
    known = {text[i : i + n] for i in range(len(text) - n + 1)}
    grams = [s[i : i + n] for s in evaluation_sentences() for i in range(len(s) - n + 1)]
    return sum(gram in known for gram in grams) / len(grams)


if __name__ == "__main__":
    everything = [
        line for file in sorted((TRAINING / "text").glob("*.txt")) for line in file.read_text(encoding="utf-8").splitlines()
    ]
    left = [line for line in training_lines() if is_held_out(line)]
    print(f"{len(everything)} lines, {len(training_lines())} trained on, {len(left)} of these in a meeting")
    print("n-gram coverage: " + ", ".join(f"{n}: {coverage(n):.2f}" for n in (3, 5, 8, 12)))
    sys.exit(1 if left or not everything else 0)

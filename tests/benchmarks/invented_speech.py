"""What the program prints when nobody speaks, with the demo models: it should print nothing.

    python tests/benchmarks/invented_speech.py [minutes, 10 if not given]

Each noise of ``tests/hostile/noises.py`` goes the whole way from recording to draft. The table says what the recogniser made of
it, how much of that was recognised as invented, how many turns would be printed, and the exit code (7: nobody spoke).
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parents[2]))

from pipeline.cli import run
from pipeline.schema import Draft
from tests.drafts import write_wav
from tests.hostile.noises import NOISES

PRINTS_ALL = "marked-verbatim"  # a layout that leaves no part of a meeting out


class Outcome(NamedTuple):
    """Of one recording in which nobody speaks."""

    code: int
    chars: int
    turns: int
    printed: int
    warnings: tuple[str, ...]


def outcome(noise: str, seconds: float, home: Path) -> Outcome:
    """The noise through ``minutes transcribe`` with the demo models and 簡易話者分離."""
    source = write_wav(home / f"{noise.replace(' ', '-')}.wav", NOISES[noise](seconds))
    source.with_suffix(".toml").write_text(f'template = "{PRINTS_ALL}"\n', encoding="utf-8")
    command = [
        "transcribe",
        str(source),
        "--models",
        "demo",
        "--diarizer",
        "builtin",
        "--formats",
        "text",
        "--home",
        str(home),
    ]
    code = run(command)
    (path,) = home.glob(f"outputs/{source.stem}-*/draft.json")
    draft = Draft.model_validate_json(path.read_bytes())
    printed = [turn for turn in draft.turns if turn.printed and turn.written]
    chars = sum(len(turn.spoken) for turn in draft.turns)
    return Outcome(code, chars, len(draft.turns), len(printed), tuple(warning.code for warning in draft.warnings))


def main() -> None:
    minutes = float(sys.argv[1]) if len(sys.argv) > 1 else 10
    os.environ.setdefault("OMP_NUM_THREADS", "2")
    rows = []
    with tempfile.TemporaryDirectory() as place:
        for noise in NOISES:
            began_s = time.monotonic()
            rows.append((noise, outcome(noise, minutes * 60, Path(place)), time.monotonic() - began_s))
    print(
        f"\n{minutes:g} minutes each\n{'noise':16s} {'code':>4s} {'heard chars':>11s} {'turns':>5s} {'printed':>7s} {'wall s':>6s}"
    )
    for noise, found, wall_s in rows:
        print(f"{noise:16s} {found.code:4d} {found.chars:11d} {found.turns:5d} {found.printed:7d} {wall_s:6.1f}")


if __name__ == "__main__":
    main()

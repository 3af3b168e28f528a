"""CPU seconds from transcript to draft, by the length of the meeting.

    python tests/benchmarks/speed.py

The turns are those of a rehearsal meeting said again and again, each sentence with another number in it, because words that
come again would be answered from a cache. The dictionary is loaded before. 1,500 turns are about three hours.
"""

from __future__ import annotations

import sys
import tempfile
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests import rehearsal
from tests.test_rehearsals import cpu_s

SOURCE = "joint_landuse"


def again(meeting: rehearsal.Rehearsal, times: int) -> rehearsal.Rehearsal:
    turns = [
        replace(turn, text=turn.text.replace("。", f"{times}の{i}番。")) for i in range(times) for turn in meeting.turns
    ]
    return replace(meeting, turns=tuple(turns))


def main() -> None:
    meeting = rehearsal.load(rehearsal.FOLDER / f"{SOURCE}.txt")
    with tempfile.TemporaryDirectory() as place:
        cpu_s(meeting, Path(place) / "dictionary")
        print(f"{'turns':>6s} {'characters':>11s} {'CPU s':>6s} {'ms per turn':>12s}")
        for times in (1, 2, 5, 10, 20):
            longer = again(meeting, times)
            spent_s = cpu_s(longer, Path(place) / str(times))
            print(f"{len(longer.turns):6d} {longer.chars:11d} {spent_s:6.1f} {1000 * spent_s / len(longer.turns):12.1f}")


if __name__ == "__main__":
    main()

"""How often 整文 writes what a secretary would: share of the style pairs matched, by kind.

    python tests/benchmarks/style.py [FILE] [--show] [--held-out]

A pair counts when one of its written forms comes out, whoever is taken to speak. The rules were written looking at the odd
rows only; ``--held-out`` prints the even ones apart. ``--show`` prints what did not match (of the odd rows).
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from pipeline import style
from tests import rehearsal

PAIRS = rehearsal.FOLDER / "style_pairs.tsv"


def pairs(file: Path) -> list[tuple[str, str, tuple[str, ...]]]:
    """Kind, spoken, and the written forms that are right. A file without kinds is one kind."""
    rows = [line.split("\t") for line in file.read_text(encoding="utf-8").splitlines()[1:] if line.strip()]
    return [(row[0] if len(row) == 3 else file.stem, row[-2], tuple(row[-1].split("|"))) for row in rows]


def written(spoken: str, questioner: bool = False) -> str:
    changes, _ = style.changed(spoken, style.PLAIN.values(), questioner)
    return style.applied(spoken, changes)


def is_right(spoken: str, forms: tuple[str, ...]) -> bool:
    return any(written(spoken, questioner) in forms for questioner in (False, True))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("file", nargs="?", type=Path, default=PAIRS)
    parser.add_argument("--show", action="store_true")
    parser.add_argument("--held-out", action="store_true")
    a = parser.parse_args()
    right: Counter[tuple[str, bool]] = Counter()
    total: Counter[tuple[str, bool]] = Counter()
    for number, (kind, spoken, forms) in enumerate(pairs(a.file), start=1):
        seen = number % 2 == 1 or not a.held_out
        total[kind, seen] += 1
        right[kind, seen] += is_right(spoken, forms)
        if a.show and number % 2 == 1 and not is_right(spoken, forms):
            print(f"{kind}: {spoken}\n  {written(spoken)}\n  {forms[0]}")
    for seen in (True, False) if a.held_out else (True,):
        for kind in sorted({kind for kind, _ in total}):
            print(f"{kind:24s} {right[kind, seen]:4d} / {total[kind, seen]}")
        of = sum(n for (_, was_seen), n in total.items() if was_seen is seen)
        matched = sum(n for (_, was_seen), n in right.items() if was_seen is seen)
        print(
            f"{'all' if not a.held_out else 'seen' if seen else 'held out':24s} {matched:4d} / {of} ({matched / of:.1%})\n"
        )


if __name__ == "__main__":
    main()

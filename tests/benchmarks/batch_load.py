"""What loading the models costs in a night: once, or once a recording?

    python tests/benchmarks/batch_load.py [--pieces 5] [--diarizer pyannote]

One night over recordings of the same length, in which the first has to load the models; and the same recordings one command
each. Seconds of work as the ledger has them, and of the commands without the start of Python.
"""

from __future__ import annotations

import argparse
import json
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.benchmarks import nights


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--pieces", type=int, default=5)
    parser.add_argument("--diarizer", default="pyannote")
    a = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        place = nights.home(Path(folder) / "night", a.pieces)
        settings = (place / "minutes.toml").read_text(encoding="utf-8").replace("builtin", a.diarizer)
        (place / "minutes.toml").write_text(settings, encoding="utf-8")
        alone = nights.copy(place, Path(folder) / "alone")
        nights.batch(place)
        with sqlite3.connect(place / "outputs" / "ledger.sqlite") as ledger:
            together = [seconds for (seconds,) in ledger.execute("select seconds from runs order by rowid")]
        each = []
        for recording in sorted((alone / "recordings").iterdir()):
            command = [sys.executable, "-m", "pipeline", "transcribe", str(recording)]
            subprocess.run(command, cwd=alone, env=nights.environment(), capture_output=True, check=True)
            (summary,) = (alone / "outputs").glob(f"{recording.stem}-*/run.json")
            each.append(sum(json.loads(summary.read_text(encoding="utf-8"))["stage_seconds"].values()))
    print(f"{'recording':>9s} {'in one night':>13s} {'alone':>7s}")
    for n, (night, one) in enumerate(zip(together, each, strict=True), start=1):
        print(f"{n:9d} {night:11.1f} s {one:5.1f} s")


if __name__ == "__main__":
    main()

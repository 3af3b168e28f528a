"""Proof that a full disk loses nothing: a night whose disk is filled up by somebody else, and the next one with room again.

    python tests/benchmarks/batch_full_disk.py [--pieces 3]      # as root, because it mounts a small file system

Real engines with demo weights. Printed: exit codes (6, then 0) and whether the drafts are those of an undisturbed night.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from pipeline.batch import room
from pipeline.errors import ExitCode
from tests.benchmarks import nights

SIZE_BYTES = room.ROOM_BYTES + (60 << 20)  # enough for a night to begin


def fill(outputs: Path, ballast: Path) -> None:
    """As soon as the first draft is there, not a byte is left."""
    while not list(outputs.glob("*/draft.json")):
        time.sleep(0.05)
    try:
        with ballast.open("wb", buffering=0) as file:
            while True:
                file.write(bytes(1 << 16))
    except OSError:
        return


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--pieces", type=int, default=3)
    a = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        quiet = nights.home(folder / "quiet", a.pieces)
        nights.batch(quiet)
        place = nights.copy(quiet, folder / "small")
        outputs = place / "outputs"
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE_BYTES}", "tmpfs", outputs], check=True)
        try:
            filling = threading.Thread(target=fill, args=(outputs, outputs / "ballast"))
            filling.start()
            codes = [nights.batch(place)]
            filling.join()
            (outputs / "ballast").unlink()
            codes.append(nights.batch(place))
            same = nights.drafts(place) == nights.drafts(quiet)
        finally:
            subprocess.run(["umount", outputs], check=True)
    print(f"exit codes {codes}, drafts equal to those of a quiet night: {same}")
    sys.exit(codes != [ExitCode.OUTPUT, ExitCode.DONE] or not same)


if __name__ == "__main__":
    main()

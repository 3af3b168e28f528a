"""What the proofs of the nightly batch share: a home with short recordings, a run of the command, and its results."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import wave
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from pipeline import prepare, wav
from pipeline.protocols import no_progress

ROOT = Path(__file__).parents[2]
SOURCES = (ROOT / "recordings" / "sample_meeting.opus", ROOT / "models/demo/training/meetings/second_meeting.opus")
SETTINGS = 'models = "demo"\ndiarizer = "builtin"\nchunk_s = 20\nstable_s = 0.2\nthreads = 1\nformats = "text"\n'


def home(folder: Path, pieces: int, seconds: int = 40) -> Path:
    """A working folder with so many different recordings, cut out of the bundled synthetic meetings."""
    (folder / "recordings").mkdir(parents=True)
    (folder / "outputs").mkdir()
    (folder / "models").symlink_to(ROOT / "models")
    (folder / "minutes.toml").write_text(SETTINGS, encoding="utf-8")
    prepared = [prepare.recording(source, folder / "prepared", no_progress) for source in SOURCES]
    step_ms = seconds * 1000
    cuts = [(made, at) for made in prepared for at in range(5_000, made.duration_ms - step_ms, step_ms)]
    for n, (made, begin_ms) in enumerate(cuts[:pieces]):
        samples = wav.read(folder / "prepared" / made.id / made.audio, begin_ms, begin_ms + step_ms)
        with wave.open(str(folder / "recordings" / f"piece{n:02}.wav"), "wb") as out:
            out.setparams((1, 2, 16_000, 0, "NONE", ""))
            out.writeframes((samples * 32767).astype("<i2").tobytes())
    return folder


def copy(of: Path, to: Path) -> Path:
    """Another working folder with the same recordings."""
    to.mkdir()
    (to / "outputs").mkdir()
    for name in ("recordings", "models", "minutes.toml"):
        (to / name).symlink_to(of / name)
    return to


def environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MINUTES_")}
    return {**kept, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "PYANNOTE_METRICS_ENABLED": "0"}


def command(place: Path, *arguments: str) -> list[str]:
    # the folder is given whole, so that a linked one is not taken for a link out of itself
    return [sys.executable, "-m", "pipeline", "batch", str((place / "recordings").resolve()), *arguments]


def batch(place: Path, *arguments: str) -> int:
    """Runs to the end; returns the exit code."""
    return subprocess.run(
        command(place, *arguments),
        cwd=place,
        env=environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=False,
    ).returncode


def drafts(place: Path) -> dict[str, bytes]:
    """Of each recording, the bytes of its draft."""
    return {draft.parent.name: draft.read_bytes() for draft in sorted((place / "outputs").glob("*/draft.json"))}


def finished(place: Path) -> list[int]:
    """How often each recording was done to its end, by the ledger."""
    with sqlite3.connect(place / "outputs" / "ledger.sqlite") as ledger:
        rows = ledger.execute("select count(*) from runs where code in (0, 7) group by key").fetchall()
    return [count for (count,) in rows]

"""Time and peak memory of `minutes transcribe` as the recording grows from ten minutes to three hours.

    python models/demo/training/meetings/make_long.py --hours 3
    python tests/benchmarks/growth.py [.work/long/long.wav] [--minutes 10 30 60 180] [--diarizer builtin pyannote]

Each length is the beginning of the recording, transcribed by a process of its own. ``waveform`` is what the samples of the
whole recording take as float32, which pyannote needs at once; ``rest`` is the peak without it and should not grow. ``s/h`` is
wall seconds per hour of recording and should not grow either; the stages' seconds are those of ``run.json``.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import wave
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.benchmarks.rivals import ROOT, measured

BYTES_PER_SAMPLE = 4  # float32


def beginning(source: Path, target: Path, minutes: float) -> float:
    """Copy so many minutes; returns how many there were."""
    with wave.open(str(source)) as whole, wave.open(str(target), "wb") as part:
        part.setparams(whole.getparams())
        frames = min(whole.getnframes(), int(minutes * 60 * whole.getframerate()))
        part.writeframes(whole.readframes(frames))
        return frames / whole.getframerate() / 60


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("recording", nargs="?", type=Path, default=ROOT / ".work" / "long" / "long.wav")
    parser.add_argument("--minutes", type=float, nargs="+", default=[10, 30, 60, 180])
    parser.add_argument("--diarizer", nargs="+", default=["builtin", "pyannote"])
    parser.add_argument("--threads", type=int, default=2)
    a = parser.parse_args()
    print(
        f"{'diarizer':10s} {'min':>5s} {'wall s':>7s} {'CPU s':>7s} {'s/h':>6s} {'peak MiB':>9s} {'waveform':>9s} {'rest':>6s}  stages"
    )
    for diarizer in a.diarizer:
        for wanted in a.minutes:
            with tempfile.TemporaryDirectory() as folder:
                home = Path(folder)
                (home / "models").symlink_to(ROOT / "models")
                minutes = beginning(a.recording, home / "part.wav", wanted)
                command = [sys.executable, "-m", "pipeline", "transcribe", str(home / "part.wav"), "--models", "demo"]
                wall, cpu, peak = measured([*command, "--diarizer", diarizer, "--home", folder], a.threads, home / "log")
                (summary,) = home.glob("outputs/*/run.json")
                stages = json.loads(summary.read_text(encoding="utf-8"))["stage_seconds"]
            waveform = minutes * 60 * 16_000 * BYTES_PER_SAMPLE / 2**20
            told = " ".join(f"{name} {seconds:.0f}" for name, seconds in stages.items())
            print(
                f"{diarizer:10s} {minutes:5.0f} {wall:7.1f} {cpu:7.1f} {wall / minutes * 60:6.0f} {peak:9.0f}"
                f" {waveform:9.0f} {peak - waveform:6.0f}  {told}",
                flush=True,
            )


if __name__ == "__main__":
    main()

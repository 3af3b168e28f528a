"""`minutes transcribe` against its bare engines, whisperX and whisper-ctranslate2: same weights, threads and recording.

    python tests/benchmarks/rivals.py [RECORDING] [--rivals BIN_FOLDER] [--runs 3] [--threads 2]

Each program runs as a whole process, in turn, ``--runs`` times; printed are the medians of wall and CPU seconds and the peak
memory of the process. ``engines`` is what nobody can go below with these weights: faster-whisper's batched pipeline on the
file and pyannote's pipeline on the same samples, loaded and run in one process, and nothing else; to be compared with
``minutes --diarizer pyannote``. Plain ``minutes`` tells voices apart with the demo models' own diarizer. The rivals live in an
environment of their own (``pip install whisperx whisper-ctranslate2``); ``BIN_FOLDER`` is its ``bin``. whisperX runs without
its alignment model, which would have to be downloaded, so it gives no times of words; whisper-ctranslate2 does not diarize.
Default recording: the bundled sample meeting.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
WEIGHTS = ROOT / "models" / "demo"
ENGINES = """
import sys, numpy as np, torch
from faster_whisper import BatchedInferencePipeline, WhisperModel, decode_audio
samples = decode_audio(sys.argv[1])
model = WhisperModel(sys.argv[2], device="cpu", compute_type="int8", cpu_threads=int(sys.argv[4]))
heard, _ = BatchedInferencePipeline(model).transcribe(
    samples, language="ja", batch_size=int(sys.argv[5]), beam_size=5, word_timestamps=True, condition_on_previous_text=False)
print(sum(len(s.text) for s in heard), file=sys.stderr)
torch.set_num_threads(int(sys.argv[4]))
from pyannote.audio import Pipeline
from pipeline.engines import pyannotefolder
pipeline = Pipeline.from_pretrained(sys.argv[3])
found = pipeline({"waveform": torch.from_numpy(samples)[None], "sample_rate": 16000})
print(len(list(found.exclusive_speaker_diarization.itertracks())), file=sys.stderr)
"""


def commands(recording: Path, rivals: Path | None, threads: int, home: Path) -> dict[str, list[str]]:
    """Name to command line. Outputs go below ``home``."""
    whisper, pyannote = str(WEIGHTS / "whisper"), str(WEIGHTS / "pyannote")
    minutes = [sys.executable, "-m", "pipeline", "transcribe", str(recording), "--models", "demo", "--home", str(home)]
    found = {
        "engines": [sys.executable, "-c", ENGINES, str(recording), whisper, pyannote, str(threads), "4"],
        "minutes --diarizer pyannote": [*minutes, "--diarizer", "pyannote"],
        "minutes": minutes,
    }
    if rivals:
        found["whisperX"] = [
            str(rivals / "whisperx"), str(recording), "--model", whisper, "--language", "ja", "--no_align", "--device", "cpu",
            "--compute_type", "int8", "--threads", str(threads), "--diarize", "--diarize_model", pyannote,
            "--output_dir", str(home / "x"), "--beam_size", "5",
        ]  # fmt: skip
        found["whisper-ctranslate2"] = [
            str(rivals / "whisper-ctranslate2"), str(recording), "--model_directory", whisper, "--language", "ja",
            "--device", "cpu", "--compute_type", "int8", "--threads", str(threads), "--word_timestamps", "True",
            "--output_dir", str(home / "c"), "--batched", "True",
        ]  # fmt: skip
    return found


def measured(command: list[str], threads: int, log: Path) -> tuple[float, float, float]:
    """Wall seconds, CPU seconds, peak MiB of the process. Raises CalledProcessError with the end of its output."""
    environment = {
        **os.environ, "OMP_NUM_THREADS": str(threads), "MINUTES_THREADS": str(threads), "PYTHONPATH": str(ROOT),
        "PYANNOTE_METRICS_ENABLED": "0", "HF_HUB_OFFLINE": "1",
    }  # fmt: skip
    begun = time.perf_counter()
    with log.open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT, env=environment, cwd=ROOT)
        _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - begun
    if status:
        raise subprocess.CalledProcessError(
            os.waitstatus_to_exitcode(status), command[0], log.read_text(errors="replace")[-2000:]
        )
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("recording", nargs="?", type=Path, default=ROOT / "recordings" / "sample_meeting.opus")
    parser.add_argument("--rivals", type=Path)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    a = parser.parse_args()
    figures: dict[str, list[tuple[float, float, float]]] = {}
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        (home / "models").symlink_to(ROOT / "models")
        for _ in range(a.runs):
            for name, command in commands(a.recording, a.rivals, a.threads, home).items():
                shutil.rmtree(home / "outputs", ignore_errors=True)
                try:
                    figures.setdefault(name, []).append(measured(command, a.threads, home / "log"))
                except subprocess.CalledProcessError as error:
                    sys.exit(f"{name}: {error.returncode}\n{error.output}")
    print(
        f"{'program':28s} {'wall s':>8s} {'CPU s':>8s} {'peak MiB':>9s}   ({a.recording.name}, {a.threads} threads, median of {a.runs})"
    )
    for name, runs in figures.items():
        wall, cpu, peak = (statistics.median(column) for column in zip(*runs, strict=True))
        print(f"{name:28s} {wall:8.1f} {cpu:8.1f} {peak:9.0f}")


if __name__ == "__main__":
    main()

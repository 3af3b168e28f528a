"""Diarization error of a pipeline folder on a recording whose truth is known, through the program's own engine.

    python models/demo/training/diarization/evaluate.py models/demo/pyannote recordings/sample_meeting.opus \\
        recordings/sample_meeting.reference.json

The reference may also be an RTTM file. Prints DER by pyannote.metrics with overlap scored, at collars of 0.25 s and 0,
without and with the number of speakers told.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path

from pyannote.core import Annotation, Segment
from pyannote.database.util import load_rttm
from pyannote.metrics.diarization import DiarizationErrorRate

from pipeline import prepare
from pipeline.engines.pyannoteaudio import PyannoteDiarizer
from pipeline.protocols import no_progress
from pipeline.schema import SpeakerCount


def truth_of(path: Path) -> Annotation:
    if path.suffix == ".rttm":
        return next(iter(load_rttm(path).values()))
    truth = Annotation()
    for turn in json.loads(path.read_text(encoding="utf-8"))["turns"]:
        truth[Segment(turn["start_ms"] / 1000, turn["end_ms"] / 1000)] = turn["speaker"]
    return truth


def main(folder: str, recording: Path, reference: Path) -> None:
    truth = truth_of(reference)
    number = len(truth.labels())
    with tempfile.TemporaryDirectory() as place:
        made = prepare.recording(recording, Path(place), no_progress)
        audio = Path(place) / made.id / made.audio
        for name, count in (("auto", SpeakerCount()), ("told", SpeakerCount(exact=number))):
            begun_s = time.process_time()
            voices = (
                PyannoteDiarizer(folder=folder, model_name="demo", device="cpu").diarize(audio, count, no_progress).voices
            )
            found = Annotation()
            for voice in voices:
                found[Segment(voice.start_ms / 1000, voice.end_ms / 1000)] = voice.speaker
            parts = DiarizationErrorRate(collar=0.25)(truth, found, detailed=True)
            shares = ", ".join(
                f"{key} {parts[key] / parts['total']:.1%}" for key in ("missed detection", "false alarm", "confusion")
            )
            exact = DiarizationErrorRate()(truth, found)
            print(
                f"{recording.stem} {name}: DER {parts['diarization error rate']:.1%} ({shares}), collar 0 {exact:.1%},"
                f" speakers {len(found.labels())} of {number}, {time.process_time() - begun_s:.0f} s of CPU",
                flush=True,
            )


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))

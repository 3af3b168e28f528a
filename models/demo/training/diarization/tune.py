"""Choose the clustering's parameters on development meetings, never on the evaluation meetings.

In: a pipeline folder and ``dev<n>.wav`` with ``dev<n>.rttm`` (``diarization_builtin/dev_meetings.py`` makes them; the
voices are neither those of training nor of evaluation). Out: a table of parameter sets with the mean diarization error
(collar 0.25 s, overlap scored) and how many speakers were found too many or too few. Segmentation and embeddings are
computed once per meeting; only the clustering runs for each set.

    python models/demo/training/diarization/tune.py models/demo/pyannote .work/dev 2 4 6 7
"""

from __future__ import annotations

import itertools
import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch
from pyannote.core import Annotation
from pyannote.database.util import load_rttm
from pyannote.metrics.diarization import DiarizationErrorRate

from pipeline import wav
from pipeline.engines import pyannotefolder

THRESHOLDS, FA, FB, FILLED_S = (0.4, 0.5, 0.6, 0.8), (0.07, 0.2), (0.8, 4.0), (0.0,)


def prepared(pipeline: Any, audio: Path) -> dict[str, Any]:
    """Everything before the clustering."""
    samples = wav.read(audio, 0, wav.duration_ms(audio))
    file = {"waveform": torch.from_numpy(samples)[None], "sample_rate": wav.SAMPLE_RATE_HZ, "uri": audio.stem}
    segmentations = pipeline.get_segmentations(file)
    embeddings = pipeline.get_embeddings(file, segmentations, exclude_overlap=pipeline.embedding_exclude_overlap)
    return {"file": file, "segmentations": segmentations, "embeddings": embeddings}


def result(pipeline: Any, made: dict[str, Any], count: int | None = None) -> Annotation:
    """The pipeline's exclusive diarization from what is prepared."""
    pipeline.get_segmentations = lambda *_, **__: made["segmentations"]
    pipeline.get_embeddings = lambda *_, **__: made["embeddings"].copy()
    return pipeline(made["file"], num_speakers=count).exclusive_speaker_diarization


def main(folder: Path, meetings: Path, numbers: list[str]) -> None:
    torch.set_num_threads(1)
    pipeline = pyannotefolder.load(folder, "cpu")
    truths = {number: load_rttm(meetings / f"dev{number}.rttm")[f"dev{number}"] for number in numbers}
    made = {number: prepared(pipeline, meetings / f"dev{number}.wav") for number in numbers}
    rows = []
    for threshold, fa, fb, filled_s in itertools.product(THRESHOLDS, FA, FB, FILLED_S):
        clustering = {"threshold": threshold, "Fa": fa, "Fb": fb}
        pipeline.instantiate({"segmentation": {"min_duration_off": filled_s}, "clustering": clustering})
        errors, miscounts, told = [], [], []
        for number, truth in truths.items():
            found = result(pipeline, made[number])
            errors.append(DiarizationErrorRate(collar=0.25)(truth, found))
            miscounts.append(len(found.labels()) - len(truth.labels()))
            if (threshold, fa, fb) == (THRESHOLDS[0], FA[0], FB[0]):
                told.append(DiarizationErrorRate(collar=0.25)(truth, result(pipeline, made[number], len(truth.labels()))))
        rows.append((float(np.mean(errors)), threshold, fa, fb, filled_s, errors, miscounts))
        if told:
            print(f"count told, filled {filled_s}: " + " ".join(f"{error:.3f}" for error in told), flush=True)
    for mean, threshold, fa, fb, filled_s, errors, miscounts in sorted(rows, key=lambda row: row[0])[:15]:
        each = " ".join(f"{error:.3f}" for error in errors)
        print(f"{mean:.3f}  threshold {threshold} Fa {fa} Fb {fb} filled {filled_s}  {each}  {miscounts}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:])

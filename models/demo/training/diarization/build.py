"""Put the trained parts into the pipeline folder: PLDA of the embedding, weights, config.yaml.

In: ``voices.py``'s folder, both checkpoints. Out: a folder that pyannote.audio loads as it is. The PLDA (how embeddings
of one speaker scatter, and how speakers do) is estimated from chunks as the pipeline sees them.

    python models/demo/training/diarization/build.py .work/diar/voices .work/diar/segmentation.bin .work/diar/embedding.bin \\
        models/demo/pyannote
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
import yaml
from corpus import load, stretch
from pyannote.audio import Model
from scipy.linalg import eigh

from pipeline.engines import weights

SEED = 44
CHUNKS, LEAST_FRAMES = 700, 100  # 10 ms frames of a speaker in a chunk
DIMENSIONS = 64  # after the discriminant projection
CLUSTERING = {"threshold": 0.5, "Fa": 0.07, "Fb": 0.8}  # chosen by tune.py on the development meetings
FILLED_S = 0.0  # pauses of one speaker that are not the end of a turn
Array = npt.NDArray[np.float64]


def embeddings(model: Any, voices: Path) -> tuple[Array, npt.NDArray[np.int64]]:
    """Embeddings (N, D) of speakers in chunks, and who they are (N,)."""
    rng, people = np.random.default_rng(SEED), load(voices)
    found, who = [], []
    with torch.inference_mode():
        for _ in range(CHUNKS):
            audio, spoken, present = stretch(rng, people)
            kept = [j for j in range(len(present)) if spoken[:, j].sum() >= LEAST_FRAMES]
            if kept:
                masks = torch.from_numpy(spoken[:, kept].T.astype(np.float32))
                found.append(model(torch.from_numpy(audio)[None, None], weights=masks[None])[0].numpy())
                who += [present[j] for j in kept]
    return np.concatenate(found).astype(float), np.array(who)


def scatter(x: Array, who: npt.NDArray[np.int64]) -> tuple[Array, Array]:
    """Covariance within speakers and of the speakers' means."""
    names, index = np.unique(who, return_inverse=True)
    means = np.stack([x[index == i].mean(0) for i in range(len(names))])
    inner = x - means[index]
    return inner.T @ inner / len(x), np.cov(means.T, bias=True)


def ridge(matrix: Array, share: float) -> Array:
    return matrix + share * np.trace(matrix) / len(matrix) * np.eye(len(matrix))


def plda(x: Array, who: npt.NDArray[np.int64]) -> tuple[dict[str, Array], dict[str, Array]]:
    """The arrays of ``xvec_transform.npz`` and of ``plda.npz``."""
    size = x.shape[1]
    mean1 = x.mean(0)
    centred = np.sqrt(size) * (x - mean1) / np.linalg.norm(x - mean1, axis=1, keepdims=True)
    within, between = scatter(centred, who)
    lda = eigh(between, ridge(within, 1e-3))[1][:, ::-1][:, :DIMENSIONS]
    projected = centred @ lda
    mean2 = projected.mean(0)
    unit = np.sqrt(DIMENSIONS) * (projected - mean2) / np.linalg.norm(projected - mean2, axis=1, keepdims=True)
    mu = unit.mean(0)
    within, between = scatter(unit - mu, who)
    psi, directions = eigh(ridge(between, 1e-4), ridge(within, 1e-3))
    return (
        {"mean1": mean1, "mean2": mean2, "lda": lda},
        {"mu": mu, "tr": directions.T[::-1].copy(), "psi": psi[::-1].copy()},
    )


def main(voices: Path, segmentation: Path, embedding: Path, out: Path) -> None:
    torch.set_num_threads(1)
    transform, model = plda(*embeddings(Model.from_pretrained(embedding).eval(), voices))
    for name, checkpoint in (("segmentation", segmentation), ("embedding", embedding)):
        (out / name).mkdir(parents=True, exist_ok=True)
        shutil.copyfile(checkpoint, out / name / "pytorch_model.bin")
    (out / "plda").mkdir(exist_ok=True)
    np.savez(out / "plda" / "xvec_transform.npz", **transform)
    np.savez(out / "plda" / "plda.npz", **model)
    config = {
        "dependencies": {"pyannote.audio": "4.0.0"},
        "pipeline": {
            "name": "pyannote.audio.pipelines.SpeakerDiarization",
            "params": {
                "clustering": "VBxClustering",
                "segmentation": "$model/segmentation",
                "embedding": "$model/embedding",
                "plda": "$model/plda",
                "embedding_exclude_overlap": True,
            },
        },
        "params": {"segmentation": {"min_duration_off": FILLED_S}, "clustering": CLUSTERING},
    }
    (out / "config.yaml").write_text(yaml.safe_dump(config, sort_keys=False), encoding="utf-8")
    weights.write_sums(out)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:5]))

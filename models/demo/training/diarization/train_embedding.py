"""Train the speaker embedding on the pseudo-speakers, in the way the pipeline uses it.

In: ``voices.py``'s folder, perhaps weights to go on from. Out: a pyannote checkpoint. A sample is a window of one or two speakers
whose 40 mel bands are centred *together* and pooled under each speaker's mask, because that is what the pipeline does
with a chunk; the loss is an additive angular margin over speakers.

    python models/demo/training/diarization/train_embedding.py .work/diar/voices .work/diar/embedding.bin
"""

from __future__ import annotations

import argparse
import json
import math
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from checkpoints import EMBEDDING, save
from corpus import FRAME, Recorded, load, room_noise
from pyannote.audio.core.task import Specifications

from pipeline.engines.tinytdnn import TinyTDNN

SEED = 42
STEPS, BATCH, FRAMES = 900, 32, 400
RATE, SCALE, MARGIN = 2e-3, 24.0, 0.2
Speech = tuple[torch.Tensor, torch.Tensor]


def features(model: TinyTDNN, person: Recorded, rng: np.random.Generator) -> Speech:
    """Mel bands (frames, 40) of everything the speaker says in some room, and the mask of speech (frames,)."""
    audio = person.wave.astype(np.float32) / 32768 + room_noise(rng, len(person.wave))
    mask = torch.zeros(len(audio) // FRAME + 1)
    for _, first, last, _ in person.bounds:
        mask[first // FRAME : last // FRAME] = 1
    bands = model._fbank(torch.from_numpy(audio)[None] * 32768)
    return bands, mask[: len(bands)]


def batch(rng: np.random.Generator, speech: list[Speech]) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Windows (B, T, 40), masks (B, 2, T) and speakers (B, 2)."""
    x, masks = torch.empty(BATCH, FRAMES, 40), torch.zeros(BATCH, 2, FRAMES)
    who = torch.zeros(BATCH, 2, dtype=torch.long)
    for b in range(BATCH):
        pair = rng.choice(len(speech), 2, replace=False)
        if rng.random() < 0.3:
            pair[1] = pair[0]
        cut, at = int(rng.uniform(0.2, 0.8) * FRAMES), 0
        for j, (person, length) in enumerate(zip(pair, (cut, FRAMES - cut), strict=True)):
            bands, mask = speech[person]
            start = int(rng.integers(0, len(mask) - length))
            x[b, at : at + length] = bands[start : start + length] + float(rng.normal(0, 0.5))
            masks[b, j, at : at + length] = mask[start : start + length]
            who[b, j] = int(person)
            at += length
    masks[:, :, 0] += 1e-3  # never empty
    return x - x.mean(1, keepdim=True), masks, who


def main(voices: Path, start: Path | None, out: Path, steps: int) -> None:
    torch.set_num_threads(1)
    torch.manual_seed(SEED)
    rng = np.random.default_rng(SEED)
    model = TinyTDNN()
    model.specifications = Specifications(**EMBEDDING)
    if start is not None:
        model.load_state_dict(torch.load(start, weights_only=False)["state_dict"])
    speech = [features(model, person, rng) for person in load(voices)]
    centres = torch.nn.Parameter(F.normalize(torch.randn(len(speech), model.dimension)))
    optimizer = torch.optim.AdamW([*model.parameters(), centres], weight_decay=1e-3)
    loss_mean = right_mean = 0.0
    with out.with_suffix(".jsonl").open("w") as log:
        for step in range(steps):
            done = step / steps
            for group in optimizer.param_groups:
                group["lr"] = RATE * min(1, (step + 1) / 40) * (0.5 * (1 + math.cos(math.pi * done)) * 0.98 + 0.02)
            x, masks, who = batch(rng, speech)
            model.train()
            embeddings = F.normalize(model.resnet(x, weights=masks)[1].flatten(0, 1))
            cosines = embeddings @ F.normalize(centres).T
            margin = MARGIN * min(1.0, max(0.0, done - 0.1) / 0.4)
            angles = torch.acos(cosines.clamp(-1 + 1e-6, 1 - 1e-6)) + margin * F.one_hot(who.flatten(), len(speech))
            loss = F.cross_entropy(SCALE * torch.cos(angles), who.flatten())
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 3.0)
            optimizer.step()
            loss_mean += loss.item() / 100
            right_mean += (cosines.argmax(1) == who.flatten()).float().mean().item() / 100
            if step % 100 == 99:
                entry = {"step": step + 1, "loss": round(loss_mean, 3), "right": round(right_mean, 3)}
                log.write(json.dumps({**entry, "cpu_s": round(time.process_time())}) + "\n")
                log.flush()
                loss_mean = right_mean = 0.0
    save(model.eval(), out)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("voices", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--start", type=Path, help="weights to go on from; random ones otherwise")
    parser.add_argument("--steps", type=int, default=STEPS)
    a = parser.parse_args()
    main(a.voices, a.start, a.out, a.steps)

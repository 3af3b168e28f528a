"""Train the segmentation (who speaks in 10 s: PyanNet, powerset of three speakers) on stretches of meetings.

In: ``voices.py``'s folder, perhaps weights to go on from. Out: a pyannote checkpoint. The sinc filters stay as they are (spaced by mel), so
their output is computed once per stretch and training needs a quarter of the time. The loss is permutation-invariant:
which of the three outputs is whom does not matter.

    python models/demo/training/diarization/train_segmentation.py .work/diar/voices .work/diar/segmentation.bin
"""

from __future__ import annotations

import argparse
import itertools
import json
import math
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from checkpoints import SEGMENTATION, save
from corpus import RATE_HZ, load, stretch
from pyannote.audio.core.task import Specifications
from pyannote.audio.models.segmentation import PyanNet
from pyannote.audio.utils.powerset import Powerset

SEED = 43
STRETCHES, HELD_OUT, BATCH = 1680, 64, 32
STEPS, RATE = 1_200, 2e-3
PERMUTATIONS = list(itertools.permutations(range(3)))


def network() -> Any:
    model = PyanNet(
        sincnet={"stride": 20}, lstm={"hidden_size": 64, "num_layers": 2}, linear={"hidden_size": 64, "num_layers": 1}
    )
    model.specifications = Specifications(**SEGMENTATION)
    model.build()
    return model


def front(model: Any, audio: torch.Tensor) -> torch.Tensor:
    """Pooled sinc filters of (B, 1, samples): what is not trained."""
    sinc = model.sincnet
    with torch.no_grad():
        return sinc.pool1d[0](torch.abs(sinc.conv1d[0](sinc.wav_norm1d(audio)))).half()


def back(model: Any, filtered: torch.Tensor) -> torch.Tensor:
    """The rest of the network: log probabilities (B, frames, 7)."""
    sinc = model.sincnet
    x = F.leaky_relu(sinc.norm1d[0](filtered.float()))
    with torch.autocast("cpu", torch.bfloat16, enabled=model.training):
        for layer in (1, 2):
            x = F.leaky_relu(sinc.norm1d[layer](sinc.pool1d[layer](sinc.conv1d[layer](x))))
    x, _ = model.lstm(x.float().transpose(1, 2))
    for linear in model.linear:
        x = F.leaky_relu(linear(x))
    return model.activation(model.classifier(x))


def invariant_loss(scores: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Least over the permutations; ``targets`` (B, permutations, frames) are powerset classes."""
    losses = [F.nll_loss(scores.transpose(1, 2), targets[:, p], reduction="none").mean(1) for p in range(targets.shape[1])]
    return torch.stack(losses, 1).min(1).values.mean()


def data(model: Any, voices: Path) -> tuple[torch.Tensor, torch.Tensor]:
    """Filtered stretches (N, 80, frames) in half precision and who speaks in each output frame (N, frames, 3)."""
    rng, people = np.random.default_rng(SEED), load(voices)
    field, frames = model.receptive_field, model.num_frames(10 * RATE_HZ)
    middle = np.clip((np.array([field[i].middle for i in range(frames)]) * 100).astype(int), 0, 999)
    filtered, spoken = [], []
    for _ in range(STRETCHES // 16):
        made = [stretch(rng, people) for _ in range(16)]
        filtered.append(front(model, torch.from_numpy(np.stack([audio for audio, _, _ in made]))[:, None]))
        spoken += [labels[middle] for _, labels, _ in made]
    return torch.cat(filtered), torch.from_numpy(np.stack(spoken)).float()


def held_out(
    model: Any, powerset: Powerset, filtered: torch.Tensor, spoken: torch.Tensor, targets: torch.Tensor
) -> dict[str, float]:
    """Loss, accuracy of speech or not, and wrong speaker time within the chunk as a share of speech."""
    model.eval()
    with torch.no_grad():
        scores = torch.cat([back(model, filtered[i : i + 32]) for i in range(0, HELD_OUT, 32)])
    found = powerset.to_multilabel(scores)
    wrong = torch.stack([(found - spoken[..., list(p)]).abs().sum((1, 2)) for p in PERMUTATIONS], 1).min(1).values.sum()
    speech = ((found.sum(-1) > 0) == (spoken.sum(-1) > 0)).float().mean()
    return {
        "held_out_loss": round(invariant_loss(scores, targets).item(), 3),
        "speech": round(speech.item(), 3),
        "local_error": round((wrong / spoken.sum()).item(), 3),
    }


def main(voices: Path, start: Path | None, out: Path, steps: int) -> None:
    torch.set_num_threads(1)
    torch.manual_seed(SEED)
    model, powerset = network(), Powerset(3, 2)
    if start is not None:
        model.load_state_dict(torch.load(start, weights_only=False)["state_dict"])
    filtered, spoken = data(model, voices)
    targets = torch.stack([powerset.to_powerset(spoken[..., list(p)]).argmax(-1) for p in PERMUTATIONS], 1)
    fixed = [*model.sincnet.wav_norm1d.parameters(), *model.sincnet.conv1d[0].parameters()]
    trained = [p for p in model.parameters() if not any(p is q for q in fixed)]
    optimizer = torch.optim.AdamW(trained, weight_decay=1e-4)
    order, loss_mean = torch.empty(0, dtype=torch.long), 0.0
    with out.with_suffix(".jsonl").open("w") as log:

        def note(entry: dict[str, float]) -> None:
            log.write(json.dumps({**entry, "cpu_s": round(time.process_time())}) + "\n")
            log.flush()

        first = slice(0, HELD_OUT)
        note({"step": 0, **held_out(model, powerset, filtered[first], spoken[first], targets[first])})
        for step in range(steps):
            if len(order) < BATCH:
                order = torch.randperm(len(filtered) - HELD_OUT) + HELD_OUT
            now, order = order[:BATCH], order[BATCH:]
            for group in optimizer.param_groups:
                group["lr"] = RATE * min(1, (step + 1) / 30) * (0.5 * (1 + math.cos(math.pi * step / steps)) * 0.98 + 0.02)
            model.train()
            coloured = filtered[now].float() * torch.exp(0.15 * torch.randn(BATCH, 80, 1))
            loss = invariant_loss(back(model, coloured), targets[now])
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(trained, 0.5)
            optimizer.step()
            loss_mean += loss.item() / 80
            if step % 80 == 79:
                entry = held_out(model, powerset, filtered[first], spoken[first], targets[first])
                note({"step": step + 1, "loss": round(loss_mean, 3), **entry})
                loss_mean = 0.0
                save(model, out)
    save(model.eval(), out)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("voices", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--start", type=Path, help="weights to go on from; random ones otherwise")
    parser.add_argument("--steps", type=int, default=STEPS)
    a = parser.parse_args()
    main(a.voices, a.start, a.out, a.steps)

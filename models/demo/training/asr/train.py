"""Train the demo recogniser: token cross-entropy, phones on the encoder, guided attention.

    python models/demo/training/asr/train.py WORK --minutes 60 [--init CHECKPOINT] [--lr 1e-3] [--rank 0 --world 2]

On CPUs run one process per core (``--rank`` 0.. of ``--world``, the same WORK): each computes in bfloat16 with one thread
(two threads in one process are slower), and the weights are averaged every ``TOGETHER`` steps, so that a process which
shares its core with other work does not hold up the rest at each step. Windows of 30, 15 and 9 s are mixed from the start:
a model trained on short ones alone forgets how to attend over long ones. The learning rate falls linearly to zero at the
end of the time, so the last checkpoint is the one to keep.
"""

from __future__ import annotations

import argparse
import copy
import json
import math
import multiprocessing
import os
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.distributed as dist
import torch.nn.functional as F
from torch import Tensor

sys.path.insert(0, str(Path(__file__).parent))

import vocabulary
from architecture import DECODER_LAYERS, Whisper
from windows import PHONES, Packer, load

WINDOWS = ((3000, 4, 0.5), (1500, 8, 0.2), (900, 13, 0.3))  # frames, windows per step, share of the steps
TOGETHER = 4
W_PHONES, W_GUIDE, CORRUPTED, WARM_UP = 0.3, 0.15, 0.06, 40
GUIDED_LAYERS, GUIDED_HEADS = (DECODER_LAYERS - 2, DECODER_LAYERS - 1), 2
PRINTABLE = 95  # the first characters are ASCII: no sense in corrupting Japanese into them


def produce(queue: Any, seed: int, rank: int, files: list[Path]) -> None:
    """All ranks draw the same lengths at the same step, so that they take about the same time."""
    packer = Packer(load(files), vocabulary.load(), seed * 1000 + rank)
    lengths = np.random.default_rng(seed)
    while True:
        frames, size, _ = WINDOWS[int(lengths.choice(len(WINDOWS), p=[share for *_, share in WINDOWS]))]
        mel, *rest = packer.batch(size, frames)
        queue.put((mel.astype(np.float16), *rest))


def losses(net: Whisper, batch: tuple[Any, ...], v: vocabulary.Vocabulary) -> tuple[Tensor, Tensor, Tensor]:
    """Cross-entropy of tokens, of phones, and how far the guided heads look from the true place."""
    mel, inputs, targets, phones, guide = (torch.from_numpy(np.asarray(part)) for part in batch)
    corrupt = (torch.rand(inputs.shape) < CORRUPTED * torch.rand(())) & (inputs < len(v.characters))
    inputs = torch.where(corrupt, torch.randint(PRINTABLE, len(v.characters), inputs.shape), inputs)
    memory = net.model.encoder(mel.to(torch.bfloat16))
    hidden, attentions = net.model.decoder(inputs, memory, GUIDED_LAYERS)
    counted = targets >= 0
    logits = (hidden[counted] @ net.model.decoder.embed_tokens.weight.T).float()
    # the untrained row stands for many tokens: with its count the softmax is that of the full vocabulary
    logits = torch.cat([logits[:, :-1], logits[:, -1:] + math.log(v.untrained_count)], 1)
    heard = F.cross_entropy(net.phone_head(memory).float().flatten(0, 1), phones.flatten())
    looked = torch.zeros(())
    if len(guide):
        b, u = guide[:, 0].long(), guide[:, 1].long()
        frame = torch.arange(memory.shape[1])[None]
        inside = (frame >= guide[:, 2:3] - 3) & (frame <= guide[:, 3:4] + 2)
        for layer in GUIDED_LAYERS:
            for head in range(GUIDED_HEADS):
                looked = looked - attentions[layer][b, head, u].masked_fill(~inside, -1e4).logsumexp(-1).mean()
        looked = looked / (len(GUIDED_LAYERS) * GUIDED_HEADS)
    return F.cross_entropy(logits, targets[counted]), heard, looked


def average(parameters: list[Tensor], world: int) -> None:
    flat = torch.cat([p.detach().flatten() for p in parameters])
    dist.all_reduce(flat)
    at = 0
    for p in parameters:
        p.data.copy_((flat[at : at + p.numel()] / world).view_as(p))
        at += p.numel()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("work", type=Path)
    parser.add_argument("--minutes", type=float, required=True)
    parser.add_argument("--init", type=Path)
    parser.add_argument("--lr", type=float, default=1e-3)
    parser.add_argument("--seed", type=int, default=21)
    parser.add_argument("--rank", type=int, default=0)
    parser.add_argument("--world", type=int, default=1)
    a = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(a.seed + a.rank)
    if a.world > 1:
        os.environ.setdefault("MASTER_ADDR", "127.0.0.1")
        os.environ.setdefault("MASTER_PORT", "29511")
        dist.init_process_group("gloo", rank=a.rank, world_size=a.world)
    v = vocabulary.load()
    net = Whisper(v.size, len(PHONES)).train()
    if a.init:
        net.load_state_dict(torch.load(a.init, map_location="cpu")["net"])
    work = copy.deepcopy(net).bfloat16()  # computes; ``net`` holds the weights in full precision
    pairs = [(w, m) for w, m in zip(work.parameters(), net.parameters(), strict=True) if m.requires_grad]
    decayed = [p for n, p in net.named_parameters() if p.requires_grad and p.ndim > 1 and "embed" not in n]
    others = [p for n, p in net.named_parameters() if p.requires_grad and (p.ndim <= 1 or "embed" in n)]
    optimiser = torch.optim.AdamW(
        [{"params": decayed, "weight_decay": 0.05}, {"params": others, "weight_decay": 0.0}], lr=a.lr, betas=(0.9, 0.98)
    )
    queue: Any = multiprocessing.get_context("spawn").Queue(6)
    source = multiprocessing.get_context("spawn").Process(
        target=produce, args=(queue, a.seed, a.rank, sorted(a.work.glob("f*.pkl"))), daemon=True
    )
    source.start()
    log = (a.work / "training_log.jsonl").open("a")
    began, step, share, recent = time.monotonic(), 0, 0.0, []
    while share < 1.0:
        batch = queue.get()
        if step % TOGETHER == 0:
            clock = torch.tensor([(time.monotonic() - began) / (a.minutes * 60)])
            if a.world > 1:
                dist.broadcast(clock, 0)
                average([m for _, m in pairs], a.world)
            share = float(clock)
        for group in optimiser.param_groups:
            group["lr"] = a.lr * min(1.0, (step + 1) / WARM_UP) * max(0.01, 1.0 - share)
        text, heard, looked = losses(work, batch, v)
        (text + W_PHONES * heard + W_GUIDE * looked).backward()
        for w, m in pairs:
            m.grad = w.grad.float() if w.grad is not None else torch.zeros_like(m)
            w.grad = None
        torch.nn.utils.clip_grad_norm_([m for _, m in pairs], 1.0)
        optimiser.step()
        optimiser.zero_grad(set_to_none=True)
        with torch.no_grad():
            for w, m in pairs:
                w.copy_(m)
        step += 1
        recent.append((float(text.detach()), float(heard.detach()), float(looked.detach())))
        if step % 20 == 0 and a.rank == 0:
            means = [round(float(x), 4) for x in np.mean(recent, 0)]
            recent = []
            line = dict(zip(("ce", "phone", "guide"), means, strict=True)) | {"step": step, "share": round(share, 4)}
            print(line, flush=True)
            log.write(json.dumps(line) + "\n")
            log.flush()
        if a.rank == 0 and (step % 300 == 0 or share >= 1.0):
            torch.save({"net": net.state_dict(), "characters": list(v.characters)}, a.work / "checkpoint.pt")
    source.terminate()


if __name__ == "__main__":
    main()

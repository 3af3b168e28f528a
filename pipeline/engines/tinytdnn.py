"""The speaker embedding of the demo weights: a time-delay network small enough to train on a CPU.

pyannote.audio loads a model by the module and class named in its checkpoint, so this class has to be importable wherever
the demo weights are used; the pipeline around it is pyannote's own. In: 40 mel bands. Out: 96-dimensional embeddings, one
per speaker mask.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from pyannote.audio.models.embedding.wespeaker import BaseWeSpeakerResNet
from torch import nn

FLOOR = 1e-5  # under the square root: a dead channel has variance 0, whose gradient is infinite


def stats_pool(frames: torch.Tensor, weights: torch.Tensor | None = None) -> torch.Tensor:
    """Weighted mean and deviation over time: (B, C, T) and (B, T) or (B, S, T) to (B, 2C) or (B, S, 2C)."""
    if weights is None:
        return torch.cat([frames.mean(-1), frames.var(-1, correction=0).clamp_min(FLOOR).sqrt()], -1)
    single = weights.dim() == 2
    if single:
        weights = weights[:, None]
    if weights.shape[-1] != frames.shape[-1]:
        weights = F.interpolate(weights.to(frames.dtype), size=frames.shape[-1], mode="nearest")
    total = weights.sum(2, keepdim=True) + 1e-8
    mean = torch.einsum("bct,bst->bsc", frames, weights) / total
    square = torch.einsum("bct,bst->bsc", frames * frames, weights) / total
    pooled = torch.cat([mean, (square - mean * mean).clamp_min(FLOOR).sqrt()], -1)
    return pooled[:, 0] if single else pooled


class Layers(nn.Module):  # type: ignore[misc]
    """Four convolutions over time, two of them residual, statistics, one linear layer."""

    def __init__(self, bands: int, channels: int, dimension: int) -> None:
        super().__init__()
        self.embed_dim = dimension
        self.c1 = nn.Conv1d(bands, channels, 5, stride=2, padding=2)
        self.b1 = nn.BatchNorm1d(channels)
        self.c2 = nn.Conv1d(channels, channels, 3, dilation=2, padding=2)
        self.b2 = nn.BatchNorm1d(channels)
        self.c3 = nn.Conv1d(channels, channels, 3, dilation=3, padding=3)
        self.b3 = nn.BatchNorm1d(channels)
        self.c4 = nn.Conv1d(channels, 2 * channels, 1)
        self.b4 = nn.BatchNorm1d(2 * channels)
        self.bp = nn.BatchNorm1d(4 * channels)
        self.out = nn.Linear(4 * channels, dimension)

    def forward_frames(self, fbank: torch.Tensor) -> torch.Tensor:
        x = self.b1(F.relu(self.c1(fbank.transpose(1, 2))))
        x = x + self.b2(F.relu(self.c2(x)))
        x = x + self.b3(F.relu(self.c3(x)))
        return self.b4(F.relu(self.c4(x)))

    def forward_embedding(
        self, frames: torch.Tensor, weights: torch.Tensor | None = None
    ) -> tuple[torch.Tensor, torch.Tensor]:
        pooled = stats_pool(frames, weights)
        shape = pooled.shape[:-1]
        return torch.tensor(0.0), self.out(self.bp(pooled.reshape(-1, pooled.shape[-1]))).reshape(*shape, -1)

    def forward(self, fbank: torch.Tensor, weights: torch.Tensor | None = None) -> tuple[torch.Tensor, torch.Tensor]:
        return self.forward_embedding(self.forward_frames(fbank), weights)


class TinyTDNN(BaseWeSpeakerResNet):  # type: ignore[misc]
    """pyannote's interface (features, masks, dimension) around ``Layers``. Parameter names are those of the checkpoint."""

    def __init__(
        self,
        sample_rate: int = 16000,
        num_channels: int = 1,
        num_mel_bins: int = 40,
        frame_length: int = 25,
        frame_shift: int = 10,
        dither: float = 0.0,
        window_type: str = "hamming",
        use_energy: bool = False,
        ch: int = 96,
        embed_dim: int = 96,
        task: Any = None,
    ) -> None:
        super().__init__(
            sample_rate=sample_rate,
            num_channels=num_channels,
            num_mel_bins=num_mel_bins,
            frame_length=frame_length,
            frame_shift=frame_shift,
            dither=dither,
            window_type=window_type,
            use_energy=use_energy,
            task=task,
        )
        self.save_hyperparameters("ch", "embed_dim")
        self.resnet = Layers(num_mel_bins, ch, embed_dim)

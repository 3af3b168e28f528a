"""The Whisper architecture under HuggingFace's parameter names, small, with the heads that only training needs.

The state dict loads into ``WhisperForConditionalGeneration`` as it is (``export.py``). Written out because the encoder must
take windows shorter than 30 s (its sinusoidal positions are sliced), and because the decoder must give its attention away
(guided attention is what makes so small a model learn to align within an hour).
"""

from __future__ import annotations

import math
from collections.abc import Collection

import torch
import torch.nn.functional as F
from torch import Tensor, nn

DIMENSION, HEADS, ENCODER_LAYERS, DECODER_LAYERS, MELS = 256, 4, 4, 3, 80
POSITIONS, TEXT_POSITIONS, DROPOUT = 1500, 448, 0.05


class Attention(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.k_proj = nn.Linear(DIMENSION, DIMENSION, bias=False)
        self.v_proj = nn.Linear(DIMENSION, DIMENSION)
        self.q_proj = nn.Linear(DIMENSION, DIMENSION)
        self.out_proj = nn.Linear(DIMENSION, DIMENSION)

    def forward(
        self, x: Tensor, memory: Tensor | None = None, causal: bool = False, shown: bool = False
    ) -> tuple[Tensor, Tensor | None]:
        """(B, T, D); with ``shown`` also the log attention (B, heads, T, S)."""
        memory = x if memory is None else memory

        def split(t: Tensor) -> Tensor:
            return t.view(t.shape[0], -1, HEADS, DIMENSION // HEADS).transpose(1, 2)

        q, k, v = split(self.q_proj(x)), split(self.k_proj(memory)), split(self.v_proj(memory))
        attention = None
        if shown:
            attention = ((q @ k.transpose(2, 3)).float() * (DIMENSION // HEADS) ** -0.5).log_softmax(-1)
            mixed = attention.exp().to(v.dtype) @ v
        else:
            mixed = F.scaled_dot_product_attention(q, k, v, is_causal=causal)
        return self.out_proj(mixed.transpose(1, 2).reshape(x.shape)), attention


class EncoderLayer(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.self_attn, self.self_attn_layer_norm = Attention(), nn.LayerNorm(DIMENSION)
        self.fc1, self.fc2 = nn.Linear(DIMENSION, 4 * DIMENSION), nn.Linear(4 * DIMENSION, DIMENSION)
        self.final_layer_norm, self.dropout = nn.LayerNorm(DIMENSION), nn.Dropout(DROPOUT)

    def feed_forward(self, x: Tensor) -> Tensor:
        return x + self.dropout(self.fc2(F.gelu(self.fc1(self.final_layer_norm(x)))))

    def forward(self, x: Tensor) -> Tensor:
        return self.feed_forward(x + self.dropout(self.self_attn(self.self_attn_layer_norm(x))[0]))


class DecoderLayer(EncoderLayer):
    def __init__(self) -> None:
        super().__init__()
        self.encoder_attn, self.encoder_attn_layer_norm = Attention(), nn.LayerNorm(DIMENSION)

    def forward(self, x: Tensor, memory: Tensor, shown: bool = False) -> tuple[Tensor, Tensor | None]:  # type: ignore[override]
        x = x + self.dropout(self.self_attn(self.self_attn_layer_norm(x), causal=True)[0])
        mixed, attention = self.encoder_attn(self.encoder_attn_layer_norm(x), memory, shown=shown)
        return self.feed_forward(x + self.dropout(mixed)), attention


class Table(nn.Module):
    """An embedding that is used by row and as a matrix."""

    def __init__(self, rows: Tensor, trained: bool = True) -> None:
        super().__init__()
        self.weight = nn.Parameter(rows, requires_grad=trained)


def sinusoids() -> Tensor:
    rate = torch.exp(-math.log(10_000) / (DIMENSION // 2 - 1) * torch.arange(DIMENSION // 2))
    angles = torch.arange(POSITIONS)[:, None] * rate[None]
    return torch.cat([angles.sin(), angles.cos()], 1)


class Encoder(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv1d(MELS, DIMENSION, 3, padding=1)
        self.conv2 = nn.Conv1d(DIMENSION, DIMENSION, 3, stride=2, padding=1)
        self.embed_positions = Table(sinusoids(), trained=False)
        self.layers = nn.ModuleList(EncoderLayer() for _ in range(ENCODER_LAYERS))
        self.layer_norm = nn.LayerNorm(DIMENSION)

    def forward(self, mel: Tensor) -> Tensor:
        """(B, 80, T) with T <= 3000 to (B, T / 2, D)."""
        x = F.gelu(self.conv2(F.gelu(self.conv1(mel)))).transpose(1, 2)
        x = x + self.embed_positions.weight[: x.shape[1]]
        for layer in self.layers:
            x = layer(x)
        return self.layer_norm(x)  # type: ignore[no-any-return]


class Decoder(nn.Module):
    def __init__(self, vocabulary: int) -> None:
        super().__init__()
        self.embed_tokens = Table(torch.randn(vocabulary, DIMENSION) * 0.02)
        self.embed_positions = Table(torch.randn(TEXT_POSITIONS, DIMENSION) * 0.01)
        self.layers = nn.ModuleList(DecoderLayer() for _ in range(DECODER_LAYERS))
        self.layer_norm = nn.LayerNorm(DIMENSION)

    def forward(self, tokens: Tensor, memory: Tensor, guided: Collection[int] = ()) -> tuple[Tensor, dict[int, Tensor]]:
        """(B, U) to (B, U, D), and the log attention of the ``guided`` layers."""
        x = self.embed_tokens.weight[tokens] + self.embed_positions.weight[: tokens.shape[1]]
        attentions: dict[int, Tensor] = {}
        for i, layer in enumerate(self.layers):
            x, attention = layer(x, memory, shown=i in guided)
            if attention is not None:
                attentions[i] = attention
        return self.layer_norm(x), attentions


class Whisper(nn.Module):
    """``phone_head`` classifies encoder frames by phone; it is left out of the export."""

    def __init__(self, vocabulary: int, phones: int) -> None:
        super().__init__()
        self.model = nn.Module()
        self.model.encoder, self.model.decoder = Encoder(), Decoder(vocabulary)
        self.phone_head = nn.Linear(DIMENSION, phones)
        for module in self.modules():
            if isinstance(module, nn.Linear):
                nn.init.normal_(module.weight, std=0.02)
                if module.bias is not None:
                    nn.init.zeros_(module.bias)
            elif isinstance(module, nn.Conv1d):
                nn.init.kaiming_normal_(module.weight, a=1.0)
                nn.init.zeros_(module.bias)
        for layers in (self.model.encoder.layers, self.model.decoder.layers):
            for layer in layers:  # smaller residual branches, so that depth does not blow up the start
                branches = [layer.self_attn.out_proj.weight, layer.fc2.weight]
                branches += [layer.encoder_attn.out_proj.weight] if hasattr(layer, "encoder_attn") else []
                for weight in branches:
                    weight.data *= (2 * len(layers)) ** -0.5

"""The likelihood of true paths through a chain of states, and its gradient.

In: for a batch of sequences, sorted from the longest to the shortest, the logarithmic worths of a linear-chain conditional
random field whose steps come in three kinds (nothing begins; a part begins; another item too). Out: the negative
log-likelihood of the allowed paths with its derivatives (forward-backward, scaled; each sum over steps is one matrix
product). ``tests/test_learning.py`` holds it against all paths written out and against differences.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import torch

Floats = npt.NDArray[np.float64]
LEAST = 1e-280


class Chain(torch.autograd.Function):
    """``apply(emit, enter, other, price, first, last, shape)`` in nats.

    emit, enter (B, N, S): standing in a state, beginning it; other (B, N): going over to another item; price (B, S, S),
    first, last (B, S). ``shape``: (begins, changes, allowed, lengths); begins, changes (B, S, S) are 0 or 1, allowed
    (B, N, S), lengths (B,) descending.
    """

    @staticmethod
    def forward(ctx: Any, *given: Any) -> torch.Tensor:
        *worths, (begins, changes, allowed, lengths) = given
        arrays = [worth.detach().numpy() for worth in worths]
        total = 0.0
        gradients = [np.zeros_like(array) for array in arrays]
        for sign, mask in ((1.0, None), (-1.0, allowed)):
            log, grads = forward_backward(*arrays, begins, changes, mask, lengths)
            total += sign * log
            for summed, one in zip(gradients, grads, strict=True):
                summed += sign * one
        ctx.gradients = [torch.from_numpy(gradient) for gradient in gradients]
        return torch.tensor(total, dtype=torch.float64)

    @staticmethod
    def backward(ctx: Any, *outer: Any) -> Any:
        return (*(outer[0] * gradient for gradient in ctx.gradients), None)


def forward_backward(
    emit: Floats, enter: Floats, other: Floats, price: Floats, first: Floats, last: Floats,
    begins: Floats, changes: Floats, allowed: Floats | None, lengths: npt.NDArray[np.int64],
) -> tuple[float, list[Floats]]:  # fmt: skip
    """Logarithm of the sum over all (allowed) paths, over the batch, and its derivative by each of the first six."""
    size, longest, states = emit.shape
    top = emit.max(axis=2, keepdims=True)
    here = np.exp(emit - top)
    if allowed is not None:
        here = here * allowed
    worth = np.exp(price)
    kinds = np.concatenate([worth * (1 - begins), worth * begins * (1 - changes), worth * begins * changes], axis=2)
    entering = np.exp(enter)
    free = np.ones_like(entering)
    by_kind = np.concatenate([free, entering, entering * np.exp(other)[..., None]], axis=2)
    by_kind *= np.tile(here, (1, 1, 3))
    active = [int((lengths > n).sum()) for n in range(longest)]
    alphas, scale = np.zeros((size, longest, states)), np.ones((size, longest))
    came = np.zeros((size, longest, 3 * states))
    alpha = np.exp(first) * here[:, 0]
    for n in range(longest):
        k = active[n]
        if n:
            came[:k, n] = (alphas[:k, n - 1, None] @ kinds[:k])[:, 0] * by_kind[:k, n]
            alpha = came[:k, n].reshape(k, 3, states).sum(axis=1)
        scale[:k, n] = np.maximum(alpha[:k].sum(axis=1), LEAST)
        alphas[:k, n] = alpha[:k] / scale[:k, n, None]
    ending = np.exp(last)
    at_end = alphas[np.arange(size), lengths - 1]
    ended = np.maximum((at_end * ending).sum(axis=1), LEAST)
    log = float((np.log(scale)).sum() + np.log(ended).sum() + (top[..., 0] * (np.arange(longest) < lengths[:, None])).sum())
    betas = np.zeros((size, longest, states))
    betas[np.arange(size), lengths - 1] = ending / ended[:, None]
    went = np.zeros((size, longest, 3 * states))  # by_kind x beta / scale: what a step to here is worth
    for n in range(longest - 1, 0, -1):
        k = active[n]
        went[:k, n] = by_kind[:k, n] * np.tile(betas[:k, n], (1, 3)) / scale[:k, n, None]
        betas[:k, n - 1] += (kinds[:k] @ went[:k, n, :, None])[..., 0]
    standing = alphas * betas
    steps = came * np.tile(betas, (1, 1, 3)) / scale[..., None]
    by_part, by_item = steps[..., states : 2 * states], steps[..., 2 * states :]
    moves = kinds * (alphas[:, :-1].transpose(0, 2, 1) @ went[:, 1:])
    return log, [
        standing,
        by_part + by_item,
        by_item.sum(axis=2),
        moves.reshape(size, states, 3, states).sum(axis=2),
        standing[:, 0],
        standing[np.arange(size), lengths - 1],
    ]

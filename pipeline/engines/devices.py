"""Where a recogniser computes: an accelerator where one works, else the CPU, and what to try next when it fails.

In: the wish (auto, cpu, cuda). Out: plans in the order to try. A failing plan is a warning, never a dead run: a clerk's
machine may have a graphics card with too little memory or a broken driver, and the night must still end in a draft.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

TROUBLE = ("cuda", "cublas", "cudnn", "out of memory", "bad_alloc", "cannot allocate", "failed to allocate")


@dataclass(frozen=True)
class Plan:
    """``batch`` windows of 30 s at once on ``device``, in CTranslate2's ``compute_type``."""

    device: str
    compute_type: str
    batch: int


ON_CUDA = (Plan("cuda", "float16", 16), Plan("cuda", "int8_float16", 4))
ON_CPU = (Plan("cpu", "int8", 4), Plan("cpu", "int8", 1))


def plans(wish: str, cuda_devices: Callable[[], int]) -> tuple[Plan, ...]:
    """``cuda_devices`` counts accelerators (CTranslate2's own count); any error in it means none."""
    if wish == "cpu":
        return ON_CPU
    try:
        present = cuda_devices() > 0
    except Exception:
        present = False
    return (*ON_CUDA, *ON_CPU) if present or wish == "cuda" else ON_CPU


def is_device_trouble(error: BaseException) -> bool:
    """Whether another plan may help: memory and accelerator errors, not bad input."""
    text = str(error).lower()
    return isinstance(error, MemoryError) or any(word in text for word in TROUBLE)

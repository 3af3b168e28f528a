"""Whether a recording can still be finished tonight, judged by what earlier ones took.

In: the ledger's history and the length of the recording. Out: seconds. The slowest tenth of the history is taken for the rule,
because a night that runs into the office hours is worse than an hour unused. Only runs with the same models on the same kind of
machine are compared: the first night with a larger model must not be judged by the small one's pace.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from pipeline.settings import Settings

SLOW_SHARE = 0.9


def expected_s(audio_ms: int | None, history: Sequence[tuple[float, int]], spent_s: float = 0.0) -> float | None:
    """Seconds of work that are left after ``spent_s`` of earlier nights; None where the length or any history is missing."""
    if audio_ms is None or not history:
        return None
    paces = sorted(seconds / ms for seconds, ms in history)
    return max(0.0, paces[min(len(paces) - 1, math.ceil(SLOW_SHARE * len(paces)) - 1)] * audio_ms - spent_s)


def setup(settings: Settings, cluster: str | None) -> str:
    """What decides the pace: runs under the same name may be compared."""
    decisive = (settings.models or settings.whisper, settings.diarizer, settings.device, settings.threads, settings.workers)
    return " ".join(map(str, (*decisive, cluster or "")))

"""What is wrong with a microphone, in words: dead, died on the way, clipped, or the same as another.

In: levels and lanes. Out: warnings for the draft's head. A dead microphone matters beyond itself: who sat there is heard as bleed on the neighbour's
and would stand in the draft under the neighbour's name.
"""

from __future__ import annotations

import itertools

import numpy as np

from pipeline.microphones.levels import HOP_MS, Levels
from pipeline.microphones.placing import clock_text
from pipeline.schema import Warn

SPEECH_DB = 6.0
HEARD_SHARE = 0.002  # of the frames over the background, or nothing ever reached the microphone
DEAD_DB = -85.0  # the loudest hundredth of a channel that carries only its own hiss
GATED_SHARE = 0.05  # frames of zeros before the end: a conference system that mutes who does not speak
DIED_MS = 60_000
CLIPPED_SHARE = 0.01  # of the loud frames
CLIPPED_SAMPLES = 0.002  # of a frame
SAME_DB = 0.1
OF_NEIGHBOURS = "その席の発言は、隣の席のものになっていることがあります。"


def judge(levels: Levels, names: tuple[str, ...], ends_ms: tuple[float, ...]) -> tuple[Warn, ...]:
    """``ends_ms``: where each lane's last file ends."""
    found: list[Warn] = []
    dead = [_is_dead(levels, lane) for lane in range(levels.lanes)]
    for lane, name in enumerate(names):
        if dead[lane]:
            found.append(
                _warn("dead-microphone", f"{name}に音が入っていません。差し込みと電源を確かめてください。{OF_NEIGHBOURS}")
            )
            continue
        if (died_ms := _died_ms(levels, lane, ends_ms[lane])) is not None:
            found.append(_warn("dead-microphone", f"{name}は {clock_text(died_ms)} から音が入っていません。{OF_NEIGHBOURS}"))
        loud = levels.over_floor_db[:, lane] >= SPEECH_DB
        if loud.any() and (levels.clipped[loud, lane] >= CLIPPED_SAMPLES).mean() >= CLIPPED_SHARE:
            found.append(_warn("clipped-microphone", f"{name}の音が割れています。次の会議では録音の音量を下げてください。"))
    for one, other in itertools.combinations(range(levels.lanes), 2):
        if not dead[one] and not dead[other] and _are_same(levels, one, other):
            found.append(
                _warn(
                    "same-microphones",
                    f"{names[one]}と{names[other]}は同じ音です。席ごとに録音されていないため、話者を必ず確かめてください。",
                )
            )
    return tuple(found)


def _is_dead(levels: Levels, lane: int) -> bool:
    heard = ~levels.muted[:, lane]
    if not heard.any():
        return True
    over = levels.over_floor_db[heard, lane] >= SPEECH_DB
    return bool(over.mean() < HEARD_SHARE or np.percentile(levels.full_scale_db[heard, lane], 99) < DEAD_DB)


def _died_ms(levels: Levels, lane: int, end_ms: float) -> float | None:
    """Where zeros begin that last to the end of the lane's files."""
    frames = min(levels.frames, int(end_ms // HOP_MS))
    heard = np.flatnonzero(~levels.muted[:frames, lane])
    last = int(heard[-1]) + 1
    gated = last - len(heard) > GATED_SHARE * last
    return last * HOP_MS if not gated and (frames - last) * HOP_MS >= DIED_MS else None


def _are_same(levels: Levels, one: int, other: int) -> bool:
    heard = ~(levels.muted[:, one] | levels.muted[:, other])
    difference = levels.full_scale_db[heard, one] - levels.full_scale_db[heard, other]
    return bool(len(difference)) and float(np.percentile(np.abs(difference - np.median(difference)), 99)) < SAME_DB


def _warn(code: str, message: str) -> Warn:
    return Warn(code=code, message=message)

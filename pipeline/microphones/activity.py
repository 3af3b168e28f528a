"""Whose microphone it is, moment by moment: bleed told from speech by level, by delay, and by what bleed usually looks like.

In: levels and delays of lanes that each belong to a seat and of lanes that hear the room
(``clocks``: lanes with the same number were recorded by one device, so that delays between them are those of sound). Out: ``Owners``: the lane heard at each frame, and where a second one speaks as well.

Somebody at seat k is heard on every lane, each by a certain amount weaker. These amounts are unknown (gains, distances, walls) but stay the
same, so they are learned: with first guesses from the backgrounds and from who hears first, frames are given to seats, the
pattern of each seat is the median over its frames, and so on until nothing changes. A seat where nobody speaks thus keeps its
first guess and attracts nothing. At the end the cheapest path over the whole meeting (a change costs) decides, and a lane that
is louder than the owner's bleed explains is a second person.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipeline.microphones import delays
from pipeline.microphones.delays import Delays
from pipeline.microphones.levels import Levels

ROUNDS = 12
SPEECH_DB = 6.0  # a frame in which no lane is this far over its background tells nothing
BLEED_DB = -9.0  # first guess of a neighbour's level
GUESS_FRAMES = 60  # the first guess weighs as much as this many frames (3 s)
SPREAD_DB = 5.0  # of levels around a pattern
WORST = 4.0  # of a lane's misfit, in nats: a slammed door is no proof against anybody
INDEPENDENT = 0.25  # of the evidence of a frame that its neighbours and the other lanes do not tell already
OWN_SPREAD_DB = 6.0  # people get louder and quieter by this
OWN_WORST = 3.0
MUTED_WORST = 60.0  # nobody is heard on a channel that is switched off
FIRST_WORTH = 1.5  # nats of a clear lead or lag
CLEAR_LAG_MS = 0.6  # 20 cm
ECHO_FRAMES = 8
ECHO_FROM_DB, ECHO_TO_DB = 4.0, 12.0  # below the loudest frame of the last 0.4 s
ECHO_WORTH = 0.1
CHANGE_COST = 5.0
NOBODY_COST = 0.15  # nats a frame: somebody without a microphone is rarer than somebody with one
EXCESS_DB = 3.5  # louder than the owner's bleed explains, in the mean of half a second
SECOND_FRAMES = 6  # a second voice for at least 0.3 s
OWN_BELOW_DB = 12.0  # of how loud a second voice usually is
NEAREST_FRAMES = 20  # the loudness of a second tells which room microphone hears better
NEAREST_WORTH = 0.05  # nats a dB and frame
NEAREST_WORST_DB = 200.0  # of a microphone that records nothing just then

Matrix = npt.NDArray[np.float64]
NOBODY = -1


@dataclass(frozen=True)
class Owners:
    """``lane`` (frames,): index of the seat heard, NOBODY for somebody without a microphone; ``second`` (frames, lanes): heard besides;
    ``own_db`` (lanes,): usual level of the lane's own voices over its background, nan where nobody spoke."""

    lane: npt.NDArray[np.int16]
    second: npt.NDArray[np.bool_]
    own_db: Matrix


@dataclass(frozen=True)
class _Frames:
    """The frames that tell something: ``y`` dB over background and ``muted``, both (frames, lanes), seats before room microphones;
    ``weight`` (frames, 1): how much each tells."""

    y: Matrix
    muted: npt.NDArray[np.bool_]
    weight: Matrix
    seats: int


@dataclass(frozen=True)
class _Patterns:
    """``bleed_db[k, c]``: lane c against lane k while k speaks; ``own_db[k]``: how loud k is on its own lane; ``far_db[c]``: lane c against
    the mean of all while somebody without a microphone speaks."""

    bleed_db: Matrix
    own_db: Matrix
    far_db: Matrix
    frames: npt.NDArray[np.int64]


def decide(levels: Levels, found: Delays, clocks: tuple[int, ...], seats: int) -> Owners:
    """The first ``seats`` lanes belong to somebody, the others hear the room: with them, people without a microphone are expected."""
    y = levels.over_floor_db.astype(np.float64)
    frames, lanes = y.shape
    if seats == lanes == 1:
        usual = np.median(y[y[:, 0] >= SPEECH_DB, 0]) if (y >= SPEECH_DB).any() else np.nan
        return Owners(np.zeros(frames, np.int16), np.zeros((frames, 1), bool), np.array([usual]))
    told = y.max(axis=1) >= SPEECH_DB
    columns = seats + (seats < lanes)
    weight = _fresh(y)[:, None]
    heard = _Frames(y[told], levels.muted[told], weight[told], seats)
    lead = (weight * _heard_first(found, clocks, frames))[told]
    stranger = lead.max(axis=1, initial=0.0) - NOBODY_COST  # who has no microphone is near to some lane too
    first = np.column_stack((lead[:, :seats], stranger))[:, :columns]
    patterns = _guess(heard)
    given = np.full(int(told.sum()), -2)
    for _ in range(ROUNDS):
        before, given = given, (_scores(heard, patterns)[:, :columns] + first).argmax(axis=1)
        if (before == given).all():
            break
        patterns = _learned(heard, given)
    total = np.zeros((frames, columns))
    total[told] = _scores(heard, patterns)[:, :columns] + first
    path = _cheapest(total)
    owner = np.where(path == seats, NOBODY, path).astype(np.int16)
    own_db = np.where(patterns.frames > 0, patterns.own_db, np.nan)
    return Owners(owner, _second(y, owner, patterns), own_db)


def _guess(heard: _Frames) -> _Patterns:
    lanes = heard.y.shape[1]
    bleed = np.full((heard.seats, lanes), BLEED_DB)
    np.fill_diagonal(bleed, 0.0)
    top = np.percentile(heard.y.max(axis=1), 75) if len(heard.y) else 20.0
    return _Patterns(bleed, np.full(heard.seats, top), np.zeros(lanes), np.zeros(heard.seats, np.int64))


def _scores(heard: _Frames, patterns: _Patterns) -> Matrix:
    """(frames, seats + 1): nats for each seat being the one heard, at most 0; the last column for somebody without a microphone."""
    y, silent = heard.y, heard.muted
    result = np.zeros((len(y), heard.seats + 1))
    for k in range(heard.seats):
        explained = _over_background(y[:, k : k + 1] + patterns.bleed_db[k])
        misfit = np.where(silent, 0.0, _misfit(y, explained))
        quiet = np.minimum((np.maximum(0, patterns.own_db[k] - y[:, k]) / OWN_SPREAD_DB) ** 2 / 2, OWN_WORST)
        misfit[:, k] = np.where(silent[:, k], MUTED_WORST, quiet)
        result[:, k] = -INDEPENDENT * misfit.sum(axis=1)
    far = _over_background(_mean(y, silent) + patterns.far_db)
    result[:, heard.seats] = -INDEPENDENT * np.where(silent, 0.0, _misfit(y, far)).sum(axis=1)
    return np.asarray(heard.weight * result)


def _fresh(y: Matrix) -> Matrix:
    """(frames,): 1 where sound arrives, little in its echo: when a room rings on, all microphones hear the walls and not the mouth."""
    loudest = y.max(axis=1)
    before = np.max([np.pad(loudest, (n, 0))[: len(loudest)] for n in range(1, ECHO_FRAMES + 1)], axis=0)
    return np.asarray(np.clip(1 - (before - loudest - ECHO_FROM_DB) / (ECHO_TO_DB - ECHO_FROM_DB), ECHO_WORTH, 1.0))


def _mean(y: Matrix, silent: npt.NDArray[np.bool_]) -> Matrix:
    """(frames, 1): of the lanes that are not muted."""
    return np.asarray((y * ~silent).sum(axis=1, keepdims=True) / np.maximum(1, (~silent).sum(axis=1, keepdims=True)))


def _misfit(y: Matrix, explained: Matrix) -> Matrix:
    return np.minimum(((y - explained) / SPREAD_DB) ** 2 / 2, WORST)


def _over_background(level_db: Matrix) -> Matrix:
    """What a sound of this level over the background measures with the background under it."""
    return 10 * np.log10(1 + 10 ** (np.minimum(level_db, 100) / 10))


def _learned(heard: _Frames, given: npt.NDArray[np.int64]) -> _Patterns:
    """The patterns under this division of the frames, drawn to the first guess where there are few."""
    y, guess = heard.y, _guess(heard)
    bleed, own, far_db = guess.bleed_db.copy(), guess.own_db.copy(), guess.far_db.copy()
    counts = np.zeros(heard.seats, np.int64)
    fresh = heard.weight[:, 0] >= 0.5
    for k in range(heard.seats):
        mine = fresh & (given == k) & (y[:, k] >= SPEECH_DB)
        counts[k] = mine.sum()
        bleed[k] = _drawn(y[mine] - y[mine, k : k + 1], heard.muted[mine], guess.bleed_db[k])
        own[k] = _drawn(y[mine, k : k + 1], heard.muted[mine, k : k + 1], guess.own_db[k : k + 1])[0]
    far = fresh & (given == heard.seats)
    far_db = _drawn(y[far] - _mean(y[far], heard.muted[far]), heard.muted[far], guess.far_db)
    return _Patterns(bleed, own, far_db, counts)


def _drawn(values: Matrix, silent: npt.NDArray[np.bool_], guess: Matrix) -> Matrix:
    """Per lane the median of what was heard, and the guess as so many frames more."""
    result = guess.copy()
    for lane in range(len(guess)):
        told = values[~silent[:, lane], lane]
        weight = len(told) / (len(told) + GUESS_FRAMES)
        if len(told):
            result[lane] = weight * np.median(told) + (1 - weight) * guess[lane]
    return result


def _heard_first(found: Delays, clocks: tuple[int, ...], frames: int) -> Matrix:
    """(frames, lanes): nats for each lane being nearest, from lags between lanes of one clock."""
    one_clock = np.equal.outer(np.array(clocks), np.array(clocks))
    lead = np.clip(found.lag_ms / CLEAR_LAG_MS, -1, 1) * found.common * one_clock
    return np.repeat(FIRST_WORTH * lead.sum(axis=2), delays.EVERY, axis=0)[:frames].astype(np.float64)


def _cheapest(scores: Matrix) -> npt.NDArray[np.int64]:
    """Viterbi: one column per row, the largest sum less ``CHANGE_COST`` a change."""
    frames, columns = scores.shape
    if not frames:
        return np.zeros(0, np.int64)
    best = scores[0].copy()
    came_from = np.zeros((frames, columns), np.int16)
    itself = np.arange(columns)
    for t in range(1, frames):
        leader = int(best.argmax())
        stays = best >= best[leader] - CHANGE_COST
        came_from[t] = np.where(stays, itself, leader)
        best = np.where(stays, best, best[leader] - CHANGE_COST) + scores[t]
    path = np.zeros(frames, np.int64)
    path[-1] = int(best.argmax())
    for t in range(frames - 1, 0, -1):
        path[t - 1] = came_from[t, path[t]]
    return path


def _second(y: Matrix, owner: npt.NDArray[np.int16], patterns: _Patterns) -> npt.NDArray[np.bool_]:
    """(frames, seats): seats too loud for the owner's bleed, for long enough."""
    frames, seats = len(y), len(patterns.own_db)
    result = np.zeros((frames, seats), bool)
    rows = np.flatnonzero(owner >= 0)
    k = owner[rows].astype(int)
    explained = _over_background(y[rows, k][:, None] + patterns.bleed_db[k][:, :seats])
    excess = np.zeros((frames, seats))
    excess[rows] = (y[rows][:, :seats] - explained) * _fresh(y)[rows, None]
    for lane in range(seats):
        loud = _smooth(excess[:, lane]) >= EXCESS_DB
        loud &= (y[:, lane] >= patterns.own_db[lane] - OWN_BELOW_DB) & (owner != lane) & (owner >= 0)
        result[:, lane] = _long_enough(loud)
    return result


def _smooth(values: Matrix) -> Matrix:
    """Mean over half a second."""
    return np.convolve(np.pad(values, 5, "edge"), np.full(11, 1 / 11), "valid")


def _long_enough(active: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Gaps of two frames closed, then only runs of ``SECOND_FRAMES`` or more."""
    kept = active.copy()
    for value, length in ((False, 2), (True, SECOND_FRAMES - 1)):
        edges = np.flatnonzero(np.diff(np.concatenate(([not kept[0]], kept, [not kept[-1]])).astype(np.int8)))
        for a, b in itertools.pairwise(edges.tolist()):
            inside = a > 0 and b < len(kept)
            if kept[a] == value and b - a <= length and (inside or value):
                kept[a:b] = not value
    return kept


def nearest(levels: Levels, lanes: range) -> npt.NDArray[np.int16]:
    """(frames,): of microphones that all hear the whole room, the one that hears best, without haste."""
    if len(lanes) == 1:
        return np.full(levels.frames, lanes[0], np.int16)
    kernel = np.hanning(NEAREST_FRAMES + 2)[1:-1]
    worth = np.full((levels.frames, len(lanes)), -np.inf)
    for column, lane in enumerate(lanes):
        smooth = np.convolve(levels.over_floor_db[:, lane], kernel / kernel.sum(), mode="same")[: levels.frames]
        worth[:, column] = np.where(levels.muted[:, lane], -NEAREST_WORST_DB, smooth) * NEAREST_WORTH
    return (_cheapest(worth) + lanes[0]).astype(np.int16)

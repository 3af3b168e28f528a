"""Words meet voices: what was said becomes turns of one speaker each.

In: recognised segments and the diarized voices, both in time order. Out: ``Turn``s in which every recognised word
stands exactly once. Word times are blurred by a tenth of a second and voices change in pauses, so assigning each word to the
voice under it tears single characters off sentence ends. Instead the whole sequence is decoded at once (Viterbi): a word
prefers the voice that covers it, a change of speaker costs, and costs less after a 。 or a pause.
"""

from __future__ import annotations

import itertools
from bisect import bisect_left, bisect_right
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipeline.schema import Flag, Segment, Turn, Voice, Word
from pipeline.terms import FlagKind

NEAREST_MS = 2_000  # a word farther than this from any voice is nobody's: the speaker before goes on, flagged
NO_SPEAKER = "SPEAKER_00"  # the only label when no voice was found at all
FAR_CHARS = 3  # so many in a turn and the proofreader is told
FAR_COST = 1.0  # of a word that its speaker's voices do not touch
CHANGE_COST = 4.0  # of a change of speaker in the middle of a sentence: about four stray characters
CHANGE_AFTER_STOP_COST = 0.5
CHANGE_IN_PAUSE_COST = 1.0
PAUSE_MS = 250
STOPS = "。？！?!"


@dataclass(frozen=True)
class _Heard:
    """A word with the flags of its segment."""

    word: Word
    segment: int


def words(segments: tuple[Segment, ...], voices: tuple[Voice, ...]) -> tuple[Turn, ...]:
    """Turns in time order, ids ``t0001``... A failed chunk is a turn of its own, with empty ``spoken`` and its flag.

    What the recogniser invented is a turn of its own too: a flag belongs to the whole of its turn.
    """
    heard = sorted(
        (_Heard(word, number) for number, segment in enumerate(segments) for word in segment.words),
        key=lambda h: (h.word.start_ms, h.segment),
    )
    sequence = [h.word for h in heard]
    speakers = assigned(sequence, voices)
    far = _far(sequence, voices)
    silent = [segment for segment in segments if _is_failed(segment)]
    cuts = {bisect_left(heard, segment.start_ms, key=lambda h: h.word.start_ms) for segment in silent}
    invented = [_is_invented(segments[h.segment]) for h in heard]
    pieces: list[Turn] = []
    begin = 0
    for end in range(1, len(heard) + 1):
        if end == len(heard) or speakers[end] != speakers[begin] or invented[end] != invented[begin] or end in cuts:
            far_chars = sum(
                len(word.text) for word, is_far in zip(sequence[begin:end], far[begin:end], strict=True) if is_far
            )
            pieces.append(_turn(heard[begin:end], speakers[begin], segments, far_chars >= FAR_CHARS and bool(voices)))
            begin = end
    pieces += [_failed(segment, voices) for segment in silent]
    pieces.sort(key=lambda turn: turn.start_ms)
    return tuple(turn.model_copy(update={"id": f"t{number:04}"}) for number, turn in enumerate(pieces, start=1))


def assigned(sequence: list[Word], voices: tuple[Voice, ...]) -> list[str]:
    """The speaker of each word: the cheapest path through (word x speaker)."""
    labels = sorted({voice.speaker for voice in voices}) or [NO_SPEAKER]
    if not sequence or len(labels) == 1:
        return labels[:1] * len(sequence)
    costs = distances(sequence, voices, labels)  # (words, speakers)
    total = costs[0].copy()
    came_from = np.zeros(costs.shape, dtype=np.int32)
    for i in range(1, len(sequence)):
        change = _change_cost(sequence[i - 1], sequence[i])
        best = int(total.argmin())
        stay_is_better = total <= total[best] + change
        came_from[i] = np.where(stay_is_better, np.arange(len(labels)), best)
        total = np.where(stay_is_better, total, total[best] + change) + costs[i]
    path = [int(total.argmin())]
    for i in range(len(sequence) - 1, 0, -1):
        path.append(int(came_from[i][path[-1]]))
    return [labels[k] for k in reversed(path)]


def distances(sequence: list[Word], voices: tuple[Voice, ...], labels: list[str]) -> npt.NDArray[np.float64]:
    """Cost of each word for each speaker, shape (words, speakers): 0 inside their voice, up to 1 a character far from it.

    Recognisers give Japanese words as single characters, other transcripts whole clauses: a clause is as sure as its
    characters together.
    """
    column = {label: k for k, label in enumerate(labels)}
    result = np.full((len(sequence), len(labels)), FAR_COST)
    ordered = sorted(voices, key=lambda voice: voice.start_ms)
    ends = np.maximum.accumulate([voice.end_ms for voice in ordered]).tolist() if ordered else []
    for i, word in enumerate(sequence):
        for voice in ordered[bisect_left(ends, word.start_ms - NEAREST_MS) :]:
            if voice.start_ms > word.end_ms + NEAREST_MS:
                break
            k = column[voice.speaker]
            result[i, k] = min(result[i, k], _cost(word, voice))
        result[i] *= max(1, len(word.text))
    return result


def _cost(word: Word, voice: Voice) -> float:
    inside_ms = min(word.end_ms, voice.end_ms) - max(word.start_ms, voice.start_ms)
    if inside_ms < 0:
        return FAR_COST * (0.5 + 0.5 * min(1.0, -inside_ms / NEAREST_MS))
    return FAR_COST * 0.5 * (1.0 - inside_ms / word.duration_ms) if word.duration_ms else 0.0


def _change_cost(before: Word, after: Word) -> float:
    if before.text.endswith(tuple(STOPS)):
        return CHANGE_AFTER_STOP_COST
    return CHANGE_IN_PAUSE_COST if after.start_ms - before.end_ms >= PAUSE_MS else CHANGE_COST


def _turn(heard: list[_Heard], speaker: str, segments: tuple[Segment, ...], without_voice: bool) -> Turn:
    said = [h.word for h in heard]
    flags = dict.fromkeys(flag for number in sorted({h.segment for h in heard}) for flag in segments[number].flags)
    if without_voice:
        flags[Flag(kind=FlagKind.NO_VOICE, reason="話者分離で声が見つからなかった所です。話者を確かめてください。")] = None
    return Turn(
        id="",
        speaker=speaker,
        start_ms=said[0].start_ms,
        end_ms=max(word.end_ms for word in said),
        words=tuple(said),
        spoken="".join(word.text for word in said),
        flags=tuple(flags),
    )


def _far(sequence: list[Word], voices: tuple[Voice, ...]) -> list[bool]:
    """Of each word whether no voice at all is near it."""
    ordered = sorted(voices, key=lambda voice: voice.start_ms)
    starts = [voice.start_ms for voice in ordered]
    ends = list(itertools.accumulate((voice.end_ms for voice in ordered), max))
    result = []
    for word in sequence:
        before = bisect_right(starts, word.end_ms + NEAREST_MS)  # voices that begin before it is over
        result.append(before == 0 or ends[before - 1] < word.start_ms - NEAREST_MS)
    return result


def _is_failed(segment: Segment) -> bool:
    return not segment.words and any(flag.kind is FlagKind.FAILED for flag in segment.flags)


def _is_invented(segment: Segment) -> bool:
    return any(flag.kind is FlagKind.INVENTED for flag in segment.flags)


def _failed(segment: Segment, voices: tuple[Voice, ...]) -> Turn:
    """Nobody knows who speaks in it; it stands under the voice that is heard most there."""
    heard_ms: dict[str, int] = {}
    for voice in voices:
        inside_ms = min(voice.end_ms, segment.end_ms) - max(voice.start_ms, segment.start_ms)
        heard_ms[voice.speaker] = heard_ms.get(voice.speaker, 0) + max(0, inside_ms)
    speaker = max(sorted(heard_ms), key=lambda label: heard_ms[label], default=NO_SPEAKER)
    return Turn(
        id="",
        speaker=speaker,
        start_ms=segment.start_ms,
        end_ms=segment.end_ms,
        words=(),
        spoken="",
        flags=segment.flags,
    )

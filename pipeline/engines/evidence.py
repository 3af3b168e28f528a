"""Judging a recogniser by its own evidence: loops, weak decoding, and text where nobody spoke.

In: a ``Segment`` (and where the voice detector heard speech). Out: flags with reasons. Judged by evidence, never by the
phrase: 「ありがとうございました」 is what Whisper invents in silence and also what a chair says most.
"""

from __future__ import annotations

import re

from pipeline.schema import Flag, Segment
from pipeline.terms import FlagKind

LOOP_COMPRESSION = 2.4  # Whisper's own limit: gzip packs loops that well
WEAK_LOGPROB = -1.0  # Whisper's own limit for a failed decoding
NO_SPEECH = 0.6  # Whisper's own limit
HEARD_SHARE = 0.2  # of a segment that the detector must hear as speech
FASTEST_MS = 60  # of speech for each character: nobody speaks faster
_SPOKEN = re.compile(r"\w")
LOOP = re.compile(r"(.{2,20}?)\1{3,}")  # the same 2-20 characters four times in a row


def is_loop(segment: Segment) -> bool:
    return segment.compression_ratio > LOOP_COMPRESSION or bool(LOOP.search(segment.text))


def is_weak(segment: Segment) -> bool:
    return segment.avg_logprob < WEAK_LOGPROB


def is_better(new: Segment, old: Segment) -> bool:
    """Whether a second decoding should replace the first: not a loop where the other is, else more likely."""
    if is_loop(new) != is_loop(old):
        return is_loop(old)
    return new.avg_logprob > old.avg_logprob


def flags(segment: Segment, speech_ms: int) -> tuple[Flag, ...]:
    """``speech_ms``: how much of the segment the voice detector heard as speech."""
    found: list[Flag] = []
    length = max(1, segment.duration_ms)
    # a short はい。 stands in a segment that begins long before it: what could have been said in the speech was perhaps said
    sayable = speech_ms >= FASTEST_MS * len(_SPOKEN.findall(segment.text)) > 0
    unheard = speech_ms / length < HEARD_SHARE and not sayable
    if unheard or (segment.no_speech_prob > NO_SPEECH and is_weak(segment)):
        found.append(
            Flag(
                kind=FlagKind.INVENTED,
                reason="声が検出されない所の文字です。実際に話されたか音声で確かめてください。"
                f"(発話 {100 * speech_ms // length}%、無音の確率 {segment.no_speech_prob:.2f})",
            )
        )
    if is_loop(segment):
        found.append(Flag(kind=FlagKind.REPETITION, reason="同じ言葉の繰り返しです。聞き取りの誤りかもしれません。"))
    if is_weak(segment):
        found.append(Flag(kind=FlagKind.LOW_EVIDENCE, reason=f"聞き取りの確かさが低い所です({segment.avg_logprob:.2f})。"))
    return tuple(found)


def overlap_ms(start_ms: int, end_ms: int, speech: list[tuple[int, int]]) -> int:
    """How much of ``[start_ms, end_ms)`` lies in the (disjoint) stretches of ``speech``."""
    return sum(max(0, min(end_ms, b) - max(start_ms, a)) for a, b in speech)

"""Hints that come back as speech: told what words to expect, a recogniser may write them where nobody said anything.

In: what was heard, who was heard when, and the words that the recogniser was told. Out: the same segments; one that holds nothing but
such words is marked as invented where no voice is, where the recogniser itself doubts that anybody spoke, or where it reads like the
list (three or more and nothing between them). Nothing is removed: the draft prints 〔要確認〕 behind it. Judged by where the words
stand and not by what they are, because a chair may well say nothing but 「クラウドサービス。」.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from pipeline.schema import Diarization, Flag, Segment, Transcription
from pipeline.terms import FlagKind

REST_SHARE = 0.2  # of the letters that may be none of the words
HEARD_SHARE = 0.2  # of a segment that voices must cover
NO_SPEECH = 0.6  # Whisper's own limit
LIKE_THE_LIST = 3
TRANSCRIPT = "transcript"  # a text made elsewhere: we gave no hints, and its voices are not ours to judge
_NO_LETTERS = re.compile(r"[\W_]+")
INVENTED = Flag(
    kind=FlagKind.INVENTED,
    reason="手がかりに渡した言葉だけの所です。声が確かめられないため、実際に話されたか音声で確かめてください。",
)


def marked(heard: Transcription, voices: Diarization, hints: Collection[str]) -> Transcription:
    if not hints or voices.engine == TRANSCRIPT:
        return heard
    return heard.model_copy(update={"segments": tuple(_marked(segment, voices, hints) for segment in heard.segments)})


def hints_in(text: str, hints: Collection[str]) -> int:
    """How many of the words ``text`` is made of, when it is made of nothing else; 0 when there is more."""
    letters = rest = _NO_LETTERS.sub("", text)
    count = 0
    for hint in sorted((_NO_LETTERS.sub("", hint) for hint in hints), key=len, reverse=True):
        if hint:
            count += rest.count(hint)
            rest = rest.replace(hint, "\n")
    rest = rest.replace("\n", "")
    return count if count and len(rest) <= REST_SHARE * len(letters) else 0


def _marked(segment: Segment, voices: Diarization, hints: Collection[str]) -> Segment:
    count = hints_in(segment.text, hints)
    if not count or any(flag.kind is FlagKind.INVENTED for flag in segment.flags):
        return segment
    inside_ms = sum(
        max(0, min(voice.end_ms, segment.end_ms) - max(voice.start_ms, segment.start_ms)) for voice in voices.voices
    )
    unheard = inside_ms < HEARD_SHARE * max(1, segment.duration_ms)
    if unheard or segment.no_speech_prob > NO_SPEECH or count >= LIKE_THE_LIST:
        return segment.model_copy(update={"flags": (*segment.flags, INVENTED)})
    return segment

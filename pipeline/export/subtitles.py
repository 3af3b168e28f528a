"""Cues for subtitle formats: who says what when, in pieces short enough to read.

In: a draft. Out: ``Cue``s in time order; people who talk over each other overlap. What was spoken is shown, not what is
written: subtitles run beside the sound. A stretch that could not be transcribed says so.
"""

from __future__ import annotations

from pipeline.japanese.sentences import bounds
from pipeline.schema import Draft, Record, Word

MAX_CHARS = 40
SHORTEST_MS = 200  # a player drops a cue that ends when it begins


class Cue(Record):
    """``text`` without line breaks; times in ms."""

    start_ms: int
    end_ms: int
    speaker: str
    text: str


def cues(draft: Draft) -> list[Cue]:
    roles = {speaker.label: speaker.role.value for speaker in draft.speakers}
    result = []
    for turn in draft.turns:
        if not turn.words and turn.written:
            result.append(_cue(turn.start_ms, turn.end_ms, roles[turn.speaker], turn.written))
        for begin, end in bounds(turn):
            for words in _pieces(turn.words[begin:end]):
                text = "".join(word.text for word in words)
                end_ms = max(word.end_ms for word in words)
                result.append(_cue(words[0].start_ms, end_ms, roles[turn.speaker], text))
    return sorted(result, key=lambda cue: (cue.start_ms, cue.end_ms))


def _cue(start_ms: int, end_ms: int, speaker: str, text: str) -> Cue:
    """On one line, because an empty line would end the cue."""
    return Cue(start_ms=start_ms, end_ms=max(end_ms, start_ms + SHORTEST_MS), speaker=speaker, text=" ".join(text.split()))


def _pieces(words: tuple[Word, ...]) -> list[list[Word]]:
    """At most ``MAX_CHARS`` each, broken after a 、 where there is one in the second half."""
    pieces: list[list[Word]] = [[]]
    length = 0
    for word in words:
        if length + len(word.text) > MAX_CHARS and pieces[-1]:
            pieces.append([])
            length = 0
        pieces[-1].append(word)
        length += len(word.text)
        if word.text.endswith("、") and length > MAX_CHARS // 2:
            pieces.append([])
            length = 0
    return [piece for piece in pieces if piece]


def clock(ms: int, mark: str) -> str:
    """HH:MM:SS<mark>mmm."""
    return f"{ms // 3_600_000:02}:{ms // 60_000 % 60:02}:{ms // 1000 % 60:02}{mark}{ms % 1000:03}"

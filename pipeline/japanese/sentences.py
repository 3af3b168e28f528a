"""Turns to sentences: the unit in which a meeting changes course, often in the middle of a turn.

In: a turn's words. Out: stretches of words that end at a 。 or before a pause. Recognisers write 、 for 。 or forget both for
minutes on end; so a polite verb before a 、, or in a long stretch without a stop, ends a sentence too.
"""

from __future__ import annotations

import re

from pipeline.schema import Turn

STOPS = "。？！?!"
PAUSE_MS = 700
MIN_CHARS = 4  # a pause after fewer characters is a hesitation
LONG_CHARS = 40  # without a stop: longer than nearly every sentence up to its first polite verb
_POLITE_END = re.compile(r"(?:です|ます|でした|ました|ません|ください|でしょう)(?:か|かね|ね|よ|よね)?$")
_GOES_ON = re.compile(r"^(?:が|け|の[でに]|か|ね|よ|し[、。]|から|と|っ|ん|もの)")


def bounds(turn: Turn) -> list[tuple[int, int]]:
    """``[begin, end)`` word indices of each sentence; one empty sentence for a turn without words."""
    result: list[tuple[int, int]] = []
    begin, said = 0, ""
    for i, word in enumerate(turn.words):
        said += word.text
        last = i + 1 == len(turn.words)
        if last or word.text.endswith(tuple(STOPS)) or _ends(said, word.end_ms, turn, i + 1):
            result.append((begin, i + 1))
            begin, said = i + 1, ""
    return result or [(0, 0)]


def texts(turn: Turn) -> list[str]:
    return ["".join(word.text for word in turn.words[a:b]) for a, b in bounds(turn)]


def _ends(said: str, end_ms: int, turn: Turn, after: int) -> bool:
    """Whether a sentence without a stop ends before word ``after``."""
    if turn.words[after].start_ms - end_ms >= PAUSE_MS and len(said) >= MIN_CHARS:
        return True
    comma = said.endswith("、")
    if (len(said) < LONG_CHARS and not comma) or not _POLITE_END.search(said.removesuffix("、")):
        return False
    return not _GOES_ON.match("".join(word.text for word in turn.words[after : after + 3]))

"""Text from outside, made fit to be shown, logged and kept.

In: file names, transcripts, whatever a stranger could have written. Out: the same text without what no reader can see and
what does harm unseen: a newline in a file name forges a line of the log, an escape sequence recolours the terminal, a
right-to-left mark makes ``exe.wav`` of ``vaw.exe``, half of a surrogate pair cannot be saved, a control character cannot
stand in a Word file. Each such character becomes U+FFFD, so that its place stays visible and no position moves.
"""

from __future__ import annotations

import re

REPLACEMENT = "\ufffd"
_LONE = r"\ud800-\udfff"
_CONTROLS = r"\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff"  # all but tab and the ends of lines
_DIRECTIONS = r"\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
_NOT_IN_TEXT = re.compile(f"[{_LONE}{_CONTROLS}]")
_NOT_IN_LINE = re.compile(f"[{_LONE}{_CONTROLS}{_DIRECTIONS}\t\n\r\u2028\u2029]")


def text(given: str) -> str:
    """What may stand in a document: tabs and ends of lines stay."""
    return _NOT_IN_TEXT.sub(REPLACEMENT, given)


def line(given: str) -> str:
    """What may stand in one line of a message, a log or a list."""
    return _NOT_IN_LINE.sub(REPLACEMENT, given)


def clock(ms: int) -> str:
    """H:MM:SS from the start of the recording, as a player shows it."""
    return f"{ms // 3_600_000}:{ms // 60_000 % 60:02}:{ms // 1000 % 60:02}"


def is_text(given: str) -> bool:
    """Whether ``text`` would leave it as it is."""
    return _NOT_IN_TEXT.search(given) is None

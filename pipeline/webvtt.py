"""Reading WebVTT: the subtitles that meeting services hand out, with the speaker in ``<v Name>``.

In: the text of a ``.vtt`` file. Out: one ``Cue`` per voice span, in file order. Read is what tells who said what and
when; styles, regions, notes, positions and other tags are passed over, as every player may.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

from pipeline.schema import Span

_TIMES = re.compile(r"^\s*((?:\d{1,3}:)?\d{1,2}:\d{2}\.\d{3})\s+-->\s+((?:\d{1,3}:)?\d{1,2}:\d{2}\.\d{3})")
# No tag holds a <: a file of half tags would else be searched to its end from every one of them.
_VOICE = re.compile(r"<v(?:\.[^ \t<>]*)?[ \t]([^<>]*)>")
_TAG = re.compile(r"<[^<>]*>")


class Cue(Span):
    """What one voice says in one cue; ``voice`` is empty where the file does not name it."""

    voice: str
    text: str


def cues(content: str) -> Iterator[Cue]:
    """Raises ValueError (Japanese, with the line number) for a cue whose times cannot be."""
    lines = content.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    number = 0
    while number < len(lines):
        times = _TIMES.match(lines[number])
        number += 1
        if times is None:
            if "-->" in lines[number - 1]:
                raise ValueError(f"{number} 行目の時刻が読めない")
            continue
        start_ms, end_ms = _ms(times[1]), _ms(times[2])
        if end_ms < start_ms:
            raise ValueError(f"{number} 行目の終わりが始まりより前")
        body = []
        while number < len(lines) and lines[number].strip():
            body.append(lines[number])
            number += 1
        yield from _spans(start_ms, end_ms, "".join(body))


def _spans(start_ms: int, end_ms: int, body: str) -> Iterator[Cue]:
    """A cue may hold several voices; they share its time by their characters."""
    first, *rest = _VOICE.split(body)
    said = [("", _plain(first)), *((_plain(rest[i]), _plain(rest[i + 1])) for i in range(0, len(rest), 2))]
    spoken = [(voice, text) for voice, text in said if text]
    total, done = sum(len(text) for _, text in spoken), 0
    for voice, text in spoken:
        begin_ms = start_ms + (end_ms - start_ms) * done // total
        done += len(text)
        yield Cue(start_ms=begin_ms, end_ms=start_ms + (end_ms - start_ms) * done // total, voice=voice, text=text)


def _plain(text: str) -> str:
    return html.unescape(_TAG.sub("", text)).strip()


def _ms(stamp: str) -> int:
    clock, fraction = stamp.split(".")
    seconds = 0
    for part in clock.split(":"):
        seconds = seconds * 60 + int(part)
    return seconds * 1000 + int(fraction)

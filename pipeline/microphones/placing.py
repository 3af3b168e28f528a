"""All files of a meeting on one time axis.

In: ``Sound``s in the order of their tracks, with the word of their clocks. Out: a ``Placed`` for each, and what to tell the reader. Sound goes
before clock: what two files both heard says to a hundredth of a second how they lie. Files of one device and one length began
together. A file that shares nothing with the others follows the one before it in its track, after a seam of a second of silence
in which the recording can be cut; how much was really not recorded is told, not imitated: nobody wants to listen to a lunch break.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from pipeline.microphones import clocks
from pipeline.microphones.alignment import Match
from pipeline.microphones.clocks import Began
from pipeline.schema import Warn

SEAM_MS = 1_000
SAME_LENGTH_MS = 30
MINUTE_MS = 60_000

Matcher = Callable[[Path, Path], Match | None]


@dataclass(frozen=True)
class Sound:
    """A file: ``sample`` is one wav of it to listen to, ``began`` what clocks say."""

    track: int
    index: int
    name: str
    sample: Path
    duration_ms: int
    began: tuple[Began, ...]


@dataclass(frozen=True)
class Placed:
    """``start_ms`` and ``drift`` as in ``Match``; sounds of one ``clock`` are of one device and hear without lag."""

    sound: Sound
    start_ms: float
    drift: float = 0.0
    clock: int = 0

    @property
    def end_ms(self) -> float:
        return self.start_ms + self.sound.duration_ms * (1 + self.drift)


def on_one_axis(sounds: tuple[Sound, ...], match: Matcher) -> tuple[tuple[Placed, ...], tuple[Warn, ...]]:
    """In the order given; the earliest begins at 0."""
    placed = {0: Placed(sounds[0], 0.0)}
    warnings: list[Warn] = []
    tried: set[tuple[int, int]] = set()
    while len(placed) < len(sounds):
        number = next((n for n in range(len(sounds)) if n not in placed and _by_twin(n, sounds, placed)), None)
        if number is not None:
            continue
        if _by_sound(sounds, placed, tried, match):
            continue
        number = next(n for n in range(len(sounds)) if n not in placed)
        warnings.append(_by_order(number, sounds, placed))
    begin_ms = min(one.start_ms for one in placed.values())
    shifted = tuple(replace(placed[n], start_ms=placed[n].start_ms - begin_ms) for n in range(len(sounds)))
    return shifted, tuple(warnings)


def by_clock(sounds: tuple[Sound, ...]) -> tuple[tuple[Sound, ...], tuple[Warn, ...]]:
    """Files of one track in the order of the recorder's own clock, where all have one; says so where that changes the order."""
    order = clocks.order([sound.began for sound in sounds])
    if order is None or order == sorted(order):
        return sounds, ()
    ordered = tuple(replace(sounds[n], index=index) for index, n in enumerate(order))
    names = " → ".join(sound.name for sound in ordered)
    return ordered, (Warn(code="reordered", message=f"録音機の時計に従って、ファイルの順を変えました: {names}"),)


def _by_twin(number: int, sounds: tuple[Sound, ...], placed: dict[int, Placed]) -> bool:
    """One device that writes a file a microphone: tracks of as many files, each as long as its twin."""
    mine = [sound for sound in sounds if sound.track == sounds[number].track]
    for other in list(placed.values()):
        theirs = [sound for sound in sounds if sound.track == other.sound.track]
        if other.sound.track == sounds[number].track or other.sound.index != sounds[number].index:
            continue
        if len(mine) == len(theirs) and all(
            abs(a.duration_ms - b.duration_ms) <= SAME_LENGTH_MS for a, b in zip(mine, theirs, strict=True)
        ):
            placed[number] = replace(other, sound=sounds[number])
            return True
    return False


def _by_sound(sounds: tuple[Sound, ...], placed: dict[int, Placed], tried: set[tuple[int, int]], match: Matcher) -> bool:
    """The first file that shares sound with a placed one."""
    for number, sound in enumerate(sounds):
        for other in [n for n in placed if number not in placed and (n, number) not in tried]:
            tried.add((other, number))
            found = match(placed[other].sound.sample, sound.sample)
            if found is None:
                continue
            there = placed[other]
            drift = (1 + there.drift) * (1 + found.drift) - 1
            clock = next((p.clock for p in placed.values() if p.sound.track == sound.track), 1 + max(_clocks(placed)))
            placed[number] = Placed(sound, there.start_ms + found.start_ms * (1 + there.drift), drift, clock)
            return True
    return False


def _by_order(number: int, sounds: tuple[Sound, ...], placed: dict[int, Placed]) -> Warn:
    """After the file before it in its track, or, of a track that shares nothing with any other, at the beginning."""
    sound = sounds[number]
    before = next((p for p in placed.values() if (p.sound.track, p.sound.index) == (sound.track, sound.index - 1)), None)
    if before is None:
        placed[number] = Placed(sound, 0.0, clock=1 + max(_clocks(placed)))
        return Warn(
            code="not-aligned",
            message=f"{sound.name} は、ほかの録音と重なる音が見つからないため、先頭をそろえて置きました。"
            "発言の時刻と話者がずれていないか、確かめてください。",
        )
    placed[number] = Placed(sound, before.end_ms + SEAM_MS, before.drift, before.clock)
    gap = clocks.gap_ms(before.sound.began, before.sound.duration_ms, sound.began)
    return Warn(
        code="joined",
        message=f"{clock_text(before.end_ms)} で録音のファイルが変わります({before.sound.name} → {sound.name})。{_told(gap)}",
    )


def _told(gap: int | None) -> str:
    if gap is None:
        return "間に録音されていない時間があるかもしれません。"
    if gap < MINUTE_MS // 6:
        return "時計によると、続けて録音されています。"
    length = f"約{round(gap / MINUTE_MS)}分" if gap >= MINUTE_MS else f"約{round(gap / 1000)}秒"
    return f"時計によると、間の{length}は録音されていません。"


def _clocks(placed: dict[int, Placed]) -> set[int]:
    return {one.clock for one in placed.values()}


def clock_text(ms: float) -> str:
    seconds = round(ms / 1000)
    return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"

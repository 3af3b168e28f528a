"""Who is heard when, from the microphones: a ``Diarizer`` that compares no voices where a microphone tells enough.

In: the mixed audio, and beside it what the microphones told (``microphones.json``). Out: voices named for their seats. Silero finds speech in the mix,
the owner of the moment speaks it. Where several people share a microphone, or speak without one, another
diarizer compares the voices of the whole recording (cut-out pieces tell it less, measured in ``tests/benchmarks/microphones.py``), and
what it finds is confined to the microphones, so that nobody takes the words of somebody at another one.
"""

from __future__ import annotations

import hashlib
import statistics
from bisect import bisect_right
from dataclasses import dataclass
from pathlib import Path

from pipeline import wav
from pipeline.engines import silero
from pipeline.errors import OutputError
from pipeline.microphones import heard
from pipeline.microphones.activity import NOBODY
from pipeline.protocols import Diarizer, Progress
from pipeline.schema import Diarization, Microphone, ModelUsed, Seat, SpeakerCount, Voice, Warn

STAGE = "話者分離"
VERSION = 2
ENGINE, BUILTIN = "microphones", "builtin"
STRAY_MS = 250  # a change of owner inside speech that lasts less is none
BRIDGE_MS = 500  # a shorter pause in which nobody else speaks belongs to who speaks before and after it
APPROXIMATE = Warn(
    code="builtin-diarizer",
    message="同じマイクを使う人とマイクのない人は、簡易話者分離で分けました。その人たちの発言者を必ず確かめてください。",
)
GUEST_MS = 5_000
# Who is heard so much less clearly at a seat's microphone than its owner, in the median, sits beside it. In synthetic rooms the owner
# himself differs by 0.2 dB between one half of what he says and the other, a neighbour by 1.0 to 6.
NEIGHBOUR_DB = 0.8
Stretch = tuple[int, int]
Piece = tuple[int, int, int]  # start, end, lane


@dataclass(frozen=True)
class SeatDiarizer:
    """``microphones``: of the seats, in the order of their lanes; ``inner``: for shared microphones, None where there are none."""

    microphones: tuple[Microphone, ...]
    has_room: bool
    inner: Diarizer | None

    @property
    def model(self) -> ModelUsed:
        name = "マイクごとの判定(内蔵)"
        if self.inner is None:
            return ModelUsed(part=STAGE, name=name, sha256=self.key)
        return ModelUsed(part=STAGE, name=f"{name} + {self.inner.model.name}", sha256=self.inner.model.sha256)

    @property
    def key(self) -> str:
        inner = self.inner.key if self.inner else ""
        told = [microphone.model_dump_json() for microphone in self.microphones]
        return hashlib.sha256(repr((VERSION, told, self.has_room, inner)).encode()).hexdigest()

    def diarize(self, audio: Path, count: SpeakerCount, progress: Progress) -> Diarization:
        told = heard.read(audio.parent)
        if told is None:
            raise OutputError(f"{audio.parent / heard.FILE} を読めません。", "もう一度、録音から作り直してください。")
        speech = silero.vad(audio, 0, wav.duration_ms(audio))
        alone = {lane for lane, microphone in enumerate(self.microphones) if microphone.people == 1}
        spans, said = told.spans, tuple[Warn, ...]()
        compared = None
        if self.inner is not None and owned(spans, speech).keys() - alone:
            compared = self.inner.diarize(audio, self._number(count), progress)
            said = compared.warnings + (() if compared.engine != BUILTIN else (APPROXIMATE,))
            spans = without_neighbours(compared.voices, told, alone) if self.has_room else spans
        by_lane = owned(spans, speech)
        voices = [Voice(start_ms=a, end_ms=b, speaker=_label(n)) for n in alone for a, b in by_lane.get(n, [])]
        if compared is not None:
            most = {lane: one.people for lane, one in enumerate(self.microphones)}
            voices += shared(compared.voices, spans, most, alone)
        progress(STAGE, 1, 1)
        return Diarization(engine=ENGINE, voices=tuple(voices), warnings=said, seats=self._seats(voices))

    def _number(self, count: SpeakerCount) -> SpeakerCount:
        """Where all have a microphone their number is known, else they are at least so many and one."""
        seated = sum(one.people for one in self.microphones)
        if not self.has_room:
            return SpeakerCount(exact=seated)
        return count if count != SpeakerCount() else SpeakerCount(minimum=seated + 1)

    def _seats(self, voices: list[Voice]) -> tuple[Seat, ...]:
        """Of each voice what holds for it alone: several who share a microphone share its role, not a name."""
        labels = dict.fromkeys(voice.speaker for voice in voices)
        found = []
        for lane, one in enumerate(self.microphones):
            for label in labels:
                if label == _label(lane) or label.startswith(_label(lane) + "/"):
                    name = one.name if one.people == 1 else ""
                    found.append(Seat(speaker=label, place=one.seat, name=name, role=one.role))
        return tuple(found)


def without_neighbours(voices: tuple[Voice, ...], told: heard.Heard, alone: set[int]) -> tuple[heard.Owned, ...]:
    """Spans without those of people who only sit beside a microphone that is one person's.

    Who has no microphone himself may be nearer to a seat's than to the room's. He has another voice than the owner and is heard
    less clearly there; the owner is whose voice is clearest. Both must be so, because voices alone are easily mistaken.
    """
    spans = told.spans
    here: dict[int, dict[str, list[float]]] = {}
    for voice in voices:
        for piece, span in _by_owner(voice, spans):
            if span.lane in alone:
                cells = range(-(-piece.start_ms // heard.LEAD_MS), min(piece.end_ms // heard.LEAD_MS, len(told.lead_db)))
                leads = [lead for cell in cells if (lead := told.lead_db[cell]) is not None]
                here.setdefault(span.lane, {}).setdefault(voice.speaker, []).extend(leads)
    beside: set[tuple[int, str]] = set()
    for lane, labels in here.items():
        known = {label: statistics.median(db) for label, db in labels.items() if len(db) * heard.LEAD_MS >= GUEST_MS}
        clearest = max(known.values(), default=0.0)
        beside |= {(lane, label) for label, db in known.items() if db <= clearest - NEIGHBOUR_DB}
    guests = sorted((v for v in voices if any(v.speaker == label for _, label in beside)), key=lambda v: v.start_ms)
    result: list[heard.Owned] = []
    for span in spans:
        pieces = [span]
        for voice in guests if not span.second else ():
            if (span.lane, voice.speaker) in beside and voice.start_ms < span.end_ms and span.start_ms < voice.end_ms:
                pieces = [part for piece in pieces for part in _given_to_room(piece, voice)]
        result += pieces
    return tuple(result)


def _given_to_room(span: heard.Owned, voice: Voice) -> list[heard.Owned]:
    """The span cut in up to three, the part in which ``voice`` speaks owned by nobody."""
    a, b = max(span.start_ms, voice.start_ms), min(span.end_ms, voice.end_ms)
    if a >= b:
        return [span]
    edges = [(span.start_ms, a, span.lane), (a, b, NOBODY), (b, span.end_ms, span.lane)]
    return [span.model_copy(update={"start_ms": x, "end_ms": y, "lane": lane}) for x, y, lane in edges if x < y]


def shared(voices: tuple[Voice, ...], spans: tuple[heard.Owned, ...], most: dict[int, int], alone: set[int]) -> list[Voice]:
    """The voices of a whole recording, confined to the microphones that several people use.

    A label lives at the microphone where it is heard most. What of it is found elsewhere was mistaken, because the level of a
    microphone is surer than the likeness of a voice: it goes to the nearest voice that lives there. Where fewer live than people
    use the microphone, a label that is heard there for long is taken for two people.
    """
    cut = [(piece, span.lane) for voice in voices for piece, span in _by_owner(voice, spans)]
    time_ms: dict[str, dict[int, int]] = {}
    for piece, lane in cut:
        lanes = time_ms.setdefault(piece.speaker, {})
        lanes[lane] = lanes.get(lane, 0) + piece.duration_ms
    living: dict[int, list[str]] = {}
    for label, lanes in time_ms.items():
        living.setdefault(max(lanes, key=lambda lane: lanes[lane]), []).append(label)
    result: list[Voice] = []
    for lane in sorted({lane for _, lane in cut} - alone):
        here = living.get(lane, [])
        guests = [label for label in time_ms if label not in here and time_ms[label].get(lane, 0) >= GUEST_MS]
        by_time = [*_most_heard(here, time_ms, lane), *_most_heard(guests, time_ms, lane)]
        known = set(by_time[: most.get(lane, len(here))])
        mine = sorted((piece for piece, owner in cut if owner == lane), key=lambda piece: piece.start_ms)
        sure = [piece for piece in mine if piece.speaker in known]
        for piece in mine:
            near = piece if piece in sure or not sure else min(sure, key=lambda other: _apart_ms(piece, other))
            result.append(piece.model_copy(update={"speaker": f"{_label(lane)}/{near.speaker}"}))
    return result


def _most_heard(labels: list[str], time_ms: dict[str, dict[int, int]], lane: int) -> list[str]:
    return sorted(labels, key=lambda label: -time_ms[label][lane])


def _by_owner(voice: Voice, spans: tuple[heard.Owned, ...]) -> list[tuple[Voice, heard.Owned]]:
    """The voice cut where the owner changes."""
    owners = [span for span in spans if not span.second]
    first = bisect_right(owners, voice.start_ms, key=lambda span: span.end_ms)
    result = []
    for span in owners[first:]:
        a, b = max(voice.start_ms, span.start_ms), min(voice.end_ms, span.end_ms)
        if a >= b:
            break
        result.append((voice.model_copy(update={"start_ms": a, "end_ms": b}), span))
    return result


def _apart_ms(one: Voice, other: Voice) -> int:
    return max(one.start_ms, other.start_ms) - min(one.end_ms, other.end_ms)


def _label(lane: int) -> str:
    return f"M{lane:02}" if lane != NOBODY else "ROOM"


def owned(spans: tuple[heard.Owned, ...], speech: list[Stretch]) -> dict[int, list[Stretch]]:
    """Of each lane the speech that is its own. Owners share out all speech; second voices are added where they are heard."""
    owners = [span for span in spans if not span.second]
    result: dict[int, list[Stretch]] = {}
    first = 0
    for a, b in speech:
        while first < len(owners) and owners[first].end_ms <= a:
            first += 1
        pieces: list[Piece] = []
        n = first
        while n < len(owners) and owners[n].start_ms < b:
            pieces.append((max(a, owners[n].start_ms), min(b, owners[n].end_ms), owners[n].lane))
            n += 1
        for start_ms, end_ms, lane in _without_strays(pieces):
            result.setdefault(lane, []).append((start_ms, end_ms))
    bridged = _bridged(sorted((a, b, lane) for lane, stretches in result.items() for a, b in stretches))
    seconds = [(span.start_ms, span.end_ms, span.lane) for span in spans if span.second]
    everything: dict[int, list[Stretch]] = {}
    for a, b, lane in sorted([*bridged, *seconds]):
        everything.setdefault(lane, []).append((a, b))
    return {lane: _joined(stretches) for lane, stretches in everything.items()}


def _without_strays(pieces: list[Piece]) -> list[Piece]:
    """Owners of a stretch of speech without changes too short to be any: they go to the longer neighbour."""
    kept = list(pieces)
    while len(kept) > 1:
        n = min(range(len(kept)), key=lambda i: kept[i][1] - kept[i][0])
        if kept[n][1] - kept[n][0] >= STRAY_MS:
            break
        around = [i for i in (n - 1, n + 1) if 0 <= i < len(kept)]
        into = max(around, key=lambda i: kept[i][1] - kept[i][0])
        a, b = min(kept[n][0], kept[into][0]), max(kept[n][1], kept[into][1])
        kept[min(n, into) : max(n, into) + 1] = [(a, b, kept[into][2])]
    return kept


def _bridged(pieces: list[Piece]) -> list[Piece]:
    """Pieces in time order, of which neighbours of one lane are joined over a short pause."""
    result: list[Piece] = []
    for a, b, lane in pieces:
        if result and result[-1][2] == lane and a - result[-1][1] <= BRIDGE_MS:
            result[-1] = (result[-1][0], max(b, result[-1][1]), lane)
        else:
            result.append((a, b, lane))
    return result


def _joined(stretches: list[Stretch]) -> list[Stretch]:
    result: list[Stretch] = []
    for a, b in stretches:
        if result and a <= result[-1][1]:
            result[-1] = (result[-1][0], max(b, result[-1][1]))
        else:
            result.append((a, b))
    return result

"""Who is heard when, from the microphones: a ``Diarizer`` that compares no voices where a microphone tells enough.

In: the mixed audio, and beside it what the microphones told (``microphones.json``). Out: voices named for their seats. Silero finds speech in the mix,
the owner of the moment speaks it. Where several people share a microphone, or speak without one, their speech alone is cut out and
given to another diarizer, so that it has two or three voices to tell apart instead of a dozen, and none of them takes the name of a seat.
"""

from __future__ import annotations

import hashlib
import tempfile
import wave
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
VERSION = 1
ENGINE, BUILTIN = "microphones", "builtin"
STRAY_MS = 250  # a change of owner inside speech that lasts less is none
BRIDGE_MS = 500  # a shorter pause in which nobody else speaks belongs to who speaks before and after it
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
        by_lane = owned(told.spans, speech)
        voices: list[Voice] = []
        seats: list[Seat] = []
        said: dict[Warn, None] = {}
        for lane, stretches in sorted(by_lane.items()):
            microphone = self.microphones[lane] if lane != NOBODY else Microphone(room=True)
            label = f"M{lane:02}" if lane != NOBODY else "ROOM"
            if microphone.people == 1 and lane != NOBODY:
                mine = [Voice(start_ms=a, end_ms=b, speaker=label) for a, b in stretches]
            else:
                found = self._told_apart(audio, stretches, self._number(microphone, count), progress)
                said |= dict.fromkeys((*found.warnings, *_approximate(found, microphone)))
                mine = [voice.model_copy(update={"speaker": f"{label}/{voice.speaker}"}) for voice in found.voices]
            voices += mine
            seats += [
                Seat(
                    speaker=speaker,
                    place=microphone.seat,
                    name=microphone.name if microphone.people == 1 else "",
                    role=microphone.role,
                )
                for speaker in dict.fromkeys(voice.speaker for voice in mine)
                if lane != NOBODY
            ]
        progress(STAGE, 1, 1)
        return Diarization(engine=ENGINE, voices=tuple(voices), warnings=tuple(said), seats=tuple(seats))

    def _number(self, microphone: Microphone, count: SpeakerCount) -> SpeakerCount:
        """Of the people who share it; of those without one what the meeting's number leaves."""
        if not microphone.room:
            return SpeakerCount(exact=microphone.people)
        seated = sum(one.people for one in self.microphones)
        if count.exact is None:
            return SpeakerCount(maximum=count.maximum) if not seated else SpeakerCount(minimum=1)
        return SpeakerCount(exact=max(1, count.exact - seated))

    def _told_apart(self, audio: Path, stretches: list[Stretch], count: SpeakerCount, progress: Progress) -> Diarization:
        """The inner diarizer on these stretches alone, its times put back."""
        if self.inner is None or count.exact == 1:
            voices = tuple(Voice(start_ms=a, end_ms=b, speaker="SPEAKER_00") for a, b in stretches)
            return Diarization(engine=ENGINE, voices=voices)
        with tempfile.TemporaryDirectory(dir=audio.parent) as place:
            excerpt = Path(place) / "excerpt.wav"
            starts_ms = cut_out(audio, stretches, excerpt)
            found = self.inner.diarize(excerpt, count, progress)
        return found.model_copy(update={"voices": put_back(found.voices, stretches, starts_ms)})


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


def cut_out(audio: Path, stretches: list[Stretch], target: Path) -> list[int]:
    """The stretches one after the other; returns where each begins. No silence between: digital zeros upset pyannote's models."""
    starts_ms, at_ms = [], 0
    with wave.open(str(target), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(wav.SAMPLE_RATE_HZ)
        for start_ms, end_ms in stretches:
            starts_ms.append(at_ms)
            out.writeframes(wav.read_pcm(audio, start_ms, end_ms).tobytes())
            at_ms += end_ms - start_ms
    return starts_ms


def put_back(voices: tuple[Voice, ...], stretches: list[Stretch], starts_ms: list[int]) -> tuple[Voice, ...]:
    """Voices of the excerpt at their times in the recording."""
    result = []
    for voice in voices:
        for (start_ms, end_ms), at_ms in zip(stretches, starts_ms, strict=True):
            a, b = max(voice.start_ms, at_ms), min(voice.end_ms, at_ms + end_ms - start_ms)
            if a < b:
                shift = start_ms - at_ms
                result.append(voice.model_copy(update={"start_ms": a + shift, "end_ms": b + shift}))
    return tuple(result)


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


def _approximate(found: Diarization, microphone: Microphone) -> tuple[Warn, ...]:
    if found.engine != BUILTIN:
        return ()
    where = f"マイク「{microphone.seat}」を使う人" if microphone.seat else "同じマイクを使う人やマイクのない人"
    return (
        Warn(
            code="builtin-diarizer", message=f"{where}は簡易話者分離で分けました。その人たちの発言者を必ず確かめてください。"
        ),
    )

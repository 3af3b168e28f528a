"""Who is heard when: the whole recording through a diarizer, once.

In: the prepared audio, a ``Diarizer`` and what is known of the number of speakers. Out: a ``Diarization`` whose voices
are exclusive, in time order, inside the recording, and numbered ``SPEAKER_00``... by first appearance, whatever the
engine returned. Engines differ in all four, and every later stage relies on them, so they are made true here once.

The result costs minutes to hours, so it is kept in ``voices.json`` together with what decided it (engine settings,
speaker count, audio) and used again while these are the same. A damaged or outdated file is made anew.
"""

from __future__ import annotations

import heapq
import itertools
import logging
from collections.abc import Iterable, Iterator
from pathlib import Path

from pydantic import ValidationError

from pipeline import store, wav
from pipeline.protocols import Diarizer, Progress
from pipeline.schema import Diarization, Record, SpeakerCount, Voice, Warn

LOG = logging.getLogger("minutes")
STAGE = "話者分離"
BUILTIN = "builtin"


class SavedVoices(Record):
    """The content of ``voices.json``: the result, and everything that decides it."""

    engine_key: str
    count: SpeakerCount
    audio_sha256: str
    diarization: Diarization


def recording(audio: Path, diarizer: Diarizer, count: SpeakerCount, saved: Path, progress: Progress) -> Diarization:
    """The voices of ``audio``, from ``saved`` where that still holds.

    Raises OutputError when ``saved`` cannot be written, and what the engine raises (WeightsError, RecordingError).
    """
    audio_sha256 = store.sha256_of(audio)
    kept = _read(saved)
    if kept and (kept.engine_key, kept.count, kept.audio_sha256) == (diarizer.key, count, audio_sha256):
        LOG.info("%s: 前回の結果を使います", STAGE)
        progress(STAGE, 1, 1)
        return _with_warnings(kept.diarization, count)
    found = diarizer.diarize(audio, count, progress)
    alone = exclusive(found.voices, wav.duration_ms(audio))
    names = labels(alone)
    seats = tuple(s.model_copy(update={"speaker": names[s.speaker]}) for s in found.seats if s.speaker in names)
    lawful = found.model_copy(update={"voices": renumbered(alone), "seats": seats})
    kept = SavedVoices(engine_key=diarizer.key, count=count, audio_sha256=audio_sha256, diarization=lawful)
    store.write_bytes(saved, (kept.model_dump_json(indent=1) + "\n").encode())
    return _with_warnings(lawful, count)


def exclusive(voices: Iterable[Voice], duration_ms: int) -> tuple[Voice, ...]:
    """One voice at a time, in time order, inside ``[0, duration_ms)``; touching stretches of one speaker are joined.

    Where voices overlap, the one that began last is heard and the interrupted one goes on afterwards: a short answer
    inside a long speech keeps its speaker, which matters more to a 会議録 than the words lost under it.
    """
    cut = [v.model_copy(update={"end_ms": min(v.end_ms, duration_ms)}) for v in voices if v.start_ms < duration_ms]
    pieces: list[Voice] = []
    for piece in _latest_start_wins(sorted(cut, key=lambda v: (v.start_ms, v.end_ms, v.speaker))):
        last = pieces[-1] if pieces else None
        if last and last.speaker == piece.speaker and last.end_ms == piece.start_ms:
            pieces[-1] = last.model_copy(update={"end_ms": piece.end_ms})
        else:
            pieces.append(piece)
    return tuple(pieces)


def renumbered(voices: tuple[Voice, ...]) -> tuple[Voice, ...]:
    """The same voices with labels ``SPEAKER_00``... in order of first appearance."""
    names = labels(voices)
    return tuple(voice.model_copy(update={"speaker": names[voice.speaker]}) for voice in voices)


def labels(voices: tuple[Voice, ...]) -> dict[str, str]:
    """The lawful label of each of the engine's."""
    found: dict[str, str] = {}
    for voice in voices:
        found.setdefault(voice.speaker, f"SPEAKER_{len(found):02d}")
    return found


def _latest_start_wins(voices: list[Voice]) -> Iterator[Voice]:
    """Sweep over the moments where something begins or ends; the heap holds who could be heard, latest start first."""
    moments = sorted({m for v in voices for m in (v.start_ms, v.end_ms)})
    open_voices: list[tuple[int, int]] = []  # (-start_ms, -index): of equal starts the later, i.e. longer, voice
    following = 0
    for start_ms, end_ms in itertools.pairwise(moments):
        while following < len(voices) and voices[following].start_ms <= start_ms:
            heapq.heappush(open_voices, (-voices[following].start_ms, -following))
            following += 1
        while open_voices and voices[-open_voices[0][1]].end_ms <= start_ms:
            heapq.heappop(open_voices)
        if open_voices:
            yield Voice(start_ms=start_ms, end_ms=end_ms, speaker=voices[-open_voices[0][1]].speaker)


def _read(saved: Path) -> SavedVoices | None:
    """None where there is nothing usable: it can always be made again."""
    try:
        return SavedVoices.model_validate_json(saved.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValidationError):
        LOG.info("%s: 前回の結果が読めないため、やり直します: %s", STAGE, saved.name)
        return None


def _with_warnings(found: Diarization, count: SpeakerCount) -> Diarization:
    """Say that the built-in engine is an approximation. Not kept in the file: words may improve between versions."""
    if found.engine != BUILTIN:
        return found
    said = [
        Warn(
            code="builtin-diarizer",
            message="簡易話者分離で話者を分けました。取り違えが多いため、発言者を必ず確かめてください。"
            "pyannote の重みを置くと精度が上がります(minutes models list)。",
        )
    ]
    speakers = len({voice.speaker for voice in found.voices})
    if speakers and not _is_known(count):
        said.append(
            Warn(
                code="speaker-count-estimated",
                message=f"話者の数({speakers}人)は推定です。会議ファイルに speakers = 人数 と書くと、より正しく分かれます。",
            )
        )
    return found.model_copy(update={"warnings": found.warnings + tuple(said)})


def _is_known(count: SpeakerCount) -> bool:
    return count.exact is not None or (count.minimum is not None and count.minimum == count.maximum)

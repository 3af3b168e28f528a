"""The preparation of a meeting that was recorded with several microphones or in several files: the table of contents of this room.

In: a ``Room``. Out: the same ``Recording`` that ``prepare`` makes, with ``audio.wav`` mixed of all microphones on one time axis, and
``microphones.json`` for the diarizer. The lanes themselves are as large as the recording times its microphones; they are deleted
once they have been listened to. What goes wrong with one microphone is told and the others go on.
"""

from __future__ import annotations

import hashlib
import shutil
import wave
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pydantic import ValidationError

from pipeline import media, prepare, shown, store, wav
from pipeline.microphones import (
    activity,
    alignment,
    automix,
    channels,
    clocks,
    delays,
    health,
    heard,
    lanes,
    levels,
    placing,
)
from pipeline.microphones.activity import Owners
from pipeline.microphones.channels import Decoded
from pipeline.microphones.levels import Levels
from pipeline.microphones.placing import Placed, Sound
from pipeline.microphones.room import Lane, Room
from pipeline.protocols import Progress
from pipeline.schema import Part, Recording, Warn

STAGE, LISTENING, MIXING = media.STAGE, "マイクの聞き分け", "マイクの合成"
WORKING = "microphones.part"


@dataclass(frozen=True)
class Voiceway:
    """A lane as it is written: ``pieces`` of the axis, and whether it is a seat's."""

    lane: Lane
    pieces: tuple[lanes.Piece, ...]
    clock: int


def recording(source: Path, room: Room | None, outputs: Path, progress: Progress) -> Recording:
    """Prepare once; a second run with the same files and map finds the result. Without a ``room`` the way of ``prepare``.

    Raises RecordingError, SettingsError, OutputError.
    """
    if room is None:
        return prepare.recording(source, outputs, progress)
    files = [file for track in room.tracks for file in track.files]
    for file in files:
        media.check(file)
    digests = tuple(media.digest(file, progress) for file in files)
    sha256 = digests[0] if len(digests) == 1 else hashlib.sha256("".join(digests).encode()).hexdigest()
    folder = outputs / store.id_of(source, sha256, "recording")
    if kept := _prepared_before(folder, room, sha256):
        progress(STAGE, 1, 1)
        return kept
    working = folder / WORKING
    with store.saying_why(folder):
        shutil.rmtree(working, ignore_errors=True)
        working.mkdir(parents=True, mode=0o700)
    try:
        made, told = _prepared(source, room, folder, working, sha256, digests, progress)
    finally:
        shutil.rmtree(working, ignore_errors=True)
    heard.write(folder, told)
    store.write_bytes(folder / prepare.RECORD, made.model_dump_json(indent=1).encode())
    return made


def _prepared(
    source: Path, room: Room, folder: Path, working: Path, sha256: str, digests: tuple[str, ...], progress: Progress
) -> tuple[Recording, heard.Heard]:
    sounds, decoded, damaged = _decoded(room, working, progress)
    if not room.in_order and len(room.tracks) == 1:
        sounds, moved = placing.by_clock(sounds)
        damaged += moved
    placed, joined = placing.on_one_axis(sounds, alignment.match)
    total_ms = round(max(one.end_ms for one in placed))
    ways = _ways(room, placed, decoded)
    paths = tuple(working / f"lane-{number:02}.wav" for number in range(len(ways)))
    for way, path in zip(ways, paths, strict=True):
        lanes.write(way.pieces, total_ms, path, STAGE, progress)
    measured = levels.measure(paths, LISTENING, progress)
    ill = health.judge(measured, tuple(way.lane.told for way in ways), tuple(way.pieces[-1].end_ms for way in ways))
    owners = _owners(ways, paths, measured, progress)
    with store.saying_why(folder), store.replacing(folder / prepare.AUDIO) as part:
        automix.write(paths, _weights(ways, owners, measured), part, total_ms, MIXING, progress)
    made = Recording(
        id=folder.name,
        source=shown.line(source.name),
        audio=prepare.AUDIO,
        sha256=sha256,
        duration_ms=wav.duration_ms(folder / prepare.AUDIO),
        channels=sum({one.sound.track: decoded[one.sound.sample].channels for one in placed}.values()),
        warnings=(*damaged, *joined, *ill),
        parts=tuple(Part(file=p.sound.name, start_ms=round(p.start_ms), end_ms=round(p.end_ms)) for p in placed),
    )
    spans, leads = heard.spans(owners, made.duration_ms), heard.leads(owners, measured.over_floor_db)
    return made, heard.Heard(key=room.key, files=digests, spans=spans, lead_db=leads)


def _decoded(
    room: Room, working: Path, progress: Progress
) -> tuple[tuple[Sound, ...], dict[Path, Decoded], tuple[Warn, ...]]:
    sounds, decoded = [], {}
    warnings: list[Warn] = []
    for track, one in enumerate(room.tracks):
        wanted = frozenset(lane.channel for lane in room.lanes if lane.track == track)
        for index, file in enumerate(one.files):
            found = channels.decode(file, wanted, working, f"{track}-{index}", progress)
            warnings += media.truncated(file, found.duration_ms, found.announced_ms, found.broken, file.name)
            began = clocks.began(file, one.starts[index], found.tags, found.duration_ms, room.date)
            sample = _loudest(tuple(found.sounds[channel] for channel in sorted(found.sounds, key=lambda c: c or 0)))
            decoded[sample] = found
            sounds.append(Sound(track, index, file.name, sample, found.duration_ms, began))
    return tuple(sounds), decoded, tuple(warnings)


def _loudest(paths: tuple[Path, ...]) -> Path:
    """The channel by which a file is recognised: a dead one would share nothing with anybody."""
    if len(paths) == 1:
        return paths[0]
    powers = [sum(float(np.abs(s.astype(np.float32)).sum()) for _, s in wav.windows(path, 60_000)) for path in paths]
    return paths[int(np.argmax(powers))]


def _ways(room: Room, placed: tuple[Placed, ...], decoded: dict[Path, Decoded]) -> tuple[Voiceway, ...]:
    """Seats first, then the room's microphones; of those, files that overlap are lanes of their own."""
    seats: list[Voiceway] = []
    rooms: list[Voiceway] = []
    for lane in room.lanes:
        mine = sorted((p for p in placed if p.sound.track == lane.track), key=lambda p: p.start_ms)
        groups = _apart(mine) if lane.microphone.room else [mine]
        for group in groups:
            pieces = tuple(lanes.Piece(decoded[p.sound.sample].sounds[lane.channel], p.start_ms, p.drift) for p in group)
            (rooms if lane.microphone.room else seats).append(Voiceway(lane, pieces, group[0].clock))
    return (*seats, *rooms)


def _apart(placed: list[Placed]) -> list[list[Placed]]:
    """Files one after the other, in as few rows as their overlaps need."""
    rows: list[list[Placed]] = []
    for one in placed:
        row = next((row for row in rows if row[-1].end_ms <= one.start_ms + 1), None)
        if row is None:
            rows.append([one])
        else:
            row.append(one)
    return rows


def _owners(ways: tuple[Voiceway, ...], paths: tuple[Path, ...], measured: Levels, progress: Progress) -> Owners:
    seats = sum(not way.lane.microphone.room for way in ways)
    if not seats:
        nobody = np.full(measured.frames, activity.NOBODY, np.int16)
        return Owners(nobody, np.zeros((measured.frames, 0), bool), np.zeros(0))
    lags = delays.measure(paths, measured, LISTENING, progress)
    return activity.decide(measured, lags, tuple(way.clock for way in ways), seats)


def _weights(ways: tuple[Voiceway, ...], owners: Owners, measured: Levels) -> automix.Matrix:
    seats = len(owners.own_db)
    best = activity.nearest(measured, range(seats, len(ways))) if seats < len(ways) else np.zeros(measured.frames, np.int16)
    return automix.weights(owners, measured, best)


def _prepared_before(folder: Path, room: Room, sha256: str) -> Recording | None:
    told = heard.read(folder)
    if told is None or told.key != room.key:
        return None
    try:
        kept = Recording.model_validate_json((folder / prepare.RECORD).read_bytes())
        whole = wav.duration_ms(folder / kept.audio) == kept.duration_ms
    except (OSError, ValidationError, wave.Error, EOFError):
        return None
    return kept if whole and kept.sha256 == sha256 and kept.parts else None

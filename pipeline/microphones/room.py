"""What was recorded with what: the meeting file's microphones and files become tracks and lanes.

In: the recording that was asked for, its ``Meeting``, the folder that file names are relative to. Out: a ``Room``, or None where there is
one file and nothing is said of its channels: that is the way of ``prepare``. A track is what one device recorded, in one file or in several one
after the other; a lane is one microphone: a channel of a track.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import SettingsError
from pipeline.schema import Meeting, Microphone, SourceFile
from pipeline.terms import Role

VERSION = 2  # of everything that decides the lanes and the mix: raise it whenever they may come out otherwise
MANY_CHANNELS = 3  # from here on a recording was surely not made with a pair of microphones for one room
EXAMPLE = '[[microphones]] の下に channel = 1、seat = "会長席" のように書きます。'


@dataclass(frozen=True)
class Track:
    """Files of one device in order; ``starts``: the time of day of each, where the meeting file says it."""

    files: tuple[Path, ...]
    starts: tuple[str, ...]


@dataclass(frozen=True)
class Lane:
    """One microphone. ``channel`` from 1, None: all channels of the track together."""

    track: int
    channel: int | None
    microphone: Microphone

    @property
    def told(self) -> str:
        """How the microphone is called in a sentence."""
        known = self.microphone.seat or self.microphone.name or (self.microphone.role.value if self.microphone.role else "")
        number = f"チャンネル{self.channel}" if self.channel else ""
        return f"{number}({known})" if known and number else known or number or "部屋のマイク"


@dataclass(frozen=True)
class Room:
    tracks: tuple[Track, ...]
    lanes: tuple[Lane, ...]
    date: str = ""  # of the meeting, ISO
    in_order: bool = True  # else the recorder's clock may say otherwise

    @property
    def has_seats(self) -> bool:
        """Whether any microphone tells by itself who speaks."""
        return any(not lane.microphone.room for lane in self.lanes)

    @property
    def key(self) -> str:
        """Digest of the plan; contents of the files are for whoever reads them."""
        names = [[(file.name, start) for file, start in zip(t.files, t.starts, strict=True)] for t in self.tracks]
        lanes = [(lane.track, lane.channel, lane.microphone.model_dump_json()) for lane in self.lanes]
        return hashlib.sha256(repr((VERSION, names, lanes, self.date, self.in_order)).encode()).hexdigest()


def planned(source: Path, meeting: Meeting, base: Path, joined: tuple[Path, ...] = ()) -> Room | None:
    """``joined``: files given on the command line as one meeting. Raises SettingsError where files and map do not fit."""
    microphones = given(meeting)
    if not (microphones or meeting.files or joined):
        return None
    tracks = [_main(source, meeting, base, joined)]
    lanes: list[Lane] = []
    for microphone in microphones:
        if microphone.files:
            own = Track(tuple(base / name for name in microphone.files), ("",) * len(microphone.files))
            if own.files not in [track.files for track in tracks]:
                tracks.append(own)
            number = next(n for n, track in enumerate(tracks) if track.files == own.files)
            lanes.append(Lane(number, microphone.channel, microphone))
        elif microphone.channel is None:
            raise SettingsError("会議ファイルの microphones に、channel も files もない項目があります。", EXAMPLE)
        else:
            lanes.append(Lane(0, microphone.channel, microphone))
    _check(lanes)
    used = {lane.track for lane in lanes}
    if 0 not in used and not _holds(tracks[1:], tracks[0].files):
        lanes.append(Lane(0, None, Microphone(room=True)))  # the room's own recording beside the microphones
        used.add(0)
    order = sorted(used)
    renumbered = tuple(Lane(order.index(lane.track), lane.channel, lane.microphone) for lane in lanes)
    date = meeting.date.isoformat() if meeting.date else ""
    return Room(tuple(tracks[n] for n in order), renumbered, date, not joined)


def given(meeting: Meeting) -> tuple[Microphone, ...]:
    """The microphones as written, or from the short form ``channels``."""
    if meeting.microphones or not meeting.channels:
        return tuple(_completed(microphone, meeting) for microphone in meeting.microphones)
    roles = {role.value: role for role in Role}
    names = {attendee.name for attendee in meeting.attendees}
    found = []
    for channel, text in enumerate(meeting.channels, start=1):
        if text in roles:
            found.append(Microphone(channel=channel, role=roles[text]))
        elif text in names:
            found.append(Microphone(channel=channel, name=text))
        elif text:
            found.append(Microphone(channel=channel, seat=text))
    return tuple(_completed(microphone, meeting) for microphone in found)


def _completed(microphone: Microphone, meeting: Meeting) -> Microphone:
    """With the role that the list of attendees gives to the name."""
    role = next((a.role for a in meeting.attendees if microphone.name and a.name == microphone.name), microphone.role)
    return microphone.model_copy(update={"role": microphone.role or role})


def _main(source: Path, meeting: Meeting, base: Path, joined: tuple[Path, ...]) -> Track:
    if joined:
        return Track(joined, ("",) * len(joined))
    files: tuple[SourceFile, ...] = meeting.files
    if not files:
        return Track((source,), ("",))
    paths = tuple(base / one.file for one in files)
    if source.name not in [path.name for path in paths]:
        raise SettingsError(
            f"会議ファイルの files に {source.name} がありません。", "files に、会議の録音をすべて順に書いてください。"
        )
    return Track(paths, tuple(one.start for one in files))


def _holds(tracks: list[Track], files: tuple[Path, ...]) -> bool:
    names = {file.resolve() for track in tracks for file in track.files}
    return all(file.resolve() in names for file in files)


def _check(lanes: list[Lane]) -> None:
    places = [(lane.track, lane.channel) for lane in lanes]
    doubled = next((place for place in places if places.count(place) > 1), None)
    if doubled:
        lane = lanes[places.index(doubled)]
        raise SettingsError(
            f"会議ファイルの microphones に、同じチャンネルが2度あります: {lane.told}",
            "1つのチャンネルを何人かで使うときは people = 人数 と書きます。",
        )
    if any(lane.microphone.room and (lane.microphone.name or lane.microphone.people > 1) for lane in lanes):
        raise SettingsError(
            "会議ファイルの microphones で、room = true のマイクに name か people があります。",
            "部屋全体のマイクには、人は書きません。",
        )

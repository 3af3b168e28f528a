"""Meetings with several microphones: whose it is, what is heard, what is told, and that nothing downstream notices."""

from __future__ import annotations

import itertools
import wave
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import diarize, layouts, prepare, run, wav
from pipeline.engines import seats as seats_engine
from pipeline.engines.seats import SeatDiarizer
from pipeline.errors import ExitCode, RecordingError, SettingsError
from pipeline.microphones import activity, automix, channels, delays, health, heard, levels, room, takes
from pipeline.microphones.heard import Owned
from pipeline.microphones.levels import HOP_MS, Levels
from pipeline.protocols import Progress, Serial, no_progress
from pipeline.schema import (
    Attendee,
    Chunk,
    Diarization,
    Meeting,
    Microphone,
    ModelUsed,
    Provenance,
    Segment,
    SpeakerCount,
    Transcription,
    Voice,
    Word,
)
from pipeline.terms import Role
from tests import rooms

RATE_HZ = wav.SAMPLE_RATE_HZ


def write(path: Path, sound: np.ndarray, rate_hz: int = RATE_HZ) -> Path:
    """(channels, n) or (n,) as wav."""
    rows = np.atleast_2d(sound)
    with wave.open(str(path), "wb") as out:
        out.setnchannels(len(rows))
        out.setsampwidth(2)
        out.setframerate(rate_hz)
        out.writeframes((np.clip(rows, -1, 1).T * 32_767).astype("<i2").tobytes())
    return path


def syllables(seconds: float, rng: np.random.Generator) -> np.ndarray:
    """Noise of the band of speech that comes and goes like syllables."""
    n = int(seconds * RATE_HZ)
    carrier = np.convolve(rng.normal(size=n), np.diff(np.hanning(24)), mode="same")
    strength = np.repeat(rng.gamma(1.2, 1.0, int(seconds * 7) + 1), RATE_HZ // 7 + 1)[:n]
    return np.asarray(0.3 * carrier * np.minimum(strength, 3))


@dataclass(frozen=True)
class Scene:
    """What the microphones heard and who spoke when, turn by turn; ``room``: a recorder in a corner."""

    sound: np.ndarray
    room: np.ndarray
    turns: tuple[tuple[int, int, int], ...]  # start_ms, end_ms, seat

    def share_right(self, owners: np.ndarray) -> float:
        right = total = 0
        for start_ms, end_ms, seat in self.turns:
            mine = owners[start_ms // HOP_MS + 2 : end_ms // HOP_MS - 2]
            right, total = right + int((mine == seat).sum()), total + len(mine)
        return right / total


def scene(
    seed: int, people: int, silent: frozenset[int] = frozenset(), spread_db: float = 8.0, turn_s: float = 3.0
) -> Scene:
    rng = np.random.default_rng(seed)
    speaking = [seat for seat in range(people) if seat not in silent]
    order = [seat for _ in range(3) for seat in rng.permutation(speaking)]
    voices = [np.zeros(int((len(order) * (turn_s + 0.5) + 1) * RATE_HZ)) for _ in range(people)]
    turns, at_ms = [], 500
    for seat in order:
        said = syllables(turn_s, rng)
        voices[seat][at_ms * 16 : at_ms * 16 + len(said)] = said
        turns.append((at_ms, at_ms + int(turn_s * 1000), int(seat)))
        at_ms += int((turn_s + 0.5) * 1000)
    place = rooms.Room(rt60_s=0.35)
    seats, near = rooms.table(people, rng, place)
    corner = (1.0, 1.0, 1.2)
    gains_db = [*rng.normal(0, spread_db, people), 10.0]
    sound = rooms.heard(voices, seats, [*near, corner], place, rng, 20, gains_db)
    sound *= 0.5 / np.abs(sound).max()
    return Scene(sound[:people], sound[people:], tuple(turns))


def measured(folder: Path, sound: np.ndarray) -> tuple[Levels, delays.Delays, tuple[Path, ...]]:
    paths = tuple(write(folder / f"{n}.wav", row) for n, row in enumerate(sound))
    loud = levels.measure(paths, "", no_progress)
    return loud, delays.measure(paths, loud, "", no_progress), paths


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_speech_belongs_to_the_seat_and_a_silent_seat_gets_nothing(tmp_path: Path, seed: int) -> None:
    silent = 2
    told = scene(seed, 4, frozenset({silent}))
    loud, lags, _ = measured(tmp_path, told.sound)
    owners = activity.decide(loud, lags, (0, 0, 0, 0), 4)
    assert told.share_right(owners.lane) > 0.97
    assert told.share_right(loud.full_scale_db.argmax(axis=1)) < 0.95  # what bleed and gains do to the plain loudest
    spoken = [owners.lane[a // HOP_MS + 2 : b // HOP_MS - 2] for a, b, _ in told.turns]
    assert (np.concatenate(spoken) == silent).mean() < 0.01
    assert not owners.second.any()


def test_seats_of_recorders_without_a_common_clock_are_told_by_level_alone(tmp_path: Path) -> None:
    told = scene(4, 4, spread_db=3.0)
    loud, lags, _ = measured(tmp_path, told.sound)
    assert told.share_right(activity.decide(loud, lags, (0, 1, 2, 3), 4).lane) > 0.95


def test_two_who_speak_at_once_are_both_heard(tmp_path: Path) -> None:
    shares = []
    for seed in range(6):
        rng = np.random.default_rng(seed)
        voices = [np.zeros(20 * RATE_HZ) for _ in range(3)]
        for seat, start_s, length_s in ((0, 0.5, 8), (1, 5, 2), (1, 10, 4), (2, 15, 4)):
            said = syllables(length_s, rng)
            voices[seat][int(start_s * RATE_HZ) : int(start_s * RATE_HZ) + len(said)] = said
        place = rooms.Room(rt60_s=0.3)
        seats, _ = rooms.table(3, rng, place)
        near = [(x, y, z - 0.2) for x, y, z in seats]  # lapels: the bleed is some 14 dB weaker
        sound = rooms.heard(voices, seats, near, place, rng, 25)
        loud, lags, _ = measured(tmp_path, sound * (0.5 / np.abs(sound).max()))
        owners = activity.decide(loud, lags, (0, 0, 0), 3)
        both = np.stack([(owners.lane == seat) | owners.second[:, seat] for seat in range(3)])
        shares.append(both[:2, 5_300 // HOP_MS : 6_700 // HOP_MS].mean(axis=1))  # syllables have gaps: never all of it
        assert not owners.second[: 4_500 // HOP_MS].any() and not owners.second[7_500 // HOP_MS :].any()
    assert (np.mean(shares, axis=0) > 0.6).all()


@pytest.mark.parametrize("seated", [1, 3])
def test_who_has_no_microphone_is_nobodys_where_the_room_has_one(tmp_path: Path, seated: int) -> None:
    told = scene(3, 4, turn_s=4.0)
    sound = np.vstack((told.sound[:seated], told.room))
    loud, lags, _ = measured(tmp_path, sound)
    owners = activity.decide(loud, lags, (*(0,) * seated, 1), seated).lane
    turns = [owners[a // HOP_MS + 4 : b // HOP_MS - 4] for a, b, _ in told.turns]
    expected = [seat if seat < seated else activity.NOBODY for _, _, seat in told.turns]
    right = [np.mean(turn == owner) for turn, owner in zip(turns, expected, strict=True)]
    assert np.mean([r for r, owner in zip(right, expected, strict=True) if owner == activity.NOBODY]) > 0.8
    assert np.mean([r for r, owner in zip(right, expected, strict=True) if owner != activity.NOBODY]) > 0.9


def test_a_conference_system_that_mutes_the_others_is_right_by_itself(tmp_path: Path) -> None:
    told = scene(4, 3)
    open_ = np.zeros_like(told.sound)
    for a, b, seat in told.turns:
        open_[seat, (a - 200) * 16 : (b + 200) * 16] = 1.0
    loud, lags, _ = measured(tmp_path, told.sound * open_)
    assert told.share_right(activity.decide(loud, lags, (0, 0, 0), 3).lane) > 0.99


@given(st.integers(0, 2**32 - 1), st.integers(1, 12), st.integers(1, 4))
def test_the_cheapest_path_is_the_best_of_all_paths(seed: int, frames: int, columns: int) -> None:
    if columns**frames > 5_000:
        frames = 5
    scores = np.random.default_rng(seed).normal(0, 3, (frames, columns))

    def worth(path: tuple[int, ...]) -> float:
        changes = sum(a != b for a, b in itertools.pairwise(path))
        return float(sum(scores[t, k] for t, k in enumerate(path)) - activity.CHANGE_COST * changes)

    best = max(worth(path) for path in itertools.product(range(columns), repeat=frames))
    assert worth(tuple(activity._cheapest(scores).tolist())) == pytest.approx(best)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32 - 1), st.permutations(range(4)))
def test_owners_do_not_depend_on_the_order_of_the_channels(seed: int, order: list[int]) -> None:
    rng = np.random.default_rng(seed)
    y = rng.gamma(2, 6, (200, 4)).astype(np.float32)
    zeros = np.zeros_like(y)
    lags = rng.normal(0, 2, (100, 4, 4)).astype(np.float32)
    lags = lags - lags.transpose(0, 2, 1)
    common = np.abs(rng.normal(0, 0.3, (100, 4, 4))).clip(0, 1).astype(np.float32)
    common = np.maximum(common, common.transpose(0, 2, 1))
    plain = activity.decide(Levels(y, y, zeros, zeros.astype(bool)), delays.Delays(lags, common), (0,) * 4, 4)
    turned = activity.decide(
        Levels(y[:, order], y[:, order], zeros, zeros.astype(bool)),
        delays.Delays(lags[:, order][:, :, order], common[:, order][:, :, order]),
        (0,) * 4,
        4,
    )
    assert (np.array(order)[turned.lane] == plain.lane).all()
    assert (turned.second == plain.second[:, order]).all()


@given(st.floats(-30, 0))
@settings(max_examples=10, deadline=None)
def test_levels_do_not_depend_on_the_gain(tmp_path_factory: pytest.TempPathFactory, gain_db: float) -> None:
    folder = tmp_path_factory.mktemp("gain")
    rng = np.random.default_rng(1)
    sound = 0.3 * np.concatenate((0.01 * rng.normal(size=16_000), syllables(2, rng)))
    one = levels.measure((write(folder / "a.wav", sound),), "", no_progress)
    other = levels.measure((write(folder / "b.wav", sound * 10 ** (gain_db / 20)),), "", no_progress)
    assert np.abs(one.over_floor_db - other.over_floor_db).mean() < 1.5  # 16 bits are coarse at -30 dB
    assert np.median(one.full_scale_db - other.full_scale_db) == pytest.approx(-gain_db, abs=0.5)


def test_levels_are_the_same_in_blocks_of_any_length(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lane = write(tmp_path / "a.wav", syllables(7.3, np.random.default_rng(2)))
    whole = levels.measure((lane,), "", no_progress)
    monkeypatch.setattr(levels, "BLOCK_MS", 1_000)
    assert np.abs(levels.measure((lane,), "", no_progress).full_scale_db - whole.full_scale_db).max() < 1e-3


@pytest.mark.parametrize("shift", [-250, -16, 0, 5, 300])
def test_the_lag_is_who_hears_it_first(shift: int) -> None:
    rng = np.random.default_rng(4)
    sound = syllables(0.5, rng).astype(np.float32)
    one = sound[1_000 : 1_000 + 4_096]
    other = sound[1_000 - shift : 1_000 - shift + 4_096]
    lag_ms, surely = delays.lag_between(delays.whitened(one), delays.whitened(other))
    assert lag_ms == pytest.approx(shift / 16, abs=0.1) and surely > 0.5
    strange = syllables(0.5, rng).astype(np.float32)[1_000 : 1_000 + 4_096]
    assert delays.lag_between(delays.whitened(one), delays.whitened(strange))[1] < 0.3


def test_each_illness_of_a_microphone_is_told(tmp_path: Path) -> None:
    rng = np.random.default_rng(9)
    background = 0.003 * rng.normal(size=90 * RATE_HZ)
    talk = background + np.concatenate([np.concatenate((syllables(2, rng), np.zeros(RATE_HZ))) for _ in range(30)]) * 0.5
    died = talk.copy()
    died[20 * RATE_HZ :] = 0
    gated = talk * np.repeat(rng.random(45) > 0.5, 2 * RATE_HZ)
    gated[-70 * RATE_HZ :] = 0
    hiss = 0.00004 * rng.normal(size=len(talk))
    others = background + np.concatenate([np.concatenate((np.zeros(RATE_HZ), syllables(2, rng))) for _ in range(30)]) * 0.5
    sounds = {
        "良い": others,
        "無音": np.zeros_like(talk),
        "雑音だけ": hiss,
        "途中まで": died,
        "割れ": np.clip(40 * np.roll(others, RATE_HZ), -1, 1),
        "会議システム": gated,
        "片方": np.roll(talk, 7 * RATE_HZ),
        "もう片方": np.roll(talk, 7 * RATE_HZ) * 0.5,
    }
    loud = levels.measure(tuple(write(tmp_path / f"{n}.wav", s) for n, s in enumerate(sounds.values())), "", no_progress)
    found = health.judge(loud, tuple(sounds), (90_000.0,) * len(sounds))
    told = {
        (warning.code, warning.message.partition("に音が" if "に音" in warning.message else "は")[0]) for warning in found
    }
    assert told == {
        ("dead-microphone", "無音"),
        ("dead-microphone", "雑音だけ"),
        ("dead-microphone", "途中まで"),
        ("clipped-microphone", "割れの音が割れています。次の会議で"),
        ("same-microphones", "片方ともう片方"),
    }
    assert "0:00:20 から" in next(w.message for w in found if "途中まで" in w.message)


def test_channels_of_any_file_come_apart(tmp_path: Path) -> None:
    t = np.arange(3 * 44_100) / 44_100
    tones = np.stack([0.2 * np.sin(2 * np.pi * hz * t) for hz in (300, 500, 700, 900, 1_100, 1_300)])
    source = write(tmp_path / "six.wav", tones, 44_100)
    found = channels.decode(source, frozenset({2, 6, None}), tmp_path, "x", no_progress)
    assert found.channels == 6 and abs(found.duration_ms - 3_000) < 20
    for channel, hz in ((2, 500), (6, 1_300)):
        sound = wav.read(found.sounds[channel], 500, 2_500)
        assert np.abs(np.fft.rfft(sound)).argmax() * RATE_HZ / len(sound) == pytest.approx(hz, abs=1)
        assert np.sqrt((sound**2).mean()) == pytest.approx(0.2 / np.sqrt(2), rel=0.05)
    mixed = np.abs(np.fft.rfft(wav.read(found.sounds[None], 500, 2_500)))
    assert all(mixed[hz * 2] > 0.5 * mixed.max() for hz in (300, 900, 1_300))  # none is left out, as layouts would have it


def test_streams_of_one_file_are_channels_in_turn(tmp_path: Path) -> None:
    t = np.arange(2 * 48_000) / 48_000
    with av.open(str(tmp_path / "two.mka"), "w") as out:
        streams = [out.add_stream("pcm_s16le", rate=48_000, layout="mono") for _ in range(2)]
        for start in range(0, len(t), 4_800):
            for stream, hz in zip(streams, (400, 800), strict=True):
                samples = (8_000 * np.sin(2 * np.pi * hz * t[start : start + 4_800])).astype(np.int16)[None]
                frame = av.AudioFrame.from_ndarray(samples, format="s16", layout="mono")
                frame.sample_rate, frame.pts = 48_000, start
                out.mux(stream.encode(frame))
        for stream in streams:
            out.mux(stream.encode(None))
    found = channels.decode(tmp_path / "two.mka", frozenset({1, 2}), tmp_path, "x", no_progress)
    for channel, hz in ((1, 400), (2, 800)):
        sound = wav.read(found.sounds[channel], 200, 1_200)
        assert np.abs(np.fft.rfft(sound)).argmax() == pytest.approx(hz, abs=1)


def test_a_channel_that_the_file_does_not_have_is_a_wrong_meeting_file(tmp_path: Path) -> None:
    source = write(tmp_path / "two.wav", np.zeros((2, RATE_HZ)))
    with pytest.raises(SettingsError, match=r"チャンネル3がありますが、two\.wav は2チャンネル") as caught:
        channels.decode(source, frozenset({1, 3}), tmp_path, "x", no_progress)
    assert caught.value.exit_code == ExitCode.SETTINGS and caught.value.advice


def test_the_mix_opens_the_owner_and_makes_all_equally_loud(tmp_path: Path) -> None:
    told = scene(5, 3)
    loud, lags, paths = measured(tmp_path, told.sound)
    owners = activity.decide(loud, lags, (0, 0, 0), 3)
    mixed = automix.weights(owners, loud, np.zeros(loud.frames, np.int16))
    total_ms = wav.duration_ms(paths[0])
    automix.write(paths, mixed, tmp_path / "mix.wav", total_ms, "", no_progress)
    assert wav.duration_ms(tmp_path / "mix.wav") == total_ms

    def voice_db(path: Path, turn: tuple[int, int, int]) -> float:
        return 10 * float(np.log10((wav.read(path, turn[0], turn[1]) ** 2).mean()))

    heard_db = [voice_db(tmp_path / "mix.wav", turn) for turn in told.turns]
    raw_db = [voice_db(paths[turn[2]], turn) for turn in told.turns]
    assert np.ptp(heard_db) < 6 < np.ptp(raw_db)
    assert np.abs(wav.read(tmp_path / "mix.wav", 0, total_ms)).max() <= 1


# --- the plan


def test_the_short_form_of_the_channel_map_means_the_long_one() -> None:
    attendees = (Attendee(name="石川 一郎", role=Role.CHAIR),)
    meeting = Meeting(attendees=attendees, channels=("石川 一郎", "事務局", "", "窓側の席"))
    assert room.given(meeting) == (
        Microphone(channel=1, name="石川 一郎", role=Role.CHAIR),
        Microphone(channel=2, role=Role.SECRETARIAT),
        Microphone(channel=4, seat="窓側の席"),
    )


def test_one_file_without_a_map_needs_no_plan(tmp_path: Path) -> None:
    assert room.planned(tmp_path / "a.wav", Meeting(), tmp_path) is None


def test_the_rooms_own_recording_joins_the_microphones(tmp_path: Path) -> None:
    lapel = Microphone.model_validate({"files": "lapel.wav", "name": "山本"})
    meeting = Meeting(microphones=(lapel,))
    plan = room.planned(tmp_path / "room.wav", meeting, tmp_path)
    assert plan is not None and plan.has_seats
    assert [(lane.track, lane.microphone.room) for lane in plan.lanes] == [(1, False), (0, True)]
    alone = room.planned(tmp_path / "lapel.wav", meeting, tmp_path)
    assert alone is not None and [lane.track for lane in alone.lanes] == [0]


@pytest.mark.parametrize(
    ("microphones", "said"),
    [
        ([{"seat": "会長席"}], "channel も files も"),
        ([{"channel": 1}, {"channel": 1, "seat": "窓側"}], "同じチャンネルが2度"),
        ([{"channel": 1, "room": True, "people": 3}], "room = true"),
    ],
)
def test_a_map_that_cannot_be_is_told(tmp_path: Path, microphones: list[dict[str, object]], said: str) -> None:
    meeting = Meeting.model_validate({"microphones": microphones})
    with pytest.raises(SettingsError, match=said) as caught:
        room.planned(tmp_path / "a.wav", meeting, tmp_path)
    assert caught.value.advice


def test_files_that_leave_out_the_recording_are_told(tmp_path: Path) -> None:
    meeting = Meeting.model_validate({"files": ["1.wav", {"file": "2.wav", "start": "15:02"}]})
    assert [(one.file, one.start) for one in meeting.files] == [("1.wav", ""), ("2.wav", "15:02")]
    with pytest.raises(SettingsError, match=r"files に 3\.wav がありません"):
        room.planned(tmp_path / "3.wav", meeting, tmp_path)


# --- the preparation


def map_of(people: int) -> Meeting:
    return Meeting(microphones=tuple(Microphone(channel=n + 1, seat=f"席{n + 1}") for n in range(people)))


def taken(source: Path, meeting: Meeting, outputs: Path) -> tuple[object, Path]:
    made = takes.recording(source, room.planned(source, meeting, source.parent), outputs, no_progress)
    return made, outputs / made.id


def test_a_second_run_finds_the_preparation_until_the_map_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = write(tmp_path / "会議.wav", scene(6, 3).sound)
    first, folder = taken(source, map_of(3), tmp_path / "out")
    assert sorted(path.name for path in folder.iterdir()) == ["audio.wav", "microphones.json", "recording.json"]
    with monkeypatch.context() as patched:
        patched.setattr(channels, "decode", lambda *_: pytest.fail("decoded again"))
        assert taken(source, map_of(3), tmp_path / "out")[0] == first
    mixed = (folder / "audio.wav").read_bytes()
    assert taken(source, map_of(2), tmp_path / "out")[0] == first.model_copy()  # type: ignore[attr-defined]
    assert (folder / "audio.wav").read_bytes() != mixed
    plain = prepare.recording(source, tmp_path / "out", no_progress)
    assert plain.id == folder.name and plain.parts == () and plain.channels == 3
    assert taken(source, map_of(3), tmp_path / "out")[0] == first
    assert (folder / "audio.wav").read_bytes() == mixed


def test_a_missing_part_is_told_before_anything_is_decoded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "1.wav", np.zeros(RATE_HZ))
    monkeypatch.setattr(channels, "decode", lambda *_: pytest.fail("decoded"))
    with pytest.raises(RecordingError, match=r"2\.wav"):
        taken(tmp_path / "1.wav", Meeting.model_validate({"files": ["1.wav", "2.wav"]}), tmp_path / "out")


def test_parts_become_one_recording_with_a_seam(tmp_path: Path) -> None:
    rng = np.random.default_rng(11)
    parts = [syllables(4, rng) * 0.5, syllables(3, rng) * 0.5]
    for n, part in enumerate(parts, start=1):
        write(tmp_path / f"{n}.wav", part)
    made, folder = taken(tmp_path / "1.wav", Meeting.model_validate({"files": ["1.wav", "2.wav"]}), tmp_path / "out")
    assert [(p.file, p.start_ms, p.end_ms) for p in made.parts] == [("1.wav", 0, 4_000), ("2.wav", 5_000, 8_000)]  # type: ignore[attr-defined]
    assert [w.code for w in made.warnings] == ["joined"]  # type: ignore[attr-defined]
    assert wav.duration_ms(folder / "audio.wav") == 8_000
    assert not wav.read(folder / "audio.wav", 4_100, 4_900).any()
    heard_again = wav.read(folder / "audio.wav", 5_200, 7_800)
    said = parts[1][200 * 16 : 2_800 * 16]
    assert np.corrcoef(heard_again, said)[0, 1] > 0.98


def test_a_killed_preparation_leaves_nothing_that_is_taken_for_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = write(tmp_path / "a.wav", scene(6, 3).sound)
    with monkeypatch.context() as patched:
        patched.setattr(automix, "write", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            taken(source, map_of(3), tmp_path / "out")
    (folder,) = (tmp_path / "out").iterdir()
    assert list(folder.iterdir()) == []
    assert taken(source, map_of(3), tmp_path / "out")[0].duration_ms > 0  # type: ignore[attr-defined]


# --- the diarizer


@dataclass(frozen=True)
class Halves:
    """Says that the first half is one voice and the second another, and remembers what it was asked."""

    asked: list[tuple[int, SpeakerCount]]
    model: ModelUsed = ModelUsed(part="話者分離", name="半分", sha256="0")  # noqa: RUF009
    key: str = "halves"

    def diarize(self, audio: Path, count: SpeakerCount, progress: Progress) -> Diarization:
        total_ms = wav.duration_ms(audio)
        self.asked.append((total_ms, count))
        middle = total_ms // 2
        return Diarization(
            engine="halves",
            voices=(
                Voice(start_ms=0, end_ms=middle, speaker="SPEAKER_00"),
                Voice(start_ms=middle, end_ms=total_ms, speaker="SPEAKER_01"),
            ),
        )


def prepared(folder: Path, spans: tuple[Owned, ...], speech: list[tuple[int, int]], monkeypatch: pytest.MonkeyPatch) -> Path:
    heard.write(folder, heard.Heard(key="", files=(), spans=spans))
    monkeypatch.setattr(seats_engine.silero, "vad", lambda *_: speech)
    return write(folder / "audio.wav", np.zeros(20 * RATE_HZ))


def test_seats_need_no_diarizer_and_give_names_and_roles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spans = (Owned(start_ms=0, end_ms=9_000, lane=1), Owned(start_ms=9_000, end_ms=20_000, lane=0))
    audio = prepared(tmp_path, spans, [(1_000, 12_000), (15_000, 16_000)], monkeypatch)
    microphones = (
        Microphone(channel=1, name="原"),
        Microphone(channel=2, seat="会長席", role=Role.CHAIR),
        Microphone(channel=3),
    )
    found = diarize.recording(
        audio, SeatDiarizer(microphones, False, None), SpeakerCount(), tmp_path / "voices.json", no_progress
    )
    assert [(v.start_ms, v.end_ms, v.speaker) for v in found.voices] == [
        (1_000, 9_000, "SPEAKER_00"),
        (9_000, 12_000, "SPEAKER_01"),
        (15_000, 16_000, "SPEAKER_01"),
    ]
    assert [(s.speaker, s.place, s.name, s.role) for s in found.seats] == [
        ("SPEAKER_01", "", "原", None),
        ("SPEAKER_00", "会長席", "", Role.CHAIR),
    ]
    assert found.warnings == ()
    again = diarize.recording(
        audio, SeatDiarizer(microphones, False, None), SpeakerCount(), tmp_path / "voices.json", no_progress
    )
    assert again == found


def test_a_shared_microphone_asks_for_voices_and_confines_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spans = (
        Owned(start_ms=0, end_ms=4_000, lane=0),
        Owned(start_ms=4_000, end_ms=11_000, lane=1),
        Owned(start_ms=11_000, end_ms=20_000, lane=0),
    )
    audio = prepared(tmp_path, spans, [(2_000, 6_000), (12_000, 14_000)], monkeypatch)
    asked: list[tuple[int, SpeakerCount]] = []
    microphones = (Microphone(channel=1, people=2, seat="事務局の机", role=Role.SECRETARIAT), Microphone(channel=2))
    found = SeatDiarizer(microphones, False, Halves(asked)).diarize(audio, SpeakerCount(exact=9), no_progress)
    assert asked == [(20_000, SpeakerCount(exact=3))]
    assert {(v.start_ms, v.end_ms, v.speaker) for v in found.voices} == {
        (0, 4_000, "M00/SPEAKER_01"),  # the first half lives at the other microphone
        (11_000, 20_000, "M00/SPEAKER_01"),
        (4_000, 6_000, "M01"),
    }
    assert {s.speaker: s.role for s in found.seats} == {"M00/SPEAKER_01": Role.SECRETARIAT, "M01": None}


def test_who_has_no_microphone_is_a_voice_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spans = (Owned(start_ms=0, end_ms=8_000, lane=0), Owned(start_ms=8_000, end_ms=20_000, lane=-1))
    audio = prepared(tmp_path, spans, [(0, 20_000)], monkeypatch)
    engine = SeatDiarizer((Microphone(channel=1),), True, Halves([]))
    found = engine.diarize(audio, SpeakerCount(exact=3), no_progress)
    assert {v.speaker for v in found.voices} == {"M00", "ROOM/SPEAKER_01"}
    assert [s.speaker for s in found.seats] == ["M00"]


def at_chair_and_room(
    halves_db: tuple[float, float], people: int, monkeypatch: pytest.MonkeyPatch, folder: Path
) -> set[tuple[int, int, str]]:
    """The chair's microphone owns all of 20 s but the last. The diarizer hears one voice in the first half, another in the second."""
    spans = (Owned(start_ms=0, end_ms=19_000, lane=0), Owned(start_ms=19_000, end_ms=20_000, lane=-1))
    audio = prepared(folder, spans, [(0, 20_000)], monkeypatch)
    leads = [halves_db[n * heard.LEAD_MS >= 10_000] for n in range(20_000 // heard.LEAD_MS)]
    heard.write(folder, heard.Heard(key="", files=(), spans=spans, lead_db=tuple(leads)))
    chair = Microphone(channel=1, role=Role.CHAIR, people=people)
    voices = SeatDiarizer((chair,), True, Halves([])).diarize(audio, SpeakerCount(), no_progress).voices
    return {(v.start_ms, v.end_ms, v.speaker) for v in voices}


def test_who_sits_beside_a_microphone_is_not_its_owner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    voices = at_chair_and_room((9.0, 6.0), 1, monkeypatch, tmp_path)
    assert voices == {(0, 10_000, "M00"), (10_000, 19_000, "ROOM/SPEAKER_01"), (19_000, 20_000, "ROOM/SPEAKER_01")}


def test_an_owner_with_two_labels_stays_the_owner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    voices = at_chair_and_room((9.0, 8.6), 1, monkeypatch, tmp_path)
    assert voices == {(0, 19_000, "M00"), (19_000, 20_000, "ROOM/SPEAKER_01")}


def test_a_microphone_that_two_use_keeps_both(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    voices = at_chair_and_room((9.0, 4.0), 2, monkeypatch, tmp_path)
    assert {who for _, _, who in voices} == {"M00/SPEAKER_00", "M00/SPEAKER_01", "ROOM/SPEAKER_01"}


@given(
    st.lists(st.tuples(st.integers(1, 9_000), st.integers(-1, 2)), min_size=1, max_size=8),
    st.lists(st.tuples(st.integers(0, 20_000), st.integers(1, 9_000), st.sampled_from("abc")), max_size=8),
    st.lists(st.one_of(st.none(), st.floats(-5, 15)), max_size=60),
)
def test_giving_to_the_room_loses_no_time(
    owners: list[tuple[int, int]], talks: list[tuple[int, int, str]], leads: list[float | None]
) -> None:
    spans, at_ms = [], 0
    for length_ms, lane in owners:
        spans.append(Owned(start_ms=at_ms, end_ms=at_ms + length_ms, lane=lane))
        at_ms += length_ms
    voices = tuple(Voice(start_ms=a, end_ms=a + length_ms, speaker=who) for a, length_ms, who in talks)
    told = heard.Heard(key="", files=(), spans=tuple(spans), lead_db=tuple(leads))
    after = seats_engine.without_neighbours(voices, told, {0, 1})
    assert all(one.end_ms == other.start_ms for one, other in itertools.pairwise(after))
    assert (after[0].start_ms, after[-1].end_ms) == (0, at_ms)
    before = [span.lane for span in spans for _ in range(span.duration_ms)]
    now = [span.lane for span in after for _ in range(span.duration_ms)]
    assert all(new in (old, -1) and (old in (0, 1) or new == old) for old, new in zip(before, now, strict=True))


def test_the_lead_of_the_owner_is_told_where_somebody_speaks() -> None:
    per_cell = heard.LEAD_MS // HOP_MS
    lane = np.repeat(np.array([0, 1, activity.NOBODY, 0], np.int16), per_cell)
    owners = activity.Owners(lane=lane, second=np.zeros((len(lane), 2), bool), own_db=np.array([20.0, 20.0]))
    levels_db = np.repeat(
        [[20.0, 5.0, 8.0, 12.0], [5.0, 18.0, 15.0, 9.0], [9.0, 9.0, 20.0, 1.0], [2.0, 1.0, 1.0, 1.0]], per_cell, 0
    )
    assert heard.leads(owners, levels_db) == (8.0, 3.0, None, None)
    assert heard.leads(owners, levels_db[:, :2]) == ()  # no microphone of the room


@given(
    st.lists(st.tuples(st.integers(1, 2_000), st.integers(-1, 2)), min_size=1, max_size=10),
    st.lists(st.tuples(st.integers(0, 900), st.integers(1, 2_000), st.sampled_from("abcd")), max_size=10),
)
def test_confined_voices_lose_no_time_and_share_no_label(
    owners: list[tuple[int, int]], talks: list[tuple[int, int, str]]
) -> None:
    spans, at_ms = [], 0
    for length_ms, lane in owners:
        spans.append(Owned(start_ms=at_ms, end_ms=at_ms + length_ms, lane=lane))
        at_ms += length_ms
    voices, begin = [], 0
    for pause_ms, length_ms, speaker in talks:
        a, b = begin + pause_ms, min(at_ms, begin + pause_ms + length_ms)
        if a < b:
            voices.append(Voice(start_ms=a, end_ms=b, speaker=speaker))
        begin = begin + pause_ms + length_ms
    confined = seats_engine.shared(tuple(voices), tuple(spans), {0: 1, 1: 2, 2: 3}, {0})
    free = np.zeros(at_ms, bool)
    for span in spans:
        free[span.start_ms : span.end_ms] = span.lane != 0
    expected, got = np.zeros(at_ms, bool), np.zeros(at_ms, int)
    for voice in voices:
        expected[voice.start_ms : voice.end_ms] = free[voice.start_ms : voice.end_ms]
    for voice in confined:
        got[voice.start_ms : voice.end_ms] += 1
    assert (got == expected).all()
    assert not any(voice.speaker.startswith("M00") for voice in confined)


@given(
    st.lists(st.tuples(st.integers(1, 3_000), st.integers(0, 2)), min_size=1, max_size=12),
    st.lists(st.tuples(st.integers(1, 900), st.integers(1, 2_000)), max_size=8),
)
def test_owners_share_out_all_speech_exactly_once(owners: list[tuple[int, int]], pauses: list[tuple[int, int]]) -> None:
    spans, at_ms = [], 0
    for length_ms, lane in owners:
        spans.append(Owned(start_ms=at_ms, end_ms=at_ms + length_ms, lane=lane))
        at_ms += length_ms
    speech, begin = [], 0
    for pause_ms, length_ms in pauses:
        if begin + pause_ms < at_ms:
            speech.append((begin + pause_ms, min(at_ms, begin + pause_ms + length_ms)))
            begin += pause_ms + length_ms
    shared = seats_engine.owned(tuple(spans), speech)
    covered = np.zeros(at_ms, int)
    for stretches in shared.values():
        for a, b in stretches:
            covered[a:b] += 1
    assert covered.max(initial=0) <= 1
    assert all(covered[a:b].all() for a, b in speech)
    joined = sorted(stretch for stretches in shared.values() for stretch in stretches)
    extra = covered.sum() - sum(b - a for a, b in speech)
    assert extra <= seats_engine.BRIDGE_MS * len(joined) + seats_engine.BRIDGE_MS * len(speech)


# --- from the microphones to the draft


@dataclass(frozen=True)
class Parrot:
    """Hears the same words every second."""

    model: ModelUsed = ModelUsed(part="文字起こし", name="おうむ", sha256="0")  # noqa: RUF009
    key: str = "parrot"

    def transcribe(self, audio: Path, chunk: Chunk) -> Transcription:
        segments = tuple(
            Segment(
                start_ms=t,
                end_ms=t + 900,
                text="よい。",
                words=(Word(start_ms=t, end_ms=t + 900, text="よい。", confidence=0.9),),
                avg_logprob=-0.1,
                no_speech_prob=0.0,
                compression_ratio=1.0,
            )
            for t in range(chunk.start_ms + 50, chunk.end_ms - 1_000, 1_000)
        )
        return Transcription(segments=segments)


def test_the_draft_names_who_sits_at_the_microphone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = scene(7, 3, turn_s=4.0)
    source = write(tmp_path / "会議.wav", told.sound)
    microphones = (
        Microphone(channel=1, name="石川 一郎", role=Role.CHAIR),
        Microphone(channel=2, role=Role.AGENCY, seat="説明員席"),
        Microphone(channel=3, name="原 二郎", role=Role.MEMBER),
    )
    meeting = Meeting(microphones=microphones)
    monkeypatch.setattr(seats_engine.silero, "vad", lambda *_: [(a, b) for a, b, _ in told.turns])
    job = run.Job(
        outputs=tmp_path / "out",
        meeting=meeting,
        layout=layouts.load("nagasaki"),
        transcriber=Parrot(),
        diarizer=SeatDiarizer(microphones, False, None),
        executor=Serial(),
        provenance=Provenance(program="test"),
        progress=no_progress,
        target_ms=180_000,
        room=room.planned(source, meeting, tmp_path),
    )
    draft = run.make_draft(source, job)
    assert {(s.name, s.role) for s in draft.speakers} == {
        ("石川 一郎", Role.CHAIR),
        (None, Role.AGENCY),
        ("原 二郎", Role.MEMBER),
    }
    assert all(s.is_sure for s in draft.speakers)
    names = {0: "石川 一郎", 1: None, 2: "原 二郎"}
    seated = {(a, b): names[seat] for a, b, seat in told.turns}
    for turn in draft.turns:
        for word in turn.words:
            inside = [name for (a, b), name in seated.items() if a + 100 <= word.start_ms and word.end_ms <= b - 100]
            assert all(draft.speaker(turn.speaker).name == name for name in inside)

"""Several files of one meeting on one axis: by sound, by clock, in order; and what is told of it."""

from __future__ import annotations

import datetime as dt
import os
import wave
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import wav
from pipeline.microphones import alignment, clocks, lanes, placing
from pipeline.microphones.alignment import Match
from pipeline.microphones.clocks import Began, Witness
from pipeline.microphones.placing import Sound
from pipeline.protocols import no_progress

RATE_HZ = wav.SAMPLE_RATE_HZ


def write(path: Path, samples: np.ndarray) -> Path:
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE_HZ)
        out.writeframes((np.clip(samples, -1, 1) * 32_767).astype("<i2").tobytes())
    return path


def talk(seconds: float, seed: int) -> np.ndarray:
    """Noise that comes and goes like syllables and sentences."""
    rng = np.random.default_rng(seed)
    n = int(seconds * RATE_HZ)
    syllables = np.repeat(rng.gamma(0.7, 1.0, int(seconds * 6) + 1), RATE_HZ // 6 + 1)[:n]
    sentences = np.repeat(rng.random(int(seconds / 1.7) + 1) > 0.35, int(1.7 * RATE_HZ) + 1)[:n]
    return np.asarray(0.08 * rng.normal(size=n) * syllables * (sentences + 0.02))


def at_speed(samples: np.ndarray, drift: float) -> np.ndarray:
    """As a recorder hears it whose clock is slower by ``drift``: its moment t is the world's t * (1 + drift)."""
    t = np.arange(int(len(samples) / (1 + drift))) * (1 + drift)
    return np.interp(t, np.arange(len(samples)), samples)


@pytest.mark.parametrize(("start_s", "drift"), [(0.0, 0.0), (37.123, 60e-6), (-21.5, -80e-6), (-3.03, 100e-6)])
def test_two_recorders_are_laid_over_each_other(tmp_path: Path, start_s: float, drift: float) -> None:
    rng = np.random.default_rng(5)
    world = talk(400, 1)
    begin = int(max(0.0, start_s) * RATE_HZ)
    first = world[int(max(0.0, -start_s) * RATE_HZ) :]
    second = at_speed(world[begin:], drift) * 0.2
    one = write(tmp_path / "a.wav", first + 0.004 * rng.normal(size=len(first)))
    other = write(tmp_path / "b.wav", second + 0.004 * rng.normal(size=len(second)))
    found = alignment.match(one, other)
    assert found is not None
    for t_ms in (0.0, 150_000.0, 300_000.0):
        assert found.at(t_ms) == pytest.approx(start_s * 1000 + t_ms * (1 + drift), abs=1.0)


def test_recordings_of_two_meetings_do_not_match(tmp_path: Path) -> None:
    for seed in range(2, 6):
        one = write(tmp_path / "a.wav", talk(200, seed))
        other = write(tmp_path / "b.wav", talk(200, seed + 10))
        assert alignment.match(one, other) is None


def test_a_short_overlap_at_a_change_of_recorders_is_found(tmp_path: Path) -> None:
    world = talk(420, 7)
    one = write(tmp_path / "a.wav", world[: 300 * RATE_HZ])
    other = write(tmp_path / "b.wav", world[200 * RATE_HZ :] * 0.5)
    found = alignment.match(one, other)
    assert found is not None and found.start_ms == pytest.approx(200_000, abs=1.0)


def test_silence_matches_nothing(tmp_path: Path) -> None:
    quiet = write(tmp_path / "a.wav", np.zeros(60 * RATE_HZ))
    assert alignment.match(quiet, quiet) is None
    assert alignment.match(quiet, write(tmp_path / "b.wav", talk(60, 1))) is None


def sound(track: int, index: int, duration_ms: int, *began: Began) -> Sound:
    name = f"{track}-{index}.wav"
    return Sound(track, index, name, Path(name), duration_ms, began)


def never(one: Path, other: Path) -> None:
    return None


def at(hour: int, minute: int, second: int = 0, witness: Witness = Witness.RECORDER) -> Began:
    return Began(dt.datetime(2026, 5, 14, hour, minute, second), witness)


def test_files_that_share_nothing_follow_each_other_and_the_gap_is_told() -> None:
    sounds = (
        sound(0, 0, 3_600_000, at(14, 0)),
        sound(0, 1, 600_000, at(15, 4)),
        sound(0, 2, 60_000),
        sound(0, 3, 60_000, at(9, 0)),
    )
    placed, told = placing.on_one_axis(sounds, never)
    assert [p.start_ms for p in placed] == [0, 3_601_000, 4_202_000, 4_263_000]
    assert {p.clock for p in placed} == {0}
    assert [w.code for w in told] == ["joined"] * 3
    assert "1:00:00 " in told[0].message and "約4分" in told[0].message and "0-0.wav → 0-1.wav" in told[0].message
    assert "かもしれません" in told[1].message and "かもしれません" in told[2].message


def test_a_second_recorder_bridges_the_change_of_batteries() -> None:
    """A stops and begins again, B hears both: the second file of A lies where B heard it, with the true gap."""
    truth = {"0-0.wav": 0.0, "1-0.wav": 5_000.0, "0-1.wav": 700_000.0}
    ends = {"0-0.wav": 600_000.0, "1-0.wav": 1_200_000.0, "0-1.wav": 1_300_000.0}

    def by_ear(one: Path, other: Path) -> Match | None:
        overlap = min(ends[one.name], ends[other.name]) - max(truth[one.name], truth[other.name])
        return Match(truth[other.name] - truth[one.name], 0.0) if overlap > 0 else None

    sounds = (sound(0, 0, 600_000), sound(0, 1, 600_000), sound(1, 0, 1_195_000))
    placed, told = placing.on_one_axis(sounds, by_ear)
    assert [p.start_ms for p in placed] == [0.0, 700_000.0, 5_000.0]
    assert placed[0].clock == placed[1].clock != placed[2].clock
    assert told == ()


def test_files_of_one_device_begin_together_without_being_listened_to() -> None:
    sounds = tuple(sound(track, 0, 3_600_000 + track) for track in range(4))
    placed, told = placing.on_one_axis(sounds, never)
    assert {p.start_ms for p in placed} == {0.0} and {p.clock for p in placed} == {0} and told == ()


def test_a_file_that_fits_nowhere_is_put_at_the_beginning_and_told() -> None:
    placed, told = placing.on_one_axis((sound(0, 0, 900_000), sound(1, 0, 400_000)), never)
    assert placed[1].start_ms == 0 and placed[1].clock != placed[0].clock
    assert [w.code for w in told] == ["not-aligned"]


@given(st.lists(st.integers(-50_000, 50_000), min_size=1, max_size=5))
def test_the_axis_begins_with_the_first_sound(starts_ms: list[int]) -> None:
    sounds = tuple(sound(n, 0, 100_000 + 1_000 * n) for n in range(len(starts_ms)))

    def by_ear(one: Path, other: Path) -> Match:
        a, b = (int(path.name.split("-")[0]) for path in (one, other))
        return Match(starts_ms[b] - starts_ms[a], 0.0)

    placed, _ = placing.on_one_axis(sounds, by_ear)
    assert [p.start_ms for p in placed] == [start - min(starts_ms) for start in starts_ms]


def test_clocks_speak_in_their_order(tmp_path: Path) -> None:
    file = tmp_path / "a.wav"
    file.write_bytes(b"x")
    os.utime(file, (1_780_000_000, 1_780_000_000))
    tags = {"creation_time": "2026-05-14T05:00:00.000000Z"}
    found = clocks.began(file, "14:05", tags, 60_000, "2026-05-14")
    assert [b.witness for b in found] == list(Witness)
    assert found[0].at == dt.datetime(2026, 5, 14, 14, 5)
    assert found[1].at == dt.datetime(2026, 5, 14, 5, 0)
    assert found[2].at == dt.datetime.fromtimestamp(1_780_000_000) - dt.timedelta(minutes=1)
    broadcast = clocks.began(file, "", {"date": "2026-05-14", "creation_time": "13:58:02"}, 0, "")
    assert broadcast[0].at == dt.datetime(2026, 5, 14, 13, 58, 2)
    assert len(clocks.began(file, "", {"creation_time": "1970-01-01T00:00:00Z"}, 0, "")) == 1


def test_copies_without_their_times_are_no_witness() -> None:
    copied = (at(17, 0, 0, Witness.FILE_SYSTEM),), (at(16, 10, 1, Witness.FILE_SYSTEM),)
    assert clocks.gap_ms(copied[0], 3_600_000, copied[1]) is None
    kept = (at(14, 0, 0, Witness.FILE_SYSTEM),), (at(15, 2, 0, Witness.FILE_SYSTEM),)
    assert clocks.gap_ms(kept[0], 3_600_000, kept[1]) == 120_000
    assert clocks.gap_ms((at(14, 0),), 1000, (at(15, 0, 0, Witness.FILE_SYSTEM),)) is None


def test_the_recorders_clock_orders_files_and_says_so() -> None:
    sounds = (sound(0, 0, 1000, at(15, 0)), sound(0, 1, 1000, at(14, 0)))
    ordered, told = placing.by_clock(sounds)
    assert [(s.name, s.index) for s in ordered] == [("0-1.wav", 0), ("0-0.wav", 1)]
    assert [w.code for w in told] == ["reordered"]
    assert placing.by_clock((sounds[0], sound(0, 1, 1000))) == ((sounds[0], sound(0, 1, 1000)), ())


@settings(max_examples=25, deadline=None)
@given(st.floats(0, 900), st.sampled_from([0.0, 80e-6, -100e-6]))
def test_a_lane_holds_the_sound_at_its_place(
    tmp_path_factory: pytest.TempPathFactory, start_ms: float, drift: float
) -> None:
    """Against an oracle: a sum of tones evaluated at the exact times."""
    folder = tmp_path_factory.mktemp("lane")

    def world(t_s: np.ndarray) -> np.ndarray:
        return np.asarray(0.2 * np.sin(2 * np.pi * 440 * t_s) + 0.1 * np.sin(2 * np.pi * 2_900 * t_s))

    source = write(folder / "a.wav", world(np.arange(3 * RATE_HZ) / RATE_HZ))
    piece = lanes.Piece(source, start_ms, drift)
    lanes.write((piece,), 4_500, folder / "lane.wav", "", no_progress)
    heard = wav.read(folder / "lane.wav", 0, 4_500)
    assert len(heard) == 4_500 * 16
    t_s = (np.arange(len(heard)) / RATE_HZ - start_ms / 1000) / (1 + drift)
    inside = (t_s > 0.01) & (t_s < 2.99)
    assert np.abs(heard[inside] - world(t_s[inside])).max() < 0.01
    assert not heard[t_s < -0.01].any() and not heard[t_s > 3.01].any()


def test_of_two_overlapping_files_of_a_lane_the_first_is_used_to_its_end(tmp_path: Path) -> None:
    one = write(tmp_path / "a.wav", np.full(2 * RATE_HZ, 0.25))
    other = write(tmp_path / "b.wav", np.full(2 * RATE_HZ, -0.25))
    pieces = (lanes.Piece(one, 0.0, 0.0), lanes.Piece(other, 1_500.0, 0.0))
    lanes.write(pieces, 3_500, tmp_path / "lane.wav", "", no_progress)
    heard = wav.read(tmp_path / "lane.wav", 0, 3_500)
    assert (heard[: 2 * RATE_HZ] > 0.2).all() and (heard[2 * RATE_HZ :] < -0.2).all()

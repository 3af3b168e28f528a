"""簡易話者分離 on real speech and on numbers: who is heard, how many there are, and the algorithms against slow ones."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import job, prepare, wav
from pipeline.engines import cepstra, clustering, spectral, voiceprints
from pipeline.engines.spectral import BuiltinDiarizer
from pipeline.errors import WeightsError
from pipeline.protocols import no_progress
from pipeline.schema import Meeting, SpeakerCount, Voice
from pipeline.scoring import sides
from pipeline.scoring.voices import voice_errors
from pipeline.settings import Settings
from tests.test_pyannoteaudio import write_wav

ROOT = Path(__file__).parents[1]
ANY = SpeakerCount()


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    outputs = tmp_path_factory.mktemp("outputs")
    recording = prepare.recording(ROOT / "recordings" / "sample_meeting.opus", outputs, no_progress)
    return outputs / recording.id / recording.audio


@pytest.fixture(scope="module")
def truth() -> tuple[Voice, ...]:
    turns = sides.read(ROOT / "recordings" / "sample_meeting.reference.json").turns
    assert turns is not None
    return tuple(Voice(start_ms=t.start_ms, end_ms=t.end_ms, speaker=t.speaker) for t in turns)


def speakers(voices: tuple[Voice, ...]) -> int:
    return len({voice.speaker for voice in voices})


def test_seven_voices_of_the_sample_meeting_are_told_apart(sample: Path, truth: tuple[Voice, ...]) -> None:
    steps: list[int] = []
    found = BuiltinDiarizer().diarize(sample, SpeakerCount(exact=7), lambda stage, done, total: steps.append(done))
    assert found.engine == "builtin"
    assert speakers(found.voices) == 7
    errors = voice_errors(truth, found.voices, 0.25)
    assert errors is not None and errors.error < 0.15
    assert steps == sorted(steps) and steps[0] == 0 and steps[-1] == spectral.PARTS
    assert all(a.end_ms <= b.start_ms for a, b in itertools.pairwise(found.voices))


@pytest.mark.parametrize(
    ("count", "fewest", "most"), [(ANY, 5, 9), (SpeakerCount(maximum=3), 2, 3), (SpeakerCount(minimum=9), 9, 15)]
)
def test_an_unknown_number_is_estimated_within_what_is_known(
    sample: Path, count: SpeakerCount, fewest: int, most: int
) -> None:
    assert fewest <= speakers(BuiltinDiarizer().diarize(sample, count, no_progress).voices) <= most


def test_the_same_recording_gives_the_same_voices(sample: Path) -> None:
    first, again = (BuiltinDiarizer().diarize(sample, ANY, no_progress) for _ in range(2))
    assert first == again


@pytest.mark.parametrize("length_ms", [0, 500, 20_000])
def test_nobody_is_heard_in_silence(tmp_path: Path, length_ms: int) -> None:
    audio = write_wav(tmp_path / "audio.wav", np.zeros(length_ms * wav.SAMPLES_PER_MS))
    assert BuiltinDiarizer().diarize(audio, ANY, no_progress).voices == ()


def test_one_short_word_is_one_voice(sample: Path, truth: tuple[Voice, ...], tmp_path: Path) -> None:
    start_ms = truth[0].start_ms
    audio = write_wav(tmp_path / "audio.wav", wav.read(sample, start_ms, start_ms + 900) * 32_767)
    assert speakers(BuiltinDiarizer().diarize(audio, ANY, no_progress).voices) <= 1


def test_settings_have_keys_of_their_own() -> None:
    assert BuiltinDiarizer().key != BuiltinDiarizer(switch_penalty=1.0).key


def test_without_pyannote_weights_auto_is_the_builtin_engine(tmp_path: Path) -> None:
    chosen = job.DIARIZERS["auto"](Settings(home=tmp_path))
    assert isinstance(chosen, BuiltinDiarizer)


def test_damaged_pyannote_weights_are_an_error_and_no_reason_for_another_engine(tmp_path: Path) -> None:
    (tmp_path / "models" / "speaker-diarization-community-1").mkdir(parents=True)
    with pytest.raises(WeightsError, match=r"壊れています\(config\.yaml"):
        job.DIARIZERS["auto"](Settings(home=tmp_path))


def test_the_meeting_file_gives_the_number(sample: Path) -> None:
    meeting = Meeting(speakers=SpeakerCount(exact=4))
    assert speakers(BuiltinDiarizer().diarize(sample, meeting.speakers, no_progress).voices) == 4


def test_the_voice_detector_leaves_nothing_in_the_home_folder(sample: Path, tmp_path: Path) -> None:
    code = "import sys; from pathlib import Path; from pipeline.engines import silero; print(len(silero.vad(Path(sys.argv[1]), 0, 9000)))"
    command = [sys.executable, "-c", code, str(sample)]
    environment = {**os.environ, "HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path)}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=ROOT, check=True)
    assert int(done.stdout) > 0
    assert list(tmp_path.rglob("*")) == []  # a telemetry client would keep a device id there


SCORES = st.lists(st.lists(st.integers(-5, 0), min_size=3, max_size=3), min_size=1, max_size=6)


@given(SCORES, st.sampled_from([0.0, 0.5, 3.0]))
def test_the_cheapest_path_is_the_best_of_all(scores: list[list[int]], penalty: float) -> None:
    table = np.array(scores, float)

    def worth(path: tuple[int, ...]) -> float:
        changes = sum(a != b for a, b in itertools.pairwise(path))
        return sum(table[step, speaker] for step, speaker in enumerate(path)) - penalty * changes

    best = max(worth(path) for path in itertools.product(range(3), repeat=len(scores)))
    assert worth(tuple(spectral.cheapest_path(table, penalty))) == pytest.approx(best)


@given(st.lists(st.integers(0, 2), min_size=1, max_size=20), st.integers(-49, 49))
def test_runs_fill_a_stretch_exactly(path: list[int], rest_ms: int) -> None:
    start_ms, end_ms = 1_000, 1_000 + len(path) * spectral.STEP_MS + rest_ms
    voices = spectral.runs(path, start_ms, end_ms)
    assert voices[0].start_ms == start_ms and voices[-1].end_ms == end_ms
    assert all(a.end_ms == b.start_ms and a.speaker != b.speaker for a, b in itertools.pairwise(voices))


STRETCHES = st.lists(st.tuples(st.integers(1, 3_000), st.integers(1, 9_000)), max_size=5).map(
    lambda pairs: [(at + gap, at + gap + length) for at, (gap, length) in zip(range(0, 60_000, 12_000), pairs, strict=False)]
)


@given(STRETCHES)
def test_windows_cover_the_speech_and_nothing_else(speech: list[tuple[int, int]]) -> None:
    covered = voiceprints.windows(speech, 2_000, 500)
    assert covered == sorted(covered)
    for start_ms, end_ms in speech:
        inside = [w for w in covered if start_ms <= w[0] and w[1] <= end_ms]
        assert inside[0][0] == start_ms and max(end for _, end in inside) == end_ms
        assert all(b[0] - a[0] <= 500 for a, b in itertools.pairwise(inside))
    assert all(any(a <= start and end <= b for a, b in speech) for start, end in covered)


def clouds(count: int, each: int = 30) -> np.ndarray:
    random = np.random.default_rng(count)
    middles = 12 * np.eye(max(count, 6))[:count]
    return np.concatenate([middle + random.normal(size=(each, middles.shape[1])) for middle in middles])


@pytest.mark.parametrize("count", [2, 3, 6, 9])
def test_the_number_of_clouds_is_counted(count: int) -> None:
    assert clustering.estimate(clouds(count), 2, 15) == count


@settings(deadline=None)
@given(st.integers(1, 12), st.integers(1, 8), st.integers(0, 8))
def test_an_estimate_keeps_its_bounds_and_never_exceeds_the_points(points: int, least: int, more: int) -> None:
    data = np.random.default_rng(points).normal(size=(points, 3))
    found = clustering.estimate(data, least, least + more)
    assert min(least, points) <= found <= min(least + more, points)


def test_centres_lie_in_the_clouds_and_weights_count() -> None:
    points = clouds(3)
    weights = np.ones(len(points))
    found = clustering.centres(points, weights, 3)
    middles = np.stack([points[i : i + 30].mean(0) for i in (0, 30, 60)])
    distances = ((found[:, None] - middles) ** 2).sum(2)
    assert sorted(distances.argmin(1)) == [0, 1, 2] and distances.min(1).max() < 0.1
    weights[0] = 1e9
    pulled = clustering.centres(points, weights, 3)
    assert ((pulled - points[0]) ** 2).sum(1).min() < 1e-3
    assert (
        clustering.closeness(points, found).argmax(1).tolist() == clustering.closeness(points, middles).argmax(1).tolist()
        or len({*clustering.closeness(points, found).argmax(1)}) == 3
    )


def test_pitch_is_that_of_the_tone_and_a_hiss_has_none(tmp_path: Path) -> None:
    time_s = np.arange(2 * wav.SAMPLE_RATE_HZ) / wav.SAMPLE_RATE_HZ
    tone = sum(np.sin(2 * np.pi * 140 * k * time_s) / k for k in range(1, 8))
    hiss = np.random.default_rng(0).normal(size=len(time_s))
    audio = write_wav(tmp_path / "audio.wav", 3_000 * np.concatenate([tone, hiss]))
    frames = cepstra.analyse(audio, [(0, 4_000)], lambda done, total: None)
    assert 2 ** np.median(frames.pitch[5:190]) == pytest.approx(140, rel=0.01)
    assert np.isnan(frames.pitch[210:390]).mean() > 0.9
    assert np.abs(frames.cepstra[5:190].mean(0) - frames.cepstra[210:390].mean(0)).max() > 1


def test_frames_do_not_depend_on_how_the_audio_is_read(sample: Path) -> None:
    speech = [(1_000, 9_000), (9_990, 20_005)]
    whole = cepstra.analyse(sample, speech, lambda done, total: None)
    parts = cepstra.analyse(sample, speech, lambda done, total: None, block_ms=3_000)
    assert np.array_equal(whole.speech, parts.speech)
    assert np.allclose(whole.cepstra, parts.cepstra, atol=1e-4)
    assert not whole.cepstra[~whole.speech].any()

"""The real pyannote pipeline with the bundled demo weights, on seconds of audio; and everything a folder can have wrong."""

from __future__ import annotations

import itertools
import json
import os
import pickle
import shutil
import subprocess
import sys
import wave
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from pipeline.engines import pyannoteaudio, pyannotefolder
from pipeline.engines.joining import Known
from pipeline.engines.pyannoteaudio import PyannoteDiarizer, windows_of
from pipeline.errors import WeightsError
from pipeline.protocols import no_progress
from pipeline.schema import SpeakerCount, Voice

ROOT = Path(__file__).parents[1]
DEMO = ROOT / "models" / "demo" / "pyannote"
ANY = SpeakerCount()
EXCERPT_MS = (0, 48_000)  # of the sample meeting: its opening, by the secretariat and then the chair
pytestmark = pytest.mark.engines


def engine(folder: Path = DEMO, **settings: Any) -> PyannoteDiarizer:
    return PyannoteDiarizer(folder=str(folder), model_name="demo", **{"device": "cpu", **settings})


def voice(start_ms: int, end_ms: int, speaker: str) -> Voice:
    return Voice(start_ms=start_ms, end_ms=end_ms, speaker=speaker)


def write_wav(path: Path, samples: np.ndarray) -> Path:
    with wave.open(str(path), "wb") as out:
        out.setparams((1, 2, 16_000, 0, "NONE", ""))
        out.writeframes(samples.astype("<i2").tobytes())
    return path


@pytest.fixture(scope="module")
def audio(tmp_path_factory: pytest.TempPathFactory) -> Path:
    import av

    pieces: list[np.ndarray] = []
    resampler = av.AudioResampler(format="s16", layout="mono", rate=16_000)
    with av.open(str(ROOT / "recordings" / "sample_meeting.opus")) as container:
        for frame in container.decode(audio=0):
            pieces += [resampled.to_ndarray()[0] for resampled in resampler.resample(frame)]
            if frame.time is not None and frame.time * 1000 > EXCERPT_MS[1]:
                break
    samples = np.concatenate(pieces)[EXCERPT_MS[0] * 16 : EXCERPT_MS[1] * 16]
    return write_wav(tmp_path_factory.mktemp("audio") / "audio.wav", samples)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the demo folder, to be damaged."""
    return Path(shutil.copytree(DEMO, tmp_path / "weights"))


def said_by_truth() -> list[tuple[int, int, str]]:
    reference = json.loads((ROOT / "recordings" / "sample_meeting.reference.json").read_text(encoding="utf-8"))
    turns = [(turn["start_ms"], min(turn["end_ms"], EXCERPT_MS[1]), turn["speaker"]) for turn in reference["turns"]]
    return [turn for turn in turns if turn[0] < EXCERPT_MS[1]]


def wrong_share(voices: tuple[Voice, ...]) -> float:
    """Share of the excerpt's speech, in steps of 10 ms, that is missed or given to somebody else under the best mapping."""
    steps = EXCERPT_MS[1] // 10
    truth, found = np.full(steps, -1), np.full(steps, -1)
    people = sorted({who for _, _, who in said_by_truth()})
    for start_ms, end_ms, who in said_by_truth():
        truth[start_ms // 10 : end_ms // 10] = people.index(who)
    labels = sorted({voice.speaker for voice in voices})
    for heard in voices:
        found[heard.start_ms // 10 : heard.end_ms // 10] = labels.index(heard.speaker)
    names = [*range(len(people)), *[-2] * len(labels)]
    speech = truth >= 0
    right = 0
    for mapping in itertools.permutations(names, len(labels)):
        mapped = np.array([*mapping, -1])[found]
        right = max(right, int((mapped[speech] == truth[speech]).sum()))
    return 1 - right / int(speech.sum())


def test_the_voices_of_the_sample_meeting_are_told_apart(audio: Path, capsys: pytest.CaptureFixture[str]) -> None:
    calls: list[tuple[str, int, int]] = []
    found = engine().diarize(audio, ANY, lambda *call: calls.append(call))
    assert found.engine == "pyannote"
    assert found.warnings == ()
    assert wrong_share(found.voices) < 0.25
    assert found.voices[0].speaker == "SPEAKER_00"
    assert all(a.end_ms <= b.start_ms for a, b in itertools.pairwise(found.voices))
    assert capsys.readouterr().out == ""  # pyannote's clustering prints
    # progress: whole numbers that never go back, several in each step, and the end
    assert {call[0] for call in calls} == {"話者分離"}
    done = [call[1] for call in calls]
    assert all(type(value) is int for value in done) and done == sorted(done)
    assert len(set(done)) > 20
    assert calls[-1][1] == calls[-1][2]


def test_the_number_of_speakers_can_be_told(audio: Path) -> None:
    for count, number in ((SpeakerCount(exact=3), 3), (SpeakerCount(maximum=1), 1)):
        found = engine().diarize(audio, count, no_progress)
        assert len({heard.speaker for heard in found.voices}) == number


def test_short_windows_give_the_speakers_the_same_labels_as_one_pass(audio: Path) -> None:
    calls: list[int] = []
    found = engine(window_ms=22_000, overlap_ms=8_000).diarize(audio, ANY, lambda _, done, total: calls.append(done))
    assert wrong_share(found.voices) < 0.25
    assert calls == sorted(calls)
    assert calls[-1] == 3 * pyannoteaudio.UNITS


@pytest.mark.parametrize("duration_ms", [0, 25, 3000])
def test_where_nobody_speaks_there_are_no_voices(tmp_path: Path, duration_ms: int) -> None:
    silence = write_wav(tmp_path / "silence.wav", np.zeros(duration_ms * 16))
    assert engine().diarize(silence, ANY, no_progress).voices == ()


def test_settings_travel_between_processes_and_the_key_is_what_decides(folder: Path) -> None:
    plain = engine()
    assert pickle.loads(pickle.dumps(plain)) == plain
    assert plain.key == engine(device="cuda").key
    assert plain.key != engine(window_ms=1_000_000).key
    (folder / "config.yaml").write_text("changed")
    assert plain.key != engine(folder).key
    assert plain.model.part == "話者分離" and len(plain.model.sha256) == 64


def test_an_accelerator_that_fails_is_replaced_by_the_cpu_and_that_is_said(
    monkeypatch: pytest.MonkeyPatch, audio: Path
) -> None:
    real = pyannotefolder.load

    def load(folder: Path, device: str) -> Any:
        if device == "cuda":
            raise RuntimeError("CUDA out of memory")
        return real(folder, device)

    monkeypatch.setattr(pyannotefolder, "load", load)
    pyannoteaudio._load.cache_clear()
    short = write_wav(audio.with_name("short.wav"), np.zeros(16_000))
    assert [w.code for w in engine(device="cuda").diarize(short, ANY, no_progress).warnings] == ["device-fallback"]


def test_trouble_that_is_not_the_accelerators_is_not_hidden(monkeypatch: pytest.MonkeyPatch, audio: Path) -> None:
    def load(folder: Path, device: str) -> Any:
        raise RuntimeError("a bug")

    monkeypatch.setattr(pyannotefolder, "load", load)
    pyannoteaudio._load.cache_clear()
    with pytest.raises(RuntimeError, match="a bug"):
        engine(device="cuda").diarize(audio, ANY, no_progress)


def removed(name: str) -> Callable[[Path], None]:
    def damage(folder: Path) -> None:
        (folder / name).unlink()

    return damage


def cut_short(folder: Path) -> None:
    path = folder / "embedding" / "pytorch_model.bin"
    path.write_bytes(path.read_bytes()[:100_000])


def of_another_model(folder: Path) -> None:
    shutil.copyfile(folder / "embedding" / "pytorch_model.bin", folder / "segmentation" / "pytorch_model.bin")


def configured(**changes: Any) -> Callable[[Path], None]:
    def damage(folder: Path) -> None:
        config = yaml.safe_load((folder / "config.yaml").read_text())
        (folder / "config.yaml").write_text(yaml.safe_dump({**config, **changes}))

    return damage


def not_yaml(folder: Path) -> None:
    (folder / "config.yaml").write_text("a: [")


DAMAGE = [
    (removed("config.yaml"), "config.yaml"),
    (removed("segmentation/pytorch_model.bin"), "segmentation"),
    (removed("embedding/pytorch_model.bin"), "embedding"),
    (removed("plda/plda.npz"), "plda.npz"),
    (cut_short, "読み込めません"),
    (of_another_model, "読み込めません"),
    (not_yaml, "読み込めません"),
    (configured(pipeline=None), "読み込めません"),
    (configured(preprocessors={"x": {"name": "os.system", "params": {"command": "touch ran"}}}), "話者分離ではない"),
    (configured(pipeline={"name": "os.system", "params": {"command": "touch ran"}}), "話者分離ではない"),
]


@pytest.mark.parametrize(("damage", "word"), DAMAGE)
def test_a_damaged_folder_is_an_error_that_names_the_trouble_and_the_next_step(
    damage: Callable[[Path], None], word: str, folder: Path, audio: Path
) -> None:
    damage(folder)
    with pytest.raises(WeightsError) as raised:
        engine(folder).diarize(audio, ANY, no_progress)
    assert word in raised.value.message
    assert raised.value.advice


def test_a_missing_folder_is_an_error_before_anything_is_loaded(tmp_path: Path, audio: Path) -> None:
    with pytest.raises(WeightsError, match=r"config\.yaml"):
        engine(tmp_path / "nothing").diarize(audio, ANY, no_progress)


class Malicious:
    def __init__(self, ran: Path) -> None:
        self.ran = ran

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, (f"touch '{self.ran}'",)


def test_weights_that_would_run_a_command_are_refused_and_do_not_run_it(folder: Path, audio: Path) -> None:
    import torch

    path, ran = folder / "segmentation" / "pytorch_model.bin", folder / "ran"
    torch.save({"state_dict": Malicious(ran)}, path)
    assert zipfile.is_zipfile(path)
    with pytest.raises(WeightsError, match="実行される恐れ"):
        engine(folder).diarize(audio, ANY, no_progress)
    assert not ran.exists()


def test_a_folder_of_the_older_kind_needs_no_plda_and_no_network(folder: Path, audio: Path) -> None:
    shutil.rmtree(folder / "plda")
    config = {
        "version": "3.1.0",
        "pipeline": {
            "name": "pyannote.audio.pipelines.SpeakerDiarization",
            "params": {
                "clustering": "AgglomerativeClustering",
                "embedding": "pyannote/wespeaker-voxceleb-resnet34-LM",
                "segmentation": "pyannote/segmentation-3.0",
                "embedding_exclude_overlap": True,
            },
        },
        "params": {
            "clustering": {"method": "centroid", "min_cluster_size": 4, "threshold": 0.7},
            "segmentation": {"min_duration_off": 0.0},
        },
    }
    (folder / "config.yaml").write_text(yaml.safe_dump(config))
    found = engine(folder).diarize(audio, SpeakerCount(exact=2), no_progress)
    assert len({heard.speaker for heard in found.voices}) == 2


WITHOUT_NETWORK = """
import sys
reached = []
sys.addaudithook(lambda event, args: reached.append((event, args)) if event in ("socket.connect", "socket.getaddrinfo") else None)
import time
from pathlib import Path
from pipeline.engines.pyannoteaudio import PyannoteDiarizer
from pipeline.protocols import no_progress
from pipeline.schema import SpeakerCount
assert "torch" not in sys.modules and "pyannote" not in sys.modules
voices = PyannoteDiarizer(sys.argv[1], "demo", "cpu").diarize(Path(sys.argv[2]), SpeakerCount(), no_progress).voices
time.sleep(2)  # telemetry is sent from a thread
print(len(voices), len(reached))
"""


def test_no_socket_is_opened_and_nothing_is_loaded_before_it_is_needed(audio: Path, tmp_path: Path) -> None:
    environment = {k: v for k, v in os.environ.items() if k not in pyannotefolder.OFFLINE}
    with wave.open(str(audio)) as source:
        part = np.frombuffer(source.readframes(12 * 16_000), "<i2")
    short = write_wav(tmp_path / "short.wav", part)
    command = [sys.executable, "-c", WITHOUT_NETWORK, str(DEMO), str(short)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=ROOT, check=True)
    voices, reached = map(int, done.stdout.split())
    assert voices > 0 and reached == 0


def test_embedding_only_who_speaks_gives_the_same_numbers() -> None:
    import torch

    frugal = pyannotefolder.load(DEMO, "cpu")._embedding
    plain = frugal._extractor
    generator = torch.Generator().manual_seed(1)
    chunks = torch.randn(2, 1, 160_000, generator=generator).repeat_interleave(3, 0) * 0.05
    masks = (torch.rand(6, 294, generator=generator) > 0.5).float()
    masks[[1, 5]] = 0
    expected = plain(chunks, masks=masks)
    in_batch = frugal(chunks, masks)
    singly = np.concatenate([frugal(chunks[i : i + 1], masks[i : i + 1]) for i in range(6)])
    assert np.isnan(in_batch[[1, 5]]).all() and np.isnan(singly[[1, 5]]).all()
    for row in (0, 2, 3, 4):
        np.testing.assert_allclose(in_batch[row], expected[row], rtol=1e-3, atol=1e-4)
        np.testing.assert_allclose(singly[row], expected[row], rtol=1e-3, atol=1e-4)


@given(st.integers(1, 20_000), st.integers(100, 3000), st.integers(0, 99))
def test_windows_cover_the_recording_overlap_as_told_and_are_no_longer_than_told(
    total: int, window: int, overlap: int
) -> None:
    found = windows_of(total, window, overlap)
    assert found[0][0] == 0 and found[-1][1] == total
    assert all(0 < end - start <= window for start, end in found)
    for (_, end), (start, _) in itertools.pairwise(found):
        assert end - start == overlap
    shorter = -(-(total - overlap) // (window - overlap)) if total > window else 1
    assert len(found) == shorter  # no more windows than needed


def test_windows_that_only_overlap_are_refused() -> None:
    with pytest.raises(ValueError, match="overlap_ms"):
        windows_of(1000, 100, 100)


def test_voices_of_two_windows_meet_in_the_middle_of_the_overlap() -> None:
    known = Known()
    one, two = np.array([1.0, 0]), np.array([0, 1.0])
    before = pyannoteaudio.joined(
        [], [voice(0, 90_000, "A"), voice(90_000, 100_000, "B")], {"A": one, "B": two}, known, 0, 0
    )
    after = pyannoteaudio.joined(
        before, [voice(80_000, 90_000, "X"), voice(90_000, 190_000, "Y")], {"X": one, "Y": two}, known, 80_000, 100_000
    )
    assert after == [
        voice(0, 90_000, "SPEAKER_00"),
        voice(90_000, 190_000, "SPEAKER_01"),
    ] or after == [
        voice(0, 90_000, "SPEAKER_00"),
        voice(90_000, 90_000, "SPEAKER_01"),
        voice(90_000, 190_000, "SPEAKER_01"),
    ]


def test_a_window_in_which_nobody_speaks_leaves_the_others_as_they_are() -> None:
    known = Known()
    before = pyannoteaudio.joined([], [voice(0, 95_000, "A")], {"A": np.ones(2)}, known, 0, 0)
    after = pyannoteaudio.joined(before, [], {}, known, 80_000, 100_000)
    assert after == [voice(0, 90_000, "SPEAKER_00")]


def test_a_voice_without_an_embedding_is_kept_and_placed_by_the_overlap() -> None:
    known = Known()
    before = pyannoteaudio.joined([], [voice(0, 100_000, "A")], {"A": np.ones(2)}, known, 0, 0)
    after = pyannoteaudio.joined(before, [voice(80_000, 150_000, "X")], {}, known, 80_000, 100_000)
    assert {heard.speaker for heard in after} == {"SPEAKER_00"}
    assert after[-1].end_ms == 150_000


def test_labels_follow_the_first_appearance() -> None:
    assert pyannoteaudio.renumbered([voice(5, 6, "SPEAKER_00"), voice(1, 2, "SPEAKER_07")]) == (
        voice(1, 2, "SPEAKER_00"),
        voice(5, 6, "SPEAKER_01"),
    )

"""Any media file becomes 16 kHz mono wav; everything else is an error in words."""

from __future__ import annotations

import wave
from pathlib import Path

import av
import numpy as np
import pytest

from pipeline import media, prepare, wav
from pipeline.errors import ExitCode, RecordingError
from pipeline.protocols import no_progress
from tests.drafts import silence, tone


def write_stereo(path: Path, seconds: float = 3.0, rate: int = 44_100) -> Path:
    samples = (np.sin(np.arange(int(seconds * rate)) * 0.05) * 8000).astype("<i2")
    with wave.open(str(path), "wb") as out:
        out.setnchannels(2)
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes(np.repeat(samples, 2).tobytes())
    return path


def encode(path: Path, samples: np.ndarray, codec: str, container: str) -> Path:
    with av.open(str(path), "w", format=container) as out:
        stream = out.add_stream(codec, rate=48_000, layout="mono")
        frame = av.AudioFrame.from_ndarray((samples * 32767).astype(np.int16)[None], format="s16", layout="mono")
        frame.sample_rate = 16_000
        resampler = av.AudioResampler(format=stream.format.name, layout="mono", rate=48_000, frame_size=960)
        for piece in [*resampler.resample(frame), *resampler.resample(None)]:
            out.mux(stream.encode(piece))
        out.mux(stream.encode(None))
    return path


def test_stereo_becomes_mono_of_the_same_length(tmp_path: Path) -> None:
    made = prepare.recording(write_stereo(tmp_path / "a b.wav"), tmp_path / "out", no_progress)
    audio = tmp_path / "out" / made.id / made.audio
    with wave.open(str(audio)) as reader:
        assert (reader.getnchannels(), reader.getframerate(), reader.getsampwidth()) == (1, 16_000, 2)
    assert made.channels == 2
    assert made.id.startswith("a_b-") and made.id.endswith(made.sha256[:6])
    assert abs(made.duration_ms - 3_000) < 50
    assert made.warnings == ()


@pytest.mark.parametrize(("codec", "container"), [("libopus", "ogg"), ("flac", "flac"), ("aac", "mp4")])
def test_compressed_forms_decode_without_an_ffmpeg_program(
    tmp_path: Path, codec: str, container: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    made = prepare.recording(encode(tmp_path / f"x.{container}", tone(4), codec, container), tmp_path / "out", no_progress)
    assert abs(made.duration_ms - 4_000) < 150


def test_a_second_run_decodes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = write_stereo(tmp_path / "a.wav")
    first = prepare.recording(source, tmp_path / "out", no_progress)
    monkeypatch.setattr(prepare, "_decode", lambda *_: pytest.fail("decoded again"))
    assert prepare.recording(source, tmp_path / "out", no_progress) == first


def test_a_damaged_audio_wav_is_made_again(tmp_path: Path) -> None:
    source = write_stereo(tmp_path / "a.wav")
    first = prepare.recording(source, tmp_path / "out", no_progress)
    audio = tmp_path / "out" / first.id / first.audio
    audio.write_bytes(audio.read_bytes()[:5000])
    assert prepare.recording(source, tmp_path / "out", no_progress) == first
    assert wav.duration_ms(audio) == first.duration_ms


def test_a_file_that_breaks_off_is_used_as_far_as_it_goes(tmp_path: Path) -> None:
    source = write_stereo(tmp_path / "a.wav", seconds=20)
    source.write_bytes(source.read_bytes()[: source.stat().st_size // 2])
    made = prepare.recording(source, tmp_path / "out", no_progress)
    assert 9_000 < made.duration_ms < 11_000
    assert [w.code for w in made.warnings] == ["truncated"]


def missing(folder: Path) -> Path:
    return folder / "none.wav"


def a_folder(folder: Path) -> Path:
    return folder


def empty(folder: Path) -> Path:
    (folder / "e.wav").touch()
    return folder / "e.wav"


def not_media(folder: Path) -> Path:
    (folder / "n.wav").write_text("これは録音ではありません。" * 200, encoding="utf-8")
    return folder / "n.wav"


def no_audio_track(folder: Path) -> Path:
    path = folder / "v.mp4"
    with av.open(str(path), "w") as out:
        stream = out.add_stream("mpeg4", rate=10)
        stream.width = stream.height = 64
        stream.pix_fmt = "yuv420p"
        for _ in range(5):
            out.mux(stream.encode(av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), format="rgb24")))
        out.mux(stream.encode(None))
    return path


def no_sound(folder: Path) -> Path:
    with wave.open(str(folder / "z.wav"), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(16_000)
    return folder / "z.wav"


@pytest.mark.parametrize("bad", [missing, a_folder, empty, not_media, no_audio_track, no_sound])
def test_bad_input_is_said_in_words_with_the_next_step(tmp_path: Path, bad) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(RecordingError) as caught:
        prepare.recording(bad(tmp_path), tmp_path / "out", no_progress)
    assert caught.value.exit_code == ExitCode.RECORDING
    assert caught.value.message and caught.value.advice
    assert not list((tmp_path / "out").rglob("*.part"))


def test_a_file_that_grows_meanwhile_is_still_being_copied(tmp_path: Path) -> None:
    source = write_stereo(tmp_path / "a.wav")

    def grow(stage: str, done: int, total: int) -> None:
        if source.stat().st_size == size:
            with source.open("ab") as out:
                out.write(b"\0" * 10)

    size = source.stat().st_size

    with pytest.raises(RecordingError, match="コピー中"):
        prepare.recording(source, tmp_path / "out", grow)


def test_a_recording_that_never_ends_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(media, "MAX_HOURS", 2 / 3600)
    with pytest.raises(RecordingError, match="長い録音"):
        prepare.recording(write_stereo(tmp_path / "a.wav", seconds=9), tmp_path / "out", no_progress)
    assert not [path for path in (tmp_path / "out").rglob("*") if path.is_file()]


def test_a_rate_that_changes_in_the_middle_costs_nothing(tmp_path: Path) -> None:
    from tests.hostile import sound

    (tmp_path / "a.mp3").write_bytes(
        sound.encoded("mp3", 2.0) + sound.written("mp3", "libmp3lame", [(3.0, 44_100)], "stereo")
    )
    made = prepare.recording(tmp_path / "a.mp3", tmp_path / "out", no_progress)
    assert abs(made.duration_ms - 5_000) < 250
    samples = wav.read(tmp_path / "out" / made.id / made.audio, 2_500, 4_500)
    assert samples.std() > 0.1, "the tone goes on"


def test_unfinished_audio_is_for_its_owner_only_and_finished_audio_as_any_file(tmp_path: Path) -> None:
    seen: set[int] = set()

    def look(stage: str, done: int, total: int) -> None:
        seen.update(part.stat().st_mode & 0o777 for part in (tmp_path / "out").rglob("*.part"))

    (tmp_path / "ordinary").touch()
    made = prepare.recording(write_stereo(tmp_path / "a.wav"), tmp_path / "out", look)
    assert seen == {0o600}
    finished = (tmp_path / "out" / made.id / made.audio).stat().st_mode
    assert finished == (tmp_path / "ordinary").stat().st_mode


def test_silence_is_a_recording_too(tmp_path: Path) -> None:
    from tests.drafts import write_wav

    made = prepare.recording(write_wav(tmp_path / "s.wav", silence(2)), tmp_path / "out", no_progress)
    assert made.duration_ms == 2_000

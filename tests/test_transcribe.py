"""The stage that must lose nothing: resuming, failing chunks, kill -9."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pipeline import transcribe
from pipeline.errors import WeightsError
from pipeline.protocols import Serial, no_progress
from pipeline.schema import Chunk, Transcription
from pipeline.terms import FlagKind
from tests.drafts import CountingTranscriber, silence, write_wav

CHUNKS = tuple(Chunk(index=i, start_ms=i * 1000, end_ms=(i + 1) * 1000) for i in range(5))


@pytest.fixture
def audio(tmp_path: Path) -> Path:
    return write_wav(tmp_path / "audio.wav", silence(5))


def run(audio: Path, fake: CountingTranscriber) -> Transcription:
    return transcribe.chunks(CHUNKS, audio, fake, Serial(), audio.with_name("segments.jsonl"), no_progress)


def calls(log: Path) -> list[int]:
    return [int(line) for line in log.read_text().split()]


def test_a_second_run_decodes_nothing(audio: Path, tmp_path: Path) -> None:
    fake = CountingTranscriber(tmp_path / "log")
    assert run(audio, fake) == run(audio, fake)
    assert calls(fake.log) == [0, 1, 2, 3, 4]


def test_other_settings_start_afresh_and_keep_the_old_file(audio: Path, tmp_path: Path) -> None:
    run(audio, CountingTranscriber(tmp_path / "a"))
    run(audio, CountingTranscriber(tmp_path / "b", key="other"))
    assert calls(tmp_path / "b") == [0, 1, 2, 3, 4]
    assert audio.with_name("segments.jsonl.old").exists()


def test_a_failed_chunk_says_so_and_is_tried_again(audio: Path, tmp_path: Path) -> None:
    heard = run(audio, CountingTranscriber(tmp_path / "a", fails_on=(2,)))
    failed = [s for s in heard.segments if s.flags]
    assert [(s.start_ms, s.flags[0].kind) for s in failed] == [(2000, FlagKind.FAILED)]
    assert [w.code for w in heard.warnings] == ["failed-chunk"]
    assert "must not reach" not in heard.model_dump_json()
    again = run(audio, CountingTranscriber(tmp_path / "b"))
    assert calls(tmp_path / "b") == [2]
    assert not again.warnings and len(again.segments) == 5


def test_a_torn_last_line_is_decoded_again(audio: Path, tmp_path: Path) -> None:
    whole = run(audio, CountingTranscriber(tmp_path / "a"))
    saved = audio.with_name("segments.jsonl")
    saved.write_bytes(saved.read_bytes()[:-40])
    assert run(audio, CountingTranscriber(tmp_path / "b")) == whole
    assert calls(tmp_path / "b") == [4]


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b"{}\n", b"not json\n{}\n"])
def test_a_damaged_file_is_no_obstacle(audio: Path, tmp_path: Path, content: bytes) -> None:
    audio.with_name("segments.jsonl").write_bytes(content)
    assert len(run(audio, CountingTranscriber(tmp_path / "a")).segments) == 5


def test_absent_weights_are_not_a_failed_chunk(audio: Path, tmp_path: Path) -> None:
    class WithoutWeights(CountingTranscriber):
        def transcribe(self, audio: Path, chunk: Chunk) -> Transcription:
            raise WeightsError("ない")

    with pytest.raises(WeightsError):
        run(audio, WithoutWeights(tmp_path / "a"))


KILLED = """
import sys
from pathlib import Path
from tests.drafts import CountingTranscriber
from tests.test_transcribe import run
folder = Path(sys.argv[1])
print(run(folder / "audio.wav", CountingTranscriber(folder / sys.argv[2], pause_s=float(sys.argv[3]))).model_dump_json())
"""


def test_kill_minus_nine_then_the_same_result_without_decoding_twice(audio: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-c", KILLED, str(tmp_path)]
    process = subprocess.Popen([*command, "first", "0.4"], stdout=subprocess.DEVNULL)
    saved = audio.with_name("segments.jsonl")
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and not (saved.exists() and len(saved.read_bytes().splitlines()) >= 3):
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    finished = len(saved.read_bytes().splitlines()) - 1
    assert 2 <= finished < 5
    resumed = subprocess.run([*command, "second", "0"], capture_output=True, text=True, check=True).stdout
    assert calls(tmp_path / "second") == list(range(finished, 5))
    saved.unlink()
    assert resumed.strip() == run(audio, CountingTranscriber(tmp_path / "third")).model_dump_json()

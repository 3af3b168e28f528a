"""The command from outside: every exit code, what goes to stdout and what to stderr, no spoken text in logs."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pipeline import cli, interruption
from pipeline import transcribe as pipeline_transcribe
from pipeline.commands import transcribe as transcribe_command
from pipeline.errors import ExitCode, MinutesError
from pipeline.progress import ShownProgress
from pipeline.schema import Chunk, Draft, Transcription
from tests.drafts import silence, write_wav

ROOT = Path(__file__).parent.parent
ENVIRONMENT = {**{k: v for k, v in os.environ.items() if not k.startswith("MINUTES_")}, "OMP_NUM_THREADS": "1"}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with the demo models and nothing else."""
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "demo").symlink_to(ROOT / "models" / "demo")
    monkeypatch.chdir(tmp_path)
    for name in [key for key in os.environ if key.startswith("MINUTES_")]:
        monkeypatch.delenv(name)
    return tmp_path


def outside(*arguments: str, cwd: Path, **options: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pipeline", *arguments]
    return subprocess.run(  # type: ignore[call-overload,no-any-return]
        command, cwd=cwd, capture_output=True, text=True, env={**ENVIRONMENT, "PYTHONPATH": str(ROOT)}, **options
    )


def a_meeting(folder: Path, seconds: int = 40) -> Path:
    """The first part of the sample, as a wav."""
    from pipeline import prepare, wav
    from pipeline.protocols import no_progress

    made = prepare.recording(ROOT / "recordings" / "sample_meeting.opus", folder / "prepared", no_progress)
    samples = wav.read(folder / "prepared" / made.id / made.audio, 0, seconds * 1000)
    return write_wav(folder / "meeting.wav", samples)


def test_help_imports_no_model_library_and_answers_at_once() -> None:
    code = (
        "import sys; from pipeline import cli; cli.run(['--help'])\n"
        "heavy = {'torch', 'faster_whisper', 'ctranslate2', 'pyannote', 'sudachipy', 'sklearn', 'pydantic', 'numpy'}\n"
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr)"
    )
    ended = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ended.stderr.strip() == "[]"
    assert "transcribe" in ended.stdout


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--version"], ExitCode.DONE),
        (["doctor"], ExitCode.DONE),
        (["transcribe"], ExitCode.USAGE),
        (["nonsense"], ExitCode.USAGE),
        (["transcribe", "none.wav", "--models", "demo"], ExitCode.RECORDING),
        (["score", "none.json", "none.json"], ExitCode.RECORDING),
        (["export", "none"], ExitCode.RECORDING),
        (["models", "fetch", "unknown-model"], ExitCode.WEIGHTS),
        (["transcribe", "x.wav", "--device", "gpu"], ExitCode.SETTINGS),
        (["transcribe", "x.wav", "--formats", "pdf"], ExitCode.SETTINGS),
        (["assemble", "x.json", "--meeting", "none.toml"], ExitCode.SETTINGS),
    ],
)
def test_errors_are_two_lines_on_stderr_and_their_code(
    home: Path, capfd: pytest.CaptureFixture[str], arguments: list[str], code: ExitCode
) -> None:
    assert cli.run(arguments) == code
    out, err = capfd.readouterr()
    if code is not ExitCode.DONE:
        assert out == ""
        assert "→" in err
        assert "Traceback" not in err


def test_weights_that_are_not_there_end_with_the_command_that_gets_them(
    home: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    write_wav(home / "a.wav", silence(1))
    assert cli.run(["transcribe", "a.wav"]) == ExitCode.WEIGHTS
    out, err = capfd.readouterr()
    assert out == "" and "minutes models fetch large-v3-turbo" in err


@pytest.mark.engines
def test_a_recording_becomes_a_draft_and_its_documents(home: Path) -> None:
    source = a_meeting(home)
    ended = outside("transcribe", source.name, "--models", "demo", "--diarizer", "pyannote", cwd=home)
    assert ended.returncode == ExitCode.DONE, ended.stderr
    path = Path(ended.stdout.strip())
    assert ended.stdout.count("\n") == 1 and path.name == "draft.json"
    draft = Draft.model_validate_json((home / path).read_bytes())
    assert "demo-models" in [warning.code for warning in draft.warnings]
    assert (home / path).with_name("draft.txt").exists() and (home / path).with_name("draft.docx").exists()
    spoken = max((turn.spoken for turn in draft.turns), key=len)[:12]
    log = (home / "outputs" / "run.log").read_text(encoding="utf-8")
    summary = json.loads((home / path).with_name("run.json").read_text(encoding="utf-8"))
    assert len(spoken) == 12 and spoken not in log and spoken not in ended.stderr
    assert summary["status"] == "done" and set(summary["stage_seconds"]) >= {"準備", "文字起こし", "話者分離"}
    exported = outside("export", path.parent.name, "-f", "srt", "-o", "-", cwd=home)
    assert exported.returncode == ExitCode.DONE and exported.stdout.startswith("1\n00:00:")
    assert outside("export", path.parent.name, "-o", "here.txt", cwd=home).returncode == ExitCode.DONE
    assert outside("export", path.parent.name, "-o", "here.txt", cwd=home).returncode == ExitCode.OUTPUT


@pytest.mark.engines
def test_nobody_speaks_is_a_draft_and_a_code_of_its_own(home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    write_wav(home / "quiet.wav", silence(3))
    assert cli.run(["transcribe", "quiet.wav", "--models", "demo", "--diarizer", "builtin"]) == ExitCode.NO_SPEECH
    draft = Draft.model_validate_json(Path(capfd.readouterr().out.strip()).read_bytes())
    assert "no-speech" in [warning.code for warning in draft.warnings]


@pytest.mark.engines
def test_one_bad_recording_does_not_stop_the_others(home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    source = a_meeting(home, seconds=8)
    (home / "bad.wav").write_text("x", encoding="utf-8")
    command = ["transcribe", "bad.wav", source.name, "--models", "demo", "--diarizer", "builtin"]
    assert cli.run(command) == ExitCode.SOME_FAILED
    out, err = capfd.readouterr()
    assert out.count("draft.json") == 1 and "bad.wav" in err


@pytest.mark.engines
def test_a_folder_that_cannot_be_written_is_said_in_words(home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    write_wav(home / "a.wav", silence(1))
    (home / "outputs").write_text("in the way", encoding="utf-8")
    assert cli.run(["transcribe", "a.wav", "--models", "demo"]) == ExitCode.OUTPUT
    assert "→" in capfd.readouterr().err


def test_a_full_disk_is_said_in_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import errno

    from pipeline import store

    def full(self: Path, *_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "open", full)
    with pytest.raises(MinutesError, match="空き") as caught:
        store.write_bytes(tmp_path / "x", b"data")
    assert caught.value.exit_code == ExitCode.OUTPUT


def test_a_bug_leaves_its_frames_and_no_text(
    home: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    secret = ["ここで", "言われた", "こと"]

    def buggy(*_: object, **__: object) -> None:
        raise ValueError("".join(secret))  # joined, so that the source line does not hold it

    write_wav(home / "a.wav", silence(1))
    monkeypatch.setattr(transcribe_command, "transcribe_one", buggy)
    assert cli.run(["transcribe", "a.wav", "--models", "demo"]) == ExitCode.BUG
    log = (home / "outputs" / "run.log").read_text(encoding="utf-8")
    assert "ValueError" in log and "buggy" in log
    assert "".join(secret) not in log + capfd.readouterr().err


@pytest.mark.engines
def test_an_interrupted_run_ends_in_130_and_goes_on(home: Path) -> None:
    source = a_meeting(home)
    command = [sys.executable, "-m", "pipeline", "transcribe", source.name, "--models", "demo"]
    environment = {**ENVIRONMENT, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(command, cwd=home, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment)
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and not list(home.glob("outputs/*/audio.wav")):
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=120)
    assert process.returncode == ExitCode.INTERRUPTED
    assert "もう一度実行" in err.decode()


def test_a_library_that_writes_to_stdout_does_not_spoil_the_result(home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    from pipeline.runlog import stdout_kept_clean

    with stdout_kept_clean():
        os.write(1, b"noise of a library\n")
    print("result")
    out, err = capfd.readouterr()
    assert out == "result\n" and "noise" in err


def test_lines_are_rewritten_one_by_one_and_every_change_can_be_shown(home: Path) -> None:
    spoken = "えーと、費用は高いです。\n\nそれは、来れないんですか。よね。\n"
    plain = outside("rewrite", cwd=home, input=spoken)
    assert (plain.returncode, plain.stdout) == (0, "費用は高い。\n\nそれは、来られないのか。よね。\n")
    shown = outside("rewrite", "--level", "ケバ取り", "--show", cwd=home, input=spoken)
    assert shown.stdout.splitlines()[:2] == ["費用は高いです。", "  フィラー: えーと、 → (削除)"]


def test_an_unknown_level_names_those_that_are_known(home: Path) -> None:
    ended = outside("rewrite", "--level", "要約", cwd=home, input="高いです。\n")
    assert ended.returncode == ExitCode.SETTINGS
    assert "逐語, ケバ取り, 整文, 要点常体" in ended.stderr


@pytest.mark.parametrize(
    "command", [[], ["transcribe"], ["export"], ["score"], ["models"], ["models", "list"], ["rewrite"], ["parse"]]
)
def test_help_is_in_japanese(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run([*command, "--help"]) == ExitCode.DONE
    text = capsys.readouterr().out
    assert text.startswith("使い方: ") and "この説明を表示して終わる" in text
    for english in ("Usage", "Options", "Commands", "Arguments", "required", "Show this", "<path>", "OPTIONS"):
        assert english not in text


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["transcribe"], "「録音...」を指定してください。"),
        (["nope"], "「nope」というコマンドはありません。"),
        (["transcribe", "x", "--bad"], "「--bad」というオプションはありません。"),
        (["export", "a", "b", "c"], "余分な指定があります: b c"),
        (["transcribe", "x", "--workers", "many"], "「--workers」の値が正しくありません。"),
        (["transcribe", "x", "--home"], "「--home」には値が要ります。"),
    ],
)
def test_usage_errors_are_in_japanese(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(arguments) == ExitCode.USAGE
    assert f"使い方の誤りです: {said}" in capsys.readouterr().err


class TranscriberWhoseImportWasInterrupted:
    """Python makes an ImportError of a Ctrl-C inside the import of an extension."""

    def transcribe(self, audio: Path, chunk: Chunk) -> Transcription:
        raise ImportError


def test_an_interruption_that_an_import_swallowed_is_heard_at_the_next_step(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = TranscriberWhoseImportWasInterrupted()
    failed = pipeline_transcribe.one(Path("a.wav"), engine, Chunk(index=0, start_ms=0, end_ms=1))  # type: ignore[arg-type]
    assert failed.warnings[0].code == "failed-chunk"
    monkeypatch.setattr(interruption, "_asked", True)
    with pytest.raises(KeyboardInterrupt):
        pipeline_transcribe.one(Path("a.wav"), engine, Chunk(index=0, start_ms=0, end_ms=1))  # type: ignore[arg-type]
    with pytest.raises(KeyboardInterrupt):
        ShownProgress("会議")("準備", 0, 1)

"""The corpus of hostile input: each file its documented exit code, a Japanese sentence that helps, nothing lost, nothing called.

The corpus itself is ``tests/hostile/``. The recogniser here hears nothing, so that 7 (nobody spoke) means "was read whole".
"""

from __future__ import annotations

import os
import re
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import av
import pytest

from pipeline import cli, job
from pipeline.errors import ExitCode
from pipeline.schema import Chunk, Diarization, ModelUsed, SpeakerCount, Transcription
from tests.drafts import draft
from tests.hostile import cases, places, playlists, sound, watch
from tests.hostile.case import Case

CASES = cases()
JAPANESE = re.compile("[ぁ-んァ-ヶ一-龠]")
ENGLISH = re.compile(r"Traceback|Error\b|Input should|valid|Invalid|expected|must be|line \d|No such|denied", re.I)
UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
READ = (ExitCode.DONE, ExitCode.NO_SPEECH)


class Deaf:
    """Hears nothing at all, at once."""

    key = "deaf"
    model = ModelUsed(part="文字起こし", name="deaf", sha256="0" * 64)

    def transcribe(self, audio: Path, chunk: Chunk) -> Transcription:
        return Transcription(segments=())


class Alone:
    """Tells apart nobody."""

    key = "alone"
    model = ModelUsed(part="話者分離", name="alone", sha256="0" * 64)

    def diarize(self, audio: Path, count: SpeakerCount, progress: object) -> Diarization:
        return Diarization(engine="alone", voices=())


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder, with engines that need no weights."""
    monkeypatch.chdir(tmp_path)
    for name in [key for key in os.environ if key.startswith("MINUTES_")]:
        monkeypatch.delenv(name)
    monkeypatch.setattr(job, "transcriber", lambda *_: Deaf())
    monkeypatch.setitem(job.DIARIZERS, "auto", lambda _: Alone())
    return tmp_path


def contents(folder: Path) -> dict[str, object]:
    """Everything below a folder but ``outputs/``, as it can be compared."""
    found: dict[str, object] = {}
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if name != "outputs" and not name.startswith("outputs/run"):
            mode = path.lstat().st_mode
            found[name] = path.read_bytes() if stat.S_ISREG(mode) else (mode, path.readlink() if stat.S_ISLNK(mode) else "")
    return found


def test_the_corpus_is_large_and_its_names_are_unique() -> None:
    names = [case.name for case in CASES]
    assert len(names) >= 200
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("case", CASES, ids=[re.sub(r"[^\x20-\x7e]", "?", case.name) for case in CASES])
@pytest.mark.timeout(60)
def test_each_has_its_code_and_a_sentence_that_helps(
    case: Case, home: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    with watch.calls() as (port, called):
        monkeypatch.setenv(playlists.PORT, str(port))
        arguments = case.make(home)
        monkeypatch.delenv(playlists.PORT)
        for name, value in case.environment.items():
            monkeypatch.setenv(name, value)
        canary = home / playlists.CANARY
        before = contents(home)
        with watch.openings(canary if canary.exists() else home) as opened:
            code = cli.run([*case.command, *arguments])
    out, err = capfd.readouterr()
    assert code == case.code, err
    assert not called
    assert not (canary.exists() and opened)
    after = contents(home)
    assert {name: after[name] for name in before} == before, "something of the user's is lost or changed"
    assert not {path.name for path in home.iterdir()} - before.keys() - {"outputs"}
    assert not list((home / "outputs").rglob("*.part"))
    told = [line for line in err.splitlines() if not re.search(r"終了コード|完了", line)]
    assert not UNSEEN.search(err.replace("\n", "").replace("\t", ""))
    if case.code in READ:
        return
    assert out == ""
    wrong, *_, helps = told
    assert case.said in wrong, wrong
    assert JAPANESE.search(wrong) and helps.startswith("→ ") and JAPANESE.search(helps)
    assert len(told) == 2, told
    quoted = re.sub(r"[\w./\\: -]*(?:[A-Za-z0-9]\.\w+|/\S*)", "", wrong)  # names of files are the user's own words
    assert not ENGLISH.search(quoted), wrong


def test_the_witnesses_would_see_a_decoder_that_opens_and_calls(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same files, given to the library without our guard."""
    concat = next(case for case in CASES if case.name == "playlist: concat.wav")
    concat.make(home)
    with watch.openings(home / playlists.CANARY) as opened, av.open("concat.wav") as container:
        assert next(container.decode(audio=0)).samples
    assert opened
    with watch.calls() as (port, called), pytest.raises(av.FFmpegError):
        av.open(f"http://127.0.0.1:{port}/x", timeout=1)
    assert called


@pytest.fixture
def nobody(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A working folder of somebody who is not root, who may read everything."""
    with tempfile.TemporaryDirectory() as folder:
        monkeypatch.chdir(folder)
        if os.geteuid():
            yield Path(folder)
            return
        import docx  # noqa: F401  what is imported later may lie where only root can read
        import sudachipy  # noqa: F401

        os.chown(folder, 65_534, -1)
        os.seteuid(65_534)
        try:
            yield Path(folder)
        finally:
            os.seteuid(0)


@pytest.mark.parametrize(
    ("arguments", "locked", "mode", "code"),
    [
        (["transcribe", "x.wav"], "x.wav", 0, ExitCode.RECORDING),
        (["transcribe", "locked/x.wav"], "locked", 0, ExitCode.RECORDING),
        (["transcribe", "y.wav"], "y.toml", 0, ExitCode.SETTINGS),
        (["transcribe", "y.wav", "--meeting", "locked/x.toml"], "locked", 0, ExitCode.SETTINGS),
        (["transcribe", "z.wav"], "outputs", 0o500, ExitCode.OUTPUT),
        (["transcribe", "z.wav"], "outputs", 0, ExitCode.OUTPUT),
        (["transcribe", "z.wav"], "minutes.toml", 0, ExitCode.SETTINGS),
        (["transcribe", "z.wav", "--home", "locked"], "locked", 0, ExitCode.OUTPUT),
        (["assemble", "x.vtt"], "x.vtt", 0, ExitCode.RECORDING),
        (["assemble", "locked/x.vtt"], "locked", 0, ExitCode.RECORDING),
        (["parse", "x.vtt"], "x.vtt", 0, ExitCode.RECORDING),
        (["export", "x.vtt"], "x.vtt", 0, ExitCode.RECORDING),
        (["check", "locked"], "locked", 0, ExitCode.RECORDING),
        (["export", "draft.json", "-o", "locked/x.txt"], "locked", 0o500, ExitCode.OUTPUT),
        (["export", "draft.json", "-o", "locked/x.txt"], "locked", 0, ExitCode.OUTPUT),
    ],
)
def test_what_may_not_be_read_or_written_is_said_so(
    nobody: Path, capfd: pytest.CaptureFixture[str], arguments: list[str], locked: str, mode: int, code: ExitCode
) -> None:
    for name in ("x.wav", "y.wav", "z.wav"):
        (nobody / name).write_bytes(sound.encoded("wav"))
    (nobody / "x.vtt").write_bytes(places.VTT)
    (nobody / "draft.json").write_text(draft().model_dump_json(by_alias=True), encoding="utf-8")
    (nobody / "y.toml").touch()
    (nobody / "minutes.toml").touch()
    for folder in ("locked", "outputs"):
        (nobody / folder).mkdir()
    (nobody / locked).chmod(mode)
    ended = cli.run(arguments)
    (nobody / locked).chmod(0o700)
    out, err = capfd.readouterr()
    assert ended == code, err
    assert out == ""
    assert "→" in err
    assert "Traceback" not in err
    assert "denied" not in err

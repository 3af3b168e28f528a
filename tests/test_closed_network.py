"""No connection, proven by the kernel; nothing of what was said outside the draft, also after a crash and a kill.

The commands run in a network namespace in which there is nothing but an unconfigured loopback, so nothing can leave. Its
counters are its own: what tried to leave over IPv4, asking for a name first or not, has been counted, whichever library, thread
or process it was. (A try over IPv6 to a bare address would fail uncounted.)
"""

from __future__ import annotations

import itertools
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline import cli, interruption, run, store, wav
from pipeline.batch.ledger import State
from tests.drafts import write_wav
from tests.hostile import sound
from tests.hostile.places import VTT
from tests.test_cli import ROOT, a_meeting

MARKER = "ひみつの" + "合い言葉"  # in two parts, so that no line of this file holds it
PYTHON = [sys.executable, "-m", "pipeline"]
COUNTERS = "cat /proc/net/snmp"
SENT = {"Ip": ("OutRequests", "OutNoRoutes"), "Tcp": ("ActiveOpens",), "Udp": ("OutDatagrams",)}


def can_unshare() -> bool:
    program = shutil.which("unshare")
    return program is not None and subprocess.run([program, "-rn", "true"], capture_output=True).returncode == 0


closed = pytest.mark.skipif(
    not can_unshare(), reason="this kernel gives no network namespace to an ordinary user (unshare -rn)"
)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "home").mkdir()
    monkeypatch.chdir(tmp_path / "home")
    for name in [key for key in os.environ if key.startswith("MINUTES_")]:
        monkeypatch.delenv(name)
    return tmp_path / "home"


def environment(place: Path) -> dict[str, str]:
    """Of an ordinary user, with folders for temporary and personal files that can be looked into; no switch that hides a try."""
    hidden = ("HF_", "TRANSFORMERS_", "PYANNOTE_", "MINUTES_", "XDG_", "TMP", "DO_NOT_TRACK")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(hidden)}
    for name in ("tmp", "user"):
        (place / name).mkdir(exist_ok=True)
    own = {"TMPDIR": str(place / "tmp"), "HOME": str(place / "user"), "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "2"}
    return {**kept, **own}


def in_a_closed_network(script: str, cwd: Path) -> tuple[subprocess.CompletedProcess[str], dict[str, int]]:
    """The script's result, and what it tried to send: counter to number, of those that are not 0."""
    whole = f"{{ {script}\n}} >{cwd.parent}/out 2>{cwd.parent}/err; code=$?; {COUNTERS}; exit $code"
    done = subprocess.run(
        ["unshare", "-rn", "sh", "-c", whole], cwd=cwd, capture_output=True, text=True, env=environment(cwd.parent)
    )
    lines = [line.split() for line in done.stdout.splitlines()]
    values: dict[str, int] = {}
    for names, numbers in itertools.pairwise(lines):
        if names[0] == numbers[0] and names[0].rstrip(":") in SENT and not names[1].lstrip("-").isdigit():
            found = dict(zip(names[1:], map(int, numbers[1:]), strict=True))
            values |= {f"{names[0]}{name}": found[name] for name in SENT[names[0].rstrip(":")]}
    assert {"Ip:OutRequests", "Ip:OutNoRoutes", "Tcp:ActiveOpens", "Udp:OutDatagrams"} <= values.keys()
    return done, {name: number for name, number in values.items() if number}


@closed
@pytest.mark.parametrize(
    "attempt",
    [
        "socket.socket().connect(('192.0.2.1', 443))",
        "socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', ('192.0.2.1', 53))",
        "socket.getaddrinfo('example.invalid', 443)",
    ],
)
def test_the_kernel_counts_every_attempt(home: Path, attempt: str) -> None:
    resolver = Path("/etc/resolv.conf")
    if "getaddrinfo" in attempt and "nameserver" not in (resolver.read_text() if resolver.exists() else ""):
        pytest.skip("this machine has no name server that could be asked")
    done, sent = in_a_closed_network(f'{sys.executable} -c "import socket; {attempt}"', home)
    assert done.returncode
    assert sent


@closed
@pytest.mark.engines
def test_the_whole_way_from_recording_to_document_sends_nothing(home: Path) -> None:
    source = a_meeting(home, seconds=8)
    (home / "x.vtt").write_bytes(VTT)
    (home / "recordings").mkdir()
    write_wav(home / "recordings" / "night.wav", wav.read(source, 0, 6_000))
    program = " ".join(PYTHON)
    script = f"""set -e
    {program} transcribe {source.name} --models demo --diarizer pyannote --formats text,markdown,docx,srt,vtt,rttm,json
    {program} batch --models demo
    {program} status --json
    {program} assemble x.vtt
    {program} export outputs/meeting-* -f docx -o - --public
    {program} check outputs/meeting-*
    {program} redactions outputs/meeting-*
    {program} models list
    {program} models check
    {program} doctor"""
    done, sent = in_a_closed_network(script, home)
    told = (home.parent / "err").read_text(encoding="utf-8")
    assert done.returncode == 0, told
    assert sent == {}
    out = (home.parent / "out").read_bytes()  # with a Word file in it
    assert f'"state": "{State.DONE}"'.encode() in out
    assert left_behind(home.parent) == []
    assert "Traceback" not in told


CLERK = """
import fcntl, json, re, signal, socket, struct, subprocess, sys, urllib.request

with socket.socket(type=socket.SOCK_DGRAM) as lo:  # a new namespace has its loopback switched off
    fcntl.ioctl(lo, 0x8914, struct.pack("16sh", b"lo", 1))
program, meeting = json.loads(sys.argv[1]), sys.argv[2]
desk = subprocess.Popen([*program, "edit", meeting, "--no-browser", "--port", "0"], stdout=subprocess.PIPE, text=True)
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPCookieProcessor())
page = desk.stdout.readline().strip()
calls = [page, *(re.match("http://[^/]+", page)[0] + path for path in ("/api/meetings", f"/api/m/{meeting}", f"/api/m/{meeting}/export/docx"))]
for url in calls:
    with opener.open(url) as answer:
        print(answer.status, len(answer.read()) > 20)
desk.send_signal(signal.SIGTERM)
desk.wait(20)
print("calls", len(calls))
"""


@closed
def test_the_desk_asks_nobody_outside_the_machine(home: Path) -> None:
    program = " ".join(PYTHON)
    (home / "x.vtt").write_bytes(VTT)
    script = f"""set -e
    {program} assemble x.vtt
    {sys.executable} -c '{CLERK}' '{json.dumps(PYTHON)}' $(ls outputs | grep -v log)"""
    done, sent = in_a_closed_network(script, home)
    told = (home.parent / "err").read_text(encoding="utf-8")
    assert done.returncode == 0, told
    said = (home.parent / "out").read_text(encoding="utf-8")
    assert said.count("200 True") == 4, said
    asked = sent.pop("Tcp:ActiveOpens")
    assert asked <= 5 + 1  # the clerk's own calls, and the desk's look whether it listens
    sent.pop("Ip:OutRequests")  # what went over the loopback
    assert sent == {}  # no way out was looked for, no name asked for


@closed
def test_fetching_says_what_is_wrong(home: Path) -> None:
    done, _ = in_a_closed_network(f"{' '.join(PYTHON)} models fetch large-v3-turbo", home)
    assert done.returncode == 5
    told = (home.parent / "err").read_text(encoding="utf-8")
    assert "minutes models bundle" in told
    assert "Traceback" not in told


def left_behind(place: Path) -> list[str]:
    """Files in the temporary and the personal folder, but the list of this machine's fonts (pyannote loads matplotlib)."""
    found = [path for name in ("tmp", "user") for path in (place / name).rglob("*") if not path.is_dir()]
    return [str(path) for path in found if not path.name.startswith("fontlist-")]


# --- nothing of what was said -----------------------------------------------------------------------------------------

SPEAKING = """
import os, signal, sys
from pathlib import Path
from pipeline import cli, job, prepare, store, transcribe
from pipeline.schema import Chunk, Transcription
from tests.drafts import CountingTranscriber, segment
from tests.test_hostile import Alone

marker, how = sys.argv[1], sys.argv[2]
sys.argv[1:3] = []

class Speaking(CountingTranscriber):
    def transcribe(self, audio, chunk):
        if how == "raise" and chunk.index == 1:
            raise RuntimeError(marker)
        if how == "kill" and chunk.index == 1:
            os.kill(os.getpid(), signal.SIGKILL)
        return Transcription(segments=(segment(marker, chunk.start_ms),))

def kill_when_a_part_is_there(stage, done, total):
    if how == "kill early" and list(Path("outputs").rglob("*.part")):
        os.kill(os.getpid(), signal.SIGKILL)

def kill_before_renaming(descriptor):
    if how == "kill late" and list(Path("outputs").rglob("draft.json.part")):
        os.kill(os.getpid(), signal.SIGKILL)

from pipeline.progress import ShownProgress
plain = ShownProgress.__call__
ShownProgress.__call__ = lambda self, *told: (kill_when_a_part_is_there(*told), plain(self, *told))[1]
os.fsync = kill_before_renaming
job.transcriber = lambda *_: Speaking(Path("calls.log"))
job.DIARIZERS["auto"] = lambda _: Alone()
cli.main()
"""
KEEPS_SPEECH = ("segments.jsonl", "draft.json", "draft.txt", "draft.docx")


def speaking(home: Path, how: str) -> subprocess.CompletedProcess[str]:
    """A recogniser that says the marker in every chunk, and how it ends."""
    (home / "x.wav").write_bytes(sound.written("wav", "pcm_s16le", [(70.0, 16_000)]))
    (home / "minutes.toml").write_text("chunk_s = 20\n", encoding="utf-8")
    command = [sys.executable, "-c", SPEAKING, MARKER, how, "transcribe", "x.wav"]
    return subprocess.run(command, cwd=home, capture_output=True, text=True, env=environment(home.parent))


def telling(place: Path) -> set[str]:
    """Names of the files anywhere below that hold the marker, in UTF-8 or escaped."""
    forms = (MARKER.encode(), MARKER.encode("ascii", "backslashreplace"), MARKER.encode("utf-16-le"))
    files = [path for path in place.rglob("*") if path.is_file()]
    return {path.name for path in files if any(form in path.read_bytes() for form in forms)}


@pytest.mark.parametrize("how", ["speak", "raise", "kill", "kill early", "kill late"])
def test_speech_is_in_the_draft_and_nowhere_else(home: Path, how: str) -> None:
    ended = speaking(home, how)
    killed = how.startswith("kill")
    assert ended.returncode == (-signal.SIGKILL if killed else 0), ended.stderr
    assert MARKER not in ended.stdout + ended.stderr
    parts = list((home / "outputs").rglob("*.part"))
    assert bool(parts) == (how in ("kill early", "kill late")), "else this proves nothing"
    assert {part.stat().st_mode & 0o777 for part in parts} <= {0o600}
    assert telling(home.parent) <= {*KEEPS_SPEECH, "draft.json.part"}
    assert left_behind(home.parent) == []
    if killed:
        assert speaking(home, "speak").returncode == 0
        assert not list(home.rglob("*.part")), "the next run clears up"
    assert "segments.jsonl" in telling(home.parent), "the marker can be found where it is"


STAGES: dict[str, tuple[object, str]] = {
    "attribute": (run.attribute, "words"),
    "agenda": (run.agenda_heard, "complete"),
    "roles": (run.roles, "assign"),
    "sections": (run.sections, "divide"),
    "decisions": (run.decisions, "hear"),
    "style": (run.style, "rewrite"),
    "assemble": (run.assemble, "draft"),
    "store": (store, "write_bytes"),
}


def raising_plainly(*_: object, **__: object) -> None:
    raise ValueError(MARKER)


def raising_from_another(*_: object, **__: object) -> None:
    try:
        raise KeyError(MARKER)
    except KeyError as error:
        raise RuntimeError(f"while reading {MARKER}") from error


def raising_in_a_chain(*_: object, **__: object) -> None:
    try:
        {}[MARKER]
    except KeyError:
        raise UnicodeError(MARKER, MARKER)  # noqa: B904  the context is what is tested


def raising_a_group(*_: object, **__: object) -> None:
    raise ExceptionGroup(MARKER, [ValueError(MARKER)])


@pytest.mark.parametrize("bug", [raising_plainly, raising_from_another, raising_in_a_chain, raising_a_group])
@pytest.mark.parametrize("stage", STAGES)
def test_a_bug_in_any_stage_tells_its_place_and_no_text(
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    stage: str,
    bug: Callable[..., None],
) -> None:
    monkeypatch.setattr(interruption, "_asked", False)
    module, name = STAGES[stage]
    monkeypatch.setattr(module, name, bug)
    (home / "x.vtt").write_text(f"WEBVTT\n\n00:01.000 --> 00:03.000\n<v A>{MARKER}です。\n", encoding="utf-8")
    assert cli.run(["assemble", "x.vtt"]) == 1
    out, err = capfd.readouterr()
    assert MARKER not in out + err
    assert telling(home) == {"x.vtt"}
    log = (home / "outputs" / "run.log").read_text(encoding="utf-8")
    assert bug.__name__ in log, "the place is told"

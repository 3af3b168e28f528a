"""``minutes models fetch`` against a hub that breaks off, redirects, refuses and lies: the model whole, or not there at all."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pipeline.cli import run
from pipeline.engines import weights
from pipeline.errors import ExitCode
from tests import hub as hubs
from tests.hub import SHA, Asked, Handler, Hub, served
from tests.test_weights import PYANNOTE_FILES, WHISPER_FILES

TOKEN = "hf_never_to_be_told"
BIG = bytes(range(256)) * 4_000  # a megabyte
FILES = WHISPER_FILES | {"model.bin": BIG}


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Hub]:
    """A hub that behaves well until it is told otherwise; the library is pointed at it and never waits."""
    import huggingface_hub  # noqa: F401
    from huggingface_hub import constants

    monkeypatch.setattr(time, "sleep", lambda _: None)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    monkeypatch.setattr(constants, "DOWNLOAD_CHUNK_SIZE", 100_000)  # what it writes at once, and so can keep
    monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(tmp_path / "no-token"))
    with served(Hub(dict(FILES))) as made:
        monkeypatch.setattr(constants, "ENDPOINT", made.address)
        monkeypatch.setattr(
            constants, "HUGGINGFACE_CO_URL_TEMPLATE", made.address + "/{repo_id}/resolve/{revision}/{filename}"
        )
        yield made


class Fetched:
    """What the command did: its code, what it said, and what lies under ``models/`` now."""

    def __init__(self, home: Path, capfd: pytest.CaptureFixture[str], name: str = "large-v3-turbo") -> None:
        self.code = run(["models", "fetch", name, "--home", str(home)])
        self.out, self.err = capfd.readouterr()
        self.whole = [p.name for p in (home / "models").glob("*") if p.suffix not in weights.UNFINISHED]
        from huggingface_hub import constants

        constants.HF_HUB_OFFLINE = False  # the command has switched it off for what follows

    @property
    def told(self) -> str:
        return self.err[self.err.rindex("\n", 0, self.err.rindex("→") - 1) + 1 :] if self.err.count("→") else self.err


def is_download(asked: Asked) -> bool:
    return asked.method == "GET" and asked.at_store


def test_the_files_come_pinned_to_one_revision_and_are_compared(
    hub: Hub, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    fetched = Fetched(tmp_path, capfd)
    assert fetched.code == ExitCode.DONE, fetched.err
    folder = Path(fetched.out.strip())
    assert {name: (folder / name).read_bytes() for name in FILES} == FILES
    assert weights.examine(tmp_path, weights.known("large-v3-turbo", weights.WHISPER), thorough=True).trouble == ""
    resolved = [asked.path for asked in hub.asked if "/resolve/" in asked.path]
    assert resolved and all(f"/resolve/{SHA}/" in path for path in resolved)


def test_the_token_goes_to_the_hub_and_nowhere_else(hub: Hub, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    fetched = Fetched(tmp_path, capfd)
    assert {asked.token for asked in hub.asked if "/api/models" in asked.path} == {f"Bearer {TOKEN}"}
    assert {asked.token for asked in hub.asked if asked.at_store} == {""}
    kept = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert TOKEN not in fetched.out + fetched.err
    assert TOKEN.encode() not in kept


class BreaksOff:
    """The line goes dead after so many bytes of the large file, the first ``times`` times."""

    def __init__(self, after: int, times: int) -> None:
        self.after, self.left = after, times

    def __call__(self, hub: Hub, handler: Handler, asked: Asked) -> bool:
        if not is_download(asked) or not self.left:
            return False
        self.left -= 1
        handler.content(hub.files["model.bin"], cut=self.after)
        return True


def test_a_line_that_goes_dead_is_taken_up_again_where_it_was(
    hub: Hub, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    hub.answers = BreaksOff(after=300_000, times=2)
    fetched = Fetched(tmp_path, capfd)
    assert fetched.code == ExitCode.DONE, fetched.err
    assert (Path(fetched.out.strip()) / "model.bin").read_bytes() == BIG
    assert hub.ranges("model.bin") == ["", "bytes=300000-", "bytes=600000-"]
    assert sum(asked.sent for asked in hub.asked if is_download(asked)) == len(BIG)


def test_after_a_dead_network_the_same_command_goes_on(hub: Hub, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    first = BreaksOff(after=400_000, times=1)

    def dead(served: Hub, handler: Handler, asked: Asked) -> bool:
        if is_download(asked) and not first.left:
            handler.close_connection = True
            return True
        return first(served, handler, asked)

    hub.answers = dead
    broken = Fetched(tmp_path, capfd)
    assert (broken.code, broken.whole) == (ExitCode.WEIGHTS, [])
    assert "通信を確かめて" in broken.err
    hub.answers = lambda *_: False
    hub.asked.clear()
    fetched = Fetched(tmp_path, capfd)
    assert fetched.code == ExitCode.DONE, fetched.err
    assert (Path(fetched.out.strip()) / "model.bin").read_bytes() == BIG
    again = [asked.path for asked in hub.asked if asked.method == "GET" and asked.sent]
    assert len(again) == 1 and again[0].endswith("/model.bin"), "what had arrived whole is not fetched again"
    assert not list(Path(fetched.out.strip()).rglob("*.incomplete"))


def test_a_store_that_knows_no_ranges_begins_again(hub: Hub, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    breaks = BreaksOff(after=300_000, times=1)

    def without_ranges(served: Hub, handler: Handler, asked: Asked) -> bool:
        done = breaks(served, handler, asked)
        asked.range = ""
        return done

    hub.answers = without_ranges
    fetched = Fetched(tmp_path, capfd)
    assert fetched.code == ExitCode.DONE, fetched.err
    assert (Path(fetched.out.strip()) / "model.bin").read_bytes() == BIG


@pytest.mark.parametrize("wrong", [BIG[:-1] + b"x", b"x" * len(BIG)], ids=["one byte", "all bytes"])
def test_other_content_than_promised_is_refused_and_fetched_anew(
    hub: Hub, tmp_path: Path, capfd: pytest.CaptureFixture[str], wrong: bytes
) -> None:
    hub.promised = {"model.bin": BIG}
    hub.files["model.bin"] = wrong
    refused = Fetched(tmp_path, capfd)
    assert (refused.code, refused.whole) == (ExitCode.WEIGHTS, [])
    assert "model.bin" in refused.err and "もう一度" in refused.err
    hub.files["model.bin"] = BIG
    assert Fetched(tmp_path, capfd).code == ExitCode.DONE, "as the message has promised"


@pytest.mark.parametrize("wrong", [BIG[:1_000], BIG + b"more", b""], ids=["less", "more", "nothing"])
def test_another_size_than_promised_is_refused(
    hub: Hub, tmp_path: Path, capfd: pytest.CaptureFixture[str], wrong: bytes
) -> None:
    hub.promised = {"model.bin": BIG}
    hub.files["model.bin"] = wrong
    refused = Fetched(tmp_path, capfd)
    assert (refused.code, refused.whole) == (ExitCode.WEIGHTS, [])
    hub.files["model.bin"] = BIG
    assert Fetched(tmp_path, capfd).code == ExitCode.DONE


def always(status: int, code: str = "", **headers: str) -> Callable[[Hub, Handler, Asked], bool]:
    def answer(hub: Hub, handler: Handler, asked: Asked) -> bool:
        handler.fail(status, code, **headers)
        return True

    return answer


def downloads(status: int, code: str = "") -> Callable[[Hub, Handler, Asked], bool]:
    """The page is fine; the files are not."""

    def answer(hub: Hub, handler: Handler, asked: Asked) -> bool:
        if "/resolve/" not in asked.path:
            return False
        handler.fail(status, code)
        return True

    return answer


def circular(hub: Hub, handler: Handler, asked: Asked) -> bool:
    handler.fail(302, Location=asked.path)
    return True


def away(hub: Hub, handler: Handler, asked: Asked) -> bool:
    """A redirect that no client may follow."""
    if "/resolve/" not in asked.path:
        return False
    handler.fail(302, Location="file:///etc/passwd", ETag='"x"')
    return True


def babbling(hub: Hub, handler: Handler, asked: Asked) -> bool:
    handler.send("text/html", "<html>ログインしてください</html>".encode())
    return True


def mute(hub: Hub, handler: Handler, asked: Asked) -> bool:
    handler.close_connection = True
    return True


REFUSALS: dict[str, tuple[Callable[[Hub, Handler, Asked], bool], str]] = {
    "401": (always(401), "large-v3-turbo"),
    "403": (always(403), "取得できませんでした"),
    "403, terms": (always(403, "GatedRepo"), "利用条件"),
    "404": (always(404, "RepoNotFound"), "見つかりません"),
    "404 without a reason": (always(404), "large-v3-turbo"),
    "429": (always(429), "取得できませんでした"),
    "500": (always(500), "取得できませんでした"),
    "503": (always(503), "取得できませんでした"),
    "files 401": (downloads(401), "large-v3-turbo"),
    "files 403, terms": (downloads(403, "GatedRepo"), "利用条件"),
    "files 404": (downloads(404, "EntryNotFound"), "取得できませんでした"),
    "files 429": (downloads(429), "取得できませんでした"),
    "files 500": (downloads(500), "取得できませんでした"),
    "files 503": (downloads(503), "取得できませんでした"),
    "a circle": (circular, "取得できませんでした"),
    "a redirect to a file": (away, "取得できませんでした"),
    "a page for people": (babbling, "取得できませんでした"),
    "no answer": (mute, "取得できませんでした"),
}


@pytest.mark.parametrize("how", REFUSALS)
def test_every_refusal_is_said_in_words_and_leaves_no_model(
    hub: Hub, tmp_path: Path, capfd: pytest.CaptureFixture[str], how: str
) -> None:
    hub.answers, said = REFUSALS[how]
    refused = Fetched(tmp_path, capfd)
    assert (refused.code, refused.out, refused.whole) == (ExitCode.WEIGHTS, "", [])
    assert "Traceback" not in refused.err
    assert TOKEN not in refused.err
    assert re.search(f"{said}.*\n→ .+", refused.err), refused.err
    hub.answers = lambda *_: False
    assert Fetched(tmp_path, capfd).code == ExitCode.DONE, "what was left behind is no obstacle"


@pytest.mark.parametrize("status", [401, 403])
def test_a_model_with_terms_says_where_to_agree(
    hub: Hub, tmp_path: Path, capfd: pytest.CaptureFixture[str], status: int
) -> None:
    hub.files = dict(PYANNOTE_FILES)
    hub.answers = always(status)
    refused = Fetched(tmp_path, capfd, "pyannote/speaker-diarization-community-1")
    assert refused.code == ExitCode.WEIGHTS
    assert "利用条件" in refused.err and "HF_TOKEN" in refused.err


def test_a_hub_that_is_not_there(
    hub: Hub, tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from huggingface_hub import constants

    with served(Hub({})) as gone:
        pass
    monkeypatch.setattr(constants, "ENDPOINT", gone.address)
    refused = Fetched(tmp_path, capfd)
    assert (refused.code, refused.whole) == (ExitCode.WEIGHTS, [])
    assert "minutes models bundle" in refused.err


@pytest.mark.parametrize("name", ["../outside.bin", "/tmp/minutes-outside.bin", "a/../../outside.bin", "..\\outside.bin"])
def test_a_name_that_leads_out_of_the_folder_is_not_followed(
    hub: Hub, tmp_path: Path, capfd: pytest.CaptureFixture[str], name: str
) -> None:
    hub.more_names = (name,)
    hub.files[name.lstrip("/")] = b"evil"
    home = tmp_path / "far" / "enough" / "inside"
    home.mkdir(parents=True)
    kept = tmp_path / "far" / "enough" / "inside" / "models" / "outside.bin"
    kept.parent.mkdir()
    kept.write_bytes(b"of the office")
    Fetched(home, capfd)
    assert kept.read_bytes() == b"of the office"
    assert not [path for path in tmp_path.rglob("*outside*") if home / "models" not in path.parents]
    assert not Path("/tmp/minutes-outside.bin").exists()


def test_the_hub_of_these_tests_speaks_the_protocol() -> None:
    """Its digest is what the page promises, so that no test above passes for the wrong reason."""
    import json

    page = json.loads(Hub(dict(FILES)).page("a/b"))
    (large,) = (one for one in page["siblings"] if one["rfilename"] == hubs.LARGE)
    assert large["lfs"]["sha256"] == hubs.digest(BIG)

"""Weights: found, missing, damaged; bundles that travel and bundles that attack; a hub that fails in every way."""

from __future__ import annotations

import errno
import io
import os
import shutil
import subprocess
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.cli import run
from pipeline.commands import models as models_command
from pipeline.engines import bundles, fetching, weights
from pipeline.engines.fetching import HubFile
from pipeline.errors import ExitCode, OutputError, RecordingError, WeightsError

TURBO = weights.known("large-v3-turbo", weights.WHISPER)
COMMUNITY = weights.known("pyannote/speaker-diarization-community-1", weights.PYANNOTE)
ROOT = Path(__file__).parents[1]
WHISPER_FILES = {
    "config.json": b"{}",
    "model.bin": b"\x00\x01weights",
    "tokenizer.json": b"{}",
    "vocabulary.json": b"[]",
    "preprocessor_config.json": b"{}",
}
PYANNOTE_FILES = {
    "config.yaml": b"pipeline:\n",
    "segmentation/pytorch_model.bin": b"seg",
    "embedding/pytorch_model.bin": b"emb",
    "plda/plda.npz": b"plda",
}


def filled(folder: Path, files: dict[str, bytes]) -> Path:
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


@pytest.fixture
def no_share(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The installed program's data folder, empty."""
    share = tmp_path / "share"
    monkeypatch.setattr(weights, "shared", lambda: share)
    return share


# --- locating ---------------------------------------------------------------------------------------------------------


def test_present_weights_are_located(tmp_path: Path) -> None:
    folder = filled(tmp_path / "models" / "large-v3-turbo", WHISPER_FILES)
    assert weights.locate_whisper(tmp_path, "large-v3-turbo") == folder
    folder = filled(tmp_path / "models" / "speaker-diarization-community-1", PYANNOTE_FILES)
    assert weights.locate_pyannote(tmp_path, "pyannote/speaker-diarization-community-1") == folder


def test_the_hub_name_of_turbo_is_the_one_that_faster_whisper_knows() -> None:
    from faster_whisper.utils import _MODELS

    assert _MODELS[TURBO.name] == TURBO.repository


@pytest.mark.parametrize(
    ("locate", "name"),
    [
        (weights.locate_whisper, "large-v3-turbo"),
        (weights.locate_pyannote, "pyannote/speaker-diarization-community-1"),
    ],
)
def test_absent_weights_name_the_command_that_gets_them(
    tmp_path: Path, locate: Callable[[Path, str], Path], name: str
) -> None:
    with pytest.raises(WeightsError) as caught:
        locate(tmp_path, name)
    assert caught.value.exit_code == ExitCode.WEIGHTS
    assert f"minutes models fetch {name}" in caught.value.advice
    assert "minutes models add" in caught.value.advice


def test_an_absent_model_of_the_office_is_not_promised_from_the_hub(tmp_path: Path) -> None:
    with pytest.raises(WeightsError) as caught:
        weights.locate_whisper(tmp_path, "our-model")
    assert "minutes models add" in caught.value.advice
    assert "fetch" not in caught.value.advice


@pytest.mark.parametrize("missing", ["config.json", "model.bin", "tokenizer.json", "vocabulary.json"])
def test_an_incomplete_whisper_folder_is_said_to_lack_the_file(tmp_path: Path, missing: str) -> None:
    folder = filled(tmp_path / "models" / "large-v3-turbo", WHISPER_FILES)
    (folder / missing).unlink()
    with pytest.raises(WeightsError, match=missing):
        weights.locate_whisper(tmp_path, "large-v3-turbo")


@pytest.mark.parametrize("missing", ["config.yaml", "segmentation/pytorch_model.bin", "embedding/pytorch_model.bin"])
def test_an_incomplete_pyannote_folder_is_said_to_lack_the_file(tmp_path: Path, missing: str) -> None:
    folder = filled(tmp_path / "models" / "speaker-diarization-community-1", PYANNOTE_FILES)
    (folder / missing).unlink()
    with pytest.raises(WeightsError, match=missing):
        weights.locate_pyannote(tmp_path, "pyannote/speaker-diarization-community-1")


def test_an_older_whisper_vocabulary_is_good_too(tmp_path: Path) -> None:
    folder = filled(tmp_path / "models" / "small", WHISPER_FILES)
    (folder / "vocabulary.json").rename(folder / "vocabulary.txt")
    assert weights.locate_whisper(tmp_path, "small") == folder


def test_an_empty_file_is_damage_but_a_hidden_one_is_not(tmp_path: Path) -> None:
    folder = filled(tmp_path / "models" / "large-v3-turbo", WHISPER_FILES | {".gitattributes": b""})
    assert weights.locate_whisper(tmp_path, "large-v3-turbo") == folder
    (folder / "model.bin").write_bytes(b"")
    with pytest.raises(WeightsError, match=r"model\.bin が空"):
        weights.locate_whisper(tmp_path, "large-v3-turbo")


def test_demo_models_come_from_the_working_folder_first_then_from_the_program(tmp_path: Path, no_share: Path) -> None:
    with pytest.raises(WeightsError, match="demo") as caught:
        weights.locate_whisper(tmp_path, "demo")
    assert "同梱" in caught.value.advice
    installed = filled(no_share / "models" / "demo" / "whisper", WHISPER_FILES)
    assert weights.locate_whisper(tmp_path, "demo") == installed
    own = filled(tmp_path / "models" / "demo" / "whisper", WHISPER_FILES)
    assert weights.locate_whisper(tmp_path, "demo") == own


def test_a_checkout_has_its_demo_models_whatever_the_working_folder(tmp_path: Path) -> None:
    assert weights.locate_whisper(tmp_path, "demo") == ROOT / "models" / "demo" / "whisper"
    assert weights.locate_pyannote(tmp_path, "demo") == ROOT / "models" / "demo" / "pyannote"
    assert weights.demo_files(tmp_path).recording == ROOT / "recordings" / "sample_meeting.opus"


def test_other_models_are_never_taken_from_the_program(tmp_path: Path, no_share: Path) -> None:
    filled(no_share / "models" / "large-v3-turbo", WHISPER_FILES)
    with pytest.raises(WeightsError):
        weights.locate_whisper(tmp_path, "large-v3-turbo")


def test_the_sample_comes_from_the_working_folder_first_then_from_the_program(tmp_path: Path, no_share: Path) -> None:
    names = ("sample_meeting.opus", "sample_meeting.toml", "sample_meeting.reference.json")
    with pytest.raises(RecordingError):
        weights.demo_files(tmp_path)
    filled(no_share / "recordings", dict.fromkeys(names, b"x"))
    assert weights.demo_files(tmp_path).recording == no_share / "recordings" / "sample_meeting.opus"
    filled(tmp_path / "recordings", dict.fromkeys(names[:2], b"x"))
    assert weights.demo_files(tmp_path).recording.is_relative_to(no_share), "two of three files are no sample"
    filled(tmp_path / "recordings", {names[2]: b"x"})
    found = weights.demo_files(tmp_path)
    assert (found.recording, found.meeting, found.reference) == tuple(tmp_path / "recordings" / name for name in names)


# --- digests ----------------------------------------------------------------------------------------------------------


def test_a_changed_byte_is_found_by_the_thorough_examination_only(tmp_path: Path) -> None:
    folder = filled(tmp_path / "models" / "large-v3-turbo", WHISPER_FILES)
    weights.write_sums(folder)
    assert weights.examine(tmp_path, TURBO, thorough=True).trouble == ""
    (folder / "model.bin").write_bytes(b"\x00\x01weighty")
    assert weights.examine(tmp_path, TURBO).trouble == ""
    assert weights.examine(tmp_path, TURBO, thorough=True).trouble == "model.bin の内容が記録と違う"


def test_a_recorded_file_that_went_missing_is_found_at_once(tmp_path: Path) -> None:
    folder = filled(tmp_path / "models" / "large-v3-turbo", WHISPER_FILES)
    weights.write_sums(folder)
    (folder / "preprocessor_config.json").unlink()
    with pytest.raises(WeightsError, match=r"preprocessor_config\.json がない"):
        weights.locate_whisper(tmp_path, "large-v3-turbo")


@pytest.mark.parametrize("content", [b"not a digest\n", b"\xff\xfe\x00", b"\n"])
def test_an_unreadable_record_is_damage_and_no_crash(tmp_path: Path, content: bytes) -> None:
    folder = filled(tmp_path / "models" / "large-v3-turbo", WHISPER_FILES)
    (folder / weights.SUMS).write_bytes(content)
    with pytest.raises(WeightsError, match=weights.SUMS):
        weights.locate_whisper(tmp_path, "large-v3-turbo")


@pytest.mark.skipif(shutil.which("sha256sum") is None, reason="no sha256sum on this machine")
def test_sha256sum_reads_the_record(tmp_path: Path) -> None:
    folder = filled(tmp_path / "m", PYANNOTE_FILES)
    weights.write_sums(folder)
    done = subprocess.run(["sha256sum", "-c", weights.SUMS], cwd=folder, capture_output=True, check=False)
    assert done.returncode == 0, done.stdout


# --- bundles and folders made elsewhere -------------------------------------------------------------------------------


def test_a_bundle_carries_a_model_to_another_machine(tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    filled(here / "models" / "large-v3-turbo", WHISPER_FILES)
    packed = bundles.pack(here, (TURBO,), tmp_path / "usb" / "turbo.tar")
    (added,) = bundles.add(there, packed)
    assert added.part == weights.WHISPER
    assert weights.locate_whisper(there, "large-v3-turbo") == added.folder
    assert weights.examine(there, TURBO, thorough=True).recorded
    assert {n: (added.folder / n).read_bytes() for n in weights.files_in(added.folder)} == WHISPER_FILES
    assert sorted(path.name for path in (there / "models").iterdir()) == ["large-v3-turbo"]


@pytest.mark.parametrize("part", [weights.WHISPER, weights.PYANNOTE])
def test_the_bundled_demo_weights_are_what_was_recorded_of_them(part: str) -> None:
    found = weights.examine(ROOT, weights.known("demo", part), thorough=True)
    assert found.recorded and found.trouble == ""
    assert set(weights.read_sums(ROOT / "models" / found.model.folder)) == set(
        weights.files_in(ROOT / "models" / found.model.folder)
    )


def test_one_bundle_may_carry_both_demo_models(tmp_path: Path, no_share: Path) -> None:
    filled(tmp_path / "here" / "models" / "demo" / "whisper", WHISPER_FILES)
    filled(tmp_path / "here" / "models" / "demo" / "pyannote", PYANNOTE_FILES)
    demo = tuple(model for model in weights.KNOWN if model.name == "demo")
    added = bundles.add(tmp_path / "there", bundles.pack(tmp_path / "here", demo, tmp_path / "demo.tar"))
    assert len(added) == 2
    assert weights.locate_whisper(tmp_path / "there", "demo") == tmp_path / "there/models/demo/whisper"
    assert weights.locate_pyannote(tmp_path / "there", "demo") == tmp_path / "there/models/demo/pyannote"
    with pytest.raises(WeightsError, match="2 つ"):
        bundles.add(tmp_path / "there", tmp_path / "demo.tar", "one-name")


def test_a_bundle_tells_nothing_of_the_machine_and_follows_links(tmp_path: Path) -> None:
    folder = filled(tmp_path / "models" / "large-v3-turbo", WHISPER_FILES | {".cache/x": b"x"})
    (tmp_path / "blob").write_bytes(b"linked weights")
    (folder / "model.bin").unlink()
    (folder / "model.bin").symlink_to(tmp_path / "blob")
    with tarfile.open(bundles.pack(tmp_path, (TURBO,), tmp_path / "b.tar")) as tar:
        members = tar.getmembers()
        content = tar.extractfile("large-v3-turbo/model.bin")
        assert content is not None
        assert content.read() == b"linked weights"
    assert all((m.uid, m.gid, m.uname, m.gname, m.mtime) == (0, 0, "", "", 0) and m.isreg() for m in members)
    assert sorted(m.name for m in members) == sorted(f"large-v3-turbo/{n}" for n in (*WHISPER_FILES, weights.SUMS))


def test_what_cannot_be_packed_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="ありません"):
        bundles.pack(tmp_path, (TURBO,), tmp_path / "b.tar")
    folder = filled(tmp_path / "models" / "large-v3-turbo", WHISPER_FILES)
    weights.write_sums(folder)
    (folder / "model.bin").write_bytes(b"damaged")
    with pytest.raises(WeightsError, match="壊れています"):
        bundles.pack(tmp_path, (TURBO,), tmp_path / "b.tar")
    assert not (tmp_path / "b.tar").exists()


def test_packing_never_replaces_a_file_and_leaves_no_half_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    filled(tmp_path / "models" / "large-v3-turbo", WHISPER_FILES)
    (tmp_path / "b.tar").write_bytes(b"precious")
    with pytest.raises(OutputError, match="すでにあります"):
        bundles.pack(tmp_path, (TURBO,), tmp_path / "b.tar")
    assert (tmp_path / "b.tar").read_bytes() == b"precious"

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(bundles, "_pack_folder", full)
    with pytest.raises(OutputError, match="空き"):
        bundles.pack(tmp_path, (TURBO,), tmp_path / "c.tar")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["b.tar", "models"]


@pytest.mark.parametrize(
    ("files", "part", "wanted"),
    [(WHISPER_FILES, weights.WHISPER, "our-model"), (PYANNOTE_FILES, weights.PYANNOTE, "voices.v2")],
)
def test_a_folder_is_added_under_its_own_name_or_a_given_one(
    tmp_path: Path, files: dict[str, bytes], part: str, wanted: str
) -> None:
    source = filled(tmp_path / "from" / "plain", files)
    (added,) = bundles.add(tmp_path, source)
    assert (added.folder, added.part) == (tmp_path / "models" / "plain", part)
    (added,) = bundles.add(tmp_path, source, wanted)
    assert added.folder == tmp_path / "models" / wanted
    assert weights.all_models(tmp_path)[len(weights.KNOWN) :] == tuple(
        weights.Model(name=name, part=part, folder=name) for name in sorted(("plain", wanted))
    )
    assert source.is_dir(), "the original stays"


@pytest.mark.parametrize(
    ("source", "name", "folder"),
    [
        ("faster-whisper-large-v3-turbo", None, "large-v3-turbo"),
        ("x", "large-v3-turbo", "large-v3-turbo"),
        ("x", "pyannote/speaker-diarization-community-1", "speaker-diarization-community-1"),
        ("models--pyannote--speaker-diarization-community-1/snapshots/0a1b", None, "speaker-diarization-community-1"),
    ],
)
def test_a_known_model_goes_where_it_is_looked_for(tmp_path: Path, source: str, name: str | None, folder: str) -> None:
    files = WHISPER_FILES if "turbo" in folder else PYANNOTE_FILES
    (added,) = bundles.add(tmp_path, filled(tmp_path / "from" / source, files), name)
    assert added.folder == tmp_path / "models" / folder


def test_the_current_folder_has_a_name_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(filled(tmp_path / "mine", WHISPER_FILES))
    (added,) = bundles.add(tmp_path / "home", Path())
    assert added.folder == tmp_path / "home" / "models" / "mine"


@pytest.mark.parametrize("name", ["", ".", "..", "../outputs", "a/b", "/abs", "a\\b", ".hidden", "x.part", "demo", "C:x"])
def test_a_name_never_leads_out_of_the_models_folder(tmp_path: Path, name: str) -> None:
    kept = filled(tmp_path / "models" / "kept", WHISPER_FILES)
    source = filled(tmp_path / "source", WHISPER_FILES)
    if name:
        with pytest.raises(WeightsError, match="名前"):
            bundles.add(tmp_path, source, name)
    else:
        with pytest.raises(WeightsError, match="名前"):
            bundles.weights_folder(name)
    assert (kept / "model.bin").exists()


def test_adding_again_replaces_the_old_model_whole(tmp_path: Path) -> None:
    source = filled(tmp_path / "m", WHISPER_FILES | {"extra.txt": b"old"})
    bundles.add(tmp_path, source)
    (source / "extra.txt").unlink()
    (source / "model.bin").write_bytes(b"new")
    (added,) = bundles.add(tmp_path, source)
    assert (added.folder / "model.bin").read_bytes() == b"new"
    assert not (added.folder / "extra.txt").exists()
    (again,) = bundles.add(tmp_path, added.folder)
    assert again == added
    assert weights.trouble_in(added.folder, added.part, thorough=True) == ""


def test_a_damaged_arrival_leaves_the_old_model_in_place(tmp_path: Path) -> None:
    source = filled(tmp_path / "m", WHISPER_FILES)
    bundles.add(tmp_path, source)
    weights.write_sums(source)
    (source / "model.bin").write_bytes(b"damaged on the way")
    with pytest.raises(WeightsError, match="内容が記録と違う"):
        bundles.add(tmp_path, source)
    assert (tmp_path / "models" / "m" / "model.bin").read_bytes() == WHISPER_FILES["model.bin"]
    assert [path.name for path in (tmp_path / "models").iterdir()] == ["m"]


def test_what_is_no_model_is_refused(tmp_path: Path) -> None:
    for source in (tmp_path / "absent", filled(tmp_path / "photos", {"a.jpg": b"x"})):
        with pytest.raises(WeightsError):
            bundles.add(tmp_path, source)
    (tmp_path / "text.tar").write_text("not a tar")
    with pytest.raises(WeightsError, match="束として開けません"):
        bundles.add(tmp_path, tmp_path / "text.tar")


def tar_of(path: Path, members: list[tuple[tarfile.TarInfo, bytes]], mode: str = "w") -> Path:
    with tarfile.open(path, mode) as tar:  # type: ignore[call-overload]
        for header, data in members:
            header.size = len(data) if header.isreg() else 0
            tar.addfile(header, io.BytesIO(data))
    return path


def whole(prefix: str = "m") -> list[tuple[tarfile.TarInfo, bytes]]:
    return [(tarfile.TarInfo(f"{prefix}/{name}"), data) for name, data in WHISPER_FILES.items()]


def sums(prefix: str = "m") -> tuple[tarfile.TarInfo, bytes]:
    import hashlib

    lines = [f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in WHISPER_FILES.items()]
    return tarfile.TarInfo(f"{prefix}/{weights.SUMS}"), "".join(lines).encode()


def link(kind: bytes) -> tarfile.TarInfo:
    header = tarfile.TarInfo("m/link")
    header.type, header.linkname = kind, "../../outside"
    return header


@pytest.mark.parametrize(
    "hostile",
    [
        tarfile.TarInfo("../outside"),
        tarfile.TarInfo("m/../../outside"),
        tarfile.TarInfo("/tmp/minutes-outside"),
        tarfile.TarInfo("m/.hidden"),
        tarfile.TarInfo("m\\..\\outside"),
        tarfile.TarInfo("m/model.bin"),
        link(tarfile.SYMTYPE),
        link(tarfile.LNKTYPE),
        link(tarfile.CHRTYPE),
        link(tarfile.FIFOTYPE),
    ],
    ids=["parent", "inner-parent", "absolute", "hidden", "backslash", "twice", "symlink", "hardlink", "device", "fifo"],
)
def test_a_hostile_bundle_is_refused_and_leaves_nothing(tmp_path: Path, hostile: tarfile.TarInfo) -> None:
    bundle = tar_of(tmp_path / "b.tar", [*whole(), sums(), (hostile, b"evil")])
    home = tmp_path / "far" / "enough" / "inside"
    with pytest.raises(WeightsError, match="中身"):
        bundles.add(home, bundle)
    assert [path for path in tmp_path.rglob("*") if not path.is_dir()] == [bundle]
    assert list((home / "models").iterdir()) == []
    assert not Path("/tmp/minutes-outside").exists()


def test_other_unfit_bundles_are_refused(tmp_path: Path) -> None:
    fit = tar_of(tmp_path / "fit.tar", [*whole(), sums()])
    assert bundles.add(tmp_path / "fit", fit)[0].folder.name == "m", "the others differ from this one by one thing each"
    shortened = tmp_path / "short.tar"
    shortened.write_bytes(fit.read_bytes()[:1100])
    unfit = {
        "no record": tar_of(tmp_path / "a.tar", whole()),
        "empty": tar_of(tmp_path / "b.tar", []),
        "compressed": tar_of(tmp_path / "c.tar", [*whole(), sums()], "w:gz"),
        "cut": shortened,
        "a file is missing": tar_of(tmp_path / "d.tar", [*whole()[1:], sums()]),
        "one in the other": tar_of(tmp_path / "e.tar", [*whole(), sums(), *whole("m/n"), sums("m/n")]),
        "a name of ours": tar_of(tmp_path / "f.tar", [*whole("demo"), sums("demo")]),
    }
    for name, bundle in unfit.items():
        with pytest.raises(WeightsError):
            bundles.add(tmp_path / name, bundle)
        assert list((tmp_path / name / "models").iterdir()) == [], name


# --- the hub ----------------------------------------------------------------------------------------------------------


class HonestHub:
    """Gives everything that it promises."""

    def __init__(self, files: dict[str, bytes]) -> None:
        self.files = files

    def __call__(self, repository: str, folder: Path) -> tuple[HubFile, ...]:
        import hashlib

        filled(folder, self.files | {".cache/huggingface/x": b"notes"})
        return tuple(
            HubFile(name=name, size_bytes=len(data), sha256=hashlib.sha256(data).hexdigest() if "bin" in name else "")
            for name, data in self.files.items()
        )


class BreakingHub:
    """Gives some files and then raises."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def __call__(self, repository: str, folder: Path) -> tuple[HubFile, ...]:
        filled(folder, {"config.json": b"{}"})
        raise self.error


def refused(kind: str) -> Exception:
    """An error of the hub's library, made without its network parts."""
    from huggingface_hub import errors

    family: type[Exception] = getattr(errors, kind)
    return family.__new__(family)


def test_a_fetched_model_is_whole_recorded_and_clean(tmp_path: Path) -> None:
    folder = fetching.fetch(tmp_path, TURBO, HonestHub(WHISPER_FILES))
    assert folder == weights.locate_whisper(tmp_path, "large-v3-turbo")
    found = weights.examine(tmp_path, TURBO, thorough=True)
    assert found.recorded
    assert not found.trouble
    assert [path.name for path in (tmp_path / "models").iterdir()] == ["large-v3-turbo"]
    assert not (folder / ".cache").exists()


@pytest.mark.parametrize(
    ("error", "message", "advice"),
    [
        (ConnectionError("no route"), "取得できませんでした", "minutes models bundle"),
        (RuntimeError("a family nobody knows"), "取得できませんでした", "minutes models add"),
        (refused("GatedRepoError"), "利用条件", "HF_TOKEN"),
        (refused("RepositoryNotFoundError"), "見つかりません", "minutes models bundle"),
        (refused("OfflineModeIsEnabled"), "HF_HUB_OFFLINE", "HF_HUB_OFFLINE=0"),
    ],
)
def test_trouble_with_the_hub_is_explained(tmp_path: Path, error: Exception, message: str, advice: str) -> None:
    with pytest.raises(WeightsError, match=message) as caught:
        fetching.fetch(tmp_path, COMMUNITY, BreakingHub(error))
    assert advice in caught.value.advice
    assert not (tmp_path / "models" / COMMUNITY.folder).exists()


def test_a_full_disk_is_not_blamed_on_the_network(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="空き"):
        fetching.fetch(tmp_path, TURBO, BreakingHub(OSError(errno.ENOSPC, "No space left on device")))


@pytest.mark.parametrize("lost", ["model.bin", "preprocessor_config.json"])
def test_what_an_interrupted_attempt_left_is_not_taken_for_the_model(tmp_path: Path, lost: str) -> None:
    """The hub's library answers so when it cannot reach the hub: no error, and the folder as it is."""

    class LeftOver(HonestHub):
        def __call__(self, repository: str, folder: Path) -> tuple[HubFile, ...]:
            promised = super().__call__(repository, folder)
            (folder / lost).unlink()
            return promised

    with pytest.raises(WeightsError, match=lost) as caught:
        fetching.fetch(tmp_path, TURBO, LeftOver(WHISPER_FILES))
    assert "もう一度" in caught.value.advice
    assert not (tmp_path / "models" / TURBO.folder).exists()


@pytest.mark.parametrize("data", [b"\x00\x01WEIGHTS", b"cut"], ids=["other content", "other size"])
def test_a_file_that_differs_from_the_promise_is_refused(tmp_path: Path, data: bytes) -> None:
    class Distorting(HonestHub):
        def __call__(self, repository: str, folder: Path) -> tuple[HubFile, ...]:
            promised = super().__call__(repository, folder)
            (folder / "model.bin").write_bytes(data)
            return promised

    with pytest.raises(WeightsError, match=r"model\.bin"):
        fetching.fetch(tmp_path, TURBO, Distorting(WHISPER_FILES))


def test_a_repository_that_is_no_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"model\.bin"):
        fetching.fetch(tmp_path, TURBO, HonestHub({"config.json": b"{}"}))


def test_a_failed_attempt_keeps_the_model_that_was_there(tmp_path: Path) -> None:
    fetching.fetch(tmp_path, TURBO, HonestHub(WHISPER_FILES))
    with pytest.raises(WeightsError):
        fetching.fetch(tmp_path, TURBO, BreakingHub(TimeoutError()))
    assert weights.examine(tmp_path, TURBO, thorough=True).trouble == ""
    newer = WHISPER_FILES | {"model.bin": b"newer"}
    assert (fetching.fetch(tmp_path, TURBO, HonestHub(newer)) / "model.bin").read_bytes() == b"newer"
    assert [path.name for path in (tmp_path / "models").iterdir()] == ["large-v3-turbo"]


def test_only_models_with_a_source_are_fetched(tmp_path: Path) -> None:
    own = weights.known("our-model", weights.WHISPER)
    with pytest.raises(WeightsError, match="取得先"):
        fetching.fetch(tmp_path, own, HonestHub(WHISPER_FILES))


def test_the_hub_library_is_switched_off_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import huggingface_hub
    from huggingface_hub import constants

    class NoHub:
        def model_info(self, *_: object, **__: object) -> None:
            raise ConnectionError("no network in tests")

    monkeypatch.setattr(huggingface_hub, "HfApi", NoHub)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    with pytest.raises(WeightsError, match="ConnectionError"):
        fetching.fetch(tmp_path, TURBO)
    assert constants.HF_HUB_OFFLINE is True


# --- the command ------------------------------------------------------------------------------------------------------


def test_the_command_lists_checks_bundles_and_adds(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], no_share: Path
) -> None:
    home = ["--home", str(tmp_path)]
    filled(tmp_path / "models" / "our-model", WHISPER_FILES)
    assert run(["models", "list", *home]) == ExitCode.DONE
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(weights.KNOWN) + 1
    assert sum(line.endswith("なし") for line in lines) == len(weights.KNOWN)
    assert "our-model" in lines[-1]
    assert "照合の記録なし" in lines[-1]

    assert run(["models", "bundle", "our-model", "-o", str(tmp_path / "b.tar"), *home]) == ExitCode.DONE
    assert run(["models", "add", str(tmp_path / "b.tar"), "--name", "second", *home]) == ExitCode.DONE
    assert capsys.readouterr().out.split() == [str(tmp_path / "b.tar"), str(tmp_path / "models" / "second")]
    assert run(["models", "check", *home]) == ExitCode.DONE
    (tmp_path / "models" / "second" / "model.bin").write_bytes(b"damaged")
    capsys.readouterr()
    assert run(["models", "check", *home]) == ExitCode.WEIGHTS
    assert "壊れている(model.bin の内容が記録と違う)" in capsys.readouterr().out


def test_the_command_does_not_know_every_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["models", "fetch", "large-v9", "--home", str(tmp_path)]) == ExitCode.WEIGHTS
    assert "large-v3-turbo" in capsys.readouterr().err


def test_the_command_fetches(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "from_hub", HonestHub(WHISPER_FILES))
    assert run(["models", "fetch", "large-v3-turbo", "--home", str(tmp_path)]) == ExitCode.DONE
    assert capsys.readouterr().out.strip() == str(tmp_path / "models" / "large-v3-turbo")


def test_columns_stand_straight_whatever_the_script() -> None:
    from rich.cells import cell_len

    found = [weights.Found(model=model, folder=None, size_bytes=0, trouble="") for model in weights.KNOWN]
    lines = models_command.table(found).splitlines()
    assert len({cell_len(line[: line.rindex("なし")]) for line in lines}) == 1

"""The wheel: complete, installable without the source tree, and repeatable from the pinned versions."""

from __future__ import annotations

import importlib.metadata as metadata
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SHARE = re.compile(r"kaigiroku-[^/]*\.data/data/share/kaigiroku/")
PACKED = ("pipeline", "models/demo/whisper", "models/demo/pyannote")


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a copy, so that neither an old ``build`` folder gets in nor a new one stays behind."""
    folder = tmp_path_factory.mktemp("wheel")
    tree = folder / "tree"
    for name in PACKED:
        shutil.copytree(ROOT / name, tree / name, ignore=shutil.ignore_patterns("__pycache__"))
    (tree / "recordings").mkdir()
    for path in (*(ROOT / "recordings").glob("sample_meeting.*"), *(ROOT / "models/demo").glob("*.md")):
        shutil.copy(path, tree / path.relative_to(ROOT))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, tree)
    command = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--no-build-isolation",
        "--no-deps",
        "--no-index",
        "-w",
        str(folder),
        str(tree),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (built,) = folder.glob("*.whl")
    return built


def test_the_wheel_holds_every_module_and_data_file_of_the_package(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    sources = {path.relative_to(ROOT).as_posix() for path in (ROOT / "pipeline").rglob("*") if path.is_file()}
    wanted = {name for name in sources if name.endswith((".py", ".toml", ".json", ".typed", ".txt", ".js", ".css", ".html"))}
    assert {name for name in names if name.startswith("pipeline/")} == wanted


def test_the_wheel_holds_what_the_demo_needs_and_no_training_data(wheel: Path) -> None:
    names = {SHARE.sub("", name) for name in zipfile.ZipFile(wheel).namelist() if SHARE.match(name)}
    models = [path for folder in PACKED[1:] for path in (ROOT / folder).rglob("*") if path.is_file()]
    wanted = {path.relative_to(ROOT).as_posix() for path in (*models, *(ROOT / "models/demo").glob("*.md"))}
    wanted |= {f"recordings/sample_meeting.{end}" for end in ("opus", "toml", "reference.json")}
    assert names == wanted


@pytest.fixture(scope="session")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A second environment with the wheel in it, which borrows the libraries of this one but not its source tree."""
    folder = tmp_path_factory.mktemp("installed")
    venv.create(folder, with_pip=False)
    scripts = folder / ("Scripts" if sys.platform == "win32" else "bin")
    pip = [sys.executable, "-m", "pip", "--python", str(scripts / "python"), "install", "--no-deps", "--no-index"]
    run([*pip, str(wheel)], folder)
    (site,) = folder.rglob("site-packages")
    borrowed = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    (site / "borrowed.pth").write_text("\n".join(borrowed), encoding="utf-8")  # .pth files in there do not count
    return scripts


def run(command: list[str | Path], cwd: Path) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}  # may lead to the source tree
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=True, env=environment)


def test_the_installed_command_finds_sample_and_demo_models_without_the_source_tree(installed: Path, tmp_path: Path) -> None:
    listed = run([installed / "minutes", "models", "list"], tmp_path)
    demo = [line for line in listed.stdout.splitlines() if re.search(r"\sdemo\s", line)]
    assert len(demo) == 2
    assert all("あり" in line for line in demo)
    ask = "import pipeline; from pathlib import Path; from pipeline.engines import weights as w"
    ask += "; print(pipeline.__file__, *vars(w.demo_files(Path())).values(), sep='\\n')"
    found = run([installed / "python", "-c", ask], tmp_path)
    paths = [Path(line) for line in found.stdout.splitlines()]
    assert len(paths) == 4
    assert all(path.is_file() and path.is_relative_to(installed.parent) for path in paths)


# --- repeatable set-ups -----------------------------------------------------------------------------------------------


def plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def pins() -> dict[str, str]:
    """Name to version. Anything but exact versions (an address, a path, a local build) fails here."""
    found = {}
    for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            continue
        match = re.fullmatch(r"([A-Za-z0-9._-]+)==([0-9][0-9A-Za-z.]*)(; python_version >= \"3\.\d+\")?", line)
        assert match, line
        assert plain(match[1]) not in found, line
        found[plain(match[1])] = match[2]
    return found


def needed(name: str, extra: str, seen: set[tuple[str, str]]) -> None:
    """Collect into ``seen`` what a distribution of this environment requires, through all levels."""
    from packaging.requirements import Requirement

    for line in metadata.requires(name) or ():
        requirement = Requirement(line)
        if requirement.marker and not requirement.marker.evaluate({"extra": extra}):
            continue
        for wanted in ("", *requirement.extras):
            if (plain(requirement.name), wanted) not in seen:
                seen.add((plain(requirement.name), wanted))
                needed(requirement.name, wanted, seen)


def project() -> dict[str, object]:
    return dict(tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"])


@pytest.mark.skipif(sys.version_info[:2] != (3, 11) or sys.platform != "linux", reason="the versions are those of 3.11")
def test_everything_that_an_install_brings_is_pinned() -> None:
    from packaging.requirements import Requirement

    declared = project()
    extras = declared["optional-dependencies"]
    assert isinstance(extras, dict)
    seen: set[tuple[str, str]] = set()
    for line in (*declared["dependencies"], *extras["dev"]):  # type: ignore[misc]
        requirement = Requirement(line)
        if requirement.marker is None or requirement.marker.evaluate():
            seen.add((plain(requirement.name), ""))
            needed(requirement.name, "", seen)
    assert len(seen) > 50
    assert {name for name, _ in seen} - set(pins()) == set()


def test_pins_satisfy_what_the_project_asks_for() -> None:
    from packaging.requirements import Requirement

    declared = project()
    extras = declared["optional-dependencies"]
    assert isinstance(extras, dict)
    pinned = pins()
    for line in (*declared["dependencies"], *extras["dev"], *extras["training"]):  # type: ignore[misc]
        requirement = Requirement(line)
        assert requirement.specifier.contains(pinned[plain(requirement.name)]), line


def test_torch_and_torchaudio_are_one_pair() -> None:
    assert pins()["torch"].split(".")[:2] == pins()["torchaudio"].split(".")[:2]

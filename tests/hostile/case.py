"""One case of the corpus, and what every family needs to make its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.errors import ExitCode

TRANSCRIBE = ("transcribe", "--formats", "text")
ASSEMBLE = ("assemble", "--formats", "text,docx")


@dataclass(frozen=True)
class Case:
    """``make`` fills a folder and returns the arguments that name its files; ``said`` is a part of the first line told."""

    name: str
    command: tuple[str, ...]
    make: Callable[[Path], list[str]]
    code: ExitCode
    said: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)


def file_of(name: str, content: bytes | Callable[[], bytes]) -> Callable[[Path], list[str]]:
    """A maker of one file, which is the argument. Large content is made only when it is needed."""

    def make(folder: Path) -> list[str]:
        (folder / name).write_bytes(content() if callable(content) else content)
        return [name]

    return make

"""Names and kinds of files: what a share, a USB stick or a slip of the keyboard can put where a recording should be."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from pathlib import Path

from pipeline.errors import ExitCode
from tests.hostile import sound
from tests.hostile.case import ASSEMBLE, TRANSCRIBE, Case

VTT = b"WEBVTT\n\n00:01.000 --> 00:03.000\n<v A>\xe8\xb3\x9b\xe6\x88\x90\xe3\x81\xa7\xe3\x81\x99\xe3\x80\x82\n"
NAMES = {
    "a newline": "会議\n2026-11-24 ERROR 偽の行.{}",
    "a carriage return": "会議\rよし.{}",
    "an escape sequence": "会議\x1b[2J\x1b[31m.{}",
    "a bell": "\a.{}",
    "a tab": "会\t議.{}",
    "a right-to-left mark": "会議\u202evaw.{}",
    "isolates": "\u2066会議\u2069.{}",
    "a zero-width space": "会\u200b議.{}",
    "a leading dash": "-会議.{}",
    "two leading dashes": "--help.{}",
    "only dashes": "---.{}",
    "only dots": "....{}",
    "a leading dot": ".会議.{}",
    "only spaces": "   .{}",
    "spaces around": " 会議 .{}",
    "quotes": "会議\"'`$(true).{}",
    "a percent sign": "会議%s%n%d.{}",
    "braces": "{{0}}{{__class__}}.{}",
    "brackets": "[bold]会議[red].{}",
    "a backslash": "..\\..\\会議.{}",
    "a colon": "C:会議.{}",
    "a star": "*?.{}",
    "250 bytes": "x" * 246 + ".{}",
    "255 bytes": "x" * 251 + ".{}",
    "84 full-width characters": "議" * 83 + ".{}",
    "combining marks": "か\u3099" * 30 + ".{}",
    "emoji": "🎙️会議👩‍💼.{}",
    "another alphabet": "собрание.{}",
    "a device of Windows": "CON.{}",
    "no ASCII at all": "会議",
}
NOT_UTF8 = b"\x89\xef\x8bc.wav"  # 会議 in Shift_JIS, as an old archive unpacks it


def cases() -> tuple[Case, ...]:
    return (*_named(), *_kinds("transcribe", TRANSCRIBE), *_kinds("assemble", ASSEMBLE), *_elsewhere())


def _named() -> list[Case]:
    found = []
    for how, pattern in NAMES.items():
        found.append(
            Case(f"named with {how}", TRANSCRIBE, _holding(pattern, "wav", sound.encoded("wav")), ExitCode.NO_SPEECH)
        )
        found.append(Case(f"transcript named with {how}", ASSEMBLE, _holding(pattern, "vtt", VTT), ExitCode.DONE))
    found.append(Case("named in Shift_JIS", TRANSCRIBE, _bytes_name(NOT_UTF8, sound.encoded("wav")), ExitCode.NO_SPEECH))
    found.append(Case("bad and named in Shift_JIS", TRANSCRIBE, _bytes_name(NOT_UTF8, b"x"), ExitCode.RECORDING))
    found.append(Case("transcript named in Shift_JIS", ASSEMBLE, _bytes_name(NOT_UTF8, VTT), ExitCode.DONE))
    found.append(Case("a dash is an option", TRANSCRIBE, lambda folder: ["-x.wav"], ExitCode.USAGE, "-x"))
    return found


def _holding(pattern: str, ending: str, content: bytes) -> Callable[[Path], list[str]]:
    def make(folder: Path) -> list[str]:
        name = pattern.format(ending)
        name = name if len(name.encode()) <= 255 else name[-255:]
        (folder / name).write_bytes(content)
        return ["--", name]

    return make


def _bytes_name(name: bytes, content: bytes) -> Callable[[Path], list[str]]:
    def make(folder: Path) -> list[str]:
        (folder / os.fsdecode(name)).write_bytes(content)
        return [os.fsdecode(name)]

    return make


def _kinds(verb: str, command: tuple[str, ...]) -> list[Case]:
    """What is no file, or no longer one."""
    content = sound.encoded("wav") if verb == "transcribe" else VTT

    def absent(folder: Path) -> list[str]:
        return ["none.wav"]

    def folder_named_so(folder: Path) -> list[str]:
        (folder / "x.wav").mkdir()
        return ["x.wav"]

    def itself(folder: Path) -> list[str]:
        return ["."]

    def root(folder: Path) -> list[str]:
        return ["/"]

    def fifo(folder: Path) -> list[str]:
        os.mkfifo(folder / "x.wav")
        return ["x.wav"]

    def bound(folder: Path) -> list[str]:
        with socket.socket(socket.AF_UNIX) as made:
            made.bind("x.wav")  # relative: the path of a socket has room for 100 bytes
        return ["x.wav"]

    def dangling(folder: Path) -> list[str]:
        (folder / "x.wav").symlink_to("gone.wav")
        return ["x.wav"]

    def looping(folder: Path) -> list[str]:
        (folder / "x.wav").symlink_to("y.wav")
        (folder / "y.wav").symlink_to("x.wav")
        return ["x.wav"]

    def to_a_device(folder: Path) -> list[str]:
        (folder / "x.wav").symlink_to("/dev/zero")
        return ["x.wav"]

    def through_a_file(folder: Path) -> list[str]:
        (folder / "x.wav").write_bytes(content)
        return ["x.wav/y.wav"]

    def too_long(folder: Path) -> list[str]:
        return ["x" * 300 + ".wav"]

    def far_too_long(folder: Path) -> list[str]:
        return ["x/" * 3_000 + "x.wav"]

    def nothing(folder: Path) -> list[str]:
        return [""]

    def device(name: str) -> Callable[[Path], list[str]]:
        return lambda folder: [name]

    makers = (absent, folder_named_so, itself, root, fifo, bound, dangling, looping, to_a_device, through_a_file, too_long,
              far_too_long, nothing)  # fmt: skip
    named = {maker.__name__.replace("_", " "): maker for maker in makers}
    named |= {name: device(name) for name in ("/dev/null", "/dev/zero", "/dev/full", "/dev/tty", "/proc/self/mem")}
    return [Case(f"{verb} {how}", command, maker, ExitCode.RECORDING) for how, maker in named.items()]


def _elsewhere() -> list[Case]:
    """A good recording, and no good place to put what is made of it."""

    def linked(folder: Path) -> list[str]:
        (folder / "real.wav").write_bytes(sound.encoded("wav"))
        (folder / "x.wav").symlink_to("real.wav")
        return ["x.wav"]

    def outputs(kind: str) -> Callable[[Path], list[str]]:
        def make(folder: Path) -> list[str]:
            (folder / "x.wav").write_bytes(sound.encoded("wav"))
            place = folder / "outputs"
            if kind == "file":
                place.write_bytes(b"in the way")
            elif kind == "dangling":
                place.symlink_to("gone/away")
            elif kind == "looping":
                place.symlink_to("outputs")
            elif kind == "device":
                place.symlink_to("/dev/null")
            else:
                place.mkdir()
                (place / "run.log").mkdir()
            return ["x.wav"]

        return make

    return [
        Case("transcribe a link", TRANSCRIBE, linked, ExitCode.NO_SPEECH),
        *(
            Case(f"outputs are {kind}", TRANSCRIBE, outputs(kind), ExitCode.OUTPUT, "書き込めません")
            for kind in ("file", "dangling", "looping", "device", "full of folders")
        ),
    ]

"""Recordings: cut off, misnamed, with headers that lie, in forms that no recorder in the town hall makes."""

from __future__ import annotations

import itertools
import random
import struct

from pipeline.errors import ExitCode
from tests.hostile import sound
from tests.hostile.case import TRANSCRIBE, Case, file_of
from tests.hostile.sound import encoded, riff

BAD, QUIET = ExitCode.RECORDING, ExitCode.NO_SPEECH  # the recogniser of these tests hears nothing: 7 is "was read"
UNREAD, NO_SOUND = "として読めません", "取り出せませんでした"
CUTS = {"a few bytes": 6, "its head": 60, "half": 0.5, "nearly whole": 0.97}
WHOLE_HEAD_NEEDED = ("m4a",)  # its table of contents stands at the end
U32 = 0xFFFFFFFF


def cases() -> tuple[Case, ...]:
    return (*_cut(), *_misnamed(), *_lying_wavs(), *_other_lies(), *_unusual(), *_damaged_inside())


def _case(name: str, file: str, content: bytes, code: ExitCode, said: str = "") -> Case:
    return Case(f"media: {name}", TRANSCRIBE, file_of(file, content), code, said)


def _cut() -> list[Case]:
    found = [_case("zero length", "empty.wav", b"", BAD, "空です")]
    for form, (how, share) in itertools.product(sound.FORMS, CUTS.items()):
        whole = encoded(form, 3.0)
        length = share if isinstance(share, int) else int(len(whole) * share)
        readable = isinstance(share, float) and form not in WHOLE_HEAD_NEEDED
        found.append(_case(f"{form} cut to {how}", f"cut.{form}", whole[:length], QUIET if readable else BAD))
    return found


def _misnamed() -> list[Case]:
    noise = random.Random(7).randbytes(20_000)
    other = {
        "prose": "これは録音ではありません。".encode() * 300,
        "zeros": bytes(50_000),
        "ones": b"\xff" * 50_000,
        "noise": noise,
        "html": b"<!doctype html><html><body>not found</body></html>",
        "pdf": b"%PDF-1.7\n" + noise,
        "zip": b"PK\x03\x04" + noise,
        "elf": b"\x7fELF" + noise,
        "png": b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + b"IHDR" + bytes(13) + noise,
        "gif": b"GIF89a" + noise[:500],
        "sqlite": b"SQLite format 3\x00" + noise,
        "json": b'{"segments": []}',
        "toml": b'name = "x"\n',
        "subtitles": b"1\n00:00:01,000 --> 00:00:02,000\nx\n",
        "midi": b"MThd" + struct.pack(">IHHH", 6, 0, 1, 96) + b"MTrk" + struct.pack(">I", 4) + b"\x00\xff\x2f\x00",
        "shell script": b"#!/bin/sh\nffmpeg -i http://127.0.0.1/x\n",
    }
    names = ("x.wav", "x.mp3", "x.m4a", "x.mp4", "x", "x.toml.wav")
    found = [_case(f"{kind} as {n}", n, data, BAD, "録音") for (kind, data), n in zip(other.items(), itertools.cycle(names))]
    pairs = zip(sound.FORMS, (*list(sound.FORMS)[1:], "wav"), strict=True)
    return [*found, *(_case(f"{form} named .{name}", f"x.{name}", encoded(form), QUIET) for form, name in pairs)]


def _lying_wavs() -> list[Case]:
    unreadable = {
        "64 channels": riff(channels=64, data=bytes(64 * 2 * 1_600)),
        "no channels": riff(channels=0),
        "rate 0": riff(rate_hz=0),
        "bits 0": riff(bits=0, align=2),
        "unknown codec": riff(tag=0x1234),
        "no data": riff(data=b""),
        "head only": riff()[:20],
        "endless head": riff(fmt_bytes=U32),
        "no head": b"RIFF" + struct.pack("<I", 8_012) + b"WAVEdata" + struct.pack("<I", 8_000) + bytes(8_000),
    }
    readable = {
        "a size of 4 GB": riff(data_bytes=U32, riff_bytes=U32),
        "a data size of 2 GB": riff(data_bytes=2**31),
        "a size of nothing": riff(riff_bytes=0),
        "byte rate 0": riff(byte_rate=0),
        "align 0": riff(align=0),
        "10 channels": riff(channels=10, data=bytes(10 * 2 * 1_600)),
        "an odd number of bytes": riff(data=bytes(8_001)),
        "a riff in a riff": riff(data=riff()),
        "a rate of 192 kHz": riff(rate_hz=192_000, data=bytes(96_000)),
    }
    return [
        *(_case(f"wav with {name}", "x.wav", data, BAD) for name, data in unreadable.items()),
        *(_case(f"wav with {name}", "x.wav", data, QUIET) for name, data in readable.items()),
        _case("wav with 65535 channels", "x.wav", riff(channels=65_535, align=65_535), BAD),
        _case("wav with a rate of 4 GHz", "x.wav", riff(rate_hz=U32), BAD),
        _case("wav with a rate of 1 Hz", "x.wav", riff(rate_hz=1, data=bytes(200_000)), BAD, "圧縮のしかた"),
    ]


def _patched(whole: bytes, mark: bytes, offset: int, value: bytes) -> bytes:
    """``value`` written ``offset`` bytes after the first ``mark``."""
    at = whole.index(mark) + len(mark) + offset
    return whole[:at] + value + whole[at + len(value) :]


def _other_lies() -> list[Case]:
    m4a, flac, aiff, ogg, mkv = (encoded(form) for form in ("m4a", "flac", "aiff", "ogg", "mkv"))
    huge = struct.pack(">I", U32)
    bent = {
        "m4a with an endless movie": ("x.m4a", _patched(m4a, b"moov", -8, huge)),
        "m4a with 4 billion samples": ("x.m4a", _patched(m4a, b"stsz", 8, huge)),
        "m4a with 4 billion chunks": ("x.m4a", _patched(m4a, b"stco", 4, huge)),
        "m4a with sound beyond its end": ("x.m4a", _patched(m4a, b"stco", 8, huge)),
        "m4a with time scale 0": ("x.m4a", _patched(m4a, b"mdhd", 12, bytes(4))),
        "m4a of 4 billion seconds": ("x.m4a", _patched(m4a, b"mdhd", 16, huge)),
        "m4a whose boxes are empty": ("x.m4a", _patched(m4a, b"trak", -8, bytes(4))),
        "flac of 2^36 samples": ("x.flac", _patched(flac, b"fLaC", 17, b"\xff\xff\xff\xff\xff")),
        "flac with rate 0": ("x.flac", _patched(flac, b"fLaC", 14, bytes(2))),
        "aiff with an absurd rate": ("x.aiff", _patched(aiff, b"COMM", 12, b"\x7f\xff" + b"\xff" * 8)),
        "aiff with no channels": ("x.aiff", _patched(aiff, b"COMM", 4, bytes(2))),
        "ogg at the end of time": ("x.ogg", _patched(ogg, b"OggS", 2, b"\xff" * 7 + b"\x7f")),
        "mkv of endless size": ("x.mkv", _patched(mkv, b"\x18\x53\x80\x67", 0, b"\x01" + b"\xfe" * 7)),
    }
    read = {
        "m4a of 4 billion seconds", "flac of 2^36 samples", "flac with rate 0", "mkv of endless size", "m4a with time scale 0",
        "m4a with 4 billion chunks", "m4a with an endless movie", "m4a whose boxes are empty",
    }  # fmt: skip
    return [_case(name, file, data, QUIET if name in read else BAD) for name, (file, data) in bent.items()]


def _unusual() -> list[Case]:
    read = {
        "96 kHz and 8 channels": ("x.flac", sound.written("flac", "flac", [(0.5, 96_000)], "7.1")),
        "96 kHz and 8 channels in a wav": ("x.wav", sound.written("wav", "pcm_s16le", [(0.5, 96_000)], "7.1")),
        "a rate that changes": ("x.mp3", encoded("mp3") + sound.written("mp3", "libmp3lame", [(1.0, 44_100)])),
        "channels that change": ("x.mp3", encoded("mp3") + sound.written("mp3", "libmp3lame", [(1.0, 16_000)], "stereo")),
        "two files in one": ("x.ogg", encoded("ogg") * 2),
        "noise before the sound": ("x.mp3", random.Random(3).randbytes(500) + encoded("mp3")),
        "noise after the sound": ("x.flac", encoded("flac") + random.Random(3).randbytes(5_000)),
        "8 kHz by telephone": ("x.wav", sound.written("wav", "pcm_mulaw", [(1.0, 8_000)])),
        "one hundredth of a second": ("x.wav", riff(data=bytes(320))),
        "a video with sound": ("x.mp4", sound.video(with_sound=True)),
    }
    return [
        *(_case(name, file, data, QUIET) for name, (file, data) in read.items()),
        _case("a video without sound", "x.mp4", sound.video(with_sound=False), BAD, "音声が入っていません"),
        _case("a single sample", "x.wav", riff(data=bytes(2)), BAD, NO_SOUND),
    ]


def _damaged_inside() -> list[Case]:
    """A tenth of the bytes after the head are noise: the rest is used, or the file is refused; never more than that."""
    found = []
    for form in sound.FORMS:
        chance = random.Random(form)
        data = bytearray(encoded(form, 3.0))
        for _ in range(len(data) // 10):
            data[chance.randrange(200, len(data))] = chance.randrange(256)
        readable = form not in ("m4a", "ogg", "mkv")
        found.append(_case(f"{form} with noise in it", f"x.{form}", bytes(data), QUIET if readable else BAD))
    return found

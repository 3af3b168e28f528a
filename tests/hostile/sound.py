"""Small recordings in many containers, each a moment of a tone: what the other families cut, bend and misname."""

from __future__ import annotations

import functools
import io
import struct

import av
import numpy as np

FORMS = {  # name: (container, codec, rate in Hz)
    "wav": ("wav", "pcm_s16le", 16_000),
    "flac": ("flac", "flac", 16_000),
    "ogg": ("ogg", "libopus", 48_000),
    "mp3": ("mp3", "libmp3lame", 16_000),
    "m4a": ("mp4", "aac", 16_000),
    "mkv": ("matroska", "libopus", 48_000),
    "ts": ("mpegts", "aac", 48_000),
    "aiff": ("aiff", "pcm_s16be", 16_000),
    "avi": ("avi", "mp2", 48_000),
}


def samples(seconds: float, rate_hz: int, channels: int = 1) -> np.ndarray:
    """(channels, n) int16."""
    tone = (np.sin(np.arange(int(seconds * rate_hz)) * 2 * np.pi * 220 / rate_hz) * 8_000).astype(np.int16)
    return np.repeat(tone[None], channels, axis=0)


@functools.cache
def encoded(form: str, seconds: float = 1.0) -> bytes:
    """A whole, good recording of one of ``FORMS``."""
    container, codec, rate_hz = FORMS[form]
    return written(container, codec, [(seconds, rate_hz)])


def written(container: str, codec: str, pieces: list[tuple[float, int]], layout: str = "mono") -> bytes:
    """``pieces`` of (seconds, sample rate in Hz) one after the other as the encoder takes them."""
    target = io.BytesIO()
    with av.open(target, "w", format=container) as out:
        stream = out.add_stream(codec, rate=pieces[0][1], layout=layout)
        channels = stream.layout.nb_channels
        resampler = av.AudioResampler(format=stream.format.name, layout=layout, rate=stream.rate, frame_size=960)
        for seconds, rate_hz in pieces:
            packed = samples(seconds, rate_hz, channels).T.reshape(1, -1)
            frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(packed), format="s16", layout=layout)
            frame.sample_rate = rate_hz
            for piece in resampler.resample(frame):
                out.mux(stream.encode(piece))
        for piece in resampler.resample(None):
            out.mux(stream.encode(piece))
        out.mux(stream.encode(None))
    return target.getvalue()


def video(with_sound: bool) -> bytes:
    """Half a second of black picture, with a tone or without."""
    target = io.BytesIO()
    with av.open(target, "w", format="matroska") as out:
        picture = out.add_stream("mpeg4", rate=10)
        picture.width = picture.height = 64
        picture.pix_fmt = "yuv420p"
        sound = out.add_stream("pcm_s16le", rate=16_000, layout="mono") if with_sound else None
        for _ in range(5):
            out.mux(picture.encode(av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), format="rgb24")))
        out.mux(picture.encode(None))
        if sound:
            frame = av.AudioFrame.from_ndarray(samples(0.5, 16_000), format="s16", layout="mono")
            frame.sample_rate = 16_000
            out.mux(sound.encode(frame))
            out.mux(sound.encode(None))
    return target.getvalue()


def riff(
    data: bytes = bytes(8_000),
    tag: int = 1,
    channels: int = 1,
    rate_hz: int = 16_000,
    bits: int = 16,
    align: int | None = None,
    byte_rate: int | None = None,
    fmt_bytes: int = 16,
    data_bytes: int | None = None,
    riff_bytes: int | None = None,
    magic: bytes = b"RIFF",
) -> bytes:
    """A wav of which every field of the header can lie."""
    align = channels * bits // 8 if align is None else align
    byte_rate = rate_hz * align if byte_rate is None else byte_rate
    fmt = struct.pack("<HHIIHH", tag, channels, rate_hz, byte_rate & 0xFFFFFFFF, align & 0xFFFF, bits)
    body = b"WAVEfmt " + struct.pack("<I", fmt_bytes) + fmt
    body += b"data" + struct.pack("<I", len(data) if data_bytes is None else data_bytes) + data
    return magic + struct.pack("<I", len(body) if riff_bytes is None else riff_bytes) + body

"""Each wanted channel of a file as a 16 kHz mono wav of its own; ``prepare`` makes one sound of them all instead.

In: a file, and which of its channels (None: all together). Out: ``Decoded``. Channels are counted from 1 through all sound streams of the
file, because some devices write a stream a microphone. Decoded once, frame by frame, whatever the number of channels.
"""

from __future__ import annotations

import contextlib
import wave
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from pipeline import media, store, wav
from pipeline.errors import RecordingError, SettingsError
from pipeline.protocols import Progress

if TYPE_CHECKING:
    from av import AudioFrame, AudioResampler
    from av.container import InputContainer

MIX = None  # the channel that is all channels
BOUND = 32_767.0


@dataclass(frozen=True)
class Decoded:
    """``sounds``: channel (None: all together) -> wav; all of one length. ``channels``: how many the file has."""

    sounds: dict[int | None, Path]
    channels: int
    duration_ms: int
    announced_ms: int
    broken: bool
    tags: dict[str, str]


def decode(source: Path, wanted: frozenset[int | None], folder: Path, name: str, progress: Progress) -> Decoded:
    """Raises RecordingError (3), SettingsError (9) for a channel that the file does not have, OutputError (6)."""
    import av

    media.check(source)
    with media.opened(source) as container:
        streams = container.streams.audio
        counts = [max(1, stream.channels) for stream in streams]
        _check(source, wanted, sum(counts))
        announced_ms = media.announced_ms(container)
        tags = {**container.metadata, **streams[0].metadata}
        sounds = {channel: folder / f"{name}-{channel or 'mix'}.wav" for channel in wanted}
        with store.saying_why(folder), contextlib.ExitStack() as stack:
            writers = {channel: stack.enter_context(_writer(path)) for channel, path in sounds.items()}
            copy = _Copy(writers, counts)
            broken = copy.run(container, announced_ms, progress, av.FFmpegError)
    lengths = {wav.duration_ms(path) for path in sounds.values()}
    if min(lengths) == 0:
        raise RecordingError(f"音声を取り出せませんでした: {source}", "再生できるファイルか確かめてください。")
    return Decoded(sounds, sum(counts), min(lengths), announced_ms, broken, tags)


def _check(source: Path, wanted: frozenset[int | None], channels: int) -> None:
    missing = sorted(channel for channel in wanted if channel is not None and channel > channels)
    if missing:
        raise SettingsError(
            f"会議ファイルの microphones にチャンネル{missing[0]}がありますが、{source.name} は{channels}チャンネルです。",
            "channel は1から数えます。録音機が1つの音にまとめて書き出していないかも確かめてください。",
        )


def _writer(path: Path) -> wave.Wave_write:
    out = wave.open(str(path), "wb")  # noqa: SIM115 (the caller's ExitStack closes it)
    out.setnchannels(1)
    out.setsampwidth(2)
    out.setframerate(wav.SAMPLE_RATE_HZ)
    return out


class _Copy:
    """Frames of every stream to the writers of its channels; all channels together only from the first stream."""

    def __init__(self, writers: dict[int | None, wave.Wave_write], counts: list[int]) -> None:
        self.writers = writers
        self.first = [1 + sum(counts[:n]) for n in range(len(counts))]
        self.resamplers: dict[int, AudioResampler] = {}
        self.forms: dict[int, tuple[str, str, int]] = {}
        self.written = 0

    def run(self, container: InputContainer, announced_ms: int, progress: Progress, damage: type[Exception]) -> bool:
        """Damaged packets are passed over; returns whether there were any."""
        broken = False
        numbers = {stream.index: n for n, stream in enumerate(container.streams.audio)}
        packets = container.demux(*container.streams.audio)
        while True:
            try:
                packet = next(packets)
                number = numbers[packet.stream.index]
                for frame in packet.decode():
                    self._take(number, frame)
            except StopIteration:
                break
            except (damage, EOFError, ValueError):
                if broken and not self.written:
                    break
                broken = True
                continue
            media.check_length(self.written // wav.SAMPLES_PER_MS)
            if announced_ms:
                progress(media.STAGE, min(self.written // wav.SAMPLES_PER_MS, announced_ms), announced_ms)
        for number in self.resamplers:
            self._write(number, None)
        return broken

    def _take(self, number: int, frame: AudioFrame) -> None:
        """A frame into the resampler of its form: recorders change their rate in the middle of a file."""
        import av

        form = (frame.format.name, frame.layout.name, frame.sample_rate)
        if self.forms.get(number) != form:
            if number in self.resamplers:
                self._write(number, None)
            self.resamplers[number] = av.AudioResampler(format="fltp", layout=frame.layout, rate=wav.SAMPLE_RATE_HZ)
            self.forms[number] = form
        self._write(number, frame)

    def _write(self, number: int, frame: AudioFrame | None) -> None:
        for piece in self.resamplers[number].resample(frame):
            samples = piece.to_ndarray()  # (channels, n) float32
            for row, sound in enumerate(samples, start=self.first[number]):
                if row in self.writers:
                    self.writers[row].writeframes(_pcm(sound))
            if number == 0:
                self.written += samples.shape[1]
                if MIX in self.writers:
                    self.writers[MIX].writeframes(_pcm(samples.mean(axis=0)))


def _pcm(samples: npt.NDArray[np.float32]) -> bytes:
    return np.clip(np.round(samples * BOUND), -BOUND, BOUND).astype("<i2").tobytes()

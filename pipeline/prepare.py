"""Any audio or video becomes the one form that the rest of the program reads: 16 kHz mono 16-bit wav.

In: a file that PyAV can decode (the codecs are inside its wheel, so no ffmpeg program is needed). Out: a ``Recording``
and ``outputs/<id>/audio.wav``. Decoded frame by frame, so three hours need no more memory than three minutes. A file
that breaks off is used as far as it goes, with a warning; one that gives nothing is an error in words (exit code 3).
"""

from __future__ import annotations

import wave
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from pipeline import media, shown, store, wav
from pipeline.errors import RecordingError
from pipeline.media import STAGE
from pipeline.protocols import Progress
from pipeline.schema import Recording

if TYPE_CHECKING:
    from av import AudioFrame, AudioResampler
    from av.container import InputContainer

AUDIO, RECORD = "audio.wav", "recording.json"


def recording(source: Path, outputs: Path, progress: Progress) -> Recording:
    """Prepare ``source`` once; a second run finds the result. Raises RecordingError (3) and OutputError (6)."""
    media.check(source)
    sha256 = media.digest(source, progress)
    folder = outputs / store.id_of(source, sha256, "recording")
    if kept := _prepared_before(folder, sha256):
        progress(STAGE, 1, 1)
        return kept
    with store.saying_why(folder):
        folder.mkdir(parents=True, exist_ok=True)
    with store.saying_why(folder), store.replacing(folder / AUDIO) as part:
        channels, announced_ms, broken = _decode(source, part, progress)
        duration_ms = wav.duration_ms(part)
        if duration_ms == 0:
            raise RecordingError(f"音声を取り出せませんでした: {source}", "再生できるファイルか確かめてください。")
    made = Recording(
        id=folder.name,
        source=shown.line(source.name),
        audio=AUDIO,
        sha256=sha256,
        duration_ms=duration_ms,
        channels=channels,
        warnings=media.truncated(source, duration_ms, announced_ms, broken),
    )
    store.write_bytes(folder / RECORD, made.model_dump_json(indent=1).encode())
    return made


def _prepared_before(folder: Path, sha256: str) -> Recording | None:
    try:
        kept = Recording.model_validate_json((folder / RECORD).read_bytes())
        whole = wav.duration_ms(folder / kept.audio) == kept.duration_ms
    except (OSError, ValidationError, wave.Error, EOFError):
        return None
    return kept if whole and kept.sha256 == sha256 and not kept.parts else None


def _decode(source: Path, target: Path, progress: Progress) -> tuple[int, int, bool]:
    """Write the wav; returns the source's channels, its announced length in ms (0: unknown), and whether it broke."""
    with media.opened(source) as container:
        channels = max(1, container.streams.audio[0].channels)
        announced_ms = media.announced_ms(container)
        with store.saying_why(target), wave.open(str(target), "wb") as out:
            out.setnchannels(1)
            out.setsampwidth(2)
            out.setframerate(wav.SAMPLE_RATE_HZ)
            broken = _copy(container, out, announced_ms, progress)
    return channels, announced_ms, broken


def _copy(container: InputContainer, out: wave.Wave_write, announced_ms: int, progress: Progress) -> bool:
    """All decodable frames, resampled. Damaged packets are passed over; returns whether there were any."""
    import av

    resampler, form = _resampler(), None
    broken = False
    written_ms = 0
    packets = container.demux(container.streams.audio[0])
    while True:
        try:
            packet = next(packets)
            frames = packet.decode()
        except StopIteration:
            break
        except (av.FFmpegError, EOFError):
            if broken and written_ms == 0:
                break  # nothing but damage so far: not worth a walk to the end
            broken = True
            continue
        for frame in frames:
            if form not in (None, now := (frame.format.name, frame.layout.name, frame.sample_rate)):
                written_ms += _write(resampler, None, out)  # recorders change their rate in the middle of a file
                resampler = _resampler()
            form = now
            try:
                written_ms += _write(resampler, frame, out)
            except (av.FFmpegError, ValueError):  # a number of channels or a rate that cannot be
                broken = True
                resampler, form = _resampler(), None
        media.check_length(written_ms)
        if announced_ms:
            progress(STAGE, announced_ms // 10 + min(written_ms, announced_ms) * 9 // 10, announced_ms)
    if form is not None:
        _write(resampler, None, out)
    return broken


def _resampler() -> AudioResampler:
    import av

    return av.AudioResampler(format="s16", layout="mono", rate=wav.SAMPLE_RATE_HZ)


def _write(resampler: AudioResampler, frame: AudioFrame | None, out: wave.Wave_write) -> int:
    """One frame, or what is left in the resampler for None; returns the milliseconds written."""
    samples = 0
    for piece in resampler.resample(frame):
        out.writeframes(piece.to_ndarray().tobytes())
        samples += piece.samples
    return samples // wav.SAMPLES_PER_MS

"""Any audio or video becomes the one form that the rest of the program reads: 16 kHz mono 16-bit wav.

In: a file that PyAV can decode (the codecs are inside its wheel, so no ffmpeg program is needed). Out: a ``Recording``
and ``outputs/<id>/audio.wav``. Decoded frame by frame, so three hours need no more memory than three minutes. A file
that breaks off is used as far as it goes, with a warning; one that gives nothing is an error in words (exit code 3).
"""

from __future__ import annotations

import hashlib
import re
import wave
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from pipeline import store, wav
from pipeline.errors import RecordingError
from pipeline.protocols import Progress
from pipeline.schema import Recording, Warn

if TYPE_CHECKING:
    from av.container import InputContainer

STAGE = "準備"
AUDIO, RECORD = "audio.wav", "recording.json"
ID_DIGITS = 6
_BLOCK_BYTES = 1 << 20
_MISSING_SHARE = 0.01  # of the announced length; less is how containers round
_MISSING_MS = 2_000
OTHER_FILE = "wav、mp3、m4a、mp4 などの録音・録画のファイルを指定してください。"


def recording(source: Path, outputs: Path, progress: Progress) -> Recording:
    """Prepare ``source`` once; a second run finds the result. Raises RecordingError (3) and OutputError (6)."""
    check(source)
    sha256 = _digest(source, progress)
    stem = re.sub(r"[^\w.\-]+", "_", source.stem).strip("._") or "recording"
    folder = outputs / f"{stem}-{sha256[:ID_DIGITS]}"
    if kept := _prepared_before(folder, sha256):
        progress(STAGE, 1, 1)
        return kept
    with store.saying_why(folder):
        folder.mkdir(parents=True, exist_ok=True)
    part = folder / (AUDIO + ".part")
    try:
        channels, announced_ms, broken = _decode(source, part, progress)
        duration_ms = wav.duration_ms(part)
        if duration_ms == 0:
            raise RecordingError(f"音声を取り出せませんでした: {source}", "再生できるファイルか確かめてください。")
        with store.saying_why(folder):
            part.replace(folder / AUDIO)
    finally:
        part.unlink(missing_ok=True)
    missing_ms = announced_ms - duration_ms
    warnings: tuple[Warn, ...] = ()
    if broken or _riff_is_short(source) or missing_ms > max(_MISSING_MS, announced_ms * _MISSING_SHARE):
        warnings = (_truncated(duration_ms, announced_ms),)
    made = Recording(
        id=folder.name,
        source=source.name,
        audio=AUDIO,
        sha256=sha256,
        duration_ms=duration_ms,
        channels=channels,
        warnings=warnings,
    )
    store.write_bytes(folder / RECORD, made.model_dump_json(indent=1).encode())
    return made


def check(source: Path) -> None:
    """What can be said of a file without reading it. Raises RecordingError."""
    if not source.exists():
        raise RecordingError(f"録音がありません: {source}", "ファイル名と場所を確かめてください。")
    if not source.is_file():
        raise RecordingError(f"録音ではなくフォルダです: {source}", "フォルダの中の録音ファイルを指定してください。")
    if source.stat().st_size == 0:
        raise RecordingError(f"録音が空です(0 バイト): {source}", "コピーし直すか、録音機の元のファイルを確かめてください。")


def _digest(source: Path, progress: Progress) -> str:
    """SHA-256 of the content; a file that changes meanwhile is still being copied."""
    before = source.stat()
    digest, done = hashlib.sha256(), 0
    try:
        with source.open("rb") as file:
            while block := file.read(_BLOCK_BYTES):
                digest.update(block)
                done += len(block)
                progress(STAGE, done // 10, before.st_size)  # hashing is about a tenth of this stage
    except OSError as error:
        raise RecordingError(
            f"録音を読めません: {source}({error.strerror})", "読み取りの権限と、媒体のつながりを確かめてください。"
        ) from error
    after = source.stat()
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        raise RecordingError(f"まだコピー中のようです: {source}", "コピーが終わってから、もう一度実行してください。")
    return digest.hexdigest()


def _riff_is_short(source: Path) -> bool:
    """A wav whose header announces more than the file holds: decoders take the file's size for its length."""
    with source.open("rb") as file:
        head = file.read(8)
    announced = int.from_bytes(head[4:8], "little")
    streamed = announced in (0, 0xFFFFFFFF)  # written before the length was known
    return head[:4] == b"RIFF" and not streamed and announced + 8 > source.stat().st_size + 1


def _prepared_before(folder: Path, sha256: str) -> Recording | None:
    try:
        kept = Recording.model_validate_json((folder / RECORD).read_bytes())
        whole = wav.duration_ms(folder / kept.audio) == kept.duration_ms
    except (OSError, ValidationError, wave.Error, EOFError):
        return None
    return kept if whole and kept.sha256 == sha256 and not kept.parts else None


def _decode(source: Path, target: Path, progress: Progress) -> tuple[int, int, bool]:
    """Write the wav; returns the source's channels, its announced length in ms (0: unknown), and whether it broke."""
    import av

    try:
        container = av.open(str(source))
    except (av.FFmpegError, OSError, ValueError) as error:
        raise RecordingError(f"録音・録画のファイルとして読めません: {source}", OTHER_FILE) from error
    with container:
        if not container.streams.audio:
            raise RecordingError(f"音声が入っていません: {source}", "音声のある録音・録画を指定してください。")
        stream = container.streams.audio[0]
        announced_ms = _announced_ms(container)
        channels = max(1, stream.channels)
        with store.saying_why(target), wave.open(str(target), "wb") as out:
            out.setnchannels(1)
            out.setsampwidth(2)
            out.setframerate(wav.SAMPLE_RATE_HZ)
            broken = _copy(container, out, announced_ms, progress)
    return channels, announced_ms, broken


def _announced_ms(container: InputContainer) -> int:
    stream = container.streams.audio[0]
    if stream.duration and stream.time_base:
        return int(stream.duration * stream.time_base * 1000)
    return int(container.duration // 1000) if container.duration else 0


def _copy(container: InputContainer, out: wave.Wave_write, announced_ms: int, progress: Progress) -> bool:
    """All decodable frames, resampled. Damaged packets are passed over; returns whether there were any."""
    import av

    resampler = av.AudioResampler(format="s16", layout="mono", rate=wav.SAMPLE_RATE_HZ)
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
            for piece in resampler.resample(frame):
                out.writeframes(piece.to_ndarray().tobytes())
                written_ms += piece.samples // wav.SAMPLES_PER_MS
        if announced_ms:
            progress(STAGE, announced_ms // 10 + min(written_ms, announced_ms) * 9 // 10, announced_ms)
    for piece in resampler.resample(None):
        out.writeframes(piece.to_ndarray().tobytes())
    return broken


def _truncated(duration_ms: int, announced_ms: int, name: str = "") -> Warn:
    minutes, seconds = divmod(duration_ms // 1000, 60)
    told = f"(本来は約{announced_ms // 60000}分)" if announced_ms > duration_ms else ""
    return Warn(
        code="truncated",
        message=f"録音{f'({name})' if name else ''}が途中で切れているか、壊れた箇所があります。読めた{minutes}分{seconds}秒だけで作りました{told}。",
    )


def opened(source: Path) -> InputContainer:
    import av

    try:
        container: InputContainer = av.open(str(source))
    except (av.FFmpegError, OSError, ValueError) as error:
        raise RecordingError(f"録音・録画のファイルとして読めません: {source}", OTHER_FILE) from error
    if not container.streams.audio:
        raise RecordingError(f"音声が入っていません: {source}", "音声のある録音・録画を指定してください。")
    return container


def id_of(source: Path, sha256: str) -> str:
    stem = re.sub(r"[^\w.\-]+", "_", source.stem).strip("._") or "recording"
    return f"{stem}-{sha256[:ID_DIGITS]}"


def is_short(source: Path, duration_ms: int, announced_ms: int) -> bool:
    return _riff_is_short(source) or announced_ms - duration_ms > max(_MISSING_MS, announced_ms * _MISSING_SHARE)


digest, announced_ms, truncated = _digest, _announced_ms, _truncated

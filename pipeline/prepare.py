"""Any audio or video becomes the one form that the rest of the program reads: 16 kHz mono 16-bit wav.

In: a file that PyAV can decode (the codecs are inside its wheel, so no ffmpeg program is needed). Out: a ``Recording``
and ``outputs/<id>/audio.wav``. Decoded frame by frame, so three hours need no more memory than three minutes. A file
that breaks off is used as far as it goes, with a warning; one that gives nothing is an error in words (exit code 3).
"""

from __future__ import annotations

import errno
import hashlib
import stat
import wave
from pathlib import Path
from typing import IO, TYPE_CHECKING, NoReturn

from pydantic import ValidationError

from pipeline import reading, shown, store, wav
from pipeline.errors import RecordingError
from pipeline.protocols import Progress
from pipeline.schema import Recording, Warn

if TYPE_CHECKING:
    from av import AudioFrame, AudioResampler
    from av.container import InputContainer

STAGE = "準備"
AUDIO, RECORD = "audio.wav", "recording.json"
MAX_HOURS = 24  # a few kilobytes can claim to hold years
MIN_RATE_HZ = 1_000  # speech needs 6,000; below this, a small file fills the disk
_BLOCK_BYTES = 1 << 20
_MISSING_SHARE = 0.01  # of the announced length; less is how containers round
_MISSING_MS = 2_000
# Containers that hold their sound themselves. The others (playlists, concat scripts, session descriptions, image sequences)
# make the decoder open what they name: other files of this machine, or a connection.
CONTAINERS = (
    "3gp,aac,ac3,act,adx,aiff,amr,amrnb,amrwb,ape,asf,asf_o,ast,au,avi,caf,dsf,dss,dts,dtshd,dv,eac3,flac,flv,gsm,iff,ircam,"
    "loas,m4a,matroska,webm,mov,mp4,3g2,mj2,mp3,mpc,mpc8,mpeg,mpegts,msf,mxf,nut,ogg,oma,qcp,rm,rso,sox,tak,tta,voc,w64,wav,"
    "wsd,wtv,wv,xwma"
)
OTHER_FILE = "wav、mp3、m4a、mp4 などの録音・録画のファイルを指定してください。"


def recording(source: Path, outputs: Path, progress: Progress) -> Recording:
    """Prepare ``source`` once; a second run finds the result. Raises RecordingError (3) and OutputError (6)."""
    check(source)
    sha256 = _digest(source, progress)
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
    missing_ms = announced_ms - duration_ms
    warnings: tuple[Warn, ...] = ()
    if broken or _riff_is_short(source) or missing_ms > max(_MISSING_MS, announced_ms * _MISSING_SHARE):
        warnings = (_truncated(duration_ms, announced_ms),)
    made = Recording(
        id=folder.name,
        source=shown.line(source.name),
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
    try:
        found = source.stat()
    except OSError as error:
        if error.errno in (errno.EACCES, errno.EPERM, errno.EIO):
            raise _unreadable(source, error) from error
        raise RecordingError(
            f"録音がありません: {source}({reading.why(error)})", "ファイル名と場所を確かめてください。"
        ) from error
    if stat.S_ISDIR(found.st_mode):
        raise RecordingError(f"録音ではなくフォルダです: {source}", "フォルダの中の録音ファイルを指定してください。")
    if not stat.S_ISREG(found.st_mode):
        raise RecordingError(f"録音のファイルではなく、装置や通信路です: {source}", OTHER_FILE)
    if found.st_size == 0:
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
        raise _unreadable(source, error) from error
    after = source.stat()
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        raise RecordingError(f"まだコピー中のようです: {source}", "コピーが終わってから、もう一度実行してください。")
    return digest.hexdigest()


def _unreadable(source: Path, error: OSError) -> RecordingError:
    return RecordingError(
        f"録音を読めません: {source}({reading.why(error)})", "読み取りの権限と、媒体のつながりを確かめてください。"
    )


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
    return kept if whole and kept.sha256 == sha256 else None


def _decode(source: Path, target: Path, progress: Progress) -> tuple[int, int, bool]:
    """Write the wav; returns the source's channels, its announced length in ms (0: unknown), and whether it broke."""
    with source.open("rb") as file, opened(source, file) as container:
        if not container.streams.audio:
            raise RecordingError(f"音声が入っていません: {source}", "音声のある録音・録画を指定してください。")
        stream = container.streams.audio[0]
        if stream.codec_context is None or stream.rate < MIN_RATE_HZ:
            raise RecordingError(
                f"録音の圧縮のしかたが分かりません: {source}", "再生できるソフトで wav か mp3 に変換してください。"
            )
        announced_ms = _announced_ms(container)
        channels = max(1, stream.channels)
        with store.saying_why(target), wave.open(str(target), "wb") as out:
            out.setnchannels(1)
            out.setsampwidth(2)
            out.setframerate(wav.SAMPLE_RATE_HZ)
            broken = _copy(container, out, announced_ms, progress)
    return channels, announced_ms, broken


def opened(source: Path, file: IO[bytes]) -> InputContainer:
    """The decoder gets an open file, never a name (``http:``, ``concat:`` and the like are names to it), and no other file."""
    import av

    try:
        container: InputContainer = av.open(file, options={"format_whitelist": CONTAINERS}, io_open=_nothing_else)
    except (av.FFmpegError, OSError, ValueError) as error:
        raise RecordingError(f"録音・録画のファイルとして読めません: {source}", OTHER_FILE) from error
    return container


def _nothing_else(url: str, flags: int, options: dict[str, str]) -> NoReturn:
    raise PermissionError(errno.EACCES, "a recording may not open other files")


def _announced_ms(container: InputContainer) -> int:
    stream = container.streams.audio[0]
    if stream.duration and stream.time_base:
        return int(stream.duration * stream.time_base * 1000)
    return int(container.duration // 1000) if container.duration else 0


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
        if written_ms > MAX_HOURS * 3_600_000:
            raise RecordingError(
                f"{MAX_HOURS}時間より長い録音は扱えません。",
                "会議ごとのファイルに分けるか、元の録音の長さを確かめてください。",
            )
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


def _truncated(duration_ms: int, announced_ms: int) -> Warn:
    minutes, seconds = divmod(duration_ms // 1000, 60)
    told = f"(本来は約{announced_ms // 60000}分)" if announced_ms > duration_ms else ""
    return Warn(
        code="truncated",
        message=f"録音が途中で切れているか、壊れた箇所があります。読めた{minutes}分{seconds}秒だけで作りました{told}。",
    )

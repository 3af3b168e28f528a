"""The door through which recordings come in: what may be opened, and what can be said of a file before it is decoded.

In: a path that somebody gave. Out: its digest, the length that it announces, a decoder that has found sound in it. Every part
that touches a recording (``prepare``, ``microphones``, the night) goes through here, so that no way is left open beside it.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from pipeline import reading, shown
from pipeline.errors import RecordingError
from pipeline.protocols import Progress
from pipeline.schema import Warn

if TYPE_CHECKING:
    from av.container import InputContainer

STAGE = "準備"
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


def digest(source: Path, progress: Progress) -> str:
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


@contextlib.contextmanager
def opened(source: Path) -> Iterator[InputContainer]:
    """A file with sound in it. Raises RecordingError.

    The decoder gets an open file, never a name (``http:``, ``concat:`` and the like are names to it), and no other file.
    """
    import av

    with source.open("rb") as file:
        try:
            container: InputContainer = av.open(file, options={"format_whitelist": CONTAINERS}, io_open=_nothing_else)
        except (av.FFmpegError, OSError, ValueError) as error:
            raise RecordingError(f"録音・録画のファイルとして読めません: {source}", OTHER_FILE) from error
        with container:
            if not container.streams.audio:
                raise RecordingError(f"音声が入っていません: {source}", "音声のある録音・録画を指定してください。")
            stream = container.streams.audio[0]
            if stream.codec_context is None or stream.rate < MIN_RATE_HZ:
                raise RecordingError(
                    f"録音の圧縮のしかたが分かりません: {source}", "再生できるソフトで wav か mp3 に変換してください。"
                )
            yield container


def _nothing_else(url: str, flags: int, options: dict[str, str]) -> NoReturn:
    raise PermissionError(errno.EACCES, "a recording may not open other files")


def announced_ms(container: InputContainer) -> int:
    stream = container.streams.audio[0]
    if stream.duration and stream.time_base:
        return int(stream.duration * stream.time_base * 1000)
    return int(container.duration // 1000) if container.duration else 0


def check_length(decoded_ms: int) -> None:
    """Stop a decoder that does not end. Raises RecordingError."""
    if decoded_ms > MAX_HOURS * 3_600_000:
        raise RecordingError(
            f"{MAX_HOURS}時間より長い録音は扱えません。",
            "会議ごとのファイルに分けるか、元の録音の長さを確かめてください。",
        )


def truncated(source: Path, duration_ms: int, announced: int, broken: bool, name: str = "") -> tuple[Warn, ...]:
    """The warning for a file of which ``duration_ms`` could be decoded, none where that is all of it."""
    missing_ms = announced - duration_ms
    if not (broken or _riff_is_short(source) or missing_ms > max(_MISSING_MS, announced * _MISSING_SHARE)):
        return ()
    minutes, seconds = divmod(duration_ms // 1000, 60)
    told = f"(本来は約{announced // 60000}分)" if announced > duration_ms else ""
    which = f"({shown.line(name)})" if name else ""
    message = f"録音{which}が途中で切れているか、壊れた箇所があります。読めた{minutes}分{seconds}秒だけで作りました{told}。"
    return (Warn(code="truncated", message=message),)


def _riff_is_short(source: Path) -> bool:
    """A wav whose header announces more than the file holds: decoders take the file's size for its length."""
    with source.open("rb") as file:
        head = file.read(8)
    announced = int.from_bytes(head[4:8], "little")
    streamed = announced in (0, 0xFFFFFFFF)  # written before the length was known
    return head[:4] == b"RIFF" and not streamed and announced + 8 > source.stat().st_size + 1


def _unreadable(source: Path, error: OSError) -> RecordingError:
    return RecordingError(
        f"録音を読めません: {source}({reading.why(error)})", "読み取りの権限と、媒体のつながりを確かめてください。"
    )

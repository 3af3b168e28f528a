"""Writing results so that nothing is lost: whole or not at all, and a full disk is said in words (exit code 6)."""

from __future__ import annotations

import errno
import functools
import hashlib
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline import reading
from pipeline.errors import OutputError

_BLOCK_BYTES = 1 << 20
ID_DIGITS = 6  # of the sha256
_ID_BYTES = 180  # of a file name's 255: the endings of what lies beside it need the rest
_NOT_IN_IDS = re.compile(r"[^\w.\-]+")  # an id names a folder


@contextmanager
def saying_why(path: Path) -> Iterator[None]:
    """Turn the operating system's refusal to write ``path`` into an OutputError with the next step."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise OutputError(
                f"ディスクの空きがないため書き込めません: {path}",
                "空き容量を作ってから、同じコマンドをもう一度実行してください。終わった部分は残っています。",
            ) from error
        raise OutputError(
            f"書き込めません: {path}({reading.why(error)})",
            "フォルダの書き込み権限と場所を確かめてください。",
        ) from error


def write_bytes(path: Path, data: bytes) -> None:
    """Replace ``path`` atomically: after a crash it holds the old or the new content, never a part."""
    with saying_why(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as part, part.open("wb") as out:
            out.write(data)
            out.flush()
            os.fsync(out.fileno())


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A file beside ``path`` to write into, which takes its place at the end, or is gone if the writing fails.

    Only its owner can read it meanwhile: it holds what was said, and nobody looks after a file that kill -9 left behind.
    The finished file gets the permissions that any new file gets here.
    """
    part = path.with_name(path.name + ".part")
    part.unlink(missing_ok=True)  # of a killed run, perhaps with other permissions
    os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    try:
        yield part
        part.chmod(0o666 & ~_umask())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


@functools.cache
def _umask() -> int:
    """The only way to ask is to set it, so it is asked once."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def id_of(file: Path, sha256: str, otherwise: str) -> str:
    """The id of what is made from ``file``: a folder's name, no option of a command, short enough for every file system."""
    stem = _NOT_IN_IDS.sub("_", file.stem).strip("._")
    stem = stem.encode("utf-8", "ignore")[:_ID_BYTES].decode("utf-8", "ignore").lstrip("-._")
    return f"{stem or otherwise}-{sha256[:ID_DIGITS]}"


def sha256_of(path: Path) -> str:
    """Hex digest of a file, or of a folder's files with their relative names, in bounded memory."""
    digest = hashlib.sha256()
    for file in [path] if path.is_file() else sorted(p for p in path.rglob("*") if p.is_file()):
        if file != path:
            digest.update(file.relative_to(path).as_posix().encode() + b"\0")
        with file.open("rb") as source:
            while block := source.read(_BLOCK_BYTES):
                digest.update(block)
    return digest.hexdigest()

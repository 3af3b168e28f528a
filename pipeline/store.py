"""Writing results so that nothing is lost: whole or not at all, and a full disk is said in words (exit code 6)."""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.errors import OutputError

_BLOCK_BYTES = 1 << 20


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
            f"書き込めません: {path}({error.strerror or error})",
            "フォルダの書き込み権限と場所を確かめてください。",
        ) from error


def write_bytes(path: Path, data: bytes) -> None:
    """Replace ``path`` atomically: after a crash it holds the old or the new content, never a part."""
    with saying_why(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(path.name + ".part")
        with part.open("wb") as out:
            out.write(data)
            out.flush()
            os.fsync(out.fileno())
        part.replace(path)


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

"""Files that somebody hands us, read whole: only what is a file, and only as much as such a file can honestly hold.

In: a path from the command line and a limit. Out: the bytes, or ``Unreadable`` with the reason in Japanese, which the caller
puts into its own error. A pipe without a writer would keep us waiting for ever, ``/dev/zero`` would fill the memory; both are
one typing mistake away.
"""

from __future__ import annotations

import errno
import stat
from pathlib import Path

_WHY = {
    errno.ENOENT: "ファイルがありません",
    errno.ENOTDIR: "ファイルがありません",
    errno.ENAMETOOLONG: "名前が長すぎます",
    errno.ELOOP: "リンクが堂々巡りしています",
    errno.EACCES: "権限がありません",
    errno.EPERM: "権限がありません",
    errno.EROFS: "読み取り専用の場所です",
    errno.EISDIR: "フォルダです",
    errno.EEXIST: "同じ名前のファイルがあります",
    errno.EIO: "媒体から読み書きできません",
}


class Unreadable(Exception):
    """Why a file cannot be read, as a Japanese phrase."""


def is_file(path: Path) -> bool:
    """``Path.is_file`` that does not raise, e.g. for a name that is too long."""
    try:
        return path.is_file()
    except OSError:
        return False


def is_folder(path: Path) -> bool:
    """``Path.is_dir`` that does not raise."""
    try:
        return path.is_dir()
    except OSError:
        return False


def whole(path: Path, limit_bytes: int) -> bytes:
    """The content of a regular file of at most ``limit_bytes``. Raises Unreadable."""
    try:
        found = path.stat()
        if stat.S_ISDIR(found.st_mode):
            raise Unreadable(_WHY[errno.EISDIR])
        if not stat.S_ISREG(found.st_mode):
            raise Unreadable("装置や通信路で、ファイルではありません")
        if found.st_size > limit_bytes:
            raise Unreadable(f"大きすぎます({found.st_size / 1e6:,.0f} MB、上限は {limit_bytes / 1e6:,.0f} MB)")
        return path.read_bytes()
    except OSError as error:
        raise Unreadable(why(error)) from error


def why(error: OSError) -> str:
    """The operating system's reason in Japanese; its own words where we have none."""
    return _WHY.get(error.errno or 0, error.strerror or type(error).__name__)

"""A Word file as bytes that depend on nothing but its content: the same draft gives the same file on every day."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from typing import Any

LONG_AGO = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)  # an export is a pure function of its draft: no clock


def saved(document: Any) -> bytes:
    """``document`` can be saved by python-docx; every part of its zip gets one fixed time."""
    package, out = io.BytesIO(), io.BytesIO()
    document.save(package)
    with zipfile.ZipFile(package) as parts, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as fixed:
        for name in parts.namelist():
            info = zipfile.ZipInfo(name, LONG_AGO.timetuple()[:6])
            info.compress_type = zipfile.ZIP_DEFLATED
            fixed.writestr(info, parts.read(name))
    return out.getvalue()

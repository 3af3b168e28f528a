"""The data files of this folder: language knowledge that people can read and change.

In: the name of a file. Out: its tables, read once a process; treat them as read-only.
"""

from __future__ import annotations

import functools
import tomllib
from importlib import resources
from typing import Any


@functools.cache
def read(name: str) -> dict[str, Any]:
    """``<name>.toml`` beside this module."""
    return tomllib.loads(resources.files("pipeline.japanese").joinpath(f"{name}.toml").read_text(encoding="utf-8"))

"""The office's own command after each recording (``on_finish``): mail, copy, tell somebody.

In: the command line of the settings and what happened. The command gets one JSON object on stdin. What it does is its own
affair: its failure is told and logged, and changes nothing in the night.
"""

from __future__ import annotations

import json
import os
import shlex
import subprocess

from pipeline.batch.ledger import Entry
from pipeline.errors import SettingsError
from pipeline.runlog import LOG

LONGEST_S = 600


def arguments(command: str, posix: bool = os.name != "nt") -> list[str]:
    """The command line in pieces; on Windows a backslash is part of a path. Raises SettingsError for one that cannot be split."""
    try:
        words = shlex.split(command, posix=posix)
        return words if posix else [word.strip('"') for word in words]
    except ValueError as error:
        raise SettingsError(
            f"設定 on_finish の値が正しくありません: {error}", '引用符の組を確かめてください。例: on_finish = "sh mail.sh"'
        ) from error


def call(command: list[str], entry: Entry) -> str:
    """Why it failed, or nothing. stdout and stderr of the command are not ours to show: they may hold what was said."""
    told = {
        "recording": entry.name, "state": entry.state.value, "code": entry.code, "reason": entry.reason, "draft": entry.draft,
        "sha256": entry.key, "audio_ms": entry.audio_ms, "seconds": entry.seconds,
    }  # fmt: skip
    try:
        done = subprocess.run(
            command, input=json.dumps(told, ensure_ascii=False).encode(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            timeout=LONGEST_S, check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        failure = f"on_finish を実行できませんでした({type(error).__name__})"
    else:
        failure = f"on_finish が終了コード {done.returncode} で終わりました" if done.returncode else ""
    if failure:
        LOG.warning("%s: %s", entry.name, failure)
    return failure

"""Stand-ins for the work of a night's worker process, named for what they do; importable, because that process starts fresh.

Each leaves a line ``name pid`` in ``outputs/runs.log`` when it begins, so that a test can count what was begun where.
"""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from pipeline import interruption, store
from pipeline.batch.worker import Outcome
from pipeline.errors import ExitCode, OutputError, RecordingError, SettingsError, WeightsError
from pipeline.protocols import Executor
from pipeline.settings import Settings

SPOKEN = "ひみつの発言"
PACE = 0.001  # seconds of pretended work for a byte


def begin(source: Path, settings: Settings) -> None:
    with (settings.outputs_folder / "runs.log").open("a", encoding="utf-8") as log:
        log.write(f"{source.name} {os.getpid()}\n")


def by_name(source: Path, settings: Settings, runner: Executor) -> Outcome:
    """What happens is in the file's name; other files become a draft that holds their digest."""
    begin(source, settings)
    what = source.stem.split("-")[0]
    if what == "segfault":
        os.kill(os.getpid(), signal.SIGSEGV)
    if what == "memory":
        os.kill(os.getpid(), signal.SIGKILL)
    if what == "flaky":
        crashed = settings.outputs_folder / f"{source.stem}.crashed"
        if not crashed.exists():
            crashed.touch()
            os.kill(os.getpid(), signal.SIGSEGV)
    if what == "bug":
        raise ValueError(SPOKEN)
    if what == "corrupt":
        raise RecordingError("録音として読めません", "別のファイルを")
    if what == "sidecar":
        raise SettingsError("会議ファイルに知らない項目があります", "直してください")
    if what == "weights":
        raise WeightsError("モデルがありません", "fetch してください")
    if what == "full":
        raise OutputError("ディスクの空きがない", "空けてください")
    if what == "slow":
        for _ in range(600):
            interruption.check()
            time.sleep(0.05)
    draft = settings.outputs_folder / source.stem / "draft.json"
    store.write_bytes(draft, store.sha256_of(source).encode())
    code = ExitCode.NO_SPEECH if what == "silent" else ExitCode.DONE
    return Outcome(code=code, draft=draft, audio_ms=1000)

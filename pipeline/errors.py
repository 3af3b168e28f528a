"""What can go wrong, as a tree; each error is its exit code, a Japanese sentence and the next step.

    MinutesError
    ├── RecordingError   3  the recording: missing, empty, not audio, still being copied
    ├── WeightsError     5  weights absent or damaged
    ├── OutputError      6  cannot write, disk full, would overwrite
    └── SettingsError    9  settings or meeting file wrong

Codes without an exception: 0 done, 1 a bug, 2 usage (Typer), 7 no speech (a draft is written all the same),
8 some recordings failed, 130 interrupted. They are a promise to scripts: never renumber them.
The command line turns an exception into two lines on stderr and the code; no traceback, no spoken text.
"""

from __future__ import annotations

from enum import IntEnum

from pipeline import shown


class ExitCode(IntEnum):
    DONE = 0
    BUG = 1
    USAGE = 2
    RECORDING = 3
    WEIGHTS = 5
    OUTPUT = 6
    NO_SPEECH = 7
    SOME_FAILED = 8
    SETTINGS = 9
    INTERRUPTED = 130


class MinutesError(Exception):
    """An error for the user. ``message`` says what is wrong, ``advice`` what to do next; both one Japanese line.

    Both may quote file names, and a file name may hold anything.
    """

    exit_code: ExitCode = ExitCode.BUG

    def __init__(self, message: str, advice: str = "") -> None:
        super().__init__(message)
        self.message = shown.line(message)
        self.advice = shown.line(advice)


class RecordingError(MinutesError):
    exit_code = ExitCode.RECORDING


class WeightsError(MinutesError):
    exit_code = ExitCode.WEIGHTS


class OutputError(MinutesError):
    exit_code = ExitCode.OUTPUT


class SettingsError(MinutesError):
    exit_code = ExitCode.SETTINGS

"""Progress for people: bars on a terminal, one line per finished stage in a log. Everything goes to stderr.

A stage reports ``(stage, done, total)``; what it shows never holds spoken text.
"""

from __future__ import annotations

import logging
import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING, Self

from pipeline import interruption

if TYPE_CHECKING:
    import rich.progress

LOG = logging.getLogger("minutes")


class ShownProgress:
    """A context manager that satisfies ``Progress``. A new stage name closes the bar of the one before."""

    def __init__(self, title: str, bars: bool = True) -> None:
        self._title = title
        self._wants_bars = bars and sys.stderr.isatty()
        self._stage = ""
        self._since_s = 0.0
        self._bars: rich.progress.Progress | None = None
        self._task: rich.progress.TaskID | None = None
        self.seconds: dict[str, float] = {}

    def __enter__(self) -> Self:
        if self._wants_bars:
            import rich.console
            import rich.progress as bars

            self._bars = bars.Progress(
                bars.TextColumn("{task.description}"),
                bars.BarColumn(),
                bars.TaskProgressColumn(),
                bars.TimeElapsedColumn(),
                bars.TimeRemainingColumn(),
                console=rich.console.Console(stderr=True),
            )
            self._bars.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if error is None:
            self._close()
        if self._bars:
            self._bars.stop()

    def __call__(self, stage: str, done: int, total: int) -> None:
        interruption.check()
        if stage != self._stage:
            self._close()
            self._stage, self._since_s = stage, time.monotonic()
            if self._bars:
                self._task = self._bars.add_task(stage, total=max(total, 1))
        if self._bars and self._task is not None:
            self._bars.update(self._task, completed=min(done, total), total=max(total, 1))

    def _close(self) -> None:
        if not self._stage:
            return
        spent_s = time.monotonic() - self._since_s
        self.seconds[self._stage] = round(self.seconds.get(self._stage, 0.0) + spent_s, 3)
        LOG.info("%s: %s 完了(%.1f秒)", self._title, self._stage, spent_s)
        if self._bars and self._task is not None:
            self._bars.update(self._task, completed=self._bars.tasks[-1].total)
        self._stage = ""

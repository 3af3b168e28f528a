"""What ``minutes batch`` and ``minutes status`` do: a night over a folder, and what the ledger tells of all nights."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from pipeline import documents, runlog
from pipeline.batch import forecast, hook, ownership
from pipeline.batch.ledger import FILE, Entry, Ledger, State
from pipeline.batch.night import Maker, Night
from pipeline.batch.worker import Worker
from pipeline.commands.columns import aligned
from pipeline.errors import ExitCode, RecordingError, SettingsError
from pipeline.settings import Settings

_CLOCK = re.compile(r"(?P<hour>[01]?\d|2[0-3]):(?P<minute>[0-5]\d)")
LEFT = "途中で切れました。次の夜に続きから始めます"
Say = Callable[[str], None]


def run(
    settings: Settings,
    until: str | None,
    dry_run: bool,
    retry: bool,
    as_json: bool,
    scheduler: str | None,
    show: Say,
    say: Say,
) -> int:
    """Returns the exit code; ``show`` gets the result, ``say`` everything else. Raises MinutesError."""
    documents.check_formats(settings.formats)
    end = _next(clock(until), dt.datetime.now().astimezone()) if until else None
    command = hook.arguments(settings.on_finish)
    if not settings.recordings_folder.is_dir():
        raise RecordingError(
            f"録音のフォルダがありません: {settings.recordings_folder}",
            "場所を確かめるか、minutes batch フォルダ で指定してください。",
        )
    told: list[Entry] = []

    def tell(entry: Entry) -> None:
        told.append(entry)
        if not as_json:
            show(line(entry))

    with (
        ownership.claimed(settings.outputs_folder),
        Ledger(settings.outputs_folder) as ledger,
        _maker(settings, scheduler) as maker,
    ):
        if ledger.put_aside:
            say(f"台帳が壊れていたため {ledger.put_aside.name} に退け、新しく作りました。下書きは残っています。")
        runlog.open_log(settings.outputs_folder)
        night = Night(
            settings.recordings_folder, settings, ledger, maker, tell, end, retry, forecast.setup(settings, scheduler),
            on_finish=command,
        )  # fmt: skip
        if dry_run:
            for entry, seconds in night.plan():
                show(f"{entry.name}\t{'見込みなし' if seconds is None else f'約{max(1, round(seconds / 60))}分'}")
            return ExitCode.DONE
        try:
            code = night.run()
        finally:
            if as_json:  # also of a night that was stopped
                show(as_list(told))
        if not told and not as_json:
            say("新しい録音はありません。")
        if night.given_up:
            say(
                f"前から失敗のままの録音が {len(night.given_up)} 件あります"
                "(minutes status で理由、minutes batch --retry でやり直し)。"
            )
        return code


def status(settings: Settings, as_json: bool) -> str:
    """The ledger as a table, or as JSON. Nothing is written. Raises OutputError for a damaged one."""
    entries: tuple[Entry, ...] = ()
    if (settings.outputs_folder / FILE).exists():
        is_on = ownership.is_claimed(settings.outputs_folder)
        with Ledger(settings.outputs_folder, mend=False) as ledger:
            entries = tuple(entry if is_on else _left(entry) for entry in ledger.entries())
    if as_json:
        return as_list(list(entries))
    if not entries:
        return "台帳には、まだ何もありません。"
    return aligned([(e.state.value, e.name, e.changed[:16].replace("T", " "), e.draft or "", e.reason) for e in entries])


def _left(entry: Entry) -> Entry:
    """As it is when no night is on: what was 実行中 was killed with its night."""
    if entry.state is not State.RUNNING:
        return entry
    return entry.model_copy(update={"state": State.WAITING, "reason": LEFT})


def line(entry: Entry) -> str:
    """State, name, and the draft or the reason why there is none."""
    return "\t".join(filter(None, (entry.state.value, entry.name, entry.draft or "", entry.reason)))


def as_list(entries: list[Entry]) -> str:
    return json.dumps([entry.model_dump(mode="json") for entry in entries], ensure_ascii=False, indent=1)


@contextmanager
def _maker(settings: Settings, scheduler: str | None) -> Iterator[Maker]:
    if scheduler is not None:
        from pipeline.batch import cluster

        with cluster.connected(scheduler, settings) as maker:
            yield maker
        return
    worker = Worker(settings)
    try:
        yield worker
    finally:
        worker.close()


def clock(text: str) -> dt.time:
    """A time of day such as 07:00. Raises SettingsError."""
    found = _CLOCK.fullmatch(text)
    if not found:
        raise SettingsError(f"時刻として読めません: {text}", "07:00 のように書いてください。")
    return dt.time(int(found["hour"]), int(found["minute"]))


def _next(time: dt.time, now: dt.datetime) -> dt.datetime:
    """The next moment at which a clock shows the time."""
    then = now.replace(hour=time.hour, minute=time.minute, second=0, microsecond=0)
    return then if then > now else then + dt.timedelta(days=1)

"""Settings and a meeting become a ``Job``: which weights, which engine, which executor, and what to say about them.

The only place that knows the engines by name. Engine modules import their libraries when they run, so building a job
is cheap, and absent weights end here (exit code 5) before an hour of work.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from multiprocessing import get_context

from pipeline import __version__, interruption, layouts
from pipeline.engines import weights
from pipeline.engines.fasterwhisper import FasterWhisper
from pipeline.engines.hotwords import hotwords
from pipeline.engines.pyannoteaudio import PyannoteDiarizer
from pipeline.engines.seats import SeatDiarizer
from pipeline.engines.spectral import BuiltinDiarizer
from pipeline.microphones.room import Room
from pipeline.protocols import Diarizer, Executor, Progress, Serial, Transcriber
from pipeline.run import Job
from pipeline.schema import Meeting, Provenance, Setting, Warn
from pipeline.settings import DEMO, Settings

LIBRARIES = ("faster-whisper", "ctranslate2", "pyannote.audio", "torch", "pydub", "sudachipy", "sudachidict-core")
# where things lie and how a night goes, not how a draft is made
NOT_OF_THE_DRAFT = ("home", "outputs", "sources", "recordings", "attempts", "stable_s", "on_finish", "retention")
DEMO_WARNING = Warn(
    code="demo-models",
    message="見本用モデルで作った下書きです。合成音声だけを学んだモデルなので、実際の会議には使えません。",
)


def transcriber(settings: Settings, meeting: Meeting) -> Transcriber:
    """The recogniser. The demo model was never trained with hotwords, so it gets none."""
    name = DEMO if settings.is_demo else settings.whisper
    return FasterWhisper(
        folder=str(weights.locate_whisper(settings.home, name)),
        model_name=name,
        device=settings.device,
        language=settings.language,
        hotwords=hotwords(meeting) if settings.hotwords and not settings.is_demo else (),
        cpu_threads=settings.threads,
    )


def _pyannote(settings: Settings) -> Diarizer:
    name = DEMO if settings.is_demo else settings.pyannote
    return PyannoteDiarizer(
        folder=str(weights.locate_pyannote(settings.home, name)), model_name=name, device=settings.device
    )


def _builtin(_: Settings) -> Diarizer:
    return BuiltinDiarizer()


def _auto(settings: Settings) -> Diarizer:
    """pyannote where its weights are; an office without them still gets its draft, marked 簡易話者分離.

    Damaged weights are an error all the same: who has fetched them expects them to be used.
    """
    name = DEMO if settings.is_demo else settings.pyannote
    absent = weights.examine(settings.home, weights.known(name, weights.PYANNOTE)).folder is None
    return _builtin(settings) if absent else _pyannote(settings)


DIARIZERS: dict[str, Callable[[Settings], Diarizer]] = {"auto": _auto, "pyannote": _pyannote, "builtin": _builtin}


@contextmanager
def executor(settings: Settings) -> Iterator[Executor]:
    """One process or several; workers start fresh (spawn), because forked ones inherit threads of model libraries.

    When the work is interrupted, chunks that wait are not begun any more. Workers never outlive this process.
    """
    if settings.workers == 1:
        yield Serial()
        return
    context = get_context("spawn")
    pool = ProcessPoolExecutor(settings.workers, mp_context=context, initializer=interruption.end_with_owner)
    try:
        yield pool
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def diarizer(settings: Settings, room: Room | None) -> Diarizer:
    """By the microphones where these have seats; voices are compared, and weights needed, only where people share one."""
    if room is None or not room.has_seats:
        return DIARIZERS[settings.diarizer](settings)
    seats = tuple(lane.microphone for lane in room.lanes if not lane.microphone.room)
    has_room = len(seats) < len(room.lanes)
    shared = has_room or any(microphone.people > 1 for microphone in seats)
    return SeatDiarizer(seats, has_room, DIARIZERS[settings.diarizer](settings) if shared else None)


def build(settings: Settings, meeting: Meeting, runner: Executor, progress: Progress, room: Room | None = None) -> Job:
    """Raises WeightsError (5) for absent weights, SettingsError (9) for an unknown template."""
    hearing = transcriber(settings, meeting)
    telling_apart = diarizer(settings, room)
    return Job(
        outputs=settings.outputs_folder,
        meeting=meeting,
        layout=layouts.load(meeting.template),
        transcriber=hearing,
        diarizer=telling_apart,
        executor=runner,
        provenance=provenance(settings, (hearing, telling_apart)),
        progress=progress,
        target_ms=settings.chunk_s * 1000,
        warnings=(DEMO_WARNING,) if settings.is_demo else (),
        room=room,
    )


def provenance(settings: Settings, engines: tuple[Transcriber | Diarizer, ...]) -> Provenance:
    """作成方法: program, models with their digests, options that were not the default, library versions."""
    chosen = [
        Setting(name=name, value=str(getattr(settings, name)))
        for name, field in Settings.model_fields.items()
        if name not in NOT_OF_THE_DRAFT and getattr(settings, name) != field.get_default()
    ]
    return Provenance(
        program=f"minutes {__version__}",
        models=tuple(engine.model for engine in engines),
        options=tuple(chosen),
        versions=tuple(Setting(name=name, value=_version(name)) for name in LIBRARIES),
    )


def _version(library: str) -> str:
    try:
        return version(library)
    except PackageNotFoundError:
        return "なし"

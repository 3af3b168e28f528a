"""What ``minutes transcribe``, ``assemble`` and ``demo`` do: recordings in, drafts and exit codes out.

One bad recording never stops the others; the exit code tells apart "nothing worked" (that error's own code), "some
worked" (8) and "nobody spoke" (7, a draft is written all the same).
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from pipeline import documents, job, layouts, media, meeting_file, reading, runlog, shown
from pipeline.errors import ExitCode, MinutesError, WeightsError
from pipeline.microphones import room
from pipeline.progress import ShownProgress
from pipeline.protocols import Executor
from pipeline.run import Job, make_draft, understand
from pipeline.schema import Meeting
from pipeline.settings import Settings

Print = Callable[[object], None]


def transcribe_all(
    recordings: list[Path],
    meeting: Path | None,
    settings: Settings,
    show: Print,
    tell: Callable[[MinutesError], int],
    join: bool = False,
) -> int:
    """Each recording to a draft, with ``join`` all to one; ``show`` gets each draft's path, ``tell`` each error. Returns the exit code."""
    documents.check_formats(settings.formats)
    runlog.open_log(settings.outputs_folder)
    codes: list[int] = []
    with job.executor(settings) as runner:
        for source in recordings[:1] if join else recordings:
            try:
                with runlog.stdout_kept_clean():
                    joined = tuple(recordings) if join else ()
                    path, spoke = transcribe_one(source, meeting, settings, runner, joined=joined)
                show(path)
                codes.append(ExitCode.DONE if spoke else ExitCode.NO_SPEECH)
            except MinutesError as error:
                runlog.LOG.error("%s: 終了コード %d", shown.line(source.name), error.exit_code)
                codes.append(tell(error))
    failed = [code for code in codes if code not in (ExitCode.DONE, ExitCode.NO_SPEECH)]
    if failed:
        return failed[0] if len(failed) == len(codes) else ExitCode.SOME_FAILED
    return max(codes)


def transcribe_one(
    source: Path,
    meeting: Path | None,
    settings: Settings,
    runner: Executor,
    placed: Callable[[Job], Job] = lambda work: work,
    bars: bool = True,
    joined: tuple[Path, ...] = (),
) -> tuple[Path, bool]:
    """One recording to its draft. Returns the draft's path and whether anybody spoke.

    ``placed`` may put the job's engines elsewhere; without ``bars`` progress is told in lines, for several side by side. A meeting file
    in the place of a recording stands for the files that it names.
    """
    if source.suffix.lower() == ".toml" and reading.is_file(source):
        source, meeting = meeting_file.first_recording(source), meeting or source
    media.check(source)
    title = shown.line(source.name)
    particulars, plan = particulars_of(source, meeting, joined)
    documents.form_of(particulars.template, settings.home)  # before an hour of work, not after it
    with ShownProgress(title, bars) as progress:
        work = placed(_build(settings, particulars, runner, progress, plan))
        draft = make_draft(source, work)
    folder = settings.outputs_folder / draft.recording.id
    path = documents.write(draft, folder, settings.formats, settings.home)
    spoke = any(turn.spoken for turn in draft.turns if not turn.is_invented)
    runlog.write_summary(folder, "done" if spoke else "no-speech", progress.seconds, [w.code for w in draft.warnings])
    for warning in draft.warnings:
        runlog.LOG.warning("%s: %s", title, warning.message)
    return path, spoke


def particulars_of(
    source: Path, meeting: Path | None = None, joined: tuple[Path, ...] = ()
) -> tuple[Meeting, room.Room | None]:
    """What is known of the meeting before it is heard, and how it was recorded. Raises SettingsError."""
    file = meeting or meeting_file.beside(source)
    particulars = meeting_file.read(file) if file else Meeting()
    return particulars, room.planned(source, particulars, file.parent if file else source.parent, joined)


def _build(settings: Settings, meeting: Meeting, runner: Executor, progress: ShownProgress, plan: room.Room | None) -> Job:
    """The job; on a terminal, absent weights are offered to be fetched at once."""
    try:
        return job.build(settings, meeting, runner, progress, plan)
    except WeightsError as error:
        from pipeline.commands import models as models_command

        if not (sys.stdin.isatty() and sys.stderr.isatty()) or not models_command.offer(error, settings):
            raise
        return job.build(settings, meeting, runner, progress, plan)


def assemble_transcript(transcript: Path, meeting: Path | None, settings: Settings) -> Path:
    """A transcript made elsewhere to a draft; returns its path. Raises RecordingError for one that cannot be read."""
    from pipeline import transcripts

    documents.check_formats(settings.formats)
    runlog.open_log(settings.outputs_folder)
    particulars = meeting_file.for_recording(transcript, meeting)
    recording, heard, voices = transcripts.read(transcript)
    draft = understand(
        recording, heard, voices, particulars, layouts.load(particulars.template), job.provenance(settings, ()), ()
    )
    return documents.write(draft, settings.outputs_folder / recording.id, settings.formats, settings.home)


def demonstrate(settings: Settings, show: Print, say: Callable[[str], None]) -> int:
    """The bundled meeting with the bundled models: the draft's path as the result, its scores on stderr."""
    from pipeline import score
    from pipeline.engines import weights

    files = weights.demo_files(settings.home)
    runlog.open_log(settings.outputs_folder)
    with job.executor(settings) as runner, runlog.stdout_kept_clean():
        path, spoke = transcribe_one(files.recording, files.meeting, settings, runner)
    say(score.table(score.score(files.reference, path)))
    say(f"下書きの文書: {path.with_suffix('.txt')}")
    show(path)
    return ExitCode.DONE if spoke else ExitCode.NO_SPEECH

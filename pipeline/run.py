"""From a recording to a draft: the table of contents of the program.

In: a recording and a ``Job`` (which engines, which meeting, where to). Out: a ``Draft``, with everything that costs
hours kept in ``outputs/<id>/`` on the way, so that an interrupted run goes on where it stopped. No options here: they
were turned into the job's engines and records before (``job.py``).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pipeline import (
    agenda_heard,
    assemble,
    attribute,
    decisions,
    deputies,
    diarize,
    roles,
    sections,
    split,
    style,
    transcribe,
)
from pipeline.layouts import Layout
from pipeline.microphones import takes
from pipeline.microphones.room import Room
from pipeline.protocols import Diarizer, Executor, Progress, Transcriber
from pipeline.schema import Diarization, Draft, Meeting, Provenance, Recording, Transcription, Warn

SEGMENTS, VOICES = "segments.jsonl", "voices.json"


@dataclass(frozen=True)
class Job:
    """Everything that one recording needs besides itself. ``target_ms``: length of a chunk aimed at; ``room``: its microphones and files."""

    outputs: Path
    meeting: Meeting
    layout: Layout
    transcriber: Transcriber
    diarizer: Diarizer
    executor: Executor
    provenance: Provenance
    progress: Progress
    target_ms: int
    warnings: tuple[Warn, ...] = ()
    room: Room | None = None


def make_draft(source: Path, job: Job) -> Draft:
    """Raises RecordingError, WeightsError, OutputError; a failed chunk is a turn that says so, not an exception."""
    recording = takes.recording(source, job.room, job.outputs, job.progress)
    folder = job.outputs / recording.id
    audio = folder / recording.audio
    chunks = split.at_silences(audio, job.progress, job.target_ms)
    heard = transcribe.chunks(chunks, audio, job.transcriber, job.executor, folder / SEGMENTS, job.progress)
    voices = diarize.recording(audio, job.diarizer, job.meeting.speakers, folder / VOICES, job.progress)
    return understand(recording, heard, voices, job.meeting, job.layout, job.provenance, job.warnings)


def understand(
    recording: Recording,
    heard: Transcription,
    voices: Diarization,
    meeting: Meeting,
    layout: Layout,
    provenance: Provenance,
    warnings: tuple[Warn, ...],
) -> Draft:
    """The second half of the way: from what was heard, by whichever engine, to a draft. Takes seconds."""
    turns = attribute.words(heard.segments, voices.voices)
    meeting, noted = agenda_heard.complete(meeting, turns)
    speakers = roles.assign(turns, meeting, voices.seats)
    turns, speakers = deputies.apart(turns, speakers, meeting)
    turns, parts = sections.divide(turns, speakers, meeting)
    results = decisions.hear(turns, speakers, parts, meeting)
    written = style.rewrite(turns, speakers, parts, layout)
    told = warnings + recording.warnings + heard.warnings + voices.warnings + noted
    return assemble.draft(recording, meeting, speakers, written, parts, results, told, provenance)

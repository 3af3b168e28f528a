"""Errors in who is heard when: the diarization error rate, by pyannote.metrics."""

from __future__ import annotations

from pipeline.schema import Record, Voice


class VoiceErrors(Record):
    """Shares of the reference's speech time; ``error`` (DER) is the sum of the other three and may exceed 1.

    ``collar_s`` is pyannote's: the total width left out around each boundary of the reference (0.25 s is ±0.125 s).
    Overlapping speech is scored.
    """

    collar_s: float
    error: float
    missed: float
    false_alarm: float
    confusion: float


def voice_errors(reference: tuple[Voice, ...], hypothesis: tuple[Voice, ...], collar_s: float) -> VoiceErrors | None:
    """DER under the best mapping of labels, so their names do not matter. None where the reference has no speech."""
    from pyannote.core import Annotation, Segment, Timeline
    from pyannote.metrics.diarization import DiarizationErrorRate

    def annotation(voices: tuple[Voice, ...]) -> Annotation:
        result = Annotation()
        for track, voice in enumerate(voices):
            result[Segment(voice.start_ms / 1000, voice.end_ms / 1000), track] = voice.speaker
        return result.support()  # a voice that overlaps itself is still one voice

    end_ms = max((voice.end_ms for voice in (*reference, *hypothesis)), default=0)
    everything = Timeline([Segment(0, end_ms / 1000)])
    found = DiarizationErrorRate(collar=collar_s)(
        annotation(reference), annotation(hypothesis), uem=everything, detailed=True
    )
    speech_s = found["total"]
    if speech_s <= 0:
        return None
    missed, false_alarm, confusion = (
        float(found[part] / speech_s) for part in ("missed detection", "false alarm", "confusion")
    )
    return VoiceErrors(
        collar_s=collar_s,
        error=missed + false_alarm + confusion,
        missed=missed,
        false_alarm=false_alarm,
        confusion=confusion,
    )

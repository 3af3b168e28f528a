"""Where somebody speaks: the silero voice detector that lies inside faster-whisper's wheel (no download, no torch).

In: a stretch of the prepared wav. Out: speech in milliseconds. Read in blocks, so that memory does not grow with the
length of the meeting; speech that touches a block's edge is joined.
"""

from __future__ import annotations

from pathlib import Path

from pipeline import wav

BLOCK_MS = 600_000
MIN_SPEECH_MS, MIN_SILENCE_MS, PAD_MS = 150, 200, 30
THRESHOLD = 0.5


def vad(audio: Path, start_ms: int, end_ms: int) -> list[tuple[int, int]]:
    """Speech inside ``[start_ms, end_ms)`` as ``(start_ms, end_ms)`` from the start of the recording, in order."""
    from faster_whisper.vad import VadOptions, get_speech_timestamps

    quiet()
    options = VadOptions(
        threshold=THRESHOLD,
        min_speech_duration_ms=MIN_SPEECH_MS,
        min_silence_duration_ms=MIN_SILENCE_MS,
        speech_pad_ms=PAD_MS,
    )
    found: list[tuple[int, int]] = []
    for block_ms in range(start_ms, end_ms, BLOCK_MS):
        samples = wav.read(audio, block_ms, min(block_ms + BLOCK_MS, end_ms))
        if not len(samples):
            continue
        for speech in get_speech_timestamps(samples, options):
            a = block_ms + speech["start"] // wav.SAMPLES_PER_MS
            b = block_ms + speech["end"] // wav.SAMPLES_PER_MS
            if found and a - found[-1][1] <= PAD_MS:
                found[-1] = (found[-1][0], b)
            else:
                found.append((a, b))
    return found


def quiet() -> None:
    """Turn off the telemetry of the library that runs the detector (on Windows it reports to the system's tracing)."""
    import onnxruntime

    onnxruntime.disable_telemetry_events()

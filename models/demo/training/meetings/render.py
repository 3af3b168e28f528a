"""An evaluation meeting as audio: synthesised turn by turn, with natural gaps, levels and room noise, and its truth.

In: ``<name>.json`` (who says what in which part). Out: an Opus recording, its sidecar and the reference (who said what
when, in which role and part, and what was decided). Seeds are fixed, so the same files come out again. The sample is
what ``minutes demo`` shows; the second is for evaluation, with other voices, another procedure and an item left open.

    python models/demo/training/meetings/render.py          # writes both meetings; or name one: sample, second

A sentence needs a 、 every 20 to 25 moras: in longer breath groups nitech was never trained, and it drawls them out.
"""

from __future__ import annotations

import json
import random
import sys
from pathlib import Path
from typing import Any

import av
import numpy as np

HERE = Path(__file__).parent
ROOT = HERE.parents[3]
sys.path.insert(0, str(HERE.parent))

from synthesis import RATE_HZ, Speaker, Utterance, Wave, say  # noqa: E402

NOISE_RMS = 0.0006  # about 38 dB below the speech
OPUS_BIT_RATE = 32_000
EDGE_S = 2  # the empty room before the first word and after the last
# People must be told apart by ear and by a speaker embedding, so the settings of one meeting keep a distance in half
# tone *and* formants: two of one base voice that are close in both are one person to every diarizer. The nitech voice
# changes least, hence only two of it. All lie within what the demo models train on; no two meetings share a setting.
SPEAKERS = {
    "sample": {
        "S1": Speaker("mei", 3.0, 0.0, 1.12),
        "S2": Speaker("nitech", -3.0, 0.050, 1.05),
        "S3": Speaker("nitech", 7.0, -0.050, 1.12),
        "S4": Speaker("mei", 0.0, -0.020, 1.06),
        "S5": Speaker("mei", -9.0, 0.065, 1.10),
        "S6": Speaker("mei", -6.2, 0.030, 1.18),
        "S7": Speaker("mei", -3.0, 0.035, 1.20),
    },
    "second": {
        "T1": Speaker("mei", 2.2, 0.004, 1.16),
        "T2": Speaker("mei", -8.0, 0.056, 1.08),
        "T3": Speaker("nitech", 6.0, -0.044, 1.08),
        "T4": Speaker("nitech", -1.8, 0.040, 1.14),
        "T5": Speaker("mei", -0.8, -0.014, 1.10),
        "T6": Speaker("mei", -4.2, 0.038, 1.06),
    },
}
TARGETS = {
    "sample": ROOT / "recordings" / "sample_meeting",
    "second": HERE / "second_meeting",
}
RESULTS = {"sample": ["承認された", "承認された"], "second": ["継続審議とされた", "承認された"]}
GLOSSARY = {"sample": ["クラウドサービス", "放課後児童クラブ"], "second": ["顔写真", "音声認識"]}


def read(name: str) -> dict[str, Any]:
    """One of the meetings of this folder: its particulars, speakers and utterances."""
    meeting: dict[str, Any] = json.loads((HERE / f"{name}.json").read_text(encoding="utf-8"))
    return meeting


def room_noise(samples: int, rng: np.random.Generator) -> Wave:
    """(samples,) of the noise under everything: rooms rumble more than they hiss."""
    noise = np.convolve(rng.standard_normal(samples + 7), np.full(8, 8**-0.5), mode="valid")  # keeps the RMS at 1
    return (noise * NOISE_RMS).astype(np.float32)


def gap_s(rng: random.Random, new_part: bool) -> float:
    """The silence before a turn: people hand over quickly, but a new part of the meeting takes a moment."""
    return rng.uniform(1.2, 2.6) if new_part else rng.uniform(0.3, 0.8)


def turn(spoken: dict[str, Any], role: str, said: Utterance, at: int) -> dict[str, Any]:
    """The truth about an utterance whose wave begins at sample ``at``: the speech itself, without silence around it."""
    return {
        "start_ms": round((at / RATE_HZ + said.char_times_s[0][0]) * 1000),
        "end_ms": round((at / RATE_HZ + max(end for _, end in said.char_times_s)) * 1000),
        "speaker": spoken["speaker"],
        "role": role,
        "item": spoken["item"],
        "phase": spoken["phase"],
        "text": spoken["text"],
    }


def render(name: str, seed: int) -> tuple[Wave, list[dict[str, Any]]]:
    """The recording (n,) float32 at 16 kHz and its true turns, in milliseconds."""
    meeting = read(name)
    rng = random.Random(seed)
    level = {label: rng.uniform(0.75, 1.2) for label in meeting["speakers"]}
    pieces: list[Wave] = [np.zeros(EDGE_S * RATE_HZ, np.float32)]
    turns: list[dict[str, Any]] = []
    at, phase = len(pieces[0]), None
    for spoken in meeting["utterances"]:
        pause = np.zeros(int(gap_s(rng, bool(phase) and spoken["phase"] != phase) * RATE_HZ), np.float32)
        phase = spoken["phase"]
        at += len(pause)
        said = say(spoken["text"], SPEAKERS[name][spoken["speaker"]])
        turns.append(turn(spoken, meeting["speakers"][spoken["speaker"]]["role"], said, at))
        pieces += [pause, said.wave * np.float32(level[spoken["speaker"]])]
        at += len(said.wave)
    audio = np.concatenate([*pieces, np.zeros(EDGE_S * RATE_HZ, np.float32)])
    return audio + room_noise(len(audio), np.random.default_rng(seed)), turns


def write_opus(path: Path, audio: Wave) -> None:
    """Opus in Ogg at 48 kHz (its native rate), mono."""
    pcm = (np.clip(audio, -1, 1) * 32767).astype(np.int16)[None]
    with av.open(str(path), "w", format="ogg") as container:
        stream = container.add_stream("libopus", rate=48_000, layout="mono")
        stream.bit_rate = OPUS_BIT_RATE
        frame = av.AudioFrame.from_ndarray(pcm, format="s16", layout="mono")
        frame.sample_rate = RATE_HZ
        resampler = av.AudioResampler(format="s16", layout="mono", rate=48_000, frame_size=960)
        for resampled in [*resampler.resample(frame), *resampler.resample(None)]:
            container.mux(stream.encode(resampled))
        container.mux(stream.encode(None))


def write_sidecar(path: Path, name: str, meeting: dict[str, Any], speakers: int) -> None:
    """The particulars that a clerk would write beside the recording, with the exact number of speakers."""

    def quoted(value: str) -> str:
        return json.dumps(value, ensure_ascii=False)

    lines = [f"{key} = {quoted(meeting[key])}" for key in ("name", "start", "place", "department")]
    lines.insert(1, f"date = {meeting['date']}")
    lines += ['template = "nagasaki"', f"speakers = {speakers}"]
    lines.append(f"glossary = [{', '.join(map(quoted, GLOSSARY[name]))}]")
    for item in meeting["agenda"]:
        lines += ["", "[[agenda]]", *(f"{key} = {quoted(item[key])}" for key in ("label", "title", "department"))]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def main() -> None:
    chosen = sys.argv[1:] or list(SPEAKERS)
    for seed, name in enumerate(SPEAKERS):
        if name not in chosen:
            continue
        meeting = read(name)
        audio, turns = render(name, seed)
        target = TARGETS[name]
        write_opus(target.with_suffix(".opus"), audio)
        write_sidecar(target.with_suffix(".toml"), name, meeting["meeting"], len(meeting["speakers"]))
        reference = {
            "format": "minutes-reference/1",
            "speakers": meeting["speakers"],
            "turns": turns,
            "decisions": [{"item": i, "result": result} for i, result in enumerate(RESULTS[name])],
        }
        text = json.dumps(reference, ensure_ascii=False, indent=1) + "\n"
        target.with_suffix(".reference.json").write_text(text, encoding="utf-8")
        print(f"{name}: {len(audio) / RATE_HZ:.1f} s, {len(turns)} turns, peak {float(np.abs(audio).max()):.2f}")


if __name__ == "__main__":
    main()

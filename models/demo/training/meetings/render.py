"""An evaluation meeting as audio: synthesised turn by turn, with natural gaps, levels and room noise, and its truth.

In: ``<name>.json`` (who says what in which part). Out: an Opus recording, its sidecar and the reference (who said what
when, roles, parts, decisions). Seeds are fixed, so the same files come out again.

    python models/demo/training/meetings/render.py          # writes both meetings
"""

from __future__ import annotations

import json
import random
import sys
from pathlib import Path
from typing import Any

import av
import numpy as np
import numpy.typing as npt

HERE = Path(__file__).parent
ROOT = HERE.parents[3]
sys.path.insert(0, str(HERE.parent))

from synthesis import RATE_HZ, Speaker, say  # noqa: E402

NOISE_RMS = 0.0006  # about 38 dB below the speech
OPUS_BIT_RATE = 32_000
# Settings far apart in pitch and formants, so that the voices are clearly different people.
SPEAKERS = {
    "sample": {
        "S1": Speaker("mei", 2.0, -0.012, 1.12),
        "S2": Speaker("nitech", -2.0, 0.030, 1.05),
        "S3": Speaker("nitech", 6.0, -0.034, 1.12),
        "S4": Speaker("mei", -2.5, 0.012, 1.06),
        "S5": Speaker("mei", -9.0, 0.056, 1.10),
        "S6": Speaker("nitech", 2.0, -0.004, 1.18),
        "S7": Speaker("mei", -5.5, 0.034, 1.20),
    },
    "second": {
        "T1": Speaker("mei", 0.8, -0.002, 1.16),
        "T2": Speaker("mei", -8.0, 0.046, 1.08),
        "T3": Speaker("nitech", 5.0, -0.026, 1.08),
        "T4": Speaker("nitech", -0.8, 0.022, 1.14),
        "T5": Speaker("mei", -4.2, 0.020, 1.10),
        "T6": Speaker("nitech", 2.4, -0.010, 1.06),
    },
}
TARGETS = {
    "sample": ROOT / "recordings" / "sample_meeting",
    "second": HERE / "second_meeting",
}
RESULTS = {"sample": ["承認された", "承認された"], "second": ["継続審議とされた", "承認された"]}
GLOSSARY = {"sample": ["クラウドサービス", "放課後児童クラブ"], "second": ["顔写真", "音声認識"]}


def render(name: str, seed: int) -> tuple[npt.NDArray[np.float32], list[dict[str, Any]]]:
    """The recording (n,) float32 at 16 kHz and its true turns, in milliseconds."""
    meeting = json.loads((HERE / f"{name}.json").read_text(encoding="utf-8"))
    rng = random.Random(seed)
    level = {label: rng.uniform(0.75, 1.2) for label in meeting["speakers"]}
    pieces: list[npt.NDArray[np.float32]] = [np.zeros(int(2.0 * RATE_HZ), np.float32)]
    turns: list[dict[str, Any]] = []
    at, phase = len(pieces[0]), None
    for spoken in meeting["utterances"]:
        gap_s = rng.uniform(1.2, 2.6) if spoken["phase"] != phase and phase else rng.uniform(0.3, 0.8)
        phase = spoken["phase"]
        pause = np.zeros(int(gap_s * RATE_HZ), np.float32)
        pieces.append(pause)
        at += len(pause)
        said = say(spoken["text"], SPEAKERS[name][spoken["speaker"]])
        wave = said.wave * np.float32(level[spoken["speaker"]])
        begin_s, end_s = said.char_times_s[0][0], max(end for _, end in said.char_times_s)
        turns.append(
            {
                "start_ms": round((at / RATE_HZ + begin_s) * 1000),
                "end_ms": round((at / RATE_HZ + end_s) * 1000),
                "speaker": spoken["speaker"],
                "role": meeting["speakers"][spoken["speaker"]]["role"],
                "item": spoken["item"],
                "phase": spoken["phase"],
                "text": spoken["text"],
            }
        )
        pieces.append(wave)
        at += len(wave)
    pieces.append(np.zeros(2 * RATE_HZ, np.float32))
    audio = np.concatenate(pieces)
    noise = np.random.default_rng(seed).standard_normal(len(audio)).astype(np.float32)
    noise = np.convolve(noise, np.ones(8, np.float32) / 8, mode="same")  # rooms rumble more than they hiss
    return audio + noise * np.float32(NOISE_RMS / noise.std()), turns


def write_opus(path: Path, audio: npt.NDArray[np.float32]) -> None:
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
    for seed, name in enumerate(SPEAKERS):
        meeting = json.loads((HERE / f"{name}.json").read_text(encoding="utf-8"))
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

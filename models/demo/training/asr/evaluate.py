"""Character error rate of a recogniser folder on the two evaluation meetings, as ``minutes`` uses it.

python models/demo/training/asr/evaluate.py models/demo/whisper
"""

from __future__ import annotations

import json
import re
import sys
import time
from pathlib import Path

import jiwer
from faster_whisper import BatchedInferencePipeline, WhisperModel
from faster_whisper.audio import decode_audio

TRAINING = Path(__file__).parent.parent
MEETINGS = (TRAINING.parents[2] / "recordings" / "sample_meeting", TRAINING / "meetings" / "second_meeting")


def bare(text: str) -> str:
    return re.sub(r"[、。\s]", "", text)


def main(folder: str) -> None:
    model = BatchedInferencePipeline(WhisperModel(folder, device="cpu", compute_type="int8", cpu_threads=1))
    for stem in MEETINGS:
        turns = json.loads(stem.with_suffix(".reference.json").read_text(encoding="utf-8"))["turns"]
        audio = decode_audio(str(stem.with_suffix(".opus")))
        began = time.process_time()
        heard = "".join(
            s.text for s in model.transcribe(audio, language="ja", batch_size=4, beam_size=5, word_timestamps=True)[0]
        )
        spent_s = time.process_time() - began
        rate = jiwer.cer(bare("".join(turn["text"] for turn in turns)), bare(heard))
        print(f"{stem.name}: CER {rate:.3f} without punctuation, real-time factor {spent_s / len(audio) * 16_000:.3f}")


if __name__ == "__main__":
    main(sys.argv[1])

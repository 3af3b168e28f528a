"""How long a recogniser of the size of large-v3-turbo takes on this machine, and how much memory: with random weights.

    python tests/benchmarks/turbo_size.py [--folder .work/turbo] [--device cpu] [--threads 2] [--batch 1 4] [--tokens 150]

Time and memory of a Whisper model depend on its shape and on how much it writes, not on what it learnt. So a model of
large-v3-turbo's published shape (32 encoder layers, 4 decoder layers, width 1280, 128 mel bins, vocabulary 51,866) is drawn at
random, converted to int8 for CTranslate2 (once, 4 GB of memory, kept in ``--folder``), and made to write a fixed number of
tokens for each 30 s of audio: 150 are about 30 s of ordinary Japanese talk. Printed: seconds for each window, seconds of work
for a second of audio, hours for a meeting of three, and peak memory of the process. Needs ``transformers`` (extra
``training``) for the first run.
"""

from __future__ import annotations

import argparse
import resource
import time
from pathlib import Path

import numpy as np

WINDOW_S, FRAMES, MELS = 30, 3000, 128
START, JAPANESE, TRANSCRIBE, NO_TIMES, END = 50258, 50266, 50360, 50364, 50257
SHAPE = {
    "vocab_size": 51866, "num_mel_bins": MELS, "d_model": 1280, "encoder_layers": 32, "encoder_attention_heads": 20,
    "decoder_layers": 4, "decoder_attention_heads": 20, "encoder_ffn_dim": 5120, "decoder_ffn_dim": 5120,
    "max_source_positions": 1500, "max_target_positions": 448,
}  # fmt: skip


def draw(folder: Path) -> None:
    """Random weights in CTranslate2's form, int8."""
    import tempfile

    from ctranslate2.converters import TransformersConverter
    from tokenizers import AddedToken, Tokenizer, models
    from transformers import WhisperConfig, WhisperForConditionalGeneration

    config = WhisperConfig(
        **SHAPE,
        decoder_start_token_id=START,
        eos_token_id=END,
        bos_token_id=END,
        pad_token_id=END,
        suppress_tokens=[],
        begin_suppress_tokens=[],
    )
    names = {f"t{i}": i for i in range(END)}
    special = {
        END: "<|endoftext|>",
        START: "<|startoftranscript|>",
        JAPANESE: "<|ja|>",
        TRANSCRIBE: "<|transcribe|>",
        NO_TIMES: "<|notimestamps|>",
    }
    names |= {special.get(i, f"<|{i}|>"): i for i in range(END, SHAPE["vocab_size"])}
    made = Tokenizer(models.BPE(vocab=names, merges=[], unk_token="t0"))
    made.add_special_tokens([AddedToken(name, special=True) for name in special.values()])
    with tempfile.TemporaryDirectory() as place:
        model = WhisperForConditionalGeneration(config)
        model.generation_config.alignment_heads = [[2, 4], [2, 11], [3, 3]]
        model.generation_config.no_timestamps_token_id = NO_TIMES
        model.save_pretrained(place)
        del model
        made.save(str(Path(place) / "tokenizer.json"))
        (Path(place) / "preprocessor_config.json").write_text('{"feature_size": 128}', encoding="utf-8")
        (Path(place) / "tokenizer_config.json").write_text(
            '{"tokenizer_class": "PreTrainedTokenizerFast"}', encoding="utf-8"
        )
        TransformersConverter(place, copy_files=["preprocessor_config.json", "tokenizer.json"]).convert(
            str(folder), quantization="int8"
        )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--folder", type=Path, default=Path(".work/turbo"))
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--compute", default="int8")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--batch", type=int, nargs="+", default=[1, 4])
    parser.add_argument("--tokens", type=int, default=150)
    parser.add_argument("--beam", type=int, default=5)
    parser.add_argument("--windows", type=int, default=4)
    a = parser.parse_args()
    if not (a.folder / "model.bin").exists():
        draw(a.folder)
        print(f"drawn: {(a.folder / 'model.bin').stat().st_size / 2**20:.0f} MiB in {a.folder}; run again to measure")
        return  # the peak of the conversion must not be taken for that of the work
    import ctranslate2

    model = ctranslate2.models.Whisper(str(a.folder), device=a.device, compute_type=a.compute, intra_threads=a.threads)
    print(f"{a.device} {a.compute}, {a.threads} threads, beam {a.beam}, {a.tokens} tokens for each {WINDOW_S} s")
    print(f"{'batch':>5s} {'s/window':>9s} {'x real time':>12s} {'3 h meeting':>12s} {'peak MiB':>9s}")
    noise = np.random.default_rng(1)
    for batch in a.batch:
        seconds = []
        for _ in range(max(1, a.windows // batch)):
            features = ctranslate2.StorageView.from_array(noise.standard_normal((batch, MELS, FRAMES), dtype=np.float32))
            begun = time.perf_counter()
            found = model.generate(
                features, [[START, JAPANESE, TRANSCRIBE, NO_TIMES]] * batch, beam_size=a.beam, max_length=2 * a.tokens,  # CTranslate2 takes half of it for the text
                suppress_tokens=[END], suppress_blank=False,
            )  # fmt: skip
            seconds.append((time.perf_counter() - begun) / batch)
            assert all(len(one.sequences_ids[0]) == a.tokens for one in found), [len(one.sequences_ids[0]) for one in found]
        each = float(np.median(seconds))
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"{batch:5d} {each:9.1f} {each / WINDOW_S:12.2f} {3 * each / WINDOW_S:10.1f} h {peak:9.0f}")


if __name__ == "__main__":
    main()

"""A checkpoint becomes a CTranslate2 folder that the unmodified faster-whisper loads.

    python models/demo/training/asr/export.py CHECKPOINT models/demo/whisper

What faster-whisper 1.2 and CTranslate2 4.8 require of a small vocabulary: the empty token (it marks a multilingual model),
an unknown token that is not the end of text (which would otherwise be suppressed), timestamps last, and a generation
configuration that is not rebuilt on loading.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path

import architecture as shape
import tokenizers
import torch
import vocabulary
from tokenizers import AddedToken, decoders, models
from vocabulary import LANGUAGES, TIMESTAMPS

from pipeline.engines import weights

END = "<|endoftext|>"
SPECIAL = [
    END,
    "<|startoftranscript|>",
    *(f"<|{language}|>" for language in LANGUAGES),
    "<|translate|>",
    "<|transcribe|>",
    "<|startoflm|>",
    "<|startofprev|>",
    "<|nospeech|>",
    "<|notimestamps|>",
    *(f"<|{i * 0.02:.2f}|>" for i in range(TIMESTAMPS)),
]


def tokenizer(characters: list[str]) -> tokenizers.Tokenizer:
    """BPE without merges: one token per character, joined without spaces."""
    ids = {character: i for i, character in enumerate(characters)}
    ids["<unk>"] = len(ids)
    ids[""] = len(ids)
    ids |= {token: len(ids) + i for i, token in enumerate(SPECIAL)}
    made = tokenizers.Tokenizer(models.BPE(vocab=ids, merges=[], unk_token="<unk>"))
    made.decoder = decoders.Fuse()
    made.add_special_tokens([AddedToken(token, special=True, normalized=False) for token in SPECIAL])
    return made


def main() -> None:
    from ctranslate2.converters import TransformersConverter
    from transformers import WhisperConfig, WhisperForConditionalGeneration

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("target", type=Path)
    a = parser.parse_args()
    saved = torch.load(a.checkpoint, map_location="cpu")
    v = vocabulary.Vocabulary(tuple(saved.get("characters") or saved["chars"]))
    made = tokenizer(list(v.characters))
    number, size = made.token_to_id, made.get_vocab_size()
    rows = saved["net"]["model.decoder.embed_tokens.weight"]
    trained = [*range(len(v.characters))]
    trained += [number(f"<|{name}|>") for name in ("endoftext", "startoftranscript", "ja", "transcribe")]
    trained += [number(f"<|{name}|>") for name in ("startofprev", "nospeech", "notimestamps")]
    trained += range(number("<|0.00|>"), number("<|30.00|>") + 1)
    table = rows[v.untrained][None].repeat(size, 1)
    table[torch.tensor(trained)] = rows[: v.untrained]
    state = {k: w for k, w in saved["net"].items() if not k.startswith("phone_head")}
    state |= {"model.decoder.embed_tokens.weight": table, "proj_out.weight": table}
    end = number(END)
    model = WhisperForConditionalGeneration(
        WhisperConfig(
            vocab_size=size,
            num_mel_bins=shape.MELS,
            d_model=shape.DIMENSION,
            encoder_layers=shape.ENCODER_LAYERS,
            decoder_layers=shape.DECODER_LAYERS,
            encoder_attention_heads=shape.HEADS,
            decoder_attention_heads=shape.HEADS,
            encoder_ffn_dim=4 * shape.DIMENSION,
            decoder_ffn_dim=4 * shape.DIMENSION,
            max_source_positions=shape.POSITIONS,
            max_target_positions=shape.TEXT_POSITIONS,
            bos_token_id=end,
            eos_token_id=end,
            pad_token_id=end,
            decoder_start_token_id=end + 1,
            activation_function="gelu",
            tie_word_embeddings=True,
        )
    )
    model.load_state_dict(state)
    generation = model.generation_config
    generation.suppress_tokens = generation.begin_suppress_tokens = []
    generation.alignment_heads = [[k, h] for k in (shape.DECODER_LAYERS - 2, shape.DECODER_LAYERS - 1) for h in (0, 1)]
    generation.lang_to_id = {f"<|{language}|>": number(f"<|{language}|>") for language in LANGUAGES}
    generation.is_multilingual, generation.no_timestamps_token_id = True, number("<|notimestamps|>")
    generation.max_length = shape.TEXT_POSITIONS
    generation._from_model_config = False  # else it is rebuilt on load and the fields above are lost
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        model.save_pretrained(place)
        made.save(str(place / "tokenizer.json"))
        named = {"tokenizer_class": "PreTrainedTokenizerFast", "bos_token": END, "eos_token": END, "unk_token": "<unk>"}
        (place / "tokenizer_config.json").write_text(json.dumps(named))
        features = {
            "feature_size": 80,
            "sampling_rate": 16_000,
            "hop_length": 160,
            "chunk_length": 30,
            "n_fft": 400,
            "feature_extractor_type": "WhisperFeatureExtractor",
        }
        (place / "preprocessor_config.json").write_text(json.dumps(features))
        copied = ["preprocessor_config.json", "tokenizer.json"]
        TransformersConverter(folder, copy_files=copied).convert(str(a.target), quantization="int8", force=True)
    weights.write_sums(a.target)


if __name__ == "__main__":
    main()

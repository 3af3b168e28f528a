"""The tokens of the demo recogniser: one per character, then Whisper's special ones.

Training uses a compact table (characters, the seven specials in use, 1501 timestamps, one row that stands for every token
never trained); ``export.py`` unfolds it into the order that CTranslate2 and faster-whisper expect.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

CHARACTERS_FILE = Path(__file__).parent / "characters.json"
TIMESTAMPS = 1501  # 0.00 s to 30.00 s in steps of 0.02 s
# In the order of the multilingual Whisper vocabulary.
LANGUAGES = [
    "en",
    "zh",
    "de",
    "es",
    "ru",
    "ko",
    "fr",
    "ja",
    "pt",
    "tr",
    "pl",
    "ca",
    "nl",
    "ar",
    "sv",
    "it",
    "id",
    "hi",
    "fi",
    "vi",
    "he",
    "uk",
    "el",
    "ms",
    "cs",
    "ro",
    "da",
    "hu",
    "ta",
    "no",
    "th",
    "ur",
    "hr",
    "bg",
    "lt",
    "la",
    "mi",
    "ml",
    "cy",
    "sk",
    "te",
    "fa",
    "lv",
    "bn",
    "sr",
    "az",
    "sl",
    "kn",
    "et",
    "mk",
    "br",
    "eu",
    "is",
    "hy",
    "ne",
    "mn",
    "bs",
    "kk",
    "sq",
    "sw",
    "gl",
    "mr",
    "pa",
    "si",
    "km",
    "sn",
    "yo",
    "so",
    "af",
    "oc",
    "ka",
    "be",
    "tg",
    "sd",
    "gu",
    "am",
    "yi",
    "lo",
    "uz",
    "fo",
    "ht",
    "ps",
    "tk",
    "nn",
    "mt",
    "sa",
    "lb",
    "my",
    "bo",
    "tl",
    "mg",
    "as",
    "tt",
    "haw",
    "ln",
    "ha",
    "ba",
    "jw",
    "su",
]
FULL_SIZE = 51_865  # of OpenAI's vocabulary, for which the untrained row stands


@dataclass(frozen=True)
class Vocabulary:
    characters: tuple[str, ...]

    @cached_property
    def index(self) -> dict[str, int]:
        return {character: i for i, character in enumerate(self.characters)}

    @property
    def end_of_text(self) -> int:
        return len(self.characters)

    @property
    def start(self) -> int:
        return len(self.characters) + 1

    @property
    def japanese(self) -> int:
        return len(self.characters) + 2

    @property
    def transcribe(self) -> int:
        return len(self.characters) + 3

    @property
    def no_speech(self) -> int:
        return len(self.characters) + 5

    @property
    def no_timestamps(self) -> int:
        return len(self.characters) + 6

    @property
    def first_timestamp(self) -> int:
        return len(self.characters) + 7

    @property
    def untrained(self) -> int:
        return self.first_timestamp + TIMESTAMPS

    @property
    def size(self) -> int:
        return self.untrained + 1

    @property
    def untrained_count(self) -> int:
        """How many tokens of the full vocabulary share the untrained row."""
        return FULL_SIZE - (len(self.characters) + 7 + TIMESTAMPS)


def load() -> Vocabulary:
    return Vocabulary(tuple(json.loads(CHARACTERS_FILE.read_text(encoding="utf-8"))))

"""A text as morphemes that know their place, so that a rule can say exactly which characters it changes.

In: a text of any length. Out: ``Morph``s in order. The analyser refuses very long input, and a recogniser that forgets
its 。 produces one, so the text goes in by sentences and, where there are none, by pieces.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from typing import Any

from pipeline.japanese.reading import tokenizer

_PIECE = re.compile(r"[^。？?]{1,4000}[。？?]?|[。？?]")
_STOPS = ("補助記号", "空白")
_ADVERBIAL = ("副詞可能", "助数詞可能")
_KANJI = re.compile(r"[一-龠々]")


@dataclass(frozen=True)
class Morph:
    """``text[begin:end]`` with its dictionary form, part of speech (``pos``, ``detail``) and conjugation ``kind``.

    ``is_name``: the analyser takes it for the name of a person here; ``is_adverbial``: a noun of time or measure, which needs
    no particle (来年行う, 一部変わる).
    """

    surface: str
    base: str
    pos: str
    detail: str
    kind: str
    begin: int
    end: int
    is_name: bool = False
    is_adverbial: bool = False

    @property
    def stops(self) -> bool:
        """Whether a clause ends here: punctuation, or no morpheme at all."""
        return self.pos in _STOPS or not self.surface


NOTHING = Morph("", "", "", "", "", 0, 0)  # before the first and after the last


def of(text: str) -> tuple[Morph, ...]:
    result = []
    for piece in _PIECE.finditer(text):
        for m in tokenizer().tokenize(piece[0]):
            pos: Any = m.part_of_speech()
            begin, end = m.begin() + piece.start(), m.end() + piece.start()
            if begin < end:
                result.append(
                    Morph(
                        text[begin:end],
                        m.dictionary_form(),
                        pos[0],
                        pos[1],
                        pos[4],
                        begin,
                        end,
                        pos[2] == "人名",
                        pos[2] in _ADVERBIAL,
                    )
                )
    return tuple(result)


def dictionary_form(stem: str) -> Morph:
    """The verb whose polite form is ``stem`` + ます (渡し → 渡す); NOTHING if the analyser sees none."""
    found = of(stem + "ます")
    return found[0] if len(found) == 2 and found[0].pos == "動詞" else NOTHING


def conjugation_class(verb: str) -> str:
    """Of a verb in its dictionary form (下一段-バ行); empty for what is no single verb."""
    found = of(verb)
    return found[0].kind if len(found) == 1 and found[0].pos == "動詞" else ""


@functools.lru_cache(maxsize=2_000)
def lacks_ra(base: str) -> bool:
    """Whether a verb has lost its ら: 来れる, 見れる; not 切れる (切る takes no られる), nor いれる, a verb of its own."""
    if not base.endswith("れる") or not _KANJI.search(base):
        return False
    return base == "来れる" or conjugation_class(base.removesuffix("れる") + "る").startswith(("上一段", "下一段"))


@dataclass(frozen=True)
class Talk:
    """What one person said, for the rules.

    ``questioner``: by somebody who is there to ask (a 委員 in 質疑). ``name``: of the speaker, where it is known.
    """

    text: str
    morphs: tuple[Morph, ...]
    questioner: bool = False
    name: str = ""

    def at(self, i: int) -> Morph:
        return self.morphs[i] if 0 <= i < len(self.morphs) else NOTHING

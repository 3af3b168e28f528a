"""How much a recogniser is helped by being told a word beforehand, so that its few places go to the words that need them.

In: the terms of a meeting. Out: the same in the order of their worth for the room that they take. The decoder has room for some
thirty words (they share its 448 tokens with the text), a glossary has hundreds. Worth grows with what people know (chosen for this
meeting, corrected at the desk), with how often the papers say the word, with how little the dictionary knows it, and with how narrow
its scope is; a word costs as many tokens as it has characters, near enough. Whoever spends the room asks the model's own tokenizer.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence

from pipeline.glossary import compounds
from pipeline.glossary.term import Kind, Term
from pipeline.japanese import tables

CHOSEN, CORRECTED, COUNTED = 4.0, 3.0, 1.0  # the last two for each doubling of times corrected, of times in the papers
OF_KIND = {Kind.UNKNOWN: 3.0, Kind.NAME: 2.0, Kind.COMPOUND: 1.0, Kind.WORD: 0.5}
OF_SCOPE = {"item": 2.0, "council": 1.5, "city": 1.2, "": 1.0}
HINT_CHARS = 240  # the engine cuts them by its own tokenizer, to a hundred tokens
LONG_CHARS = 12  # what is longer (a whole title) is better told by its parts


def ordered(terms: Sequence[Term]) -> tuple[Term, ...]:
    """Best value for its room first."""
    return tuple(sorted(terms, key=lambda term: -worth(term) / len(term.text)))


def hints(terms: Sequence[Term]) -> tuple[str, ...]:
    """What a recogniser is told, best first: not much more than it may take, so that a word far down the list changes nothing."""
    best = (term.text for term in ordered(terms))
    return tuple(spend(list(best), lambda taken: sum(map(len, taken)) <= HINT_CHARS))


def worth(term: Term) -> float:
    scope = next((name for name in ("item", "council", "city") if getattr(term, name)), "")
    value = OF_KIND[_kind(term.text)] + COUNTED * math.log2(1 + term.count) + CORRECTED * math.log2(1 + term.corrected)
    value += CHOSEN * term.chosen + (0.5 if term.heard else 0.0)
    return OF_SCOPE[scope] * value * math.sqrt(min(len(term.text), LONG_CHARS))


def spend(terms: Sequence[str], fits: Callable[[list[str]], bool]) -> list[str]:
    """In order, each that still fits: a long one that does not must not keep the short ones behind it out."""
    taken: list[str] = []
    for term in terms:
        if fits([*taken, term]):
            taken.append(term)
    return taken


@functools.lru_cache(maxsize=10_000)
def _kind(text: str) -> Kind:
    """The least known of its compounds; a word that people put in the glossary though the dictionary has it is one that is misheard."""
    found = list(compounds.found(text))
    if any(c.is_unknown for c in found) or not found:
        return Kind.UNKNOWN
    if any(c.is_name for c in found):
        return Kind.NAME
    is_misheard = any(word["text"] == text for word in tables.read("glossary")["words"])
    return Kind.COMPOUND if is_misheard or len(found) > 1 or found[0].words > 1 else Kind.WORD

"""Words that were misheard are written as the glossary has them: only where the recogniser itself was in doubt, and on record.

In: turns as attributed, and the terms of the meeting. Out: the same turns, ``spoken`` untouched, with a ``Change`` for each correction
(rule 「用語集「…」」) and a flag that asks the proofreader to listen. 整文 comes later and leaves these changes alone; each can be taken
back at the desk like any other, or be kept from happening (``--without``, ``correct = false``).

A correction needs all of this: the letters that would change were heard with little confidence; what was heard sounds like the term;
it is no word that people commonly say (unless the glossary lists it under ``heard``); it is no other term; and no digit changes: a
vote or the number of a 諮問 is nothing to guess.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from pipeline.glossary import sounding
from pipeline.glossary.term import Term
from pipeline.japanese.reading import kana, longest_units, tokenizer
from pipeline.schema import Change, Flag, Turn
from pipeline.terms import GLOSSARY_RULE, FlagKind

ALL = "*"  # in ``without``: no corrections at all
DOUBTFUL = 0.5  # confidence below which a letter may be wrong: the desk shades such words
ALIKE = 0.8  # of the letters; SHORT ones have to sound the same
SHORT_LETTERS = 6
_PIECE = re.compile(r"[^。？?]{1,4000}[。？?]?|[。？?]")
_DIGITS = re.compile(r"[0-9〇一二三四五六七八九十百千]")
_UNHEARD = (FlagKind.INVENTED, FlagKind.FAILED)  # nobody may have said it: nothing to correct


@dataclass(frozen=True)
class _Sound:
    """A morpheme: ``spoken[begin:end]`` sounds like ``letters``; ``stops``: punctuation."""

    begin: int
    end: int
    letters: str
    stops: bool


@dataclass(frozen=True)
class _Wanted:
    """A term with its sound."""

    term: Term
    letters: str


@dataclass(frozen=True)
class _Found:
    """``likeness`` 0..1."""

    change: Change
    likeness: float


def correct(turns: Sequence[Turn], terms: Sequence[Term], without: Collection[str] = ()) -> tuple[Turn, ...]:
    """``without``: terms that nothing is corrected to."""
    usable = [term for term in terms if term.use and term.correct and term.text not in without]
    wanted = [_Wanted(term, sounding.letters(term.sound)) for term in usable]
    wanted = [one for one in wanted if one.letters]
    if ALL in without or not wanted:
        return tuple(turns)
    spelled = frozenset(term.text for term in terms)
    return tuple(_corrected(turn, wanted, spelled) for turn in turns)


def is_correction(change: Change) -> bool:
    return change.rule.startswith(GLOSSARY_RULE)


def flag_of(change: Change) -> Flag:
    """What the proofreader is told."""
    reason = f"「{change.before}」と聞こえた所を、用語集の「{change.after}」と書きました。音声で確かめてください。"
    return Flag(kind=FlagKind.GLOSSARY, reason=reason)


def _corrected(turn: Turn, wanted: Sequence[_Wanted], spelled: frozenset[str]) -> Turn:
    if any(flag.kind in _UNHEARD for flag in turn.flags) or "".join(word.text for word in turn.words) != turn.spoken:
        return turn
    sure = [word.confidence for word in turn.words for _ in word.text]
    if not any(confidence < DOUBTFUL for confidence in sure):
        return turn
    found = sorted(_candidates(turn.spoken, sure, wanted, spelled), key=_best_first)
    taken: list[Change] = []
    for one in found:
        if all(one.change.end <= other.start or other.end <= one.change.start for other in taken):
            taken.append(one.change)
    taken.sort(key=lambda change: change.start)
    flags = dict.fromkeys((*turn.flags, *map(flag_of, taken)))
    return turn.model_copy(update={"changes": tuple(taken), "flags": tuple(flags)})


def _best_first(found: _Found) -> tuple[float, int, int]:
    return -found.likeness, -len(found.change.after), found.change.start


def _candidates(spoken: str, sure: list[float], wanted: Sequence[_Wanted], spelled: frozenset[str]) -> Iterator[_Found]:
    sounds = _sounds(spoken)
    longest = max(len(one.letters) for one in wanted) / ALIKE
    for i, first in enumerate(sounds):
        heard = ""
        for j, last in enumerate(sounds[i:], start=i + 1):
            if last.stops or len(heard) + len(last.letters) > longest:
                break
            heard += last.letters
            if heard and min(sure[first.begin : last.end]) < DOUBTFUL:
                yield from _matches(spoken, sounds[i:j], sure, wanted, spelled)


def _matches(
    spoken: str, sounds: list[_Sound], sure: list[float], wanted: Sequence[_Wanted], spelled: frozenset[str]
) -> Iterator[_Found]:
    begin, end = sounds[0].begin, sounds[-1].end
    surface = spoken[begin:end]
    if any(text in surface for text in spelled):
        return
    for one in wanted:
        text = one.term.text
        is_listed = surface in one.term.heard
        likeness = 1.0 if is_listed else _likeness(sounds, one)
        if not likeness or _DIGITS.findall(surface) != _DIGITS.findall(text):
            continue
        if not is_listed and (is_common(surface) or _is_wider_than_needed(sounds, one, likeness)):
            continue
        if _doubt(surface, text, sure[begin:end]) < DOUBTFUL:
            rule = f"{GLOSSARY_RULE}「{text}」"
            yield _Found(Change(rule=rule, start=begin, end=end, before=surface, after=text), likeness)


def _likeness(sounds: Sequence[_Sound], wanted: _Wanted) -> float:
    """0 where it is not enough."""
    least = 1.0 if len(wanted.letters) < SHORT_LETTERS else ALIKE
    return sounding.alike("".join(sound.letters for sound in sounds), wanted.letters, least)


def _is_wider_than_needed(sounds: list[_Sound], wanted: _Wanted, likeness: float) -> bool:
    """Whether a part of it sounds as much like the term: then the rest (です, を) is no part of the word."""
    count = len(sounds)
    parts = (sounds[i:j] for i in range(count) for j in range(i + 1, count + 1) if j - i < count)
    return any(_likeness(part, wanted) >= likeness for part in parts)


def _doubt(surface: str, text: str, sure: list[float]) -> float:
    """The least confidence among the characters of ``surface`` that would change, or beside the place of what would come in."""
    a = next((i for i, (x, y) in enumerate(zip(surface, text, strict=False)) if x != y), min(len(surface), len(text)))
    rest = min(len(surface), len(text)) - a
    b = next((i for i in range(rest) if surface[-1 - i] != text[-1 - i]), rest)
    changed = sure[a : len(surface) - b] or sure[max(0, a - 1) : a + 1]
    return min(changed)


def is_common(surface: str) -> bool:
    """Whether what was heard is one word of the dictionary and no name: then somebody may well have said it."""
    morphs = list(longest_units().tokenize(surface))
    return len(morphs) == 1 and not morphs[0].is_oov() and morphs[0].part_of_speech()[1] != "固有名詞"


def _sounds(spoken: str) -> list[_Sound]:
    result = []
    for piece in _PIECE.finditer(spoken):
        for m in tokenizer().tokenize(piece[0]):
            begin, end = m.begin() + piece.start(), m.end() + piece.start()
            surface = spoken[begin:end]
            reading = surface if surface.isdigit() else m.reading_form()
            stops = m.part_of_speech()[0] in ("補助記号", "空白")
            result.append(_Sound(begin, end, "" if stops else sounding.letters(kana_of(reading)), stops))
    return result


def kana_of(reading: str) -> str:
    """The analyser's reading, which is katakana, or, for signs and unknown words, the word itself."""
    return reading if re.fullmatch(r"[ァ-ヶー]+", reading) else kana(reading)

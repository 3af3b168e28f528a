"""What is there to be learnt from: every sentence as a set of names of what can be seen of it and around it.

In: the ``Unit``s of a meeting. Out: for each the names, such as ``f:questions_start 会`` (the chair says so), ``p:機`` (after
somebody of the agency), ``g:ゴイケン`` (these sounds). What a name is worth in which phase is not decided here but learnt
(``section_weights``); a name that was never seen is worth nothing. Readings instead of spellings, and short runs of sounds
instead of words, because a recogniser's wrong word still shares most of them.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Sequence

from pipeline.japanese.reading import kana
from pipeline.structure.section_units import INTERJECTION_CHARS, OFFICIALS, Unit
from pipeline.terms import Role

LETTER = {Role.CHAIR: "会", Role.MEMBER: "委", Role.AGENCY: "機", Role.SECRETARIAT: "事", Role.OTHER: "他"}
SOUNDS = (4, 6)  # lengths of the runs
LONGEST_SOUNDS = 120  # of a sentence are looked at: a read-out page tells no more
LENGTHS = (15, 40, 100, 200, 400, 800)  # characters of a turn
WINDOW_TURNS = 8
NEIGHBOURS = 3  # speeches on either side
EDGE_SENTENCES = 2  # of the turns before and after
SOON_TURNS = 3
PARTS = 12  # of the meeting


def names(units: Sequence[Unit]) -> list[list[str]]:
    """One list per unit, without repetitions."""
    turns = [list(group) for _, group in itertools.groupby(units, key=lambda unit: unit.turn.id)]
    letters = [LETTER[turn[0].role] for turn in turns]
    chars = [len(turn[0].turn.spoken) for turn in turns]
    around = []
    heard: set[str] = set()
    for i, turn in enumerate(turns):
        around.append(_around(turns, letters, chars, i, heard))
        heard.add(turn[0].turn.speaker)
    result = []
    for i, turn in enumerate(turns):
        for k, unit in enumerate(turn):
            found = [*_own(unit, letters[i]), *around[i]]
            if k == 0:
                found += [f"first {letters[i]}", *_whole_turn(turn, letters[i]), *(f"1 {name}" for name in around[i])]
            if k == len(turn) - 1:
                found += [f"last {letters[i]}"]
            result.append(list(dict.fromkeys(found)))
    return result


def _own(unit: Unit, who: str) -> list[str]:
    sound = kana(unit.text)[:LONGEST_SOUNDS]
    found = [f"r:{who}", f"l:{who}{_bucket(len(unit.text))}", f"i:{min(2, len(unit.here))}{who}"]
    for name, strength in unit.families.items():
        found += [f"f:{name} {who}"] if strength >= 1.0 else []
        found.append(f"f:{name}")
    found += [f"g:{sound[k : k + n]}" for n in SOUNDS for k in range(len(sound) - n + 1)]
    return found


def _whole_turn(turn: list[Unit], who: str) -> list[str]:
    """A part begins with a turn, what announces it may come at its end."""
    families = {name for unit in turn for name in unit.families}
    items = {item for unit in turn for item in unit.here}
    return [f"t:{name} {who}" for name in sorted(families)] + [f"ti:{min(2, len(items))}{who}"]


def _around(turns: list[list[Unit]], letters: list[str], chars: list[int], i: int, heard_before: set[str]) -> list[str]:
    """What the turns before and after tell; interjections are passed over."""
    before = _speeches(chars, range(i - 1, -1, -1))[::-1]
    after = _speeches(chars, range(i + 1, len(turns)))
    who = letters[i]
    found = [f"c:{who}{_bucket(chars[i])}", f"at:{i * PARTS // len(turns)}"]
    found.append("s-:" + "".join(letters[k] for k in before) + who)
    found.append("s+:" + who + "".join(letters[k] for k in after))
    found.append("s:" + "".join(letters[k] for k in before[-1:]) + who + "".join(letters[k] for k in after[:1]))
    for mark, near in (("p", before[-1:]), ("n", after[:1])):
        for k in near:
            edge = turns[k][-EDGE_SENTENCES:] if mark == "p" else turns[k][:EDGE_SENTENCES]
            found.append(f"{mark}:{who}{letters[k]}{_bucket(chars[k])}")
            found += [f"{mark}f:{name} {letters[k]}" for unit in edge for name in unit.families]
    for mark, near_turns in (
        ("w-", range(max(0, i - WINDOW_TURNS), i)),
        ("w+", range(i + 1, min(len(turns), i + 1 + WINDOW_TURNS))),
    ):
        said: Counter[str] = Counter()
        for k in near_turns:
            said[letters[k]] += chars[k]
        total = sum(said.values()) or 1
        found += [f"{mark}{letter}{round(4 * said[letter] / total)}" for letter in LETTER.values()]
        longest = max((k for k in near_turns), key=lambda k: chars[k], default=i)
        found.append(f"{mark}l{letters[longest]}{_bucket(chars[longest])}")
    new = (k for k in range(i, min(len(turns), i + SOON_TURNS)) if turns[k][0].turn.speaker not in heard_before)
    found += [f"new:{letters[k]}{k - i}" for k in new if turns[k][0].role in OFFICIALS]
    return found


def _speeches(chars: list[int], order: range) -> list[int]:
    """The first few turns in that order that are more than an interjection."""
    return list(itertools.islice((k for k in order if chars[k] >= INTERJECTION_CHARS), NEIGHBOURS))


def _bucket(count: int) -> int:
    return sum(count > edge for edge in LENGTHS)

"""What the desk teaches: words that people corrected again and again, and corrections that they took back.

In: the outputs folder, with drafts and proofs. Out: ``Lesson``s, most often corrected first. Only the proof as it stands counts, not
the keystrokes on the way: a stretch that a person rewrote is widened to the whole word, and it is a mishearing where old and new sound
alike; what sounds different is a change of mind. A correction by the glossary that the proof has not got any more was wrong.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pipeline import documents
from pipeline.errors import MinutesError
from pipeline.glossary import compounds, sounding
from pipeline.glossary.correcting import is_common, is_correction
from pipeline.glossary.term import Term
from pipeline.japanese.reading import kana
from pipeline.proof import BY_HAND, Proof
from pipeline.schema import Change, Draft, Record, Turn

OFTEN = 2  # 「2回直した語」: once is a slip
ALIKE = 0.5  # of the letters: a mishearing; what the decoder guessed may be farther off than what we would dare to correct
_AROUND_CHARS = 40  # of the turn on both sides of a change, for the analyser


class Lesson(Record):
    """``text`` was written ``times`` times, in ``meetings``, where ``heard`` had stood.

    ``reverted``: the other way round; ``heard`` was right where the glossary had written ``text``.
    """

    text: str
    heard: tuple[str, ...]
    times: int
    meetings: tuple[str, ...]
    reverted: bool = False

    def term(self, scope: Term | None = None) -> Term:
        """As an entry of the glossary."""
        where = {"city": scope.city, "council": scope.council, "item": scope.item} if scope else {}
        return Term(text=self.text, heard=self.heard, corrected=self.times, **where)


def learn(outputs: Path, often: int = OFTEN) -> tuple[Lesson, ...]:
    """Meetings that cannot be read teach nothing."""
    found: dict[tuple[str, bool], list[tuple[str, str]]] = {}
    for file in sorted(outputs.glob(f"*/{documents.PROOF}")):
        try:
            proof, draft = documents.read(file), documents.read(file.with_name(documents.DRAFT))
        except MinutesError:
            continue
        if isinstance(proof, Proof) and isinstance(draft, Draft):
            for text, heard in mishearings(proof):
                found.setdefault((text, False), []).append((heard, proof.recording.id))
            for text, heard in _taken_back(draft, proof):
                found.setdefault((text, True), []).append((heard, proof.recording.id))
    lessons = [
        Lesson(
            text=text,
            heard=tuple(dict.fromkeys(heard for heard, _ in cases)),
            times=len(cases),
            meetings=tuple(dict.fromkeys(meeting for _, meeting in cases)),
            reverted=reverted,
        )
        for (text, reverted), cases in found.items()
        if len(cases) >= often
    ]
    return tuple(sorted(lessons, key=lambda lesson: (lesson.reverted, -lesson.times, lesson.text)))


def mishearings(proof: Proof) -> Iterator[tuple[str, str]]:
    """(right word, heard word) of each stretch that a person rewrote."""
    for turn in proof.turns:
        for change in turn.changes:
            if change.rule == BY_HAND and change.before and change.after:
                yield from _word(turn, change)


def _word(turn: Turn, change: Change) -> Iterator[tuple[str, str]]:
    """The whole word around a change: 「指」→「諮」 in 指問 is 諮問, heard 指問."""
    before = turn.spoken[max(0, change.start - _AROUND_CHARS) : change.start]
    behind = turn.spoken[change.end : change.end + _AROUND_CHARS]
    right = before + change.after + behind
    begin, end = len(before), len(before) + len(change.after)
    for compound in compounds.found(right):
        a, b = compound.start, compound.start + len(compound.text)
        if a <= begin and end <= b and right[a:b] == compound.text:
            heard = right[a:begin] + change.before + right[end:b]
            if is_mishearing(compound.text, heard):
                yield compound.text, heard


def is_mishearing(right: str, heard: str) -> bool:
    """They sound alike; or look alike, where what was heard is no word (指問), whose reading is anybody's guess."""
    if sounding.alike(sounding.letters(kana(right)), sounding.letters(kana(heard))) >= ALIKE:
        return True
    return sounding.alike(right, heard) >= ALIKE and not is_common(heard)


def _taken_back(draft: Draft, proof: Proof) -> Iterator[tuple[str, str]]:
    """Corrections of the draft that the proof has not got, where what was heard is what it says now."""
    now = {turn.id: turn for turn in proof.turns}
    for turn in draft.turns:
        left = now.get(turn.id)
        for change in turn.changes:
            if is_correction(change) and left and change not in left.changes and change.before in left.written:
                yield change.after, change.before

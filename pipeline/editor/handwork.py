"""Changes by hand that keep the way to the audio: what was rewritten, reverted, split or joined is still known word by word.

In: a turn and what is wanted of it. Out: a turn whose ``changes`` applied to its ``spoken`` give its ``written`` exactly, so that
every written sentence still leads to what was said when. A correction becomes a ``Change`` of the rule 校正 on the smallest
stretch of speech that it touches; other changes stay as they are and can still be reverted one by one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rapidfuzz.distance import Indel

from pipeline import timing
from pipeline.proof import BY_HAND
from pipeline.schema import Change, Redaction, Turn, Word
from pipeline.style import applied

Edit = tuple[int, int, str]  # written[start:end] becomes the text


def rewritten(turn: Turn, written: str) -> Turn:
    """The turn with this text."""
    if written == turn.written:
        return turn
    edits = _edits(turn.written, written)
    if timing.is_traced(turn):
        changes = _traced(turn, edits)
    else:
        changes = [Change(rule=BY_HAND, start=0, end=len(turn.spoken), before=turn.spoken, after=written)]
    return turn.model_copy(
        update={"written": written, "changes": tuple(changes), "redactions": _moved(turn.redactions, edits)}
    )


def reverted(turn: Turn, change: Change) -> Turn:
    """Without one of its changes. Raises ValueError if it has no such change."""
    left = list(turn.changes)
    left.remove(change)
    written = applied(turn.spoken, left)
    return turn.model_copy(
        update={
            "written": written,
            "changes": tuple(left),
            "redactions": _moved(turn.redactions, _edits(turn.written, written)),
        }
    )


def split(turn: Turn, at: int, new_id: str) -> tuple[Turn, Turn]:
    """``written[:at]`` and ``written[at:]`` as two turns. Raises ValueError where one of them would say nothing."""
    if not 0 < at < len(turn.written):
        raise ValueError("nothing to split")
    if not timing.is_traced(turn):
        turn = rewritten(turn.model_copy(update={"written": ""}), turn.written)
    before, after, k = _cut_changes(turn, at)
    words_before, words_after = _cut_words(turn.words, k)
    middle_ms = words_after[0].start_ms if words_after else words_before[-1].end_ms if words_before else turn.end_ms
    middle_ms = min(max(middle_ms, turn.start_ms), turn.end_ms)
    first = turn.model_copy(
        update={
            "end_ms": middle_ms, "words": words_before, "spoken": turn.spoken[:k], "written": turn.written[:at],
            "changes": before, "redactions": _within(turn.redactions, 0, at),
        }
    )  # fmt: skip
    second = turn.model_copy(
        update={
            "id": new_id, "start_ms": middle_ms, "words": words_after, "spoken": turn.spoken[k:],
            "written": turn.written[at:], "changes": after, "redactions": _within(turn.redactions, at, len(turn.written)),
        }
    )  # fmt: skip
    return first, second


def joined(first: Turn, second: Turn) -> Turn:
    """One turn by the first's speaker."""
    spoken, written = len(first.spoken), len(first.written)
    changes = [c.model_copy(update={"start": c.start + spoken, "end": c.end + spoken}) for c in second.changes]
    marks = [r.model_copy(update={"start": r.start + written, "end": r.end + written}) for r in second.redactions]
    return first.model_copy(
        update={
            "end_ms": max(first.end_ms, second.end_ms),
            "words": (*first.words, *second.words),
            "spoken": first.spoken + second.spoken,
            "written": first.written + second.written,
            "changes": (*first.changes, *changes),
            "redactions": (*first.redactions, *marks),
            "printed": first.printed or second.printed,
            "flags": tuple(dict.fromkeys((*first.flags, *second.flags))),
        }
    )


def _edits(old: str, new: str) -> list[Edit]:
    """In order and apart, in places of ``old``; what was deleted and inserted at one place is one edit."""
    edits: list[Edit] = []
    for code in Indel.opcodes(old, new):
        if code.tag == "equal":
            continue
        start, end, text = code.src_start, code.src_end, new[code.dest_start : code.dest_end]
        if edits and edits[-1][1] == start:
            before = edits.pop()
            start, text = before[0], before[2] + text
        edits.append((start, end, text))
    return edits


def _traced(turn: Turn, edits: Sequence[Edit]) -> list[Change]:
    """The changes that are left, and one for each place that was edited."""
    stretches = timing.stretches(turn)
    regions: list[list[int]] = []  # written from, to; spoken from, to
    for start, end, _ in edits:
        region = _region(stretches, start, end)
        if regions and region[0] <= regions[-1][1]:  # both lie in one stretch that was rewritten as a whole
            regions[-1][1], regions[-1][3] = max(regions[-1][1], region[1]), max(regions[-1][3], region[3])
        else:
            regions.append(region)
    placed = [
        (w_from, w_to, s_from, change)
        for change, (w_from, w_to, s_from, s_to, _) in zip(turn.changes, (s for s in stretches if s[4]), strict=True)
        if not any(_covers(region, (w_from, w_to, s_from, s_to)) for region in regions)
    ]
    for w_from, w_to, s_from, s_to in regions:
        inside = [(a - w_from, b - w_from, text) for a, b, text in edits if w_from <= a and b <= w_to]
        before, after = turn.spoken[s_from:s_to], _replaced(turn.written[w_from:w_to], inside)
        if after != before:
            placed.append((w_from, w_to, s_from, Change(rule=BY_HAND, start=s_from, end=s_to, before=before, after=after)))
    return [change for *_, change in sorted(placed, key=lambda one: one[:3])]


def _region(stretches: Sequence[timing.Stretch], start: int, end: int) -> list[int]:
    """The least part of both texts that ``written[start:end]`` stands in without cutting a rewritten stretch."""
    w_from, w_to = start, end
    s_from: int | None = None
    s_to = 0
    for w_begin, w_end, s_begin, s_end, rewritten in stretches:
        touched = w_begin < end and start < w_end
        inside = w_begin == w_end and start < w_begin < end
        within = start == end and w_begin < start < w_end
        if rewritten and (touched or inside or within):
            w_from, w_to = min(w_from, w_begin), max(w_to, w_end)
            s_from = s_begin if s_from is None else s_from
            s_to = max(s_to, s_end)
        elif not rewritten and (touched or within):
            first, last = s_begin + max(0, start - w_begin), s_end - max(0, w_end - end)
            s_from = first if s_from is None else s_from
            s_to = max(s_to, last)
    if s_from is None:  # between two stretches: after whatever was deleted there
        s_from = s_to = max((s_end for _, w_end, _, s_end, _ in stretches if w_end <= start), default=0)
    return [w_from, w_to, s_from, s_to]


def _covers(region: Sequence[int], stretch: tuple[int, int, int, int]) -> bool:
    w_from, w_to, s_from, s_to = stretch
    if w_from < w_to:
        return region[0] <= w_from and w_to <= region[1]
    return region[2] <= s_from and s_to <= region[3] and region[0] < w_from < region[1]


def _replaced(text: str, edits: Iterable[Edit]) -> str:
    for start, end, new in sorted(edits, reverse=True):
        text = text[:start] + new + text[end:]
    return text


def _moved(redactions: tuple[Redaction, ...], edits: Sequence[Edit]) -> tuple[Redaction, ...]:
    """Marks go with their words; what is written into a mark is marked too."""

    def place(at: int, end_of_mark: bool) -> int:
        shift = 0
        for start, end, text in edits:
            if end <= at and not (start == end == at and end_of_mark):
                shift += len(text) - (end - start)
            elif start < at:
                return start + shift + (len(text) if end_of_mark else 0)
        return at + shift

    moved = (Redaction(start=place(r.start, False), end=max(place(r.start, False), place(r.end, True))) for r in redactions)
    return tuple(mark for mark in moved if mark.start < mark.end)


def _cut_changes(turn: Turn, at: int) -> tuple[tuple[Change, ...], tuple[Change, ...], int]:
    """Changes before and after ``written[at]``, and where that is in ``spoken``."""
    stretches = timing.stretches(turn)
    w_from, _, s_from, s_to, rewritten = next(one for one in stretches if one[0] <= at < one[1])
    is_cut = rewritten and w_from < at
    k = s_to if is_cut else s_from + (at - w_from)
    before: list[Change] = []
    after: list[Change] = []
    for change, (begin, end, _, s_end, _) in zip(turn.changes, (one for one in stretches if one[4]), strict=True):
        if begin < at < end:  # what was written as a whole: all of its speech stays with the first half
            before.append(change.model_copy(update={"after": change.after[: at - begin]}))
            after.append(Change(rule=change.rule, start=0, end=0, before="", after=change.after[at - begin :]))
        elif end <= at and s_end <= k:
            before.append(change)
        else:
            after.append(change.model_copy(update={"start": change.start - k, "end": change.end - k}))
    return tuple(before), tuple(after), k


def _cut_words(words: tuple[Word, ...], k: int) -> tuple[tuple[Word, ...], tuple[Word, ...]]:
    """Before and after ``spoken[k]``; a word that is cut shares its time by its characters."""
    before: list[Word] = []
    after: list[Word] = []
    at = 0
    for word in words:
        end = at + len(word.text)
        if end <= k:
            before.append(word)
        elif at >= k:
            after.append(word)
        else:
            middle_ms = word.start_ms + word.duration_ms * (k - at) // len(word.text)
            before.append(word.model_copy(update={"text": word.text[: k - at], "end_ms": middle_ms}))
            after.append(word.model_copy(update={"text": word.text[k - at :], "start_ms": middle_ms}))
        at = end
    return tuple(before), tuple(after)


def _within(redactions: tuple[Redaction, ...], start: int, end: int) -> tuple[Redaction, ...]:
    cut = (
        Redaction(start=max(r.start, start) - start, end=max(start, min(r.end, end)) - start)
        for r in redactions
        if r.start < end
    )
    return tuple(mark for mark in cut if mark.start < mark.end)

"""Corrections by hand keep the way to the audio: laws that hold for any text, any changes, any correction."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import style, timing
from pipeline.editor import handwork
from pipeline.proof import BY_HAND
from pipeline.schema import Change, Redaction, Turn, Word
from tests.drafts import turn

SPOKEN = "えー、費用は10万円でございます。来年度から始めます。"


def said(spoken: str = SPOKEN) -> Turn:
    made = turn(1, "SPEAKER_00", spoken)
    changes, _ = style.changed(spoken, style.PLAIN.values())
    return made.model_copy(update={"written": style.applied(spoken, changes), "changes": tuple(changes)})


def test_a_correction_is_one_change_on_the_words_it_touches() -> None:
    made = said()
    assert made.written == "費用は10万円である。来年度から始める。"
    corrected = handwork.rewritten(made, "費用は12万円である。来年度から始める。")
    assert timing.is_traced(corrected)
    (change,) = [c for c in corrected.changes if c.rule == BY_HAND]
    assert (change.before, change.after) == ("0", "2")
    assert [c for c in corrected.changes if c.rule != BY_HAND] == list(made.changes)
    at = corrected.written.index("12万円")
    assert timing.spoken_range(corrected, at, at + 4) == (SPOKEN.index("10万円"), SPOKEN.index("10万円") + 4)


def test_what_is_set_right_again_is_no_change() -> None:
    made = said()
    wrong = handwork.rewritten(made, made.written.replace("費用", "日用"))
    assert handwork.rewritten(wrong, made.written).changes == made.changes


def test_a_change_can_be_undone_alone() -> None:
    made = said()
    ending = next(c for c in made.changes if c.before == "でございます")
    undone = handwork.reverted(made, ending)
    assert undone.written == "費用は10万円でございます。来年度から始める。"
    with pytest.raises(ValueError):
        handwork.reverted(undone, ending)


def test_marks_go_with_their_words() -> None:
    made = said().model_copy(update={"redactions": (Redaction(start=3, end=7),)})  # 10万円
    for new, marked in (
        ("予算の費用は10万円である。", "10万円"),
        ("費用は10と5万円である。", "10と5万円"),
        ("費用はである。", ""),
    ):
        corrected = handwork.rewritten(made, new)
        assert [new[r.start : r.end] for r in corrected.redactions] == ([marked] if marked else [])


def test_a_turn_splits_where_it_is_written_and_joins_again() -> None:
    made = said()
    at = made.written.index("来年度")
    first, second = handwork.split(made, at, "t0001-2")
    assert (first.written, second.written) == ("費用は10万円である。", "来年度から始める。")
    assert (first.spoken, second.spoken) == ("えー、費用は10万円でございます。", "来年度から始めます。")
    assert first.end_ms == second.start_ms == second.words[0].start_ms
    again = handwork.joined(first, second)
    assert again == made
    for nowhere in (0, len(made.written), -1):
        with pytest.raises(ValueError):
            handwork.split(made, nowhere, "x")


_TEXT = st.text(alphabet="あいうえ、。10ab", max_size=14)


@st.composite
def turns(draw: st.DrawFn) -> Turn:
    """Words of any length, changes anywhere, marks anywhere."""
    pieces = draw(st.lists(st.text(alphabet="かきくけ、。", min_size=1, max_size=4), max_size=8))
    words, at = [], 0
    for piece in pieces:
        words.append(Word(start_ms=at, end_ms=at + 100 * len(piece), text=piece, confidence=0.5))
        at += 100 * len(piece)
    spoken = "".join(pieces)
    changes, place = [], 0
    for _ in range(draw(st.integers(0, 3))):
        start = draw(st.integers(place, len(spoken)))
        end = draw(st.integers(start, len(spoken)))
        after = draw(st.text(alphabet="さしす", max_size=3))
        if spoken[start:end] != after:
            changes.append(Change(rule="r", start=start, end=end, before=spoken[start:end], after=after))
            place = max(end, start + 1)
        if place > len(spoken):
            break
    written = style.applied(spoken, changes)
    marks = []
    if written:
        start = draw(st.integers(0, len(written) - 1))
        marks = [Redaction(start=start, end=draw(st.integers(start + 1, len(written))))]
    return Turn(
        id="t1", speaker="S", start_ms=0, end_ms=at, words=tuple(words), spoken=spoken, written=written,
        changes=tuple(changes), redactions=tuple(marks),
    )  # fmt: skip


def check(made: Turn) -> None:
    assert timing.is_traced(made)
    assert list(made.changes) == sorted(made.changes, key=lambda c: (c.start, c.end))
    assert all(made.spoken[c.start : c.end] == c.before for c in made.changes)
    assert all(0 <= r.start < r.end <= len(made.written) for r in made.redactions)


@given(turns(), st.lists(_TEXT, min_size=1, max_size=4))
def test_any_corrections_keep_the_way_to_the_audio(made: Turn, texts: list[str]) -> None:
    for text in texts:
        made = handwork.rewritten(made, text)
        assert made.written == text
        check(made)


@given(turns(), st.data())
def test_small_corrections_leave_the_other_changes_alone(made: Turn, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(made.written)))
    corrected = handwork.rewritten(made, made.written[:at] + "X" + made.written[at:])
    check(corrected)
    assert len(set(made.changes) - set(corrected.changes)) <= 1
    while corrected.changes:
        corrected = handwork.reverted(corrected, data.draw(st.sampled_from(corrected.changes)))
        check(corrected)
    assert corrected.written == corrected.spoken


@given(turns(), st.data())
def test_any_split_joins_to_what_it_was(made: Turn, data: st.DataObject) -> None:
    if len(made.written) < 2:
        return
    at = data.draw(st.integers(1, len(made.written) - 1))
    first, second = handwork.split(made, at, "t2")
    check(first)
    check(second)
    assert (first.written, second.written) == (made.written[:at], made.written[at:])
    assert first.end_ms == second.start_ms
    again = handwork.joined(first, second)
    check(again)
    assert (again.spoken, again.written, again.start_ms, again.end_ms) == (
        made.spoken,
        made.written,
        made.start_ms,
        made.end_ms,
    )
    hidden = {i for r in made.redactions for i in range(r.start, r.end)}
    assert {i for r in again.redactions for i in range(r.start, r.end)} == hidden

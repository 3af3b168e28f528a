"""Any written word leads to the audio in which it was said."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import style, timing
from pipeline.schema import Turn
from tests.benchmarks import style as style_pairs
from tests.drafts import CHAR_MS, turn

SPOKEN = [spoken for _, spoken, _ in style_pairs.pairs(style_pairs.PAIRS)]


def rewritten(spoken: str, start_ms: int = 1_000) -> Turn:
    changes, _ = style.changed(spoken, style.PLAIN.values())
    made = turn(1, "SPEAKER_00", spoken, start_ms)
    return made.model_copy(update={"written": style.applied(spoken, changes), "changes": tuple(changes)})


def test_a_word_after_deleted_fillers_is_heard_where_it_was_said() -> None:
    made = rewritten("えー、あの、費用は高いです。次に移ります。")
    assert made.written == "費用は高い。次に移る。"
    at = made.written.index("次に")
    a, b = timing.spoken_range(made, at, at + 2)
    assert made.spoken[a:b] == "次に"
    assert timing.audio_ms(made, at, at + 2) == (1_000 + a * CHAR_MS, 1_000 + b * CHAR_MS)
    assert timing.audio_ms(made, 0, 2)[0] == 1_000 + made.spoken.index("費用") * CHAR_MS


def test_what_a_rule_rewrote_is_heard_as_a_whole() -> None:
    made = rewritten("資料をお渡しいたしました。")
    at = made.written.index("渡した") if "渡した" in made.written else 3
    a, b = timing.spoken_range(made, at, at + 1)
    assert "しました" in made.spoken[a:b]


def test_a_turn_without_words_is_heard_as_a_whole() -> None:
    made = rewritten("高いです。").model_copy(update={"words": ()})
    assert timing.audio_ms(made, 0, 1) == (made.start_ms, made.end_ms)


@given(st.sampled_from(SPOKEN), st.data())
def test_ranges_lie_inside_in_order_and_hold_what_was_not_changed(spoken: str, data: st.DataObject) -> None:
    made = rewritten(spoken)
    if not made.written:
        return
    start = data.draw(st.integers(0, len(made.written) - 1))
    end = data.draw(st.integers(start + 1, len(made.written)))
    a, b = timing.spoken_range(made, start, end)
    assert 0 <= a < b <= len(spoken)
    wider_a, wider_b = timing.spoken_range(made, max(0, start - 1), min(len(made.written), end + 1))
    assert wider_a <= a and b <= wider_b
    begin_ms, end_ms = timing.audio_ms(made, start, end)
    assert made.start_ms <= begin_ms < end_ms <= made.end_ms
    if not any(change.start < b and a < change.end for change in made.changes):
        assert made.spoken[a:b] == made.written[start:end]


@given(st.sampled_from(SPOKEN), st.data())
def test_there_and_back_holds_the_range_again(spoken: str, data: st.DataObject) -> None:
    made = rewritten(spoken)
    start = data.draw(st.integers(0, len(spoken) - 1))
    end = data.draw(st.integers(start + 1, len(spoken)))
    written = timing.written_range(made, start, end)
    if written is None:
        deleted = [range(change.start, change.end) for change in made.changes if not change.after]
        assert all(any(i in gone for gone in deleted) for i in range(start, end))
        return
    a, b = timing.spoken_range(made, *written)
    kept = [i for i in range(start, end) if not any(c.start <= i < c.end and not c.after for c in made.changes)]
    assert a <= kept[0] and kept[-1] < b


@pytest.mark.parametrize("spoken", SPOKEN[:60])
def test_the_whole_text_is_the_whole_speech_less_what_was_left_out_at_its_edges(spoken: str) -> None:
    made = rewritten(spoken)
    a, b = timing.spoken_range(made, 0, len(made.written))
    left = [change for change in made.changes if not change.after and (change.end <= a or change.start >= b)]
    assert a + (len(spoken) - b) == sum(change.end - change.start for change in left)

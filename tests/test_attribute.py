"""Words and voices to turns: the laws of the assignment, a slow oracle, and the cases that need judgement."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import attribute
from pipeline.schema import Flag, Segment, Voice, Word
from pipeline.terms import FlagKind
from tests.spoken import words

A, B = "SPEAKER_00", "SPEAKER_01"


def segment(said: tuple[Word, ...], flags: tuple[Flag, ...] = ()) -> Segment:
    return Segment(
        start_ms=said[0].start_ms,
        end_ms=said[-1].end_ms,
        text="".join(word.text for word in said),
        words=said,
        avg_logprob=-0.2,
        no_speech_prob=0.0,
        compression_ratio=1.0,
        flags=flags,
    )


def failed(start_ms: int, end_ms: int) -> Segment:
    flag = Flag(kind=FlagKind.FAILED, reason="文字起こしできませんでした。")
    return Segment(
        start_ms=start_ms,
        end_ms=end_ms,
        text="",
        words=(),
        avg_logprob=0,
        no_speech_prob=0,
        compression_ratio=0,
        flags=(flag,),
    )


def voice(start_ms: int, end_ms: int, speaker: str = A) -> Voice:
    return Voice(start_ms=start_ms, end_ms=end_ms, speaker=speaker)


@st.composite
def meetings(draw: st.DrawFn) -> tuple[tuple[Segment, ...], tuple[Voice, ...]]:
    """Exclusive voices and segments in time order, both with gaps, neither knowing of the other."""
    at_ms, voices = 0, []
    for _ in range(draw(st.integers(0, 6))):
        at_ms += draw(st.integers(0, 3000))
        length_ms = draw(st.integers(1, 2500))
        voices.append(voice(at_ms, at_ms + length_ms, f"SPEAKER_{draw(st.integers(0, 2)):02}"))
        at_ms += length_ms
    at_ms, segments = 0, []
    for _ in range(draw(st.integers(0, 4))):
        at_ms += draw(st.integers(0, 2000))
        if draw(st.booleans()):
            text = draw(st.text("あいうえお。、", min_size=1, max_size=8))
            segments.append(segment(words(text, at_ms, draw(st.integers(0, 300)))))
        else:
            segments.append(failed(at_ms, at_ms + 500))
        at_ms = segments[-1].end_ms
    return tuple(segments), tuple(voices)


@settings(max_examples=100, deadline=None)
@given(meetings())
def test_every_word_is_in_exactly_one_turn_in_the_order_in_which_it_was_heard(
    heard: tuple[tuple[Segment, ...], tuple[Voice, ...]],
) -> None:
    segments, voices = heard
    turns = attribute.words(segments, voices)
    assert [word for turn in turns for word in turn.words] == [word for s in segments for word in s.words]
    assert all(turn.spoken == "".join(word.text for word in turn.words) for turn in turns)
    assert [turn.start_ms for turn in turns] == sorted(turn.start_ms for turn in turns)
    assert [turn.id for turn in turns] == [f"t{n:04}" for n in range(1, len(turns) + 1)]
    assert {turn.speaker for turn in turns} <= ({v.speaker for v in voices} or {attribute.NO_SPEAKER})
    assert sum(not turn.words for turn in turns) == sum(not s.words for s in segments)


@settings(max_examples=60, deadline=None)
@given(meetings())
def test_no_assignment_is_cheaper(heard: tuple[tuple[Segment, ...], tuple[Voice, ...]]) -> None:
    segments, voices = heard
    sequence = [word for s in segments for word in s.words][:6]
    labels = sorted({v.speaker for v in voices}) or [attribute.NO_SPEAKER]
    costs = attribute.distances(sequence, voices, labels)

    def total(path: tuple[int, ...]) -> float:
        changes = (
            attribute._change_cost(sequence[i - 1], sequence[i]) for i in range(1, len(path)) if path[i - 1] != path[i]
        )
        return float(sum(costs[i, k] for i, k in enumerate(path)) + sum(changes))

    found = tuple(labels.index(label) for label in attribute.assigned(sequence, voices))
    cheapest = min(total(path) for path in itertools.product(range(len(labels)), repeat=len(sequence)))
    assert total(found) == pytest.approx(cheapest)


@settings(max_examples=50, deadline=None)
@given(meetings())
def test_cost_is_zero_inside_a_voice_and_full_far_from_it(
    heard: tuple[tuple[Segment, ...], tuple[Voice, ...]],
) -> None:
    segments, voices = heard
    sequence = [word for s in segments for word in s.words]
    labels = sorted({v.speaker for v in voices})
    costs = attribute.distances(sequence, voices, labels)
    for (i, word), (k, label) in itertools.product(enumerate(sequence), enumerate(labels)):
        mine = [v for v in voices if v.speaker == label]
        if any(v.start_ms <= word.start_ms and word.end_ms <= v.end_ms for v in mine):
            assert costs[i, k] == 0
        if all(
            v.start_ms > word.end_ms + attribute.NEAREST_MS or word.start_ms > v.end_ms + attribute.NEAREST_MS for v in mine
        ):
            assert costs[i, k] == attribute.FAR_COST * len(word.text)


def test_a_turn_ends_where_the_voice_changes() -> None:
    said = words("賛成です。異議なし。", 0, 100)
    turns = attribute.words((segment(said),), (voice(0, 430), voice(430, 1000, B)))
    assert [(turn.speaker, turn.spoken) for turn in turns] == [(A, "賛成です。"), (B, "異議なし。")]


def test_a_voice_that_begins_a_character_early_takes_no_character_from_a_sentence() -> None:
    said = words("よろしいですか。はい、結構です。", 0, 150)
    turns = attribute.words((segment(said),), (voice(0, 900), voice(900, 3000, B)))  # です「か。」 lies in the other voice
    assert [turn.spoken for turn in turns] == ["よろしいですか。", "はい、結構です。"]


def test_an_island_of_one_character_in_a_sentence_stays_with_its_neighbours() -> None:
    said = words("資料をご覧ください", 0, 150)
    turns = attribute.words((segment(said),), (voice(0, 450), voice(450, 600, B), voice(600, 1400)))
    assert [turn.speaker for turn in turns] == [A]


def test_a_short_answer_between_two_sentences_of_another_keeps_its_speaker() -> None:
    """Also when the transcript has clauses for words: a clause is as sure as its characters together."""
    said = tuple(
        Word(start_ms=start, end_ms=end, text=text, confidence=1)
        for start, end, text in [(0, 1000, "よろしいですか。"), (1100, 1500, "はい。"), (1600, 3000, "では次に進みます。")]
    )
    voices = (voice(0, 1000), voice(1100, 1500, B), voice(1600, 3000))
    assert [turn.speaker for turn in attribute.words((segment(said),), voices)] == [A, B, A]


def test_words_far_from_every_voice_stay_with_the_speaker_before_and_say_so() -> None:
    segments = (segment(words("賛成です。", 0, 100)), segment(words("聞こえます。", 20_000, 100)))
    turns = attribute.words(segments, (voice(0, 500), voice(60_000, 61_000, B)))
    assert [turn.speaker for turn in turns] == [A]
    assert [flag.kind for flag in turns[0].flags] == [FlagKind.NO_VOICE]
    assert not attribute.words(segments[:1], (voice(0, 500),))[0].flags


def test_without_voices_there_is_one_speaker() -> None:
    turns = attribute.words((segment(words("賛成です。")), segment(words("異議なし。", 9000))), ())
    assert [(turn.speaker, turn.spoken) for turn in turns] == [(attribute.NO_SPEAKER, "賛成です。異議なし。")]


def test_nothing_heard_is_no_turn() -> None:
    assert attribute.words((), (voice(0, 1000),)) == ()


def test_flags_of_a_segment_go_to_each_of_its_turns_once() -> None:
    doubt = Flag(kind=FlagKind.LOW_EVIDENCE, reason="確かさが低い所です。")
    said = words("賛成です。異議なし。", 0, 100)
    turns = attribute.words((segment(said, (doubt,)),), (voice(0, 500), voice(500, 1000, B)))
    assert [turn.flags for turn in turns] == [(doubt,), (doubt,)]


def test_a_failed_stretch_is_a_turn_without_words_in_its_place() -> None:
    segments = (segment(words("賛成です。", 0, 100)), failed(600, 5000), segment(words("以上です。", 5200, 100)))
    turns = attribute.words(segments, (voice(0, 1000), voice(1000, 5000, B), voice(5000, 6000)))
    assert [(turn.spoken, turn.speaker) for turn in turns] == [("賛成です。", A), ("", B), ("以上です。", A)]
    assert [flag.kind for turn in turns if not turn.spoken for flag in turn.flags] == [FlagKind.FAILED]

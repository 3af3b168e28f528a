"""Judging by evidence: loops, weak decoding, text where nobody speaks; never by the phrase."""

from __future__ import annotations

import pytest

from pipeline.engines import devices, evidence
from pipeline.terms import FlagKind
from tests.drafts import segment


def kinds(text: str, speech_ms: int, **changes: float) -> set[FlagKind]:
    judged = segment(text).model_copy(update=changes)
    return {flag.kind for flag in evidence.flags(judged, speech_ms)}


@pytest.mark.parametrize("text", ["ありがとうございました。", "ご視聴ありがとうございました"])
def test_the_same_phrase_is_kept_where_somebody_speaks_and_flagged_where_nobody_does(text: str) -> None:
    length = segment(text).duration_ms
    assert kinds(text, length) == set()
    assert kinds(text, 0) == {FlagKind.INVENTED}


def test_no_speech_probability_counts_only_with_a_weak_decoding() -> None:
    length = segment("はい。").duration_ms
    assert FlagKind.INVENTED not in kinds("はい。", length, no_speech_prob=0.9)
    assert FlagKind.INVENTED in kinds("はい。", length, no_speech_prob=0.9, avg_logprob=-1.5)


def test_loops_are_found_by_compression_and_by_eye() -> None:
    assert evidence.is_loop(segment("それはそれはそれはそれはそれは"))
    assert evidence.is_loop(segment("あ").model_copy(update={"compression_ratio": 3.0}))
    assert not evidence.is_loop(segment("はい、はい、そうですね。それはそれは大変でした。"))


def test_a_second_decoding_replaces_a_loop_and_never_becomes_one() -> None:
    loop, plain = segment("ですですですですです", logprob=-0.1), segment("そうです", logprob=-0.9)
    assert evidence.is_better(plain, loop) and not evidence.is_better(loop, plain)
    assert evidence.is_better(segment("あ", logprob=-0.2), segment("い", logprob=-0.5))


def broken_driver() -> int:
    raise RuntimeError("CUDA driver version is insufficient")


@pytest.mark.parametrize(
    ("wish", "count", "first"),
    [
        ("auto", lambda: 1, "cuda"),
        ("auto", lambda: 0, "cpu"),
        ("auto", broken_driver, "cpu"),
        ("cpu", lambda: 1, "cpu"),
        ("cuda", lambda: 0, "cuda"),
    ],
)
def test_plans_end_on_the_cpu(wish: str, count, first: str) -> None:  # type: ignore[no-untyped-def]
    plans = devices.plans(wish, count)
    assert plans[0].device == first and plans[-1].device == "cpu"


def test_device_trouble_is_told_from_bad_input() -> None:
    assert devices.is_device_trouble(RuntimeError("CUDA failed with error out of memory"))
    assert devices.is_device_trouble(MemoryError())
    assert not devices.is_device_trouble(ValueError("wrong shape"))

"""What real verbatim minutes taught about roles, one lesson a test; the dialogues are invented."""

from __future__ import annotations

import pytest

from pipeline import deputies, roles
from pipeline.schema import Meeting
from pipeline.structure import role_evidence
from pipeline.structure.board import Board
from pipeline.structure.role_evidence import Heard
from pipeline.terms import Role
from tests.spoken import script

LONG = "商店街の街灯ですが、去年の秋に一度消えまして、自治会でも話が出ましたし、私も夜に歩いてみたところ、やはり角の所が暗くて、子どもの塾の帰りの時間には人通りも少なく、近所の方からも何とかならないかという声をたくさんいただいておりまして、警察の方にも一度見ていただいたという話です。"


def heard(text: str) -> Heard:
    said = script(text)
    return Heard.of(said.turns, Meeting())


def led_by(text: str, chair: str) -> Board:
    board = Board()
    role_evidence.calls(heard(text), chair, board)
    return board


def test_a_long_speech_that_asks_is_a_members() -> None:
    explained = role_evidence.own(heard(f"A: 始めます。\nB: {LONG}街灯は全部で四十あります。そのうち半分を替えました。"))
    asked = role_evidence.own(heard(f"A: 始めます。\nB: {LONG}街灯は全部で四十あります。そのうち半分はいつ替わりますか。"))
    assert explained.score("B", Role.AGENCY) > explained.score("B", Role.MEMBER)
    assert asked.score("B", Role.MEMBER) > asked.score("B", Role.AGENCY)


def test_the_words_of_a_chair_count_less_inside_a_long_sentence() -> None:
    formula = "ほかにご質問はございませんか。"
    inside = f"{LONG[:-3]}で、それを受けまして窓口でもほかにご質問はございませんかとお聞きした次第です。"
    short, long = (role_evidence.own(heard(f"A: はい。\nC: はい。\nB: {said}")) for said in (formula, inside))
    assert short.score("B", Role.CHAIR) > 2 * long.score("B", Role.CHAIR)
    assert role_evidence.leading_turns(heard(f"A: はい。\nB: {formula}")) == {"B": [1]}
    assert role_evidence.leading_turns(heard(f"A: はい。\nB: {inside}")) == {}


def test_who_opens_the_meeting_and_hands_it_to_nobody_is_the_chair() -> None:
    opened = "A: ただいまから建設部会を開会いたします。初めに、街灯の計画についてです。\nB: 街灯は四十あります。\nA: はい。\nC: はい。"
    handed = opened.replace("初めに、街灯の計画についてです。", "この後の進行は会長にお願いいたします。")
    by_himself, by_another = (role_evidence.own(heard(said)) for said in (opened, handed))
    assert by_himself.score("A", Role.CHAIR) > by_another.score("A", Role.CHAIR) + 1


def test_the_turn_after_a_call_for_an_explanation_is_an_officials() -> None:
    board = led_by("A: それでは、説明をお願いします。\nB: 四十あります。\nC: 三十です。", "A")
    assert board.score("B", Role.AGENCY) > 0 and board.score("B", Role.SECRETARIAT) > 0
    assert board.score("C", Role.AGENCY) == 0


def test_the_turn_after_a_call_for_questions_is_a_members() -> None:
    board = led_by("A: ご質問はございますか。\nB: 四十あります。\nC: 三十です。", "A")
    assert board.score("B", Role.MEMBER) > 0 and board.score("C", Role.MEMBER) == 0
    assert led_by("A: ご質問はございますか。\nB: 四十あります。", "B").score("B", Role.MEMBER) == 0


def test_who_is_asked_to_lead_does_not_explain() -> None:
    board = led_by("A: この件は副会長に代わりをお願いいたします。\nB: 四十あります。", "A")
    assert board.score("B", Role.AGENCY) == 0


@pytest.mark.parametrize(
    ("remark", "answered"),
    [
        ("A: お願いします。\n", True),
        ("A: ほかにご質問はございますか。\n", False),
        ("", True),
    ],
)
def test_a_question_is_answered_after_the_chairs_remark(remark: str, answered: bool) -> None:
    said = heard(f"A: 始めます。\nB: 街灯は幾つですか。\n{remark}C: 四十あります。")
    assert role_evidence.questions(said, "A").get(("B", "C"), 0) == answered


def test_the_chair_himself_asks_for_nobody() -> None:
    assert role_evidence.questions(heard("A: 街灯は幾つですか。\nB: 四十あります。"), "A") == {}


def test_an_officials_long_answers_make_him_no_deputy() -> None:
    answers = "\n".join(
        f"B: {LONG[:-3]}で、それを受けまして副会長さんの方にもほかにご質問はございませんかとお聞きした次第です。\nC: 分かりました。幾つですか。"
        for _ in range(3)
    )
    said = script(
        f"A: それでは、街灯の件の説明をお願いします。\n{answers}\nA: ほかにございませんか。では、よろしいでしょうか。"
    )
    cast = roles.assign(said.turns, said.meeting)
    assert deputies.apart(said.turns, cast, said.meeting)[1] == cast

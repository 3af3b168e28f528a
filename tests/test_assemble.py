"""The last look: decisions are complete, and the draft says what is missing."""

from __future__ import annotations

import pytest

from pipeline import assemble
from pipeline.schema import Decision, Draft, Flag, Meeting, Provenance, Section, Speaker, Turn, Warn
from pipeline.terms import FlagKind, Phase, Role
from tests.drafts import MEETING, SPEAKERS, recording, turn

MEMBER = SPEAKERS[1].label
ASKED = turn(1, MEMBER, "費用はいくらですか。")


def assembled(
    turns: tuple[Turn, ...] = (ASKED,),
    meeting: Meeting = MEETING,
    speakers: tuple[Speaker, ...] = SPEAKERS,
    decisions: tuple[Decision, ...] = (),
    warnings: tuple[Warn, ...] = (),
    item: int | None = 0,
) -> Draft:
    ids = tuple(t.id for t in turns)
    sections = (Section(item=item, phase=Phase.QUESTIONS, heading="", turn_ids=ids),) if turns else ()
    return assemble.draft(
        recording(), meeting, speakers, turns, sections, decisions, warnings, Provenance(program="minutes test")
    )


def codes(draft: Draft) -> list[str]:
    return [warning.code for warning in draft.warnings]


def test_every_item_has_one_decision_and_none_is_invented() -> None:
    heard = Decision(item=1, result="承認された", turn_id=ASKED.id)
    draft = assembled(decisions=(heard,))
    assert draft.decisions == (Decision(item=0, result=None), heard)
    assert codes(draft) == ["no-decision", "no-section"]
    assert "諮問第1号" in draft.warnings[0].message and "諮問第2号" in draft.warnings[1].message


def test_a_recording_without_speech_is_a_lawful_draft_that_says_so() -> None:
    draft = assembled(turns=(), speakers=())
    assert codes(draft) == ["no-speech"]
    assert [decision.result for decision in draft.decisions] == [None, None]


def test_failing_is_not_silence() -> None:
    flag = Flag(kind=FlagKind.FAILED, reason="だめでした。")
    failed = Warn(code="failed-chunk", message="文字起こしできませんでした。")
    draft = assembled(turns=(turn(1, MEMBER, "", flags=(flag,)),), warnings=(failed,))
    assert "failed-chunk" in codes(draft) and "no-speech" not in codes(draft)


def test_a_meeting_without_agenda_is_told_how_to_get_items() -> None:
    draft = assembled(meeting=Meeting(), item=None)
    assert codes(draft) == ["no-agenda"] and "[[agenda]]" in draft.warnings[0].message
    assert draft.decisions == ()


@pytest.mark.parametrize("doubt", [{"confidence": 0.4}, {"role": Role.OTHER}])
def test_an_uncertain_role_is_flagged_on_each_of_its_turns(doubt: dict[str, object]) -> None:
    speakers = (SPEAKERS[0], SPEAKERS[1].model_copy(update=doubt), SPEAKERS[2])
    draft = assembled((ASKED, turn(2, SPEAKERS[2].label, "3年です。", 5_000)), speakers=speakers)
    assert "unsure-role" in codes(draft)
    assert [[flag.kind for flag in t.flags] for t in draft.turns] == [[FlagKind.ROLE], []]


def test_invented_text_is_counted() -> None:
    flag = Flag(kind=FlagKind.INVENTED, reason="声がありません。")
    draft = assembled((turn(1, MEMBER, "ご視聴。", flags=(flag,)), turn(2, MEMBER, "ご視聴。", 9_000, flags=(flag,))))
    (told,) = (warning for warning in draft.warnings if warning.code == "invented")
    assert "2か所" in told.message


def test_warnings_of_the_stages_come_first_and_once() -> None:
    warning = Warn(code="truncated", message="途中で切れています。")
    assert codes(assembled(warnings=(warning, warning)))[:2] == ["truncated", "no-decision"]

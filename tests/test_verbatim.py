"""Labelled minutes are read as turns with the roles that the labels tell, whatever way the labels are written."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.terms import Role
from tests import verbatim
from tests.benchmarks import verbatim as benchmark

MINUTES = """第3回 みどり町公民館運営審議会
日時 5月1日 午後2時
出席者 会長ほか4名

○午後2時開会
○北島会長 それでは、ただいまから会議を始めます。まず議題の1について、事務局から説明をお願いします。
○事務局(館長) 資料1をご覧ください。昨年度の利用者は、
前の年より2割ふえております。説明は以上です。
――――――――――――――――
2 意見交換
○北島会長 ありがとうございました。ご質問はございますか。
○野上委員 夜の部屋が取れないと聞きますが、どうしてでしょうか。
○生涯学習課長 抽選の申込みが3倍ほどございまして、お待ちいただいております。
(「そうだ」と呼ぶ者あり)
○上田副会長 申込みの方法を見直せませんか。
○ハヤシ設計 図面の方を直してまいりました。
○北島会長 では、案のとおりでよろしいでしょうか。
"""


def test_the_label_tells_the_role_and_the_voice() -> None:
    turns = verbatim.parse(MINUTES)
    assert [voice for voice, _ in turns] == [
        "北島会長", "事務局(館長)", "北島会長", "野上委員", "生涯学習課長", "上田副会長", "ハヤシ設計", "北島会長",
    ]  # fmt: skip
    assert [verbatim.role_of(voice) for voice, _ in turns] == [
        Role.CHAIR, Role.SECRETARIAT, Role.CHAIR, Role.MEMBER, Role.AGENCY, Role.MEMBER, Role.OTHER, Role.CHAIR,
    ]  # fmt: skip


def test_only_what_was_said_is_left() -> None:
    said = [text for _, text in verbatim.parse(MINUTES)]
    assert said[1] == "資料1をご覧ください。昨年度の利用者は、前の年より2割ふえております。説明は以上です。"
    assert said[4].endswith("お待ちいただいております。")


@pytest.mark.parametrize(
    "way",
    ["〇{}\n{}", "【{}】{}", "({}) {}", "\uff08{}\uff09{}", "{}:{}", "{}\uff1a{}", "{}\u3000{}"],
)
def test_labels_may_be_written_in_many_ways(way: str) -> None:
    said = [
        ("会長", "始めます。"),
        ("事務局", "説明します。"),
        ("会長", "質問はありますか。"),
        ("森委員", "はい。"),
        ("企画課長", "以上です。"),
    ]
    assert verbatim.parse("\n".join(way.format(label, text) for label, text in said)) == said


@pytest.mark.parametrize(
    ("label", "role"),
    [
        ("議長(山本 太郎君)", Role.CHAIR), ("部会長", Role.CHAIR), ("座長", Role.CHAIR), ("委員長職務代理者", Role.MEMBER), ("副委員長", Role.MEMBER),
        ("事務局長", Role.SECRETARIAT), ("司会", Role.SECRETARIAT), ("A委員", Role.MEMBER), ("道路課主幹", Role.AGENCY), ("市長", Role.AGENCY),
        ("コンサルタント", Role.OTHER),
    ],
)  # fmt: skip
def test_posts(label: str, role: Role) -> None:
    assert verbatim.role_of(label) is role


def test_unnamed_members_are_several_people() -> None:
    said = "\n".join(
        f"【{label}】これは{i}番目です。"
        for i, label in enumerate(["会長", "委員", "事務局", "委員", "会長", "事務局", "会長", "委員", "事務局"])
    )
    members = [voice for voice, _ in verbatim.parse(said) if voice.startswith("委員")]
    assert members == ["委員#1", "委員#1", "委員#2"]


def test_a_text_without_labels_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("会議の概要です。意見が出ました。\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"a\.txt"):
        verbatim.read(tmp_path / "a.txt")


def test_only_speeches_with_a_role_are_counted(tmp_path: Path) -> None:
    (tmp_path / "green.txt").write_text(MINUTES, encoding="utf-8")
    truth, draft = benchmark.heard(verbatim.read(tmp_path / "green.txt"), 0.0, 1)
    chars, speeches = benchmark.right(truth, draft)
    assert chars > 0.5 and speeches > 0.5
    true = {turn["speaker"]: turn["role"] for turn in truth}
    wrong = {Role.CHAIR: Role.MEMBER, Role.MEMBER: Role.AGENCY, Role.AGENCY: Role.SECRETARIAT, Role.SECRETARIAT: Role.CHAIR}

    def cast(as_said: bool) -> benchmark.Draft:
        roles = {label: Role(role) if as_said else wrong.get(Role(role), Role.OTHER) for label, role in true.items()}
        people = tuple(speaker.model_copy(update={"role": roles[speaker.label]}) for speaker in draft.speakers)
        return draft.model_copy(update={"speakers": people})

    assert benchmark.right(truth, cast(as_said=True)) == (1.0, 1.0)
    assert benchmark.right(truth, cast(as_said=False)) == (0.0, 0.0)

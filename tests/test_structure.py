"""Roles, sections and decisions over whole meetings that were written for this test, and the laws that hold for any."""

from __future__ import annotations

import itertools
import json
import math
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import agenda_heard, attribute, decisions, deputies, meeting_file, roles, sections
from pipeline.schema import AgendaItem, Attendee, Decision, Meeting, Section, Segment, Speaker, Turn, Voice
from pipeline.scoring import sides
from pipeline.scoring.sides import SpokenTurn
from pipeline.scoring.structure import structure
from pipeline.structure import cohesion, section_order
from pipeline.terms import Phase, Role
from tests.spoken import FORMAL, REPORTS, SHIMON, TOGETHER, Script, script, turn, words

ROOT = Path(__file__).parent.parent
FORMAL_ROLES = {
    "A": Role.SECRETARIAT, "B": Role.CHAIR, "C": Role.MEMBER, "D": Role.MEMBER, "F": Role.AGENCY, "G": Role.AGENCY,
}  # fmt: skip
Understood = tuple[tuple[Speaker, ...], tuple[Turn, ...], tuple[Section, ...], tuple[Decision, ...]]


def understood(turns: tuple[Turn, ...], meeting: Meeting) -> Understood:
    speakers = roles.assign(turns, meeting)
    placed, parts = sections.divide(turns, speakers, meeting)
    return speakers, placed, parts, decisions.hear(placed, speakers, parts, meeting)


def misplaced(said: Script, placed: tuple[Turn, ...], parts: tuple[Section, ...]) -> list[str]:
    """What stands elsewhere than the script says, a courtesy before or after a boundary apart."""
    where = {turn_id: (part.item, part.phase) for part in parts for turn_id in part.turn_ids}
    truth = {t.start_ms: place for t, place in zip(said.turns, said.places, strict=True)}
    wrong, expected = [], said.places[0]
    for t in placed:
        expected = truth.get(t.start_ms, expected)
        if where[t.id] != expected and len(t.spoken) > 15:
            wrong.append(f"{t.spoken} {where[t.id]} != {expected}")
    return wrong


@pytest.fixture(scope="module")
def formal() -> Script:
    return script(FORMAL, SHIMON, "総務部 総務課")


def test_a_formal_meeting_is_understood(formal: Script) -> None:
    speakers, placed, parts, results = understood(formal.turns, formal.meeting)
    assert {s.label: s.role for s in speakers} == FORMAL_ROLES
    assert {s.label: s.name for s in speakers} == {"A": "本田", "B": "石川", "C": "原", "D": "今井", "F": "森", "G": "岡"}
    assert all(s.is_sure and s.reasons for s in speakers)
    assert misplaced(formal, placed, parts) == []
    assert [d.result for d in results] == ["承認された", "承認された"]


def test_votes_at_the_end_and_a_recess_are_understood() -> None:
    said = script(TOGETHER, REPORTS, "教育委員会 図書館")
    speakers, placed, parts, results = understood(said.turns, said.meeting)
    assert {s.label: s.role for s in speakers} == {
        "A": Role.SECRETARIAT, "B": Role.CHAIR, "C": Role.MEMBER, "D": Role.MEMBER,
    }  # fmt: skip
    assert misplaced(said, placed, parts) == []
    assert [d.result for d in results] == ["承認された", "承認された"]


def test_without_an_agenda_there_are_phases_without_items(formal: Script) -> None:
    said = script(FORMAL)
    speakers, _, parts, results = understood(said.turns, Meeting())
    assert {s.label: s.role for s in speakers} == FORMAL_ROLES
    assert {part.item for part in parts} == {None}
    assert [part.phase for part in parts] == [
        Phase.OPENING, *[Phase.EXPLANATION, Phase.QUESTIONS, Phase.DELIBERATION, Phase.REPORT_DELIBERATION] * 2, Phase.CLOSING,
    ]  # fmt: skip
    assert results == ()


def test_without_a_meeting_file_the_agenda_is_taken_from_speech() -> None:
    said = script(FORMAL)
    meeting, told = agenda_heard.complete(Meeting(), said.turns)
    assert [(item.label, item.title) for item in meeting.agenda] == [(item.label, item.title) for item in SHIMON]
    assert [warning.code for warning in told] == ["agenda-heard"] and "議題 2 件" in told[0].message
    expected = script(FORMAL, SHIMON)
    _, placed, parts, results = understood(said.turns, meeting)
    assert misplaced(expected, placed, parts) == []
    assert [d.result for d in results] == ["承認された", "承認された"]


def test_a_given_agenda_is_not_changed_by_what_is_heard() -> None:
    given = Meeting(agenda=REPORTS)
    assert agenda_heard.complete(given, script(FORMAL).turns) == (given, ())


@pytest.mark.parametrize(
    ("said", "labels"),
    [
        ("続いて、報告事項の2番に移ります。", ["報告2"]),
        ("次に、指紋第一二号、名簿システムについて説明をお願いします。", ["諮問第12号"]),
        ("それでは、令和5年度の諮問第4号のときと同じように進めます。", []),
        ("続いて、資料の3ページ、議事に関する第2条についてお願いします。", []),
        ("それでは、議案が3件ございます。", []),
        ("議案第1号では費用が問題になりました。", []),
        ("それでは、議第1号をお願いします。\nB: 次は2号ですか。お願いします。", ["議第1号", "議第2号"]),
        ("それでは、条例の第2号をお願いします。", []),
        ("議案第1号から順に、続いて議案第2号を議題といたします。", ["議案第1号", "議案第2号"]),
        ("議案第1号は以上です。\nB: 続いて、議案第2号の説明をお願いします。", ["議案第1号", "議案第2号"]),
    ],
)
def test_only_what_is_gone_over_to_is_an_item(said: str, labels: list[str]) -> None:
    assert [item.label for item in agenda_heard.items(script(f"B: {said}").turns)] == labels


def test_a_title_without_its_hesitations_is_the_longest_that_was_read() -> None:
    said = "B: 次に、議題1、えー、ごみ袋の件をお願いします。\nB: 議題1が、指定ごみ袋の、あの、値上げについてです。"
    assert agenda_heard.items(script(said).turns)[0].title == "指定ごみ袋の、値上げについて"


def test_the_chairs_call_gives_a_voice_the_role_of_the_list() -> None:
    said = "A: 開会いたします。私が会長の石川です。\nA: それでは、滝本さん、お願いします。\nB: はい。あの件は順調です。\nA: ほかにございませんか。"
    listed = Meeting(attendees=(Attendee(name="滝本 一郎", role=Role.AGENCY),))
    assert roles.assign(script(said).turns, Meeting())[1].role is not Role.AGENCY
    assert roles.assign(script(said).turns, listed)[1].role is Role.AGENCY


def test_reasons_name_the_evidence_and_the_turn(formal: Script) -> None:
    speakers = {s.label: s for s in roles.assign(formal.turns, formal.meeting)}
    assert "「河川課長の森」と名乗った(t0005)" in speakers["F"].reasons
    assert any("会長に「原委員」と呼ばれた直後の発言" in reason for reason in speakers["C"].reasons)


def test_talk_time_is_that_of_the_turns(formal: Script) -> None:
    speakers = roles.assign(formal.turns, formal.meeting)
    assert sum(s.talk_ms for s in speakers) == sum(turn.duration_ms for turn in formal.turns)


def test_a_speaker_who_says_nothing_telling_has_no_role() -> None:
    said = script("A: 定刻になりましたので、審議会を開会いたします。\nB: うーん。")
    silent = roles.assign(said.turns, Meeting())[1]
    assert (silent.role, silent.confidence) == (Role.OTHER, 0.0)
    assert silent.reasons == ("役割の手がかりになる発言がありません",)


def test_nobody_leads_a_scrap_of_talk() -> None:
    said = script("A: 昨日の雨はひどかったですね。\nB: 本当にそうですね。駅まで歩くのが大変でした。")
    assert Role.CHAIR not in {s.role for s in roles.assign(said.turns, Meeting())}


def test_the_attendee_list_gives_role_and_full_name() -> None:
    text = "A: おはようございます。\nB: 滝本です。よろしくお願いします。"
    listed = Meeting(attendees=(Attendee(name="滝本 一郎", role=Role.SECRETARIAT),))
    assert roles.assign(script(text).turns, Meeting())[1].role is not Role.SECRETARIAT
    found = roles.assign(script(text).turns, listed)[1]
    assert (found.role, found.name) == (Role.SECRETARIAT, "滝本 一郎")


def test_role_words_in_the_labels_of_a_transcript_count() -> None:
    said = script("佐々木会長: はい。\n事務局 東: はい。\n西委員: はい。")
    found = [s.role for s in roles.assign(said.turns, Meeting())]
    assert found == [Role.CHAIR, Role.SECRETARIAT, Role.MEMBER]


def test_the_secretariat_with_an_item_of_its_own_stays_the_secretariat() -> None:
    said = script("A: 図書館の浜田です。資料1をご覧ください。説明は以上です。", REPORTS, "教育委員会 図書館")
    assert roles.assign(said.turns, said.meeting)[0].role is Role.SECRETARIAT


def sample(name: str) -> tuple[tuple[Segment, ...], tuple[Voice, ...], Meeting, tuple[SpokenTurn, ...]]:
    """A bundled meeting as perfect ears would hear it."""
    folder = ROOT / ("recordings" if name == "sample" else "models/demo/training/meetings")
    truth = sides.read(folder / f"{name}_meeting.reference.json").turns
    assert truth is not None
    segments = tuple(
        Segment(
            start_ms=t.start_ms, end_ms=t.end_ms, text=t.text, avg_logprob=0, no_speech_prob=0, compression_ratio=1,
            words=words(t.text, t.start_ms, (t.end_ms - t.start_ms) // len(t.text)),
        )
        for t in truth
    )  # fmt: skip
    voices = tuple(Voice(start_ms=t.start_ms, end_ms=t.end_ms, speaker=t.speaker) for t in truth)
    return segments, voices, meeting_file.read(folder / f"{name}_meeting.toml"), truth


@pytest.mark.parametrize("name", ["sample", "second"])
def test_the_bundled_meetings_are_understood_from_their_words(name: str) -> None:
    segments, voices, meeting, truth = sample(name)
    speakers, placed, parts, results = understood(attribute.words(segments, voices), meeting)
    known = {s.label: s.role for s in speakers}
    where = {turn_id: part for part in parts for turn_id in part.turn_ids}
    heard = tuple(
        SpokenTurn(
            start_ms=t.start_ms, end_ms=t.end_ms, speaker=t.speaker, role=known[t.speaker],
            item=where[t.id].item, phase=where[t.id].phase, text=t.spoken,
        )
        for t in placed
    )  # fmt: skip
    scores = structure(truth, heard)
    assert scores is not None
    assert scores.role == 1.0
    assert scores.placement > 0.95
    assert scores.boundary_f1 == 1.0
    reference = ROOT / ("recordings" if name == "sample" else "models/demo/training/meetings")
    expected = json.loads((reference / f"{name}_meeting.reference.json").read_text(encoding="utf-8"))["decisions"]
    assert [d.result for d in results] == [d["result"] for d in expected]


SENTENCES = [line.split(": ", 1)[1] for line in (FORMAL + TOGETHER).splitlines() if ": " in line]


@st.composite
def jumbled(draw: st.DrawFn) -> tuple[Turn, ...]:
    """Sentences of real meetings from anybody in any order, some turns without words."""
    turns, at_ms = [], 0
    for number in range(draw(st.integers(0, 12))):
        speaker = draw(st.sampled_from("ABC"))
        if draw(st.integers(0, 9)) == 0:
            silent = Turn(id=f"t{number:04}", speaker=speaker, start_ms=at_ms, end_ms=at_ms + 500, words=(), spoken="")
            turns.append(silent)
        else:
            turns.append(turn(speaker, draw(st.sampled_from(SENTENCES)), at_ms, number))
        at_ms = turns[-1].end_ms
    return tuple(turns)


@settings(max_examples=40, deadline=None)
@given(jumbled(), st.sampled_from([SHIMON, SHIMON[:1], ()]))
def test_every_word_is_in_one_turn_of_one_section_whatever_is_said(
    turns: tuple[Turn, ...], agenda: tuple[AgendaItem, ...]
) -> None:
    meeting = Meeting(agenda=agenda)
    speakers, placed, parts, results = understood(turns, meeting)
    assert [word for t in placed for word in t.words] == [word for t in turns for word in t.words]
    assert sum(not t.words for t in placed) == sum(not t.words for t in turns)
    assert [turn_id for part in parts for turn_id in part.turn_ids] == [t.id for t in placed]
    assert len({t.id for t in placed}) == len(placed)
    assert [t.start_ms for t in placed] == sorted(t.start_ms for t in placed)
    assert all((a.item, a.phase) != (b.item, b.phase) for a, b in itertools.pairwise(parts))
    assert {s.label for s in speakers} == {t.speaker for t in turns}
    assert all(0 <= s.confidence <= 1 for s in speakers)
    assert sum(s.role is Role.CHAIR for s in speakers) <= 1
    deputised, cast = deputies.apart(turns, speakers, meeting)
    assert [(t.id, t.words) for t in deputised] == [(t.id, t.words) for t in turns]
    assert {s.label for s in cast} == {t.speaker for t in deputised}
    assert [t.speaker.removesuffix(deputies.SUFFIX) for t in deputised] == [t.speaker for t in turns]
    assert sum(s.talk_ms for s in cast) == sum(t.duration_ms for t in turns)
    assert [d.item for d in results] == list(range(len(agenda)))
    for d in results:
        assert (d.result is None) == (d.turn_id is None)
        assert d.turn_id is None or d.turn_id in {t.id for t in placed}


def heard(
    dialogue: str, phase: Phase = Phase.REPORT_DELIBERATION, item: int | None = 0
) -> list[tuple[str | None, str | None]]:
    """What is decided by a dialogue of the chair B and others in one section."""
    said = script(dialogue, SHIMON)
    part = Section(item=item, phase=phase, heading="", turn_ids=tuple(t.id for t in said.turns))
    cast = tuple(
        Speaker(label=label, role=Role.CHAIR if label == "B" else Role.MEMBER, confidence=1)
        for label in dict.fromkeys(t.speaker for t in said.turns)
    )
    return [(d.result, d.turn_id) for d in decisions.hear(said.turns, cast, (part,), said.meeting)]


NOTHING = (None, None)


@pytest.mark.parametrize(
    ("dialogue", "decided"),
    [
        ("B: 承認することでよろしいでしょうか。\nC: 異議なし。", ("承認された", "t0002")),
        ("B: 承認することでよろしいでしょうか。\nC: はい。", ("承認された", "t0002")),
        ("B: 承認することでよろしいでしょうか。\nC: 異議なし。\nB: 異議なしと認めます。", ("承認された", "t0003")),
        ("B: 今回は継続審議といたします。", ("継続審議とされた", "t0001")),
        ("B: では、継続ということにいたします。", ("継続審議とされた", "t0001")),
        ("B: 報告のとおり了承といたします。", ("了承された", "t0001")),
        ("B: ご了承ください。", NOTHING),
        ("B: 賛成の方は挙手をお願いします。\nB: 挙手多数ですので、承認することに決定しました。", ("賛成多数により承認された", "t0002")),
        ("B: 付言を付けて承認ということでよろしいですか。\nC: 結構です。", ("付言を付して承認された", "t0002")),
        ("B: 承認することでよろしいでしょうか。", NOTHING),
        ("C: 承認してよいと思います。\nD: 異議なし。", NOTHING),
        ("C: 承認することでよろしいでしょうか。\nD: 異議なし。", NOTHING),
        ("B: 承認することでよろしいでしょうか。\nC: 反対です。\nD: 異議なし。", NOTHING),
        ("B: 次回の日程はこれでよろしいでしょうか。\nC: 異議なし。", NOTHING),
        ("B: 会議録は承認ということでよろしいでしょうか。\nC: 異議なし。", NOTHING),
        ("B: 異議なしと認めます。", NOTHING),
        ("B: 承認することでよろしいでしょうか。その前に、原委員、どうぞ。\nC: はい。", NOTHING),
        ("B: 承認することでよろしいでしょうか。\n" + "D: 少し長くなりますが費用を確かめます。\n" * 9 + "C: 異議なし。", NOTHING),
    ],
)  # fmt: skip
def test_a_result_needs_a_proposal_and_assent_or_a_finding(dialogue: str, decided: tuple[str | None, str | None]) -> None:
    assert heard(dialogue)[0] == decided


def test_approval_in_an_explanation_or_before_the_items_decides_nothing() -> None:
    dialogue = "B: 委託には市の承認ということでよろしいですか。\nC: はい。"
    assert heard(dialogue, Phase.QUESTIONS)[0] == NOTHING
    assert heard("B: この報告は了承といたします。", Phase.QUESTIONS)[0] == ("了承された", "t0001")
    assert heard("B: この報告は了承といたします。", Phase.EXPLANATION)[0] == NOTHING
    assert heard(dialogue, Phase.OPENING, None) == [NOTHING, NOTHING]


def test_an_item_that_the_chair_names_is_decided_wherever_that_is_said() -> None:
    dialogue = "B: 諮問第8号は承認することに決定いたしました。"
    assert heard(dialogue, Phase.CLOSING, None) == [NOTHING, ("承認された", "t0001")]
    assert heard(dialogue) == [NOTHING, ("承認された", "t0001")]


def test_assent_after_the_chair_went_on_to_another_item_decides_nothing() -> None:
    dialogue = "B: 承認することでよろしいでしょうか。\nB: 続いて、諮問第8号に移ります。\nC: 異議なし。"
    assert heard(dialogue) == [NOTHING, NOTHING]


DEPUTY = """
A: 定刻となりましたので、審議会を開会いたします。総務課の本田でございます。進行を会長にお願いいたします。
B: 会長の石川です。それでは、諮問第7号について、河川課から説明をお願いします。原委員、どうぞ。
C: 費用はいくらでしょうか。
B: ほかにございませんか。続いての件は私に関わりますので、副会長と交代いたします。
D: それでは、諮問第8号について、学校給食課から説明をお願いします。
C: よろしいでしょうか。対象は何人でしょうか。
D: ほかにご質問はございませんか。お諮りいたします。承認することでよろしいでしょうか。
C: 異議なし。
D: 異議なしと認めます。では、会長にお戻りいただきます。
B: 以上で、本日の議題はすべて終わりました。これで閉会いたします。
"""


def deputised(text: str) -> dict[str, Role]:
    said = script(text, SHIMON)
    _, cast = deputies.apart(said.turns, roles.assign(said.turns, said.meeting), said.meeting)
    return {s.label: s.role for s in cast}


def test_a_deputy_is_chair_for_the_while_that_the_chair_is_silent_and_a_member_before() -> None:
    found = deputised(DEPUTY)
    assert [label for label, role in found.items() if role is Role.CHAIR] == ["B", "D(会長代理)"]
    before = DEPUTY.replace(
        "B: ほかにございませんか。",
        "D: 副会長の上田です。夜も動くのでしょうか。教えていただけますか。\nB: ほかにございませんか。",
    )
    found = deputised(before)
    assert found["D"] is Role.MEMBER and found["D(会長代理)"] is Role.CHAIR


def test_nobody_is_a_deputy_while_the_chair_leads() -> None:
    interrupted = DEPUTY.replace("C: 異議なし。", "B: 私としましても異議はございません。").replace(
        "C: よろしい", "B: よろしい"
    )
    assert [label for label, role in deputised(interrupted).items() if role is Role.CHAIR] == ["B"]


def test_the_subject_changes_where_the_nouns_do() -> None:
    one, other = ["河川", "カメラ", "映像", "水位"], ["給食", "予約", "献立", "保護者"]
    words = [one[i % 4 : i % 4 + 2] for i in range(40)] + [other[i % 4 : i % 4 + 2] for i in range(40)]
    found = cohesion.breaks(words)
    around = {i for i, x in enumerate(found) if x == found.max()}
    assert 40 in around and around <= set(range(40 - 10, 40 + 11)) and found.max() > 1
    assert found.max() <= cohesion.CLEAREST and found.min() >= -cohesion.CLEAREST
    assert not cohesion.breaks(words[:10]).any() and not cohesion.breaks([[]] * 60).any()


@settings(max_examples=50, deadline=None)
@given(st.lists(st.lists(st.sampled_from("アイウエオカ"), max_size=4), min_size=28, max_size=60))
def test_sliding_windows_count_as_counting_anew_would(words: list[list[str]]) -> None:
    n, window = len(words), cohesion.WINDOW
    rarity = {w: math.log(n / c) for w, c in Counter(w for s in words for w in set(s)).items()}

    def bag(part: list[list[str]]) -> dict[str, float]:
        return {w: c * rarity[w] for w, c in Counter(w for s in part for w in s).items()}

    def cosine(a: dict[str, float], b: dict[str, float]) -> float:
        lengths = math.sqrt(sum(w * w for w in a.values()) * sum(w * w for w in b.values()))
        return sum(weight * b.get(word, 0.0) for word, weight in a.items()) / lengths if lengths > 1e-9 else 0.0

    anew = [cosine(bag(words[max(0, i - window) : i]), bag(words[i : i + window])) for i in range(1, n)]
    assert list(cohesion.likeness(words)[1:]) == pytest.approx(anew, abs=1e-6)


@pytest.mark.parametrize("kind", ["", section_order.REPORT])
@pytest.mark.parametrize("items", [0, 1, 2, 5])
def test_the_usual_course_is_the_cheapest_that_leaves_nothing_out(items: int, kind: str) -> None:
    known = section_order.states(items)
    begin, steps, end = section_order.costs(known, (kind,) * items, frozenset(), section_order.TABLE)
    assert len(set(known)) == len(known) and (steps >= 0).all() and not steps.diagonal()[[not s.fresh for s in known]].any()
    at = {state: k for k, state in enumerate(known)}

    def price(path: list[section_order.State]) -> float:
        going = sum(steps[at[a], at[b]] for a, b in itertools.pairwise(path))
        return float(begin[at[path[0]]] + going + end[at[path[-1]]])

    def item(number: int | None) -> list[section_order.State]:
        fresh = section_order.State(number, Phase.EXPLANATION, fresh=True)
        return [fresh, *(section_order.State(number, phase) for phase in section_order.ORDER[:2])]

    numbers: list[int | None] = list(range(items)) or [None]
    usual = [section_order.OPENING, *(s for number in numbers for s in item(number)), section_order.CLOSING]
    for left_out in range(1 if items > 1 else 0):
        shorter = [s for s in usual if s.item != left_out]
        assert price(shorter) > price(usual)
    assert price(usual) < price([section_order.OPENING, section_order.CLOSING])
    assert price(usual) < price([usual[1], *usual[2:]]) + 10

"""Language knowledge as data: cues by their sound, agenda items in any spelling, people and results."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.japanese import agenda, cues, people, reading, results, sentences
from pipeline.schema import AgendaItem, Turn, Word
from pipeline.terms import Role
from tests.spoken import turn, words

AGENDA = (
    AgendaItem(label="諮問第1号", title="下水道使用料の改定について", department="下水道経営課"),
    AgendaItem(label="諮問第23号", title="防犯カメラの設置基準について", department="地域安全課"),
    AgendaItem(label="報告事項1", title="昨年度の相談件数について", department="市民相談室"),
)


@pytest.mark.parametrize(
    ("sentence", "family"),
    [
        ("定刻となりましたので始めさせていただきます。", "opening"),
        ("本件を議題といたします。", "item_start"),
        ("担当課から説明をお願いいたします。", "explanation_call"),
        ("説明は以上でございます。", "explanation_done"),
        ("それでは質疑に移りたいと思います。", "questions_start"),
        ("これよりすぐに入ります。", "questions_start"),  # how recognisers write 質疑に
        ("以上で質疑を打ち切らせていただきます。", "questions_end"),
        ("担当課の皆様はご退席ください。", "sent_out"),
        ("では、審議に移らせていただきます。", "deliberation_start"),
        ("では、真偽に入りたいと思います。", "deliberation_start"),
        ("投身案の読み上げをお願いします。", "report_start"),
        ("原案のとおり承認することでよろしいでしょうか。", "proposal"),
        ("ご意義なしと認めます。", "finding"),
        ("賛成多数でございます。", "finding"),
        ("意義ありません。", "assent"),
        ("暫時休憩といたします。", "recess"),
        ("休憩前に引き続き会議を開きます。", "resume"),
        ("本日の議題はすべて終了しました。", "other_business"),
        ("次回の会議は12月です。", "closing"),
        ("お答えいたします。", "answer"),
        ("市民への影響はどうなりますか。", "question"),
    ],
)
def test_a_cue_is_found_by_its_sound(sentence: str, family: str) -> None:
    assert cues.found(sentence).get(family) == 1.0


@pytest.mark.parametrize(
    ("sentence", "family"),
    [
        ("ただいまのご質問ですが、費用は下がります。", "questions_start"),
        ("ほかに質問はございませんか。", "questions_start"),
        ("慎重に審議をお願いします。", "deliberation_start"),
        ("次回の答申案について日程を決めます。", "report_start"),
        ("保育士の休憩時間を確保します。", "recess"),
        ("傍聴の方は退室をお願いします。", "sent_out"),
        ("次回の日程について承認することでよろしいでしょうか。", "proposal"),
        ("ありがとうございました。それは何年ですか。", "courtesy"),
        ("半分になります。", "courtesy"),
    ],
)
def test_the_same_words_with_another_meaning_are_none(sentence: str, family: str) -> None:
    assert family not in cues.found(sentence)


def test_a_long_phrase_bears_a_wrong_sound_and_counts_less() -> None:
    assert cues.found("これより答申案の読みあけをお願いします。")["report_start"] >= cues.NEARLY
    assert "finding" not in cues.found("全員が参加しました。")


def test_data_is_consistent() -> None:
    for family in cues.families().values():
        assert family.phrases or family.endings
        assert all(all(parts) for parts in (*family.phrases, *family.excluded)), family.name
        assert (family.worth > 0) == (family.begins is not None), family.name
        assert all(points > 0 for points in family.roles.values())
        assert bool(family.says) or not family.roles, family.name  # the proofreader is told in words


@pytest.mark.parametrize(
    ("sentence", "named"),
    [
        ("次に、諮問第23号に移ります。", {1: 1.0}),
        ("次に、諮問第二十三号に移ります。", {1: 1.0}),
        ("次に、指紋第2十3号です。", {1: 1.0}),
        ("では、23号をお願いします。", {1: 1.0}),
        ("諮問第1号を議題とします。", {0: 1.0}),
        ("報告の1番です。", {2: 1.0}),
        ("防犯カメラの設置基準についてお願いします。", {1: 1.0}),
        ("防犯対策のカメラですが。", {1: 0.6}),
        ("市民相談室、お願いします。", {2: 0.5}),
        ("諮問第1号と23号は以上です。", {0: 1.0, 1: 1.0}),
        ("規則第23条によります。", {}),
        ("23ページをご覧ください。", {}),
        ("第1に、費用の問題です。", {}),
        ("1号ポンプが止まりました。", {}),
        ("1年で23人です。", {}),
    ],
)
def test_an_item_is_known_by_number_title_or_department(sentence: str, named: dict[int, float]) -> None:
    assert agenda.named(sentence, AGENDA) == named


def test_without_an_agenda_nothing_is_named() -> None:
    assert agenda.named("諮問第1号を議題とします。", ()) == {}


@given(st.integers(1, 999))
def test_numbers_are_read_in_kanji_and_in_figures(value: int) -> None:
    hundreds, tens, ones = value // 100, value // 10 % 10, value % 10
    digits = "〇一二三四五六七八九"
    kanji = (
        (digits[hundreds] + "百" if hundreds else "")
        + (digits[tens] + "十" if tens else "")
        + (digits[ones] if ones else "")
    )
    assert reading.number(kanji) == reading.number(str(value)) == value


def test_what_is_no_number_has_no_value() -> None:
    assert reading.number("号") is None
    assert reading.number("") is None


@pytest.mark.parametrize(
    ("sentence", "name", "role"),
    [
        ("下水道経営課長の大川でございます。", "大川", Role.AGENCY),
        ("えー、会長の石川です。", "石川", Role.CHAIR),
        ("副会長の原です。", "原", Role.MEMBER),
        ("事務局の本田と申します。", "本田", Role.SECRETARIAT),
        ("図書館の館長をしております浜田でございます。", "浜田", Role.AGENCY),
        ("商工会の藤本です。", "藤本", Role.MEMBER),
        ("事務局でございます。", None, Role.SECRETARIAT),
    ],
)
def test_an_introduction_tells_name_and_role(sentence: str, name: str | None, role: Role) -> None:
    said = people.introduction(sentence)
    assert said is not None
    assert said.name == name
    assert max(said.roles, key=lambda r: said.roles[r]) is role


@pytest.mark.parametrize(
    "sentence", ["別の会社でございます。", "1か月です。", "隣が係長の森です。", "そういう趣旨です。", "結構です。"]
)
def test_what_is_no_introduction_introduces_nobody(sentence: str) -> None:
    assert people.introduction(sentence) is None


def test_a_name_alone_tells_no_role() -> None:
    said = people.introduction("はい、小川です。")
    assert said is not None
    assert (said.name, said.roles) == ("小川", {})


@pytest.mark.parametrize(
    ("sentence", "called", "name"),
    [
        ("原委員、どうぞ。", "原委員", "原"),
        ("大川課長、お願いします。", "大川課長", "大川"),
        ("事務局、いかがですか。", "事務局", None),
        ("下水道経営課、お願いします。", "下水道経営課", None),
    ],
)
def test_a_call_tells_who_is_next(sentence: str, called: str, name: str | None) -> None:
    call = people.call(sentence, tuple(item.department for item in AGENDA))
    assert call is not None
    assert (call.called, call.name) == (called, name)


@pytest.mark.parametrize(
    "sentence",
    [
        "大川課長、ありがとうございました。",
        "原委員がおっしゃったとおりです。",
        "委員の皆様、お願いします。",
        "ほかにございませんか。",
    ],
)
def test_a_mention_calls_nobody(sentence: str) -> None:
    assert people.call(sentence, ("下水道経営課",)) is None


@pytest.mark.parametrize(
    ("sentence", "result"),
    [
        ("承認することに決定いたします。", "承認された"),
        ("継続審議といたします。", "継続審議とされた"),
        ("承認せず、継続して審議することにします。", "継続審議とされた"),
        ("不承認といたします。", "不承認とされた"),
        ("挙手多数ですので、可決されました。", "賛成多数により可決された"),
        ("付言を付けて承認といたします。", "付言を付して承認された"),
        ("付言は付さず、承認といたします。", "承認された"),
        ("条件を付して承認といたします。", "条件を付して承認された"),
        ("原案のとおり決定しました。", "原案のとおり決定された"),
        ("商人といたします。", "承認された"),  # the same sound
        ("賛成多数です。", ""),
        ("そのようにいたします。", ""),
    ],
)
def test_a_result_is_written_as_it_was_said(sentence: str, result: str) -> None:
    assert results.named(sentence) == result


def sentence_texts(said: tuple[Word, ...]) -> list[str]:
    whole = Turn(id="t0001", speaker="A", start_ms=0, end_ms=said[-1].end_ms, words=said, spoken="")
    return sentences.texts(whole)


def test_sentences_end_at_stops_and_pauses() -> None:
    assert sentences.texts(turn("A", "賛成です。異議なし")) == ["賛成です。", "異議なし"]
    assert sentence_texts(words("賛成です") + words("異議なし", 5000)) == ["賛成です", "異議なし"]
    assert sentence_texts(words("えー") + words("異議なし", 5000)) == ["えー異議なし"]  # a hesitation


def test_a_long_stretch_without_stops_is_cut_after_its_polite_verbs() -> None:
    said = "この案につきましては昨年の審議会でご意見をいただいたところを改めて見直したものでございますので説明いたします次に費用について申し上げます"
    assert sentences.texts(turn("A", said)) == [said[:-14], said[-14:]]


def test_a_comma_after_a_polite_verb_is_a_stop_but_not_after_a_clause_that_goes_on() -> None:
    assert sentences.texts(turn("A", "ありがとうございました、質疑に入ります、どうぞ")) == [
        "ありがとうございました、", "質疑に入ります、", "どうぞ",
    ]  # fmt: skip
    assert sentences.texts(turn("A", "費用ですが、高いですけれども、必要ですので、賛成です。")) == [
        "費用ですが、高いですけれども、必要ですので、賛成です。"
    ]


def test_a_name_that_is_none_is_left_out() -> None:
    said = people.introduction("下水道経営課長の医療でございます。")
    assert said is not None
    assert said.name is None
    assert said.roles


def test_a_turn_without_words_is_one_empty_sentence() -> None:
    silent = Turn(id="t0001", speaker="A", start_ms=0, end_ms=9, words=(), spoken="")
    assert sentences.bounds(silent) == [(0, 0)]
    assert sentences.texts(silent) == [""]


@given(
    st.lists(st.sampled_from(["はい。", "賛成", "です", "。", "思います", "、"]), min_size=1, max_size=30),
    st.integers(0, 900),
)
def test_sentences_hold_every_word_once(pieces: list[str], gap_ms: int) -> None:
    said = tuple(
        Word(start_ms=i * 1000, end_ms=(i + 1) * 1000 - gap_ms, text=piece, confidence=1) for i, piece in enumerate(pieces)
    )
    assert "".join(sentence_texts(said)) == "".join(pieces)


def test_several_threads_analyse_at_once() -> None:
    """The desk and a night on a cluster do."""
    from concurrent.futures import ThreadPoolExecutor

    from pipeline.japanese import morphemes

    texts = [f"窓口で第{n}号の申請を受け付けることについて審議する。" * 40 for n in range(64)]
    expected = [len(morphemes.of(text)) for text in texts]
    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(lambda text: len(morphemes.of(text)), texts)) == expected

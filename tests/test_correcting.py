"""Corrections by reading: only in doubt, only what sounds alike, never a digit, always on record, always to be taken back."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pipeline import layouts, relayout, style
from pipeline.cli import run
from pipeline.documents import read
from pipeline.editor import applying, edits
from pipeline.glossary import correcting, sounding
from pipeline.glossary.correcting import DOUBTFUL, correct
from pipeline.glossary.term import Term
from pipeline.proof import begin
from pipeline.schema import Change, Flag, Turn, Word
from pipeline.style import applied
from pipeline.terms import FlagKind
from pipeline.timing import is_traced
from tests.drafts import SPEAKERS, draft, turn, words

CLUB = Term(text="放課後児童クラブ")
LABEL = Term(text="諮問第21号")
CLOUD = Term(text="クラウドサービス")


def doubtful(spoken: str, part: str, number: int = 1) -> Turn:
    """``part`` of it was heard with little confidence, the rest well."""
    at = spoken.index(part)
    said = tuple(
        word.model_copy(update={"confidence": 0.2}) if at <= i < at + len(part) else word
        for i, word in enumerate(words(spoken))
    )
    return turn(number, "SPEAKER_01", spoken).model_copy(update={"words": said})


def fixed(spoken: str, part: str, *terms: Term) -> str:
    (after,) = correct([doubtful(spoken, part)], terms)
    return applied(after.spoken, after.changes)


@pytest.mark.parametrize(
    ("spoken", "part", "term", "written"),
    [
        ("それでは放課後自動クラブの説明です。", "自動", CLUB, "それでは放課後児童クラブの説明です。"),
        ("まず、指紋第21号を議題とします。", "指紋", LABEL, "まず、諮問第21号を議題とします。"),
        ("システムに送らうとサービスを使う。", "うと", CLOUD, "システムにクラウドサービスを使う。"),
        ("入退室官吏システムです。", "官吏", Term(text="入退室管理システム"), "入退室管理システムです。"),
        ("キッツゲイトを使います。", "ツゲ", Term(text="キッズゲート"), "キッズゲートを使います。"),
    ],
)
def test_what_was_misheard_is_written_as_the_glossary_has_it(spoken: str, part: str, term: Term, written: str) -> None:
    assert fixed(spoken, part, term) == written


@pytest.mark.parametrize(
    ("spoken", "part", "terms", "why"),
    [
        ("放課後自動クラブです。", "です", (CLUB,), "the letters that would change were heard well"),
        ("指紋第22号です。", "指紋第22号", (LABEL,), "the number is another"),
        ("諮問第22号です。", "諮問第22号", (LABEL, Term(text="諮問第22号")), "it is another term"),
        ("指紋を採ります。", "指紋", (Term(text="諮問"),), "people say 指紋"),
        ("クラウドサービスを使う。", "クラウドサービスを", (CLOUD,), "it is written so already"),
        ("それは公開です。", "公開", (Term(text="更改手続"),), "it does not sound alike"),
        ("放課後自動クラブです。", "自動", (CLUB.model_copy(update={"correct": False}),), "people switched it off"),
        ("放課後自動クラブです。", "自動", (CLUB.model_copy(update={"use": False}),), "people refused the word"),
    ],
)
def test_what_is_left_as_it_was_heard(spoken: str, part: str, terms: tuple[Term, ...], why: str) -> None:
    assert fixed(spoken, part, *terms) == spoken, why


def test_a_common_word_is_replaced_only_where_people_listed_it() -> None:
    listed = Term(text="諮問", heard=("指紋",))
    assert fixed("指紋の内容です。", "指紋", listed) == "諮問の内容です。"
    assert fixed("指紋の内容です。", "内容", listed) == "指紋の内容です。"  # in doubt all the same


def test_nothing_is_corrected_where_nobody_may_have_spoken() -> None:
    flag = Flag(kind=FlagKind.INVENTED, reason="声がありません。")
    heard = doubtful("放課後自動クラブです。", "自動").model_copy(update={"flags": (flag,)})
    assert correct([heard], [CLUB]) == (heard,)


def test_a_correction_is_on_record_and_asks_to_listen() -> None:
    (after,) = correct([doubtful("放課後自動クラブです。", "自動")], [CLUB])
    (change,) = after.changes
    assert (change.rule, change.before, change.after) == (
        "用語集「放課後児童クラブ」",
        "放課後自動クラブ",
        "放課後児童クラブ",
    )
    assert [flag.kind for flag in after.flags] == [FlagKind.GLOSSARY]
    assert "放課後自動クラブ" in after.flags[0].reason
    assert after.spoken == "放課後自動クラブです。"


@pytest.mark.parametrize("without", [("放課後児童クラブ",), ("*",)])
def test_corrections_can_be_switched_off(without: tuple[str, ...]) -> None:
    heard = doubtful("放課後自動クラブです。", "自動")
    assert correct([heard], [CLUB], without) == (heard,)


# --- laws -------------------------------------------------------------------------------------------------------------

SPOKEN = st.text(alphabet="放課後自動児クラブ指紋諮問第12号を、。のサービス送うと", min_size=1, max_size=24)


@given(SPOKEN, st.data())
def test_the_laws_of_corrections(spoken: str, data: st.DataObject) -> None:
    assume(spoken.strip())
    sure = data.draw(st.lists(st.sampled_from([0.1, 0.9]), min_size=len(spoken), max_size=len(spoken)))
    said = tuple(w.model_copy(update={"confidence": c}) for w, c in zip(words(spoken), sure, strict=True))
    heard = turn(1, "SPEAKER_01", spoken).model_copy(update={"words": said})
    terms = [CLUB, LABEL, CLOUD, Term(text="諮問", heard=("指紋",))]
    (after,) = correct([heard], terms)
    assert (after.spoken, after.words, after.written) == (heard.spoken, heard.words, heard.written)
    ends = 0
    for change in after.changes:
        assert change.start >= ends
        ends = change.end
        assert spoken[change.start : change.end] == change.before != change.after
        assert change.after in {term.text for term in terms}
        assert min(sure[change.start : change.end]) < DOUBTFUL
        assert [c for c in change.before if c.isdigit()] == [c for c in change.after if c.isdigit()]
        assert correcting.flag_of(change) in after.flags
    if min(sure) > DOUBTFUL:
        assert after == heard


@given(st.text(alphabet="kgstdnaiueo:", max_size=9), st.text(alphabet="kgstdnaiueo:", max_size=9))
def test_likeness_is_one_minus_the_share_of_letters_to_change(one: str, other: str) -> None:
    """Against the textbook's recursion."""

    def distance(a: str, b: str) -> int:
        rows = [list(range(len(b) + 1))]
        for i, x in enumerate(a, start=1):
            row = [i]
            for j, y in enumerate(b, start=1):
                row.append(min(rows[-1][j] + 1, row[-1] + 1, rows[-1][j - 1] + (x != y)))
            rows.append(row)
        return rows[-1][-1]

    longer = max(len(one), len(other))
    assert sounding.alike(one, other) == pytest.approx(1 - distance(one, other) / longer if longer else 1.0)


@pytest.mark.parametrize(
    ("katakana", "letters"),
    [
        ("トウシン", "to:siN"),
        ("トーシン", "to:siN"),
        ("ジッシキカン", "ziQsikikaN"),
        ("シャカイ", "syakai"),
        ("ファイル", "hairu"),
        ("ティー", "ti:"),
        ("21ゴウ", "21go:"),
        ("カ", "ka"),
    ],
)
def test_letters(katakana: str, letters: str) -> None:
    assert sounding.letters(katakana) == letters


def test_voiced_and_voiceless_are_nearer_than_strangers() -> None:
    def near(one: str, other: str) -> float:
        return sounding.alike(sounding.letters(one), sounding.letters(other))

    assert near("クラウド", "クラウト") > near("クラウド", "クラウミ")


# --- through 整文, other layouts and the desk -----------------------------------------------------------------------


def written(level: str) -> Turn:
    made = draft()
    turns = correct([doubtful("えーと、放課後自動クラブを使っております。", "自動")], [CLUB])
    layout = layouts.load("nagasaki").model_copy(update={"register": style.Register(level)})
    parts = (made.sections[0].model_copy(update={"turn_ids": ("t0001",)}),)
    (after,) = style.rewrite(turns, SPEAKERS, parts, layout)
    return after


@pytest.mark.parametrize("level", list(style.Register))
def test_a_correction_stands_in_every_register_and_the_way_to_the_audio_is_kept(level: str) -> None:
    after = written(level)
    assert "放課後児童クラブ" in after.written
    assert is_traced(after)


def test_the_desk_takes_a_correction_back_and_the_doubt_with_it() -> None:
    after = written("要点常体")
    parts = (draft().sections[0].model_copy(update={"turn_ids": ("t0001",)}),)
    proof = begin(draft((after,), parts, ()))
    change = next(change for change in after.changes if correcting.is_correction(change))
    back = applying.apply(proof, edits.Revert(turn="t0001", rule=change.rule, start=change.start, end=change.end))
    assert "放課後自動クラブ" in back.turns[0].written
    assert FlagKind.GLOSSARY not in [flag.kind for flag in back.turns[0].flags]
    kept = applying.apply(proof, edits.Rewrite(turn="t0001", written=after.written + "以上。"))
    assert FlagKind.GLOSSARY in [flag.kind for flag in kept.turns[0].flags]


def test_another_layout_keeps_the_corrections() -> None:
    after = written("要点常体")
    parts = (draft().sections[0].model_copy(update={"turn_ids": ("t0001",)}),)
    relaid = relayout.in_layout(draft((after,), parts, ()), "marked-verbatim")
    assert "放課後児童クラブ" in relaid.draft.turns[0].written
    assert [c.rule for c in relaid.draft.turns[0].changes if correcting.is_correction(c)] == ["用語集「放課後児童クラブ」"]


# --- the whole way ----------------------------------------------------------------------------------------------------

HEARD = """{"segments": [{"start": 0, "end": 9, "text": "", "speaker": "A", "words": [
{"word": "放課後", "start": 0, "end": 1, "score": 0.9}, {"word": "自動", "start": 1, "end": 2, "score": 0.2},
{"word": "クラブを使います。", "start": 2, "end": 3, "score": 0.9}]}]}"""


@pytest.mark.parametrize(("options", "count"), [([], 1), (["--without", "放課後児童クラブ"], 0), (["--without", "*"], 0)])
def test_from_transcript_to_the_list_of_corrections(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str], count: int
) -> None:
    (tmp_path / "t.json").write_text(HEARD, encoding="utf-8")
    (tmp_path / "glossary.toml").write_text('[[term]]\ntext = "放課後児童クラブ"\n', encoding="utf-8")
    assert run(["assemble", str(tmp_path / "t.json"), "--home", str(tmp_path), *options]) == 0
    made = Path(capsys.readouterr().out.strip())
    found = read(made)
    assert "放課後自動クラブ" in found.turns[0].spoken  # type: ignore[union-attr]
    assert ("放課後児童クラブ" in found.turns[0].written) is bool(count)  # type: ignore[union-attr]
    assert "glossary.toml" in {option.name for option in found.provenance.options}  # type: ignore[union-attr]
    assert run(["glossary", "corrections", str(made), "--home", str(tmp_path)]) == 0
    assert capsys.readouterr().out.count("放課後自動クラブ → 放課後児童クラブ") == count


def test_a_glossary_with_a_slip_stops_the_work_before_it_begins(tmp_path: Path) -> None:
    (tmp_path / "t.json").write_text(HEARD, encoding="utf-8")
    (tmp_path / "glossary.toml").write_text('[[term]]\ntxt = "放課後児童クラブ"\n', encoding="utf-8")
    assert run(["assemble", str(tmp_path / "t.json"), "--home", str(tmp_path)]) == 9


def test_words_of_several_letters_are_judged_as_wholes() -> None:
    said = (
        Word(start_ms=0, end_ms=9, text="放課後自動", confidence=0.3),
        Word(start_ms=9, end_ms=20, text="クラブ。", confidence=0.9),
    )
    heard = turn(1, "SPEAKER_01", "放課後自動クラブ。").model_copy(update={"words": said})
    assert [c.after for c in correct([heard], [CLUB])[0].changes] == ["放課後児童クラブ"]
    assert isinstance(correct([heard], [CLUB])[0].changes[0], Change)

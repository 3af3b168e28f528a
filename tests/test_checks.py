"""Slips and spellings: what is found, what is left in peace, and that nothing is ever changed."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import checks, cli, documents, layouts, notation, slips
from pipeline.errors import ExitCode
from pipeline.export.blocks import Block, Document, Kind
from pipeline.japanese import tables
from pipeline.layouts import Layout, Notation
from tests import rehearsal
from tests.drafts import draft

NAGASAKI = layouts.load("nagasaki")


def of(standard: str, **words: tuple[str, ...]) -> Layout:
    return NAGASAKI.model_copy(update={"notation": Notation(standard), "words": words})


SLIPS = [
    ("端末の記録を消 去している。", "空白", " ", ""),
    ("費用は増えるが、 市で負担する。", "空白", " ", ""),
    ("名簿を提出してらうことになる。", "脱字", "してらう", None),
    ("窓口の負担軽減なる。", "助詞", "軽減なる", None),
    ("名簿をを確認した。", "重複", "をを", "を"),
    ("今後の対策対策を考える。", "重複", "対策対策", "対策"),
    ("確認した。。次に進む。", "句読点", "。。", "。"),
    ("確認した、。", "句読点", "、。", "。"),
    ("資料(別紙を見た。", "かっこ", "(", None),
    ("「承認するとした。", "かっこ", "「", None),
    ("資料)を見た。", "かっこ", ")", None),
    ("よいと思う。市民にとっても職員にとっても。", "倒置", "市民にとっても職員にとっても。", None),
    ("それは違う、この件については。", "倒置", "この件については。", None),
]


@pytest.mark.parametrize(("text", "kind", "before", "after"), SLIPS, ids=[text for text, *_ in SLIPS])
def test_a_slip_is_found_and_nothing_else(text: str, kind: str, before: str, after: str | None) -> None:
    (found,) = slips.find(text)
    assert (found.kind, found.before, found.after) == (kind, before, after)
    assert text[found.start : found.end] == before


@pytest.mark.parametrize(
    "text",
    [
        "それぞれの課で、なかなか進まないものもある。",
        "来年度行う。一部変わる。両方使える。昨日決まった。",
        "窓口で対応する。説明いただく。検討できる。ご指摘くださった。",
        "聞き取り調査を行い、取りまとめ作業に入る。",
        "「(案)」と書いた『資料』を配った。",
        "Web会議 Zoom を使う。",
        "費用はいくらか。何年か。これはどうか。",
        "賛成すべきだと思う。",
    ],
)
def test_sound_sentences_are_left_in_peace(text: str) -> None:
    assert slips.find(text) == ()


SPELLINGS = [
    ("公用文", "住民および事業者に知らせる。", [("および", "及び")]),
    ("公用文", "影響が及び、困る。", []),
    ("公用文", "申し込みを受け付ける。", [("申し込み", "申込み")]),
    ("公用文", "窓口で申し込みます。", []),
    ("公用文", "更新する事が出来る時は知らせる。", [("事", "こと"), ("出来る", "できる"), ("時", "とき")]),
    ("公用文", "時の市長が事を決めた。", []),
    ("公用文", "出来ました。頂いた。", [("出来", "でき"), ("頂い", "いただい")]),
    ("公用文", "3ヶ月で12カ所を回る。", [("ヶ月", "か月"), ("カ所", "か所")]),
    ("公用文", "さらに、次の点がある。", []),
    ("公用文", "件数がさらに増える。", [("さらに", "更に")]),
    ("公用文", "従って、続ける。基準に従って行う。", [("従って", "したがって")]),
    ("記者ハンドブック", "住民及び事業者に知らせる。", [("及び", "および")]),
    ("標準用字用例辞典", "誰が見るのか。", [("誰", "だれ")]),
    ("なし", "誰がおよび3ヶ月で出来るのか。", []),
]


@pytest.mark.parametrize(("standard", "text", "expected"), SPELLINGS, ids=[f"{a}:{b}" for a, b, _ in SPELLINGS])
def test_spellings_are_suggested_by_the_standard(standard: str, text: str, expected: list[tuple[str, str]]) -> None:
    assert [(r.before, r.after) for r in notation.suggestions(text, of(standard))] == expected


def test_the_citys_own_words_go_before_the_standard() -> None:
    layout = of("公用文", だれ=("誰",), 取組み=("取り組み", "取組"))
    found = notation.suggestions("誰の取り組みか。誰もが取り組みます。", layout)
    assert [(r.before, r.after) for r in found] == [("誰", "だれ"), ("取り組み", "取組み"), ("誰", "だれ")]
    assert "様式" in found[0].reason


@pytest.mark.parametrize("standard", [n.value for n in Notation if n is not Notation.NONE])
def test_no_standard_wants_what_it_warns_of(standard: str) -> None:
    for kind, words in tables.read("notation")[standard].items():
        wanted = set(words)
        warned = [other for others in words.values() for other in others]
        assert not wanted & set(warned), kind
        assert len(warned) == len(set(warned)), kind


_PIECES = st.sampled_from(
    ["誰", "および", "出来る", "事", "、", "。", "をを", " ", "「", "」", "なる", "対策", "さらに", "3", "ヶ月", "は", "\n"]
)


@given(st.one_of(st.lists(_PIECES, max_size=15).map("".join), st.text(max_size=40)))
def test_laws_of_remarks(text: str) -> None:
    found = checks.remarks(text, of("公用文"))
    assert [(r.start, r.end) for r in found] == sorted((r.start, r.end) for r in found)
    for remark in found:
        assert text[remark.start : remark.end] == remark.before != remark.after
        assert remark.before and remark.reason
    spellings = [r for r in found if r.kind == notation.KIND]
    assert all(a.end <= b.start for a, b in itertools.pairwise(spellings))


def test_few_remarks_on_speech_that_was_written_down_soundly() -> None:
    """A list that is mostly wrong is not read: on 296 sentences written by a secretary there is hardly a slip."""
    lines = (rehearsal.FOLDER / "style_pairs.tsv").read_text(encoding="utf-8").splitlines()[1:]
    written = [line.split("\t")[-1].split("|")[0] for line in lines if line.strip()]
    found = [text for text in written for r in slips.find(text) if r.kind != "倒置"]
    assert len(written) > 250 and len(found) <= 0.04 * len(written), found


def test_the_command_shows_where_and_why(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = draft()
    first = next(t for t in made.turns if t.printed)
    slip = first.model_copy(update={"written": "名簿をを誰が見るのか。"})
    made = made.model_copy(update={"turns": tuple(slip if t.id == first.id else t for t in made.turns)})
    documents.write(made, tmp_path / "outputs" / "m", ())
    assert cli.run(["check", "m", "--home", str(tmp_path)]) == ExitCode.DONE
    shown = capsys.readouterr().out
    assert "[をを]誰が見る" in shown and "→ を" in shown and "[誰]" in shown and first.id in shown


def test_a_published_page_is_checked_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = Document(
        template="nagasaki", blocks=(Block.of(Kind.ITEM, "1 件名"), Block.of(Kind.PARAGRAPH, "費用 がいくらか。"))
    )
    file = tmp_path / "page.json"
    file.write_text(page.model_dump_json(by_alias=True), encoding="utf-8")
    assert cli.run(["check", str(file)]) == ExitCode.DONE
    assert capsys.readouterr().out.startswith("1段落  空白  費用[ ]がいくらか。")
    file.write_text(page.model_copy(update={"blocks": ()}).model_dump_json(by_alias=True), encoding="utf-8")
    assert cli.run(["check", str(file)]) == ExitCode.DONE
    assert "見つかりませんでした" in capsys.readouterr().out

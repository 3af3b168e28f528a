"""The glossary: papers read, words proposed, a file that stays its editor's, and hints in the order of their worth."""

from __future__ import annotations

import io
import itertools
import os
import zipfile
from pathlib import Path

import docx
import openpyxl
import pytest
import tomlkit
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.cli import run
from pipeline.errors import OutputError, RecordingError, SettingsError
from pipeline.glossary import book, compounds, papers, proposing, worth
from pipeline.glossary.papers import Paper
from pipeline.glossary.proposing import propose
from pipeline.glossary.term import Kind, Term, holding
from pipeline.schema import Meeting
from tests.drafts import MEETING, draft

SHIDAI = """令和8年度第1回 若葉市個人情報保護審議会 次第
諮問第21号 図書館システムにおけるクラウドサービスの利用について(図書館)
諮問第22号 放課後児童クラブの入退室管理システム「キッズゲート」の利用について(子育て支援課)
委員名簿
会長 佐藤 一郎(さとう いちろう)
"""


def paper(text: str) -> Paper:
    return Paper(name="次第.txt", paragraphs=tuple(text.splitlines()))


# --- reading papers ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932"])
def test_text_is_read_in_the_encodings_of_offices(tmp_path: Path, encoding: str) -> None:
    file = tmp_path / "次第.txt"
    file.write_bytes(SHIDAI.encode(encoding))
    assert papers.read(file).paragraphs == tuple(SHIDAI.splitlines())


def test_word_is_read_with_its_tables_in_the_order_of_the_page(tmp_path: Path) -> None:
    made = docx.Document()
    made.add_paragraph("諮問書")
    table = made.add_table(rows=1, cols=3)
    for cell, text in zip(table.rows[0].cells, ("会長", "佐藤 一郎", "弁護士"), strict=True):
        cell.text = text
    table.cell(0, 0).merge(table.cell(0, 1))
    made.add_paragraph("以上")
    made.save(str(tmp_path / "a.docx"))
    read = papers.read(tmp_path / "a.docx").paragraphs
    assert (read[0], read[-2:]) == ("諮問書", ("弁護士", "以上"))
    assert sum("佐藤" in line for line in read) == 1  # a merged cell is one


def test_a_row_of_a_sheet_is_a_paragraph(tmp_path: Path) -> None:
    made = openpyxl.Workbook()
    made.active.append(["委員", "佐藤", None, "一郎", 3])
    made.save(tmp_path / "名簿.xlsx")
    assert papers.read(tmp_path / "名簿.xlsx").paragraphs == ("委員 佐藤 一郎 3",)


def pdf(lines: list[str]) -> bytes:
    """One page of text in a standard font; Latin letters, because that needs no font file."""
    shown = "".join(f"({line}) Tj T* " for line in lines)
    stream = f"BT /F1 12 Tf 14 TL 50 700 Td {shown}ET".encode()
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(stream), stream),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]
    data, places = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, start=1):
        places.append(len(data))
        data += b"%d 0 obj%s endobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    start = len(data)
    return data + b"xref\n0 6\n0000000000 65535 f \n%strailer<</Size 6/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % (table, start)


def test_pdf_lines_broken_at_the_edge_are_put_together(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(pdf(["Kids Gate manages who comes and who goes, every d", "ay.", "The end"]))
    assert papers.read(tmp_path / "a.pdf").paragraphs == ("Kids Gate manages who comes and who goes, every day.", "The end")


def test_a_draft_of_ours_is_a_paper_too(tmp_path: Path) -> None:
    (tmp_path / "draft.json").write_text(draft().model_dump_json(by_alias=True), encoding="utf-8")
    assert papers.read(tmp_path / "draft.json").paragraphs[0] == "費用はいくらですか。"


def zip_bomb() -> bytes:
    """Half a megabyte that unpacks to more than half a gigabyte."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("word/document.xml", "w") as entry:
        for _ in range(64):
            entry.write(bytes(8_000_000))
    return made.getvalue()


@pytest.mark.parametrize(
    ("name", "data", "says"),
    [
        ("none.txt", None, "ファイルがありません"),
        ("old.doc", b"x", "読めない形式"),
        ("broken.docx", b"PK\x03\x04 not a zip", "読めません"),
        ("broken.xlsx", b"nothing", "読めません"),
        ("broken.pdf", b"%PDF-1.4 torn", "資料"),
        ("scan.pdf", pdf([]), "文字のない"),
        ("empty.txt", b" \n\n", "文字のない"),
        ("odd.txt", b"\x81\xff\xfe\x00\x9f", "文字コード"),
        ("bomb.docx", zip_bomb(), "大きすぎます"),
        ("bomb.xlsx", zip_bomb(), "大きすぎます"),
        ("other.json", b"{}", "下書きとして読めません"),
    ],
)
def test_what_cannot_be_read_says_so_and_what_next(tmp_path: Path, name: str, data: bytes | None, says: str) -> None:
    if data is not None:
        (tmp_path / name).write_bytes(data)
    with pytest.raises(RecordingError, match=says) as caught:
        papers.read(tmp_path / name)
    assert caught.value.advice


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes in the file system here")
def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "p.txt")
    with pytest.raises(RecordingError, match="通信路"):
        papers.read(tmp_path / "p.txt")


# --- proposing --------------------------------------------------------------------------------------------------------


def test_unknown_words_come_first_then_names_then_compounds() -> None:
    found = propose([paper(SHIDAI + "ゼンゲキ要綱とゼンゲキ要綱")])
    assert [p.kind for p in found] == sorted((p.kind for p in found), key=proposing.ORDER.index)
    assert found[0].term.text == "ゼンゲキ要綱"
    assert found[0].term.count == 2
    texts = {p.term.text: p.term.reading for p in found}
    assert texts["佐藤一郎"] == "サトウイチロウ"  # the reading in parentheses
    assert texts["放課後児童クラブ"] == "ホウカゴジドウクラブ"
    assert "諮問" in texts  # a single word, but one that is misheard
    assert not {"利用", "図書館", "令和", "委員名簿の"} & set(texts)


def test_what_people_have_or_refused_is_not_proposed_again() -> None:
    known = (Term(text="キッズゲート"), Term(text="放課後児童クラブ", use=False))
    texts = {p.term.text for p in propose([paper(SHIDAI)], known)}
    assert "入退室管理システム" in texts
    assert not {"キッズゲート", "放課後児童クラブ"} & texts


def test_a_compound_that_a_long_paper_has_once_is_a_turn_of_phrase() -> None:
    long = Paper(
        name="会議録", paragraphs=("入退室管理システムを使う。", "保育業務支援システムと保育業務支援システム。", "あ" * 6000)
    )
    texts = [p.term.text for p in propose([long])]
    assert "保育業務支援システム" in texts
    assert "入退室管理システム" not in texts


def test_counts_add_up_over_papers_and_the_scope_is_taken() -> None:
    one, other = paper("入退室管理システム"), Paper(name="b", paragraphs=("入退室管理システムと入退室管理システム",))
    (found,) = propose([one, other], scope=Term(text="*", city="若葉市", item="第22号"))
    assert (found.term.count, found.term.papers) == (3, ("次第.txt", "b"))
    assert (found.term.city, found.term.council, found.term.item) == ("若葉市", "", "第22号")


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("本市国民健康保険被保険者証等", ["国民健康保険被保険者証"]),
        ("AI-OCRの導入", ["AI-OCR", "導入"]),
        ("各ケアマネジャー連絡会", ["ケアマネジャー連絡会"]),
        ("山本 太郎 委員", ["山本太郎", "委員"]),
        ("30年4月1日から", []),
        ("⼀般廃棄物⽀援事業", ["一般廃棄物支援事業"]),  # radicals, as PDF files have them
    ],
)
def test_compounds(text: str, wanted: list[str]) -> None:
    assert [c.text for c in compounds.found(text)] == wanted


@given(st.text(alphabet="市民課の個人情報保護審議会、。各等ゼクラウド・- \n(ア)12", max_size=40))
def test_compounds_stand_where_they_say(text: str) -> None:
    for found in compounds.found(text):
        assert "".join(text[found.start :].split()).startswith(found.text)


# --- the file ---------------------------------------------------------------------------------------------------------

TERMS = st.lists(
    st.builds(
        Term,
        text=st.text(alphabet="諮問答申\"'\\#=[]クラ ウド", min_size=1, max_size=8).map(str.strip).filter(bool),
        reading=st.sampled_from(["", "シモン"]),
        heard=st.lists(st.text(alphabet='指紋"\\\n', min_size=1, max_size=3), max_size=2).map(tuple),
        city=st.sampled_from(["", "若葉市"]),
        count=st.integers(0, 9),
        use=st.booleans(),
    ),
    max_size=5,
    unique_by=lambda term: (term.text, term.city),
)
BY_HAND = "# 手で書いた注\r\n\r\n[[term]]   # ここも\r\ntext = '諮問'\r\n  reading = 'シモン'\r\n# 終わり"


@settings(max_examples=60)
@given(TERMS, st.sampled_from(["", "# 注\n", BY_HAND, "\ufeff" + BY_HAND]))
def test_additions_are_read_back_and_leave_every_byte_above_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, terms: list[Term], before: str
) -> None:
    file = tmp_path_factory.mktemp("g") / "glossary.toml"
    file.write_bytes(before.encode())
    had = book.read(file)
    new = [term for term in terms if term.text != "諮問"]
    assert book.add(file, new) == tuple(new)
    assert file.read_bytes().startswith(before.encode())
    assert book.read(file) == (*had, *new)
    assert book.add(file, new) == ()  # twice is once


def test_a_new_file_explains_itself_and_completions_keep_comments(tmp_path: Path) -> None:
    file = tmp_path / "glossary.toml"
    book.add(file, [Term(text="諮問", count=3)])
    file.write_text(file.read_text(encoding="utf-8") + "# 手で\n", encoding="utf-8")
    assert book.add(file, [Term(text="諮問", heard=("指紋",), corrected=2, count=9)])
    (term,) = book.read(file)
    assert (term.heard, term.corrected, term.count) == (("指紋",), 2, 3)
    text = file.read_text(encoding="utf-8")
    assert text.startswith("# 用語集。") and "# 手で" in text
    tomlkit.parse(text)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ('[[term]]\ntext = "諮問"\n\n[[term]]\ntxt = "答申"\n', "txt.*2 番目.*5行目"),
        ('[[term]]\ntext = ""\n', "text"),
        ('[[terms]]\ntext = "諮問"\n', "terms.*1行目"),
        ('[term]\ntext = "諮問"\n', "term"),
        ('[[term]]\ntext = "諮問"\nuse = "いいえ"\n', "use"),
        ('[[term]]\ntext = "諮問"\nuse = "いいえ"\n', "true か false"),
        ("[[term\n", "書き方"),
    ],
)
def test_a_slip_in_the_file_is_named_with_its_place(tmp_path: Path, content: str, says: str) -> None:
    (tmp_path / "glossary.toml").write_text(content, encoding="utf-8")
    with pytest.raises(SettingsError, match=says):
        book.read(tmp_path / "glossary.toml")
    with pytest.raises(SettingsError):
        book.add(tmp_path / "glossary.toml", [Term(text="答申")])


def test_a_list_written_in_one_line_cannot_be_added_to_and_says_so(tmp_path: Path) -> None:
    (tmp_path / "glossary.toml").write_text('term = [{ text = "諮問" }]\n', encoding="utf-8")
    assert [term.text for term in book.read(tmp_path / "glossary.toml")] == ["諮問"]
    with pytest.raises(SettingsError, match="書き足せません"):
        book.add(tmp_path / "glossary.toml", [Term(text="答申")])


def test_a_file_that_cannot_be_written_is_an_output_error(tmp_path: Path) -> None:
    (tmp_path / "g").write_text("", encoding="utf-8")
    with pytest.raises(OutputError):
        book.add(tmp_path / "g" / "glossary.toml", [Term(text="答申")])


# --- which terms hold, and what they are worth ------------------------------------------------------------------------


def test_terms_hold_where_their_scope_says() -> None:
    terms = (
        Term(text="市の言葉", city="試験市"),
        Term(text="他市の言葉", city="緑川市"),
        Term(text="会の言葉", council="審議会"),
        Term(text="他会の言葉", council="空家等対策協議会"),
        Term(text="議題の言葉", item="市民課"),
        Term(text="他の議題の言葉", item="諮問第9号"),
        Term(text="電子申請", use=False),
    )
    texts = [term.text for term in holding(terms, MEETING)]
    assert {"市の言葉", "会の言葉", "議題の言葉"} <= set(texts)
    assert not {"他市の言葉", "他会の言葉", "他の議題の言葉"} & set(texts)
    assert texts[0] == "議題の言葉"  # the narrowest scope first
    assert len(texts) == len(set(texts))


def test_the_meeting_file_names_terms_too() -> None:
    meeting = Meeting.model_validate(
        {
            **MEETING.model_dump(),
            "glossary": ("認容",),
            "attendees": ({"name": "山本 太郎", "role": "委員", "reading": "ヤマモト タロウ"},),
        }
    )
    held = {term.text: term for term in holding((), meeting)}
    assert held["認容"].chosen
    assert held["山本太郎"].sound == "ヤマモトタロウ"
    assert {"山本", "諮問第1号", "市民課"} <= set(held)
    assert worth.hints(tuple(held.values()))[0] == "認容"
    assert worth.hints(holding((), Meeting())) == ()


def test_a_word_that_was_refused_is_no_hint_though_the_agenda_has_it() -> None:
    assert "市民課" in {term.text for term in holding((), MEETING)}
    assert "市民課" not in {term.text for term in holding((Term(text="市民課", use=False),), MEETING)}


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        (Term(text="入退室管理", chosen=True), Term(text="入退室管理")),
        (Term(text="入退室管理", corrected=2), Term(text="入退室管理", count=2)),
        (Term(text="入退室管理", count=20), Term(text="入退室管理", count=1)),
        (Term(text="入退室管理", item="第1号"), Term(text="入退室管理", city="市")),
        (Term(text="ゼンゲキ"), Term(text="サービス")),
    ],
)
def test_what_makes_a_word_worth_telling(better: Term, worse: Term) -> None:
    assert worth.ordered((worse, better)) == (better, worse)


@given(st.lists(st.tuples(st.integers(1, 9), st.integers(1, 9)), max_size=8), st.integers(0, 25))
def test_spending_is_within_the_budget_full_and_near_the_best_there_is(items: list[tuple[int, int]], budget: int) -> None:
    """Against every subset: in order of value for cost, the loss is at most what one more item would have brought."""
    items.sort(key=lambda item: -item[0] / item[1])
    names = [f"{number}:{value}:{cost}" for number, (value, cost) in enumerate(items)]

    def total(taken: list[str], part: int) -> int:
        return sum(int(name.split(":")[part]) for name in taken)

    def fits(taken: list[str]) -> bool:
        return total(taken, 2) <= budget

    taken = worth.spend(names, fits)
    assert fits(taken)
    assert not any(fits([*taken, name]) for name in names if name not in taken)
    every = (list(some) for n in range(len(names) + 1) for some in itertools.combinations(names, n))
    best = max(total(some, 1) for some in every if fits(some))
    assert total(taken, 1) >= best - max((value for value, _ in items), default=0)


# --- the command ------------------------------------------------------------------------------------------------------


def test_learn_prints_proposals_and_writes_only_when_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "次第.txt").write_text(SHIDAI, encoding="utf-8")
    command = ["glossary", "learn", str(tmp_path / "次第.txt"), "--city", "若葉市", "--home", str(tmp_path)]
    assert run(command) == 0
    told = capsys.readouterr()
    assert ["複合語", "入退室管理システム", "ニュウタイシツカンリシステム", "1回"] in [
        line.split() for line in told.out.splitlines()
    ]
    assert "--write" in told.err
    assert not (tmp_path / "glossary.toml").exists()
    assert run([*command, "--write"]) == 0
    assert all(term.city == "若葉市" for term in book.read(tmp_path / "glossary.toml"))
    capsys.readouterr()
    assert run(command) == 0
    assert capsys.readouterr().out == "候補はありません。\n"


def test_list_shows_what_a_meeting_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    book.add(tmp_path / "glossary.toml", [Term(text="ゼンゲキ", city="若葉市"), Term(text="他市", city="緑川市")])
    (tmp_path / "m.toml").write_text('name = "若葉市審議会"\n', encoding="utf-8")
    assert run(["glossary", "list", "--home", str(tmp_path)]) == 0
    assert capsys.readouterr().out.count("\n") == 2
    assert run(["glossary", "list", "--meeting", str(tmp_path / "m.toml"), "--home", str(tmp_path)]) == 0
    assert capsys.readouterr().out.split() == ["ゼンゲキ", "ゼンゲキ", "若葉市", "手がかり"]


def test_errors_of_the_command_have_their_exit_codes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["glossary", "learn", str(tmp_path / "none.txt")]) == 3
    (tmp_path / "glossary.toml").write_text("[[words]]\n", encoding="utf-8")
    assert run(["glossary", "list", "--home", str(tmp_path)]) == 9
    assert capsys.readouterr().out == ""


def test_kinds_are_told_in_the_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.txt").write_text("ゼンゲキ要綱", encoding="utf-8")
    assert run(["glossary", "learn", str(tmp_path / "a.txt"), "--home", str(tmp_path)]) == 0
    assert capsys.readouterr().out.startswith(Kind.UNKNOWN.value)

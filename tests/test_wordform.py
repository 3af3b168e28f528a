"""The city's own Word form: what its placeholders become, and how a form that is wrong is told by its placeholder."""

from __future__ import annotations

import io
import time
import zipfile
from collections.abc import Sequence
from pathlib import Path

import docx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import cli, documents, layouts, parsing
from pipeline.errors import ExitCode, SettingsError
from pipeline.export import wordform
from pipeline.schema import Draft, Meeting, Section, Warn
from pipeline.terms import Phase
from tests.drafts import draft, turn
from tests.test_parsing import PAGE
from tests.test_redaction import SECRETS, marked

HEAD = ("{{ 会議名 }}", "{{ 日時 }}", "{{ 場所 }}", "{{ 担当所属名 }}", "{{ 出席者 }}", "{{ 議題 }}", "{{ 審議結果 }}")
BODY = ("{%p for 行 in 本文 %}", "[{{ 行.kind }}] {{ 行.text }}", "{%p endfor %}")
TABLE = (
    "{%tr for 発言 in 発言一覧 %}",
    "{{ 発言.発言者 }}|{{ 発言.内容 }}|{{ 発言.区分 }}|{{ 発言.議題 }}",
    "{%tr endfor %}",
)


def form(folder: Path, paragraphs: Sequence[str], rows: Sequence[str] = (), name: str = "様式.docx") -> Path:
    """A form with these paragraphs, a table with these rows (cells parted by |), and one placeholder above each page."""
    made = docx.Document()
    for text in paragraphs:
        made.add_paragraph(text)
    if rows:
        columns = max(row.count("|") for row in rows) + 1
        table = made.add_table(rows=0, cols=columns)
        for row in rows:
            for cell, text in zip(table.add_row().cells, row.split("|"), strict=False):
                cell.text = text
    made.sections[0].header.paragraphs[0].text = "{{ 状態 }}/{{ 会議名 }}"
    made.core_properties.title = "{{ 会議名 }}"
    made.save(str(folder / name))
    return folder / name


def filled(of: Draft | documents.Document, at: Path) -> docx.document.Document:
    return docx.Document(io.BytesIO(wordform.render(of, at)))


def lines(opened: docx.document.Document) -> list[str]:
    return [paragraph.text for paragraph in opened.paragraphs]


def cells(opened: docx.document.Document) -> list[list[str]]:
    return [[cell.text for cell in row.cells] for table in opened.tables for row in table.rows]


# --- what is filled in


def test_the_head_of_the_form_is_filled(tmp_path: Path) -> None:
    made = draft()
    meeting = made.meeting.model_copy(update={"fields": {"傍聴者": ("3名",), "配布資料": ("次第", "資料1")}})
    more = (
        "{{ fields.傍聴者 }}",
        "{{ fields.配布資料 }}",
        "{{ fields.欠席者 }}",
        "{% if '欠席者' in fields %}あり{% else %}なし{% endif %}",
    )
    opened = filled(made.model_copy(update={"meeting": meeting}), form(tmp_path, [*HEAD, *more]))
    assert lines(opened) == [
        "令和8年度第1回 試験市審議会",
        "令和8年5月14日(木曜日) 14時00分~",
        "第1会議室",
        "総務部 総務課",
        "〔要確認〕",
        "1 諮問第1号 電子申請の利用について(市民課)\n2 諮問第2号 窓口の予約について(窓口課)",
        "1 諮問第1号については承認された。\n2 諮問第2号については〔要確認〕。",
        "3名",
        "次第\n資料1",
        "〔要確認〕",
        "なし",
    ]
    assert opened.sections[0].header.paragraphs[0].text == "下書き/令和8年度第1回 試験市審議会"
    assert opened.core_properties.title == "令和8年度第1回 試験市審議会"


@pytest.mark.parametrize("asked", ["fields.公開非公開の別", 'fields["公開・非公開の別"]', "fields[“公開・非公開の別”]"])
def test_a_name_with_signs_in_it_can_be_asked_for(tmp_path: Path, asked: str) -> None:
    made = draft(meeting=Meeting(fields={"公開・非公開の別": ("公開",)}), sections=(), turns=(), decisions=())
    assert lines(filled(made, form(tmp_path, ["{{ " + asked + " }}"]))) == ["公開"]


def test_lists_have_their_parts(tmp_path: Path) -> None:
    loop = ("{%p for 行 in 議題 %}", "{{ 行.番号 }}/{{ 行.件名 }}/{{ 行.担当課 }}/{{ 行.結果 }}", "{%p endfor %}")
    results = ("{%p for 行 in 審議結果 %}", "{{ 行.番号 }}は{{ 行.結果 }}", "{%p endfor %}")
    assert lines(filled(draft(), form(tmp_path, [*loop, *results]))) == [
        "諮問第1号/電子申請の利用について/市民課/承認された",
        "諮問第2号/窓口の予約について/窓口課/〔要確認〕",
        "諮問第1号は承認された",
        "諮問第2号は〔要確認〕",
    ]


def test_the_body_goes_block_by_block_as_the_layout_prints_it(tmp_path: Path) -> None:
    made = draft()
    at = form(tmp_path, BODY)
    assert lines(filled(made, at))[:6] == [
        "[議題] 諮問第1号 電子申請の利用について", "[区分] 【質疑】", "[発言者] (委員)", "[発言] 費用はいくらですか。",
        "[発言者] (実施機関)", "[発言] 年間200万円です。",
    ]  # fmt: skip
    inline = made.model_copy(update={"meeting": made.meeting.model_copy(update={"template": "marked-verbatim"})})
    assert lines(filled(inline, at))[1] == "[発言] ○委員 費用はいくらですか。"


def test_speeches_stand_in_a_table_with_who_and_where(tmp_path: Path) -> None:
    said = (
        turn(1, "SPEAKER_00", "始めます。"),
        turn(2, "SPEAKER_01", "費用は。", 2_000),
        turn(3, "SPEAKER_00", "以上。", 4_000),
    )
    said = tuple(t.model_copy(update={"printed": t.speaker == "SPEAKER_01"}) for t in said)
    parts = tuple(
        Section(item=0, phase=phase, heading="", turn_ids=(t.id,))
        for phase, t in zip((Phase.EXPLANATION, Phase.QUESTIONS, Phase.DELIBERATION), said, strict=True)
    )
    made = draft(said, parts, ())
    item = "諮問第1号 電子申請の利用について"
    assert cells(filled(made, form(tmp_path, [], TABLE))) == [
        ["(委員)", "費用は。", "質疑", item],
        ["", "意見なし。", "審議", item],
        ["", "〔要確認〕", "", "諮問第2号 窓口の予約について"],
    ]
    komae = made.model_copy(update={"meeting": made.meeting.model_copy(update={"template": "komae"})})
    assert cells(filled(komae, tmp_path / "様式.docx"))[0] == ["", "《資料による説明》", "説明", item]
    table = made.model_copy(update={"meeting": made.meeting.model_copy(update={"template": "table"})})
    assert cells(filled(table, tmp_path / "様式.docx"))[0] == ["委員", "費用は。", "質疑", item]


def test_lists_may_stand_as_they_are(tmp_path: Path) -> None:
    body, table = lines(filled(draft(), form(tmp_path, ["{{ 本文 }}", "{{ 発言一覧 }}"])))
    assert body.split("\n")[:3] == ["諮問第1号 電子申請の利用について", "【質疑】", "(委員)"]
    assert table.split("\n")[0] == "(委員) 費用はいくらですか。"


def test_a_published_document_fills_the_form_too(tmp_path: Path) -> None:
    read = parsing.parse(PAGE, layouts.load("nagasaki"), "nagasaki")
    opened = filled(read, form(tmp_path, ["{{ 場所 }}", "{{ 議題 }}", "{{ 審議結果 }}", "{{ 状態 }}{{ 注意 }}"], TABLE))
    assert lines(opened)[0] == "市役所3階 第1会議室"
    assert lines(opened)[1].startswith("1 諮問第1号 窓口の予約について(市民課)\n2 ")
    assert cells(opened)[1][1] == "待つ時間は変わらない。\n窓口を1つ増やすからである。"
    assert cells(opened)[2] == ["", "意見なし。", "審議", "諮問第1号 窓口の予約について"]


def test_notes_are_there_for_a_form_that_wants_them(tmp_path: Path) -> None:
    made = draft(warnings=(Warn(code="x", message="途中で切れています。"),))
    assert lines(filled(made, form(tmp_path, ["{{ 注意 }}"]))) == ["※ 途中で切れています。"]
    assert lines(filled(documents.public(made), tmp_path / "様式.docx")) == [""]


@settings(max_examples=30, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40))
def test_speech_is_filled_in_as_it_is_and_never_run(tmp_path_factory: pytest.TempPathFactory, spoken: str) -> None:
    at = tmp_path_factory.getbasetemp() / "様式.docx"
    if not at.exists():
        form(at.parent, BODY)
    said = turn(1, "SPEAKER_01", f"「{spoken}」")
    part = Section(item=0, phase=Phase.QUESTIONS, heading="", turn_ids=(said.id,))
    shown = "".join(lines(filled(draft((said,), (part,), ()), at)))
    assert "".join(spoken.split()).translate(dict.fromkeys([*range(32), *range(127, 160), 0xFFFE, 0xFFFF])) in "".join(
        shown.split()
    )


def test_what_looks_like_markup_or_a_placeholder_stays_text(tmp_path: Path) -> None:
    spoken = "<w:p>&amp; {{ 会議名 }} {% for %} {{ 1/0 }}"
    said = turn(1, "SPEAKER_01", spoken)
    part = Section(item=0, phase=Phase.QUESTIONS, heading="", turn_ids=(said.id,))
    assert f"[発言] {spoken}" in lines(filled(draft((said,), (part,), ()), form(tmp_path, BODY)))


def test_the_same_draft_and_form_give_the_same_bytes(tmp_path: Path) -> None:
    at = form(tmp_path, [*HEAD, *BODY], TABLE)
    first = wordform.render(draft(), at)
    time.sleep(2.1)  # a zip counts time in steps of two seconds
    assert wordform.render(draft(), at) == first


# --- the public copy


def test_no_secret_survives_in_any_part_of_a_filled_public_form(tmp_path: Path) -> None:
    more = ("{{ fields.傍聴者 }}", "{{ fields.問合せ先 }}", "{{ 注意 }}")
    at = form(tmp_path, [*HEAD, *more, *BODY], TABLE)

    def parts(of: Draft) -> str:
        with zipfile.ZipFile(io.BytesIO(documents.render(of, "docx", at))) as package:
            return "".join(package.read(name).decode("utf-8", "ignore") for name in package.namelist())

    assert all(secret in parts(marked()) for secret in SECRETS)
    assert not any(secret in parts(documents.public(marked())) for secret in SECRETS)
    assert "下書き" in parts(marked()) and "下書き" not in parts(documents.public(marked()))


# --- forms that are wrong


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{{ 会議の名前 }}", "知らない差し込みがあります: 会議の名前"),
        ("{% for 行 in 本文 %}{{ 行.文章 }}{% endfor %}", "知らない差し込みがあります: 文章"),
        ("{% for 行 in 発言の一覧 %}{{ 行 }}{% endfor %}", "知らない差し込みがあります: 発言の一覧"),
        ("{{ 会議名", "差し込みの書き方が正しくありません"),
        ("{% fro 行 in 本文 %}", "差し込みの書き方が正しくありません: {% fro 行 in 本文 %}"),
        ("{% for 行 in 本文 %}", "差し込みの書き方が正しくありません"),
        ("{{ fields.公開・非公開の別 }}", "差し込みの書き方が正しくありません: {{ fields.公開・非公開の別 }}"),
        ("{{ 会議名 | 大文字 }}", "差し込みの書き方が正しくありません: {{ 会議名 | 大文字 }}"),
        ("{{ 1 / 0 }}", "差し込みを実行できません(ZeroDivisionError)"),
        ("{{ 会議名 + 1 }}", "差し込みを実行できません(TypeError)"),
        ("{% include '/etc/passwd' %}", "差し込みを実行できません(TypeError)"),
        ("{{ fields._known }}", "実行できません(SecurityError)"),
        ("{{ ''.__class__.__mro__ }}", "実行できません(SecurityError)"),
        ("{{ 会議名.__init__.__globals__ }}", "実行できません(SecurityError)"),
        ("{{ range(10) }}", "知らない差し込みがあります: range"),
    ],
)
def test_a_wrong_form_is_told_by_its_placeholder(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(SettingsError) as caught:
        wordform.render(draft(), form(tmp_path, ["前の段落", text, "後の段落"]))
    assert said in caught.value.message and "様式.docx" in caught.value.message
    assert caught.value.exit_code == ExitCode.SETTINGS and caught.value.advice


def test_a_loop_that_tears_a_table_is_told_and_loses_nothing_in_silence(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="またいで") as caught:
        wordform.render(draft(), form(tmp_path, ["{% for 行 in 本文 %}"], ["{{ 行.text }}{% endfor %}|次の欄"]))
    assert "{%p for" in caught.value.advice


def damaged(folder: Path) -> list[Path]:
    """Files that end in .docx and are no Word form."""
    whole = form(folder, HEAD, name="whole.docx").read_bytes()
    made = {"empty": b"", "text": "会議録".encode(), "cut": whole[: len(whole) // 2], "zeros": bytes(2000)}
    with zipfile.ZipFile(io.BytesIO(whole)) as parts:
        for name, gone in (("no-types", "[Content_Types].xml"), ("no-body", "word/document.xml")):
            out = io.BytesIO()
            with zipfile.ZipFile(out, "w") as copy:
                for part in parts.namelist():
                    if part != gone:
                        copy.writestr(part, parts.read(part))
            made[name] = out.getvalue()
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as copy:
            for part in parts.namelist():
                copy.writestr(part, b"<w:document" if part == "word/document.xml" else parts.read(part))
        made["broken-body"] = out.getvalue()
    for name, data in made.items():
        (folder / f"{name}.docx").write_bytes(data)
    return [folder / f"{name}.docx" for name in made]


def test_a_damaged_form_is_no_word_form(tmp_path: Path) -> None:
    for at in [*damaged(tmp_path), tmp_path / "none.docx", tmp_path]:
        with pytest.raises(SettingsError, match="Word の様式") as caught:
            wordform.render(draft(), at)
        assert caught.value.advice, at


# --- the command, and a layout that has a form


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    documents.write(draft(), tmp_path / "outputs" / "m-1", ())
    return tmp_path


def in_layout_with_form(at: str) -> None:
    """The draft m-1 is in a layout whose file lies in a folder of its own."""
    Path("city").mkdir()
    Path("city/own.toml").write_text(f'base = "nagasaki"\nname = "own"\nform = "{at}"\n', encoding="utf-8")
    made = draft()
    meeting = made.meeting.model_copy(update={"template": "city/own.toml"})
    Path("outputs/m-1/draft.json").write_text(
        made.model_copy(update={"meeting": meeting}).model_dump_json(by_alias=True), encoding="utf-8"
    )


def test_export_fills_the_form_that_is_given(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    form(home, HEAD)
    assert cli.run(["export", "m-1", "-f", "docx", "--form", "様式.docx"]) == ExitCode.DONE
    assert lines(docx.Document(capsys.readouterr().out.strip()))[2] == "第1会議室"
    assert cli.run(["export", "m-1", "-f", "text", "--form", "様式.docx"]) == ExitCode.SETTINGS
    assert "-f docx" in capsys.readouterr().err
    assert cli.run(["export", "m-1", "-f", "docx", "--form", "none.docx"]) == ExitCode.SETTINGS
    assert "none.docx" in capsys.readouterr().err


@pytest.mark.parametrize("folder", ["city", "."])
def test_the_form_of_a_layout_lies_beside_it_or_in_the_working_folder(
    home: Path, folder: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    in_layout_with_form("様式.docx")
    form(home / folder, HEAD)
    assert cli.run(["export", "m-1", "-f", "docx"]) == ExitCode.DONE
    assert len(lines(docx.Document(capsys.readouterr().out.strip()))) == len(HEAD)
    again = documents.read(home / "outputs" / "m-1" / "draft.json")
    assert isinstance(again, Draft)
    documents.write(again, home / "outputs" / "m-2", ("docx", "text"), home)
    assert len(lines(docx.Document(str(home / "outputs" / "m-2" / "draft.docx")))) == len(HEAD)


def test_a_form_that_the_layout_names_and_nobody_has_is_told_before_the_work(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    in_layout_with_form("gone.docx")
    assert cli.run(["export", "m-1", "-f", "docx"]) == ExitCode.SETTINGS
    assert "gone.docx" in capsys.readouterr().err
    assert cli.run(["export", "m-1", "-f", "text"]) == ExitCode.DONE
    Path("meeting.toml").write_text('template = "city/own.toml"\n', encoding="utf-8")
    Path("x.wav").write_bytes(b"not a recording")
    assert cli.run(["transcribe", "x.wav", "--meeting", "meeting.toml"]) == ExitCode.SETTINGS

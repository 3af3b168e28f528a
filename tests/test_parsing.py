"""Every layout is a grammar: what is printed in it is read back, and a published page comes back byte for byte."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from pipeline import cli, documents, layouts, parsing, style
from pipeline.errors import ExitCode, RecordingError, SettingsError
from pipeline.export import plaintext
from pipeline.export.blocks import Block, Document, Kind
from pipeline.export.document import blocks
from pipeline.japanese import tables
from pipeline.layouts import HeaderField, Layout
from pipeline.schema import AgendaItem, Decision, Draft, Flag, Section, Speaker
from pipeline.terms import UNDECIDED, FlagKind, Phase, Role
from tests.drafts import draft, turn
from tests.test_layouts import PRESET

PRESETS = layouts.presets()
PAGE = """ここから本文です。

令和8年度第1回 ○○市△△審議会

更新日:2026年8月3日

担当所属名

総務部 総務課

会議名

令和8年度第1回 ○○市△△審議会

日時

令和8年5月14日(木曜日) 14時00分~

場所

市役所3階 第1会議室

議題

1 諮問第1号 窓口の予約について(市民課)
2 諮問第2号 保育所の連絡帳について

審議結果

【結果】

1 諮問第1号については承認された。

2 諮問第2号については承認された。

諮問第1号 窓口の予約について

【質疑】

(委員)

予約のない人は待つのか。

(実施機関)

待つ時間は変わらない。

窓口を1つ増やすからである。

【審議】

意見なし。


諮問第2号 保育所の連絡帳について

【答申審議】

(事務局)

諮問第1号の案を読み上げる。

お問い合わせ先

総務部 行政体制整備室

ページトップへ"""


def test_a_published_page_comes_back_byte_for_byte() -> None:
    layout = layouts.load("nagasaki")
    document = parsing.parse(PAGE, layout, "nagasaki")
    kinds = [block.kind for block in document.blocks]
    assert kinds.count(Kind.LABEL) == 3 and kinds.count(Kind.ITEM) == 2 and kinds.count(Kind.SECTION) == 3
    assert kinds[0] is kinds[-1] is Kind.AROUND
    assert plaintext.render(document).decode() == PAGE


CHARS = "予約窓口保育所連絡帳は変わらないである、案を読む12"
SENTENCES = st.text(CHARS, min_size=4, max_size=30).map(lambda text: text + "。")
NUMBERS = st.sampled_from([1, 2, 12, 26, 27, 53])
TITLES = st.text("窓口予約保育所連絡帳", min_size=3, max_size=12).map(lambda text: text + "について")


VALUES = st.sampled_from(["総務部 総務課", "市役所3階", "午後2時", "〔要確認〕", "3名", "・次第", "(1) 資料1"])
FREE = ("欠席者", "傍聴者", "公開・非公開の別", "配布資料", "会議の結果", "次回予定", "問合せ先")


@st.composite
def city_layouts(draw: st.DrawFn) -> Layout:
    """A city's own layout on top of any preset, as odd as its header, labels and paragraphs may be."""
    known = draw(st.sets(st.sampled_from(list(HeaderField))))
    names = draw(st.permutations(sorted({*known, HeaderField.AGENDA, *draw(st.sets(st.sampled_from(FREE)))})))
    optional = draw(st.sets(st.sampled_from(names), max_size=len(names) - 1)) - {HeaderField.AGENDA}
    label, inline = draw(
        st.sampled_from(
            [
                ("({role}{number})", False), ("{letter}{role}", False), ("{role}", False), ("{role}({name}君)", False),
                ("{role}{number}:", True), ("○{name}{role} ", True), ("{role}{letter}\t", True), ("・", True),
            ]
        )
    )  # fmt: skip
    return layouts.read(
        {
            "base": draw(st.sampled_from(PRESETS)),
            "name": "city",
            "header": list(names),
            "left_out_if_unknown": sorted(optional),
            "field_names": draw(st.sampled_from([{}, {"傍聴者": "傍聴人数", "場所": "開催場所"}])),
            "field_line": draw(
                st.sampled_from(["{name}", "{n} {name}", "{name}:{value}", "{n} {name} {value}", "■{name}({value})"])
            ),
            "label": label,
            "label_inline": inline,
            "indent": draw(st.sampled_from(["", "　"])),
            "comma": draw(st.sampled_from(["、", "，"])),
            "inaudible": draw(st.sampled_from(["(聴取不能)", "***"])),
        },
        "city",
    )


@st.composite
def printed(draw: st.DrawFn, layout: Layout) -> tuple[Block, ...]:
    """A document as the layout may print it."""
    titles = draw(st.lists(TITLES, min_size=1, max_size=3, unique=True))
    agenda = [AgendaItem(label=f"諮問第{n}号", title=title) for n, title in enumerate(titles, start=1)]
    result: list[Block] = []
    for field in layout.header:
        if field in layout.left_out_if_unknown and draw(st.booleans()):
            continue
        result.append(Block.of(Kind.FIELD, layout.field_name(field)))
        if field == HeaderField.AGENDA:
            lines = [layout.agenda_line.format(n=n, label=i.label, title=i.title) for n, i in enumerate(agenda, start=1)]
            result.append(Block.of(Kind.LIST, *lines))
        elif field == HeaderField.ATTENDEES:
            result.append(Block.of(Kind.LIST, *draw(st.sampled_from([("委員 山田", "委員 川上"), ("委員 3名",)]))))
        elif field == HeaderField.RESULTS:
            result += [Block.of(Kind.RESULTS, layout.results_heading)] if layout.results_heading else []
            for n, item in enumerate(agenda, start=1):
                line = layout.result_line.format(n=n, label=item.label, title=item.title, result="承認された")
                result.append(Block.of(Kind.VALUE, line))
        else:
            values = draw(st.lists(VALUES, min_size=1, max_size=3 if field in FREE else 1))
            result.append(Block.of(Kind.LIST if len(values) > 1 else Kind.VALUE, *values))
    labels = [layout.label_of(role, draw(st.sampled_from(["山田", "川上", None])), draw(NUMBERS)) for role in layout.labels]
    sentences = st.one_of(SENTENCES, st.just(layout.inaudible))
    for n, item in enumerate(agenda, start=1):
        heading = layout.item_heading.format(n=n, label=item.label, title=item.title, department="")
        result.append(Block.of(Kind.ITEM, heading))
        phases = draw(st.lists(st.sampled_from(layout.phases), unique=True))
        result += [] if phases else [Block.of(Kind.PARAGRAPH, UNDECIDED)]
        for phase in phases:
            if phase in layout.directions:
                result.append(Block.of(Kind.DIRECTION, layout.directions[phase]))
                continue
            result += [Block.of(Kind.SECTION, layout.heading(phase))] if layout.section_heading else []
            for _ in range(draw(st.integers(1, 3))):
                result.append(Block.of(Kind.LABEL, draw(st.sampled_from(labels))))
                result += [Block.of(Kind.PARAGRAPH, text) for text in draw(st.lists(sentences, min_size=1, max_size=2))]
    return tuple(result)


def read_back_as_it_was(made: tuple[Block, ...], layout: Layout) -> None:
    headings = {block.lines[0] for block in made if block.kind is Kind.ITEM}
    assume(not any(block.lines[0] in headings for block in made if block.kind is Kind.PARAGRAPH))
    text = plaintext.text(made, layout)
    assert parsing.parse(text, layout, "any").blocks == made
    assert plaintext.text(parsing.parse(text, layout, "any").blocks, layout) == text


@pytest.mark.parametrize("name", PRESETS)
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_what_is_printed_in_a_layout_is_read_back_as_it_was(name: str, data: st.DataObject) -> None:
    layout = layouts.load(name)
    read_back_as_it_was(data.draw(printed(layout)), layout)


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_what_is_printed_in_a_layout_of_a_city_is_read_back_too(data: st.DataObject) -> None:
    layout = data.draw(city_layouts())
    read_back_as_it_was(data.draw(printed(layout)), layout)


def without_notes(name: str) -> tuple[Draft, list[Block]]:
    made = draft()
    made = made.model_copy(update={"meeting": made.meeting.model_copy(update={"template": name})})
    return made, [b for b in blocks(made) if b.kind not in (Kind.NOTE, Kind.NOTE_HEADING)]


@pytest.mark.parametrize("name", PRESETS)
def test_a_draft_printed_in_a_layout_is_read_back(name: str) -> None:
    _, made = without_notes(name)
    layout = layouts.load(name)
    read = parsing.parse(plaintext.text(made, layout), layout, name)
    assert [(b.kind, b.lines) for b in read.blocks] == [(b.kind, b.lines) for b in made]


def test_layouts_differ_in_what_they_show() -> None:
    texts = {name: plaintext.text(without_notes(name)[1], layouts.load(name)) for name in PRESETS}
    assert len(set(texts.values())) == len(PRESETS) == 8
    assert "【委員】" in texts["nagasaki-bracket"] and "(委員)" in texts["nagasaki"]
    assert "1 日時" in texts["komae"]
    assert not any("、" in line for b in without_notes("komae")[1] if b.kind is Kind.PARAGRAPH for line in b.lines)
    assert "\t" in texts["table"] and "○" in texts["marked-verbatim"]
    assert "\n・" in texts["gist-bullets"] and "(委員)" not in texts["gist-bullets"]
    assert "委員:" in texts["qa-inline"]


def of_a_city(folder: Path, text: str, made: Draft | None = None) -> tuple[Draft, list[Block], str]:
    """A draft in a layout written on top of nagasaki: with its blocks, without notes, and its text, which is read back."""
    file = folder / "city.toml"
    file.write_text(f'base = "nagasaki"\nname = "city"\n{text}\n', encoding="utf-8")
    made = made or draft()
    made = made.model_copy(update={"meeting": made.meeting.model_copy(update={"template": str(file)})})
    shown = [b for b in blocks(made) if b.kind not in (Kind.NOTE, Kind.NOTE_HEADING)]
    layout = layouts.load(str(file))
    written = plaintext.text(shown, layout)
    read = parsing.parse(written, layout, str(file)).blocks
    assert [(b.kind, b.lines) for b in read] == [(b.kind, b.lines) for b in shown]
    return made, shown, written


def labels(shown: list[Block]) -> list[str]:
    return [block.lines[0] for block in shown if block.kind is Kind.LABEL]


def test_letters_stand_in_labels_where_the_layout_asks(tmp_path: Path) -> None:
    _, shown, _ = of_a_city(tmp_path, 'label = "({role}{letter})"\nfull_width = true')
    assert labels(shown) == ["(委員A)", "(実施機関A)", "(委員A)"]
    assert not any(c in "".join(b.lines) for b in shown if b.kind is Kind.PARAGRAPH for c in "0123456789")


@pytest.mark.parametrize(("pattern", "last"), [("委員{letter}", "委員AB"), ("委員{number}", "委員28")])
def test_no_two_people_share_a_letter_or_number_however_many_they_are(tmp_path: Path, pattern: str, last: str) -> None:
    cast = tuple(Speaker(label=f"S{n:02}", role=Role.MEMBER, confidence=0.9) for n in range(28))
    said = tuple(turn(n + 1, who.label, "賛成である。", n * 2_000) for n, who in enumerate(cast))
    part = Section(item=0, phase=Phase.DELIBERATION, heading="審議", turn_ids=tuple(t.id for t in said))
    _, shown, _ = of_a_city(tmp_path, f'label = "{pattern}"', draft(said, (part,), (), speakers=cast))
    assert len(set(labels(shown))) == 28 and labels(shown)[-1] == last
    assert labels(shown)[25:27] == {"A": ["委員Z", "委員AA"], "1": ["委員26", "委員27"]}[labels(shown)[0][-1]]


def test_a_chair_may_be_printed_as_a_member_and_is_still_somebody_else(tmp_path: Path) -> None:
    said = (turn(1, "SPEAKER_00", "私は必要だと思う。", 0), turn(2, "SPEAKER_01", "賛成である。", 3_000))
    part = Section(item=0, phase=Phase.DELIBERATION, heading="審議", turn_ids=("t0001", "t0002"))
    made = draft(said, (part,), ())
    own = 'label = "({role}{number})"\n[labels]\n"会長" = "委員"\n"委員" = "委員"'
    assert labels(of_a_city(tmp_path, own, made)[1]) == ["(委員1)", "(委員2)"]
    layout = layouts.load(str(tmp_path / "city.toml"))
    assert layout.prints(Role.CHAIR, Phase.DELIBERATION) and not layout.prints(Role.AGENCY, Phase.DELIBERATION)


def test_a_header_holds_whatever_the_city_wants_in_its_order(tmp_path: Path) -> None:
    own = """header = ["日時", "公開・非公開の別", "傍聴者", "配布資料", "議題", "欠席者", "審議結果", "次回予定", "問合せ先"]
left_out_if_unknown = ["欠席者", "次回予定"]
field_line = "{n} {name}"
field_names = { "傍聴者" = "傍聴人" }"""
    made = draft()
    fields = {"傍聴者": ("3名",), "配布資料": ("次第", "資料1、資料2"), "問合せ先": ("総務課",), "使わない項目": ("x",)}
    made = made.model_copy(update={"meeting": made.meeting.model_copy(update={"fields": fields})})
    text = of_a_city(tmp_path, own, made)[2]
    assert text.partition("\n\n諮問第1号 ")[0] == (
        "1 日時\n\n令和8年5月14日(木曜日) 14時00分~\n\n2 公開・非公開の別\n\n〔要確認〕\n\n3 傍聴人\n\n3名\n\n"
        "4 配布資料\n\n次第\n資料1、資料2\n\n5 議題\n\n1 諮問第1号 電子申請の利用について(市民課)\n"
        "2 諮問第2号 窓口の予約について(窓口課)\n\n6 審議結果\n\n【結果】\n\n1 諮問第1号については承認された。\n\n"
        "2 諮問第2号については〔要確認〕。\n\n7 問合せ先\n\n総務課"
    )


def test_what_the_clerk_wrote_in_the_head_counts_before_what_the_program_knows(tmp_path: Path) -> None:
    made = draft()
    made = made.model_copy(
        update={"meeting": made.meeting.model_copy(update={"fields": {"場所": ("第2会議室、中継あり",)}})}
    )
    assert "\n場所\n\n第2会議室、中継あり\n\n" in of_a_city(tmp_path, "", made)[2]


@pytest.mark.parametrize(
    ("heard", "printed_as"),
    [
        ("承認された", "可決"),
        ("付言を付して承認された", "意見を付して可決"),
        ("賛成多数により承認された", "賛成多数により可決"),
        ("賛成多数により付言を付して承認された", "賛成多数により意見を付して可決"),
        ("不承認とされた", "不承認とされた"),
        ("条件を付して可決された", "条件つき可決"),
        (None, "〔要確認〕"),
    ],
)
def test_results_are_in_the_words_of_the_city(tmp_path: Path, heard: str | None, printed_as: str) -> None:
    own = """[result_names]
"承認された" = "可決"
"付言を付して" = "意見を付して"
"条件を付して可決された" = "条件つき可決"
"承認" = "これは結果の言葉ではない"
"""
    text = of_a_city(tmp_path, own, draft(decisions=(Decision(item=0, result=heard),)))[2]
    assert f"\n1 諮問第1号については{printed_as}。\n" in text


def test_every_result_the_program_hears_comes_apart_into_words_a_city_can_rename() -> None:
    words = tables.read("results")
    layout = layouts.read(
        {"base": "nagasaki", "name": "x", "result_names": {w["written"]: "*" for w in words["results"]}}, "x"
    )
    for added in ({"written": ""}, *words["added"]):
        for result in words["results"]:
            assert layout.result_name(added["written"] + result["written"]) == added["written"] + "*"
    assert all(line["written"] in PRESET for line in (*words["results"], *words["added"]))


def test_what_could_not_be_heard_has_the_mark_of_the_city(tmp_path: Path) -> None:
    failed = Flag(kind=FlagKind.FAILED, reason="だめでした。")
    lost = turn(1, "SPEAKER_01", "", flags=(failed,)).model_copy(update={"written": style.FAILED_TEXT})
    part = Section(item=0, phase=Phase.DELIBERATION, heading="審議", turn_ids=(lost.id,))
    _, _, text = of_a_city(tmp_path, 'inaudible = "(聴取不能)"\nindent = "　"', draft((lost,), (part,), ()))
    assert "(委員)\n\n　(聴取不能)\n" in text and style.FAILED_TEXT not in text


def test_paragraphs_are_indented_where_the_layout_says_so(tmp_path: Path) -> None:
    _, shown, text = of_a_city(tmp_path, 'indent = "　"')
    assert "\n\n　費用はいくらですか。\n" in text
    assert not any(line.startswith("　") for block in shown for line in block.lines)


def test_bullets_stand_before_every_turn_and_nothing_else() -> None:
    made, shown = without_notes("gist-bullets")
    text = plaintext.text(shown, layouts.load("gist-bullets"))
    assert [line for line in text.splitlines() if line.startswith("・")] == [
        f"・{t.written}" for t in made.turns if t.printed
    ]


@pytest.mark.parametrize("text", ["", "会議のまとめです。\n", "日時\n\n5月14日\n"])
def test_what_is_not_in_the_layout_is_refused_with_the_way_out(text: str) -> None:
    with pytest.raises(RecordingError, match="担当所属名") as caught:
        parsing.parse(text, layouts.load("nagasaki"), "nagasaki")
    assert "--template" in (caught.value.advice or "")


def test_parse_and_export_on_the_command_line(
    tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "page.txt").write_bytes(PAGE.encode())
    assert cli.run(["parse", "page.txt"]) == ExitCode.DONE
    (tmp_path / "page.json").write_bytes(capfdbinary.readouterr().out)
    assert json.loads((tmp_path / "page.json").read_bytes())["schema"] == "minutes-document/1"
    assert cli.run(["export", "page.json", "-f", "text", "-o", "-"]) == ExitCode.DONE
    assert capfdbinary.readouterr().out.decode() == PAGE
    for name in ("docx", "markdown", "json"):
        assert cli.run(["export", "page.json", "-f", name, "-o", f"out.{name}"]) == ExitCode.DONE
    assert "ページトップへ" not in (tmp_path / "out.markdown").read_text(encoding="utf-8")
    assert cli.run(["export", "page.json", "-f", "srt"]) == ExitCode.SETTINGS
    assert cli.run(["parse", "none.txt"]) == ExitCode.RECORDING
    (tmp_path / "sjis.txt").write_bytes("会議録".encode("cp932"))
    assert cli.run(["parse", "sjis.txt"]) == ExitCode.RECORDING


def test_a_document_has_no_times_for_subtitles() -> None:
    with pytest.raises(SettingsError, match="時刻"):
        documents.render(Document(template="nagasaki", blocks=()), "rttm")

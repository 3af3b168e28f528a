"""Every layout is a grammar: what is printed in it is read back, and a published page comes back byte for byte."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from pipeline import cli, documents, layouts, parsing
from pipeline.errors import ExitCode, RecordingError, SettingsError
from pipeline.export import plaintext
from pipeline.export.blocks import Block, Document, Kind
from pipeline.export.document import blocks
from pipeline.layouts import HeaderField, Layout
from pipeline.schema import AgendaItem, Draft
from tests.drafts import draft

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
TITLES = st.text("窓口予約保育所連絡帳", min_size=3, max_size=12).map(lambda text: text + "について")


@st.composite
def printed(draw: st.DrawFn, layout: Layout) -> tuple[Block, ...]:
    """A document as the layout may print it."""
    titles = draw(st.lists(TITLES, min_size=1, max_size=3, unique=True))
    agenda = [AgendaItem(label=f"諮問第{n}号", title=title) for n, title in enumerate(titles, start=1)]
    result: list[Block] = []
    for field in layout.header:
        result.append(Block.of(Kind.FIELD, layout.field_name(field)))
        if field is HeaderField.AGENDA:
            lines = [layout.agenda_line.format(n=n, label=i.label, title=i.title) for n, i in enumerate(agenda, start=1)]
            result.append(Block.of(Kind.LIST, *lines))
        elif field is HeaderField.ATTENDEES:
            result.append(Block.of(Kind.LIST, "委員 山田", "委員 川上"))
        elif field is HeaderField.RESULTS:
            result += [Block.of(Kind.RESULTS, layout.results_heading)] if layout.results_heading else []
            for n, item in enumerate(agenda, start=1):
                line = layout.result_line.format(n=n, label=item.label, title=item.title, result="承認された")
                result.append(Block.of(Kind.VALUE, line))
        else:
            result.append(Block.of(Kind.VALUE, draw(st.sampled_from(["総務部 総務課", "市役所3階", "午後2時"]))))
    labels = [layout.label_of(role, draw(st.sampled_from(["山田", "川上", None])), "A") for role in layout.labels]
    for n, item in enumerate(agenda, start=1):
        heading = layout.item_heading.format(n=n, label=item.label, title=item.title, department="")
        result.append(Block.of(Kind.ITEM, heading))
        for phase in draw(st.lists(st.sampled_from(layout.phases), unique=True)):
            if phase in layout.directions:
                result.append(Block.of(Kind.DIRECTION, layout.directions[phase]))
                continue
            result += [Block.of(Kind.SECTION, layout.heading(phase))] if layout.section_heading else []
            for _ in range(draw(st.integers(1, 3))):
                result.append(Block.of(Kind.LABEL, draw(st.sampled_from(labels))))
                result += [Block.of(Kind.PARAGRAPH, text) for text in draw(st.lists(SENTENCES, min_size=1, max_size=2))]
    return tuple(result)


@pytest.mark.parametrize("name", PRESETS)
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_what_is_printed_in_a_layout_is_read_back_as_it_was(name: str, data: st.DataObject) -> None:
    layout = layouts.load(name)
    made = data.draw(printed(layout))
    headings = {block.lines[0] for block in made if block.kind is Kind.ITEM}
    assume(not any(block.lines[0] in headings for block in made if block.kind is Kind.PARAGRAPH))
    text = plaintext.text(made, layout)
    assert parsing.parse(text, layout, name).blocks == made
    assert plaintext.text(parsing.parse(text, layout, name).blocks, layout) == text


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


def test_letters_and_names_stand_in_labels_where_the_layout_asks(tmp_path: Path) -> None:
    own = tmp_path / "city.toml"
    own.write_text('base = "nagasaki"\nname = "city"\nlabel = "({role}{letter})"\nfull_width = true\n', encoding="utf-8")
    _, found = without_notes(str(own))
    assert {b.lines[0] for b in found if b.kind is Kind.LABEL} <= {
        f"({r}{c})" for r in ("委員", "実施機関", "事務局") for c in "ABC"
    }
    assert not any(c in "".join(b.lines) for b in found if b.kind is Kind.PARAGRAPH for c in "0123456789")


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

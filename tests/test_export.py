"""Documents: the layout's grammar, what each format promises, and that no lawful draft breaks one."""

from __future__ import annotations

import datetime as dt
import io
import json
import re
import sys
import time
from itertools import pairwise
from pathlib import Path

import docx
import pytest
from docx.oxml.ns import qn
from docx.shared import Pt
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline import documents, layouts, style
from pipeline.errors import SettingsError
from pipeline.export import EXPORTERS
from pipeline.export.blocks import Block, Document, Kind
from pipeline.export.era import date_time, era_date
from pipeline.export.notes import END, HEADING
from pipeline.schema import AgendaItem, Decision, Draft, Flag, Meeting, Section, Speaker, Turn, Warn, Word
from pipeline.terms import UNDECIDED, FlagKind, Phase, Role
from tests.drafts import MEETING, SPEAKERS, draft, recording, turn

CHAIR, MEMBER, AGENCY = (speaker.label for speaker in SPEAKERS)
FAILED = Flag(kind=FlagKind.FAILED, reason="だめでした。")


def text(of: Draft, name: str = "text") -> str:
    return EXPORTERS[name].render(of).decode()


def in_parts(*said: tuple[int | None, Phase, Turn]) -> Draft:
    """A draft in which each turn lies in the part given."""
    parts: dict[tuple[int | None, Phase], list[str]] = {}
    for item, phase, one in said:
        parts.setdefault((item, phase), []).append(one.id)
    sections = tuple(
        Section(item=item, phase=phase, heading="", turn_ids=tuple(ids)) for (item, phase), ids in parts.items()
    )
    return draft(tuple(one for _, _, one in said), sections, ())


# --- plain text: the published layout, as a whole


def test_the_text_is_the_layout_line_by_line() -> None:
    said = (
        (0, Phase.QUESTIONS, turn(1, CHAIR, "ご質問は。", 0, printed=False)),
        (0, Phase.QUESTIONS, turn(2, MEMBER, "費用はいくらか。", 2_000)),
        (0, Phase.QUESTIONS, turn(3, AGENCY, "年200万円である。", 5_000)),
        (0, Phase.REPORT_DELIBERATION, turn(4, CHAIR, "よろしいですか。", 8_000, printed=False)),
        (1, Phase.DELIBERATION, turn(5, MEMBER, "賛成である。", 10_000)),
    )
    made = in_parts(*said).model_copy(
        update={"decisions": (Decision(item=0, result="承認された"), Decision(item=1, result=None))}
    )
    assert text(made) == (
        "担当所属名\n\n総務部 総務課\n\n会議名\n\n令和8年度第1回 試験市審議会\n\n"
        "日時\n\n令和8年5月14日(木曜日) 14時00分~\n\n場所\n\n第1会議室\n\n"
        "議題\n\n1 諮問第1号 電子申請の利用について(市民課)\n2 諮問第2号 窓口の予約について(窓口課)\n\n"
        "審議結果\n\n【結果】\n\n1 諮問第1号については承認された。\n\n2 諮問第2号については〔要確認〕。\n\n"
        "諮問第1号 電子申請の利用について\n\n【質疑】\n\n(委員)\n\n費用はいくらか。\n\n(実施機関)\n\n年200万円である。\n\n"
        "【答申審議】\n\n意見なし。\n\n\n"
        "諮問第2号 窓口の予約について\n\n【審議】\n\n(委員)\n\n賛成である。\n"
    )


def test_nothing_known_prints_marks_not_blanks() -> None:
    made = draft((), (), (), meeting=Meeting(), speakers=())
    assert text(made).count(UNDECIDED) == 6
    assert text(made).endswith("【結果】\n\n〔要確認〕\n")


def test_an_item_that_was_not_found_is_a_gap_not_without_opinions() -> None:
    made = in_parts((1, Phase.QUESTIONS, turn(1, MEMBER, "費用は。")))
    assert "諮問第1号 電子申請の利用について\n\n〔要確認〕\n" in text(made)
    assert "意見なし" not in text(made)


def test_items_keep_together_what_the_meeting_took_apart() -> None:
    made = in_parts(
        (0, Phase.QUESTIONS, turn(1, MEMBER, "一つ目。", 0)),
        (1, Phase.QUESTIONS, turn(2, MEMBER, "二つ目。", 2_000)),
        (0, Phase.REPORT_DELIBERATION, turn(3, MEMBER, "一つ目の答申。", 4_000)),
    )
    assert re.findall("一つ目の答申|一つ目|二つ目", text(made)) == ["一つ目", "一つ目の答申", "二つ目"]


def test_what_belongs_to_no_item_stands_at_the_end_under_its_own_heading() -> None:
    made = in_parts(
        (None, Phase.REPORT_DELIBERATION, turn(1, MEMBER, "両方に賛成。", 0)),
        (1, Phase.QUESTIONS, turn(2, MEMBER, "費用は。", 2_000)),
    )
    assert text(made).endswith("\n\n\nその他\n\n【答申審議】\n\n(委員)\n\n両方に賛成。\n")


def test_without_an_agenda_there_is_no_heading_for_the_rest() -> None:
    said = turn(1, MEMBER, "賛成。")
    section = Section(item=None, phase=Phase.DELIBERATION, heading="", turn_ids=(said.id,))
    made = draft((said,), (section,), (), meeting=Meeting())
    assert text(made).endswith("〔要確認〕\n\n【審議】\n\n(委員)\n\n賛成。\n")


def test_a_speaker_of_unknown_role_is_marked() -> None:
    who = Speaker(label="SPEAKER_09", role=Role.OTHER, confidence=0.2)
    said = turn(1, who.label, "質問。")
    section = Section(item=0, phase=Phase.QUESTIONS, heading="", turn_ids=(said.id,))
    assert "\n(〔要確認〕)\n\n質問。" in text(draft((said,), (section,), (), speakers=(who,)))


@pytest.mark.parametrize("item", [0, None])
@pytest.mark.parametrize("phase", list(Phase))
def test_a_failed_stretch_is_seen_wherever_it_lies(item: int | None, phase: Phase) -> None:
    failed = turn(1, CHAIR, "", flags=(FAILED,)).model_copy(update={"written": style.FAILED_TEXT})
    made = in_parts((item, phase, failed))
    for name in ("text", "markdown", "srt", "vtt"):
        assert "この区間は文字起こしできませんでした" in text(made, name)


# --- the notes, a part of their own


def test_notes_stand_before_the_minutes_and_can_be_cut_off() -> None:
    clean = text(draft())
    noted = text(draft(warnings=(Warn(code="x", message="録音が途中で切れています。"),)))
    notes, _, rest = noted.partition(END + "\n\n")
    assert notes == f"{HEADING}\n\n※ 録音が途中で切れています。\n\n"
    assert rest == clean


def test_doubts_are_told_once_with_all_their_times() -> None:
    weak = Flag(kind=FlagKind.LOW_EVIDENCE, reason="聞き取りが確かではありません。")
    polite = Flag(kind=FlagKind.STYLE, reason="「よね」は話し言葉のままです。")
    other = Flag(kind=FlagKind.STYLE, reason="「ください」は話し言葉のままです。")
    role = Flag(kind=FlagKind.ROLE, reason="役割が確かではありません。")
    made = in_parts(
        (0, Phase.QUESTIONS, turn(1, MEMBER, "一。", 0, flags=(weak, role, polite, other))),
        (0, Phase.QUESTIONS, turn(2, MEMBER, "二。", 3_661_000, flags=(weak, other))),
        (0, Phase.QUESTIONS, turn(3, CHAIR, "三。", 3_700_000, printed=False, flags=(weak,))),
    )
    notes = text(made).partition(END)[0]
    assert notes.splitlines()[2:-1] == [
        "※ 聞き取りが確かではありません: 0:00:00、1:01:01",
        "※ 話し言葉のままの所があります: 0:00:00、1:01:01",
    ]


# --- dates


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (dt.date(2019, 4, 30), "平成31年4月30日"),
        (dt.date(2019, 5, 1), "令和元年5月1日"),
        (dt.date(2020, 6, 2), "令和2年6月2日"),
        (dt.date(1989, 1, 7), "昭和64年1月7日"),
        (dt.date(1989, 1, 8), "平成元年1月8日"),
        (dt.date(1900, 1, 1), "1900年1月1日"),
    ],
)
def test_years_are_those_of_the_era(day: dt.date, expected: str) -> None:
    assert era_date(day) == expected


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        ("9:05", "", "令和8年5月14日(木曜日) 9時05分~"),
        ("13:30", "15:10", "令和8年5月14日(木曜日) 13時30分~15時10分"),
        ("午後2時", "", "令和8年5月14日(木曜日) 午後2時~"),
        ("25:00", "", "令和8年5月14日(木曜日) 25:00~"),
        ("", "", "令和8年5月14日(木曜日)"),
    ],
)
def test_times_of_day(start: str, end: str, expected: str) -> None:
    assert date_time(Meeting(date=dt.date(2026, 5, 14), start=start, end=end)) == expected
    assert date_time(Meeting(start=start, end=end)) == ""


# --- Markdown


def test_markdown_shows_speech_as_it_is_not_as_markup() -> None:
    said = turn(1, MEMBER, "*重要* [1] <b> # `x` a_b ~~1~~")
    paragraph = text(in_parts((1, Phase.QUESTIONS, said)), "markdown").splitlines()[-1]
    assert re.sub(r"\\(.)", r"\1", paragraph) == said.spoken
    assert not re.search(r"(?<!\\)[*\[\]<>#`_~]", paragraph)


@pytest.mark.parametrize("spoken", ["- 一つ", "+ 一つ", "1. 一つ", "12) 一つ", "> 一つ", "===", "    一つ"])
def test_markdown_starts_no_list_or_heading_in_speech(spoken: str) -> None:
    paragraph = text(in_parts((1, Phase.QUESTIONS, turn(1, MEMBER, spoken))), "markdown").splitlines()[-1]
    assert re.match(r"\\|1\\|12\\|一", paragraph)


def test_markdown_has_a_heading_for_every_heading() -> None:
    made = text(draft(), "markdown")
    assert "\n## 諮問第1号 電子申請の利用について\n\n### 【質疑】\n\n**(委員)**\n\n" in made
    assert "(市民課)  \n2 諮問第2号" in made


# --- Word


def word(of: Draft) -> docx.document.Document:
    return docx.Document(io.BytesIO(EXPORTERS["docx"].render(of)))


def test_word_has_the_same_words_as_the_text() -> None:
    made = draft(warnings=(Warn(code="x", message="注意。"),))
    lines = [paragraph.text for paragraph in word(made).paragraphs]
    assert lines == [line for line in text(made).splitlines() if line]


def test_word_styles_are_real_and_japanese() -> None:
    opened = word(draft(warnings=(Warn(code="x", message="注意。"),)))
    of = {paragraph.text: paragraph.style.name for paragraph in opened.paragraphs}
    assert of["諮問第1号 電子申請の利用について"] == "Heading 1"
    assert of["【質疑】"] == "Heading 2"
    assert (of["(委員)"], of["必要だと思います。"], of["※ 注意。"]) == ("発言者", "発言", "下書きの注意")
    for name in ("Normal", "Heading 1", "Heading 2", "発言者"):
        fonts = opened.styles[name].element.rPr.rFonts
        east = fonts.get("{http://schemas.openxmlformats.org/wordprocessingml/2006/main}eastAsia")
        assert east in ("ＭＳ 明朝", "ＭＳ ゴシック")
        assert not [key for key in fonts.attrib if key.endswith("Theme")]


def test_word_comments_on_doubtful_words_with_their_time() -> None:
    said = turn(1, MEMBER, "費用は高い。", 65_000)
    doubtful = tuple(word_.model_copy(update={"confidence": 0.3 if word_.text in "費用。" else 0.9}) for word_ in said.words)
    opened = word(in_parts((0, Phase.QUESTIONS, said.model_copy(update={"words": doubtful}))))
    (comment,) = opened.comments
    assert comment.text == "0:01:05 聞き取りの確かさ 30%。音声で確かめてください。"
    (paragraph,) = (p for p in opened.paragraphs if p.text == "費用は高い。")
    marked = re.search(r"commentRangeStart.*?<w:t[^>]*>([^<]*)</w:t>.*?commentRangeEnd", paragraph._p.xml, re.S)
    assert marked and marked[1] == "費用"


def test_word_comments_on_what_is_still_written() -> None:
    said = turn(1, MEMBER, "えー費用。")
    doubtful = tuple(word_.model_copy(update={"confidence": 0.1}) for word_ in said.words[:2]) + said.words[2:]
    gone = said.model_copy(update={"words": doubtful, "written": "費用。"})
    opened = word(in_parts((1, Phase.QUESTIONS, gone)))
    assert list(opened.comments) == [] and opened.paragraphs[-1].text == "費用。"


def in_layout(made: Draft, template: str) -> Draft:
    return made.model_copy(update={"meeting": made.meeting.model_copy(update={"template": template})})


def all_text(opened: docx.document.Document) -> str:
    """Paragraphs and the cells of tables, in order, without blanks."""
    return (
        "".join("".join(node.itertext()) for node in opened.element.body.iter(qn("w:t"))).replace(" ", "").replace("　", "")
    )


@pytest.mark.parametrize("template", layouts.presets())
def test_word_says_what_the_text_says_in_every_layout(template: str) -> None:
    made = in_layout(draft(warnings=(Warn(code="x", message="注意。"),)), template)
    heads = "発言者内容" if template == "table" else ""
    assert all_text(word(made)).replace(heads, "") == "".join(text(made).split())


def test_word_has_speakers_on_the_line_of_their_speech_where_the_text_has() -> None:
    (spoken,) = (p for p in word(in_layout(draft(), "qa-inline")).paragraphs if p.text == "委員:費用はいくらですか。")
    assert (spoken.runs[0].text, spoken.runs[0].style.name) == ("委員:", "発言者名")
    look = spoken.style.paragraph_format
    assert look.left_indent == -look.first_line_indent == Pt(10.5)


def test_word_values_stand_below_each_other_behind_their_name() -> None:
    opened = word(in_layout(draft(), "qa-inline"))
    named = next(p for p in opened.paragraphs if p.text.startswith("議題 1 諮問第1号"))
    below = next(p for p in opened.paragraphs if p.text.startswith("2 諮問第2号 窓口"))
    assert named.paragraph_format.left_indent == below.paragraph_format.left_indent == Pt(2.5 * 10.5)
    assert (named.paragraph_format.first_line_indent, below.paragraph_format.first_line_indent) == (-Pt(2.5 * 10.5), 0)


def test_word_has_a_real_table_with_a_head_on_every_page() -> None:
    said = turn(1, MEMBER, "費用は高い。", 65_000)
    doubtful = tuple(word_.model_copy(update={"confidence": 0.3 if word_.text in "費用" else 0.9}) for word_ in said.words)
    made = in_parts(
        (0, Phase.QUESTIONS, said.model_copy(update={"words": doubtful})),
        (0, Phase.QUESTIONS, turn(2, AGENCY, "年200万円です。", 70_000)),
        (1, Phase.QUESTIONS, turn(3, MEMBER, "分かりました。", 75_000)),
    )
    opened = word(in_layout(made, "table"))
    rows = [[[cell.text for cell in row.cells] for row in table.rows] for table in opened.tables]
    assert rows == [
        [["発言者", "内容"], ["委員", "費用は高い。"], ["説明員", "年200万円です。"]],
        [["発言者", "内容"], ["委員", "分かりました。"]],
    ]
    for table in opened.tables:
        assert table.rows[0]._tr.trPr.find(qn("w:tblHeader")) is not None
        assert all(row._tr.trPr.find(qn("w:cantSplit")) is not None for row in table.rows[1:])
        assert [round(column.width.mm) for column in table.columns] == [34, 126]
    (comment,) = opened.comments
    assert comment.text.startswith("0:01:05") and "commentRangeStart" in opened.tables[0].rows[1].cells[1]._tc.xml


def test_word_keeps_a_speech_of_several_paragraphs_in_its_cell() -> None:
    said = (Kind.ITEM, "議題"), (Kind.LABEL, "委員\t"), (Kind.PARAGRAPH, "一。"), (Kind.PARAGRAPH, "二。"), (Kind.ITEM, "次")
    parsed = Document(template="table", blocks=tuple(Block.of(kind, line) for kind, line in said))
    opened = docx.Document(io.BytesIO(EXPORTERS["docx"].render(parsed)))
    assert [cell.text for cell in opened.tables[0].rows[1].cells] == ["委員", "一。\n二。"]
    assert [p.text for p in opened.paragraphs] == ["議題", "次"]


def test_word_indents_paragraphs_where_the_layout_does(tmp_path: Path) -> None:
    (tmp_path / "city.toml").write_text('base = "nagasaki"\nname = "city"\nindent = "　"\n', encoding="utf-8")
    opened = word(in_layout(draft(), str(tmp_path / "city.toml")))
    assert opened.styles["発言"].paragraph_format.first_line_indent == Pt(10.5)
    assert "費用はいくらですか。" in [p.text for p in opened.paragraphs]


def test_word_notes_have_a_page_of_their_own() -> None:
    breaks = [
        p.text
        for p in word(draft(warnings=(Warn(code="x", message="注意。"),))).paragraphs
        if p.paragraph_format.page_break_before
    ]
    assert breaks == ["担当所属名"]
    assert not any(p.paragraph_format.page_break_before for p in word(draft()).paragraphs)


def test_word_headings_and_speakers_stay_with_what_follows() -> None:
    opened = word(draft())
    for name in ("Heading 1", "Heading 2", "項目名", "発言者"):
        assert opened.styles[name].paragraph_format.keep_with_next
    assert not opened.styles["発言"].paragraph_format.keep_with_next


def test_word_has_room_before_speech_that_no_heading_leads() -> None:
    made = in_parts((None, Phase.OPENING, turn(1, MEMBER, "始めます。")))
    paragraphs = word(in_layout(made, "marked-verbatim")).paragraphs
    at = next(n for n, p in enumerate(paragraphs) if p.text == "○委員 始めます。")
    assert paragraphs[at - 1].paragraph_format.space_after == Pt(14)


def test_the_same_draft_gives_the_same_bytes() -> None:
    made = draft()
    for name, export in EXPORTERS.items():
        first = export.render(made)
        if name == "docx":
            time.sleep(2.1)  # a zip counts time in steps of two seconds
        assert export.render(made) == first, name


# --- JSON, subtitles, RTTM: read back


def test_json_is_the_draft() -> None:
    made = draft()
    assert Draft.model_validate_json(EXPORTERS["json"].render(made)) == made
    assert json.loads(text(made, "json"))["schema"] == "minutes-draft/1"


SRT = re.compile(r"(\d+)\n(\d\d+:\d\d:\d\d,\d{3}) --> (\d\d+:\d\d:\d\d,\d{3})\n\((.+?)\) (.*)\n\n")
VTT = re.compile(r"(\d\d+:\d\d:\d\d\.\d{3}) --> (\d\d+:\d\d:\d\d\.\d{3})\n<v ([^>]+)>(.*)</v>\n\n")


def ms(stamp: str) -> int:
    hours, minutes, seconds = re.split(":", re.sub("[,.]", "", stamp))
    return (int(hours) * 60 + int(minutes)) * 60_000 + int(seconds)


def test_subtitles_say_who_speaks_as_spoken() -> None:
    cues = SRT.findall(text(draft(), "srt"))
    assert cues[0] == ("1", "00:00:00,000", "00:00:01,500", "委員", "費用はいくらですか。")
    assert VTT.findall(text(draft(), "vtt"))[1] == ("00:00:05.000", "00:00:06.500", "実施機関", "年間200万円です。")


def test_subtitles_are_short_and_lose_nothing() -> None:
    spoken = "この件につきましては、" * 12 + "あ" * 90
    made = in_parts((0, Phase.QUESTIONS, turn(1, MEMBER, spoken)))
    said = [cue[4] for cue in SRT.findall(text(made, "srt"))]
    assert "".join(said) == spoken and max(map(len, said)) <= 40
    assert all(line.endswith("、") for line in said[:3])


def test_webvtt_escapes_what_would_be_a_tag() -> None:
    made = in_parts((0, Phase.QUESTIONS, turn(1, MEMBER, "a<b>&c-->")))
    assert VTT.findall(text(made, "vtt"))[0][3] == "a&lt;b&gt;&amp;c--&gt;"


def test_rttm_has_ten_fields_even_with_spaces_in_names() -> None:
    made = draft(recorded=recording().model_copy(update={"id": "第1回 会議-0a1b2c"}))
    rows = [line.split(" ") for line in text(made, "rttm").splitlines()]
    assert [len(row) for row in rows] == [10] * len(made.turns)
    assert rows[1][:5] == ["SPEAKER", "第1回_会議-0a1b2c", "1", "5.000", "1.500"] and rows[1][7] == AGENCY


# --- laws


ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


@st.composite
def drafts(build: st.DrawFn) -> Draft:
    """Any lawful draft: odd characters, turns that overlap, words without duration, empty everything."""
    agenda = tuple(
        AgendaItem(label=build(ANY_TEXT), title=build(ANY_TEXT), department=build(ANY_TEXT))
        for _ in range(build(st.integers(0, 2)))
    )
    turns, sections, at = [], [], 0
    for number in range(build(st.integers(0, 5))):
        at += build(st.integers(0, 3_000))
        spoken = build(ANY_TEXT)
        lengths = build(st.lists(st.integers(0, 400), min_size=len(spoken), max_size=len(spoken)))
        said = tuple(
            Word(start_ms=at + i, end_ms=at + i + lengths[i], text=c, confidence=build(st.sampled_from([0.0, 0.9])))
            for i, c in enumerate(spoken)
        )
        one = Turn(
            id=f"t{number}",
            speaker=build(st.sampled_from([CHAIR, MEMBER, AGENCY])),
            start_ms=at,
            end_ms=max([word_.end_ms for word_ in said], default=at),
            words=said,
            spoken=spoken,
            written=build(st.one_of(st.just(spoken), ANY_TEXT)),
            printed=build(st.booleans()),
            flags=tuple(
                Flag(kind=kind, reason=build(ANY_TEXT)) for kind in build(st.lists(st.sampled_from(FlagKind), max_size=2))
            ),
        )
        turns.append(one)
        item = build(st.sampled_from([None, *range(len(agenda))]))
        sections.append(Section(item=item, phase=build(st.sampled_from(Phase)), heading="", turn_ids=(one.id,)))
    decisions = tuple(Decision(item=i, result=build(st.one_of(st.none(), ANY_TEXT))) for i in range(len(agenda)))
    name = build(st.one_of(ANY_TEXT, st.just("長" * 400)))
    meeting = MEETING.model_copy(update={"agenda": agenda, "name": name, "start": build(ANY_TEXT)})
    warnings = tuple(Warn(code="x", message=build(ANY_TEXT)) for _ in range(build(st.integers(0, 2))))
    return draft(tuple(turns), tuple(sections), decisions, meeting, warnings)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(drafts())
def test_no_lawful_draft_breaks_a_format(made: Draft) -> None:
    made_of = {name: export.render(made) for name, export in EXPORTERS.items() if name != "docx"}
    printed = [one for one in made.turns if one.printed and one.written]
    shown = made_of["text"].decode()
    for one in printed:
        place = next(section for section in made.sections if one.id in section.turn_ids)
        if place.phase in (Phase.QUESTIONS, Phase.DELIBERATION, Phase.REPORT_DELIBERATION):
            assert re.sub(r"[\W\x00-\x1f\x7f-\x9f]", "", one.written) in re.sub(r"\W", "", shown)
    starts = [ms(cue[1]) for cue in SRT.findall(made_of["srt"].decode())]
    assert starts == sorted(starts)
    for begin, end in ((ms(cue[1]), ms(cue[2])) for cue in SRT.findall(made_of["srt"].decode())):
        assert begin < end
    assert [len(line.split(" ")) for line in made_of["rttm"].decode().split("\n")[:-1]] == [10] * len(made.turns)


@settings(max_examples=16, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(drafts(), st.sampled_from(layouts.presets()))
def test_no_lawful_draft_breaks_word(made: Draft, template: str) -> None:
    shown = in_layout(made, template)
    heads = "発言者内容" if template == "table" else ""
    assert "".join(all_text(word(shown)).split()).replace(heads, "") == "".join(text(shown).split())


def test_cues_of_people_who_talk_over_each_other_stay_in_order() -> None:
    made = in_parts(
        (0, Phase.QUESTIONS, turn(1, MEMBER, "長い話がまだ続きます。そして次です。", 0)),
        (0, Phase.QUESTIONS, turn(2, AGENCY, "はい。", 900)),
    )
    starts = [ms(cue[0]) for cue in VTT.findall(text(made, "vtt"))]
    assert all(a <= b for a, b in pairwise(starts)) and len(starts) == 3


# --- the table of formats


def test_formats_load_their_library_only_when_used() -> None:
    from subprocess import run

    code = "import sys, pipeline.export; print('docx' in sys.modules)"
    assert run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"


def test_extensions_are_apart() -> None:
    assert len({export.extension for export in EXPORTERS.values()}) == len(EXPORTERS)


def test_a_lost_layout_is_an_error_with_a_next_step() -> None:
    lost = draft(meeting=MEETING.model_copy(update={"template": "gone.toml"}))
    with pytest.raises(SettingsError, match=r"gone\.toml"):
        EXPORTERS["text"].render(lost)


def test_word_pages_are_a4_numbered_and_stamped_until_published() -> None:
    made = draft()
    section = word(made).sections[0]
    assert (round(section.page_width.mm), round(section.page_height.mm)) == (210, 297)
    assert section.header.paragraphs[0].text == "下書き"
    assert "PAGE" in section.footer.paragraphs[0]._p.xml
    without_audio = made.model_copy(update={"recording": made.recording.model_copy(update={"audio": ""})})
    assert word(without_audio).sections[0].header.paragraphs[0].text == "下書き"  # from a transcript made elsewhere
    assert word(documents.public(made)).sections[0].header.paragraphs[0].text == ""

"""The public copy holds nothing of what was marked, in no part of any format; suggestions mark nothing."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import cli, documents, layouts, redaction, style
from pipeline.errors import ExitCode, SettingsError
from pipeline.export import EXPORTERS
from pipeline.export.blocks import Document
from pipeline.schema import Attendee, Change, Draft, Flag, Redaction, Section, Word
from pipeline.terms import FlagKind, Phase, Role
from tests.drafts import SPEAKERS, draft, turn

NOTE = "(詳細はセキュリティ上の理由から未記載)"
SECRETS = ("青空警備", "北町の監視センター", "山本太郎", "田中")


def marked() -> Draft:
    """A draft in which every field that could carry a secret carries one."""
    made = draft()
    first = next(t for t in made.turns if t.printed)
    written = "障害のときは青空警備が対応し、北町の監視センターで見ている。山本太郎さんと田中委員も知っている。"
    start = written.index("北町の監視センター")
    secret = first.model_copy(
        update={
            "written": written,
            "spoken": written,
            "words": tuple(Word(start_ms=first.start_ms, end_ms=first.end_ms, text=c, confidence=0.1) for c in written),
            "changes": (Change(rule="常体", start=0, end=2, before="青空警備", after="山本太郎"),),
            "flags": (Flag(kind=FlagKind.STYLE, reason="「青空警備」は話し言葉のままです。"),),
            "redactions": (Redaction(start=start, end=start + len("北町の監視センター")),),
        }
    )
    people = (Attendee(name="山本 太郎", role=Role.AGENCY), Attendee(name="田中 花子", role=Role.MEMBER, reading="たなか"))
    agenda = (made.meeting.agenda[0].model_copy(update={"title": "青空警備への委託について"}), *made.meeting.agenda[1:])
    return made.model_copy(
        update={
            "turns": tuple(secret if t.id == first.id else t for t in made.turns),
            "speakers": tuple(s.model_copy(update={"name": "山本 太郎", "reasons": ("青空警備",)}) for s in made.speakers),
            "meeting": made.meeting.model_copy(
                update={
                    "attendees": people,
                    "secret": ("青空警備",),
                    "glossary": ("青空警備",),
                    "agenda": agenda,
                    "fields": {"傍聴者": ("山本太郎さん", "青空警備の2名"), "問合せ先": ("田中委員",)},
                }
            ),
            "recording": made.recording.model_copy(update={"source": "青空警備.wav"}),
        }
    )


@pytest.mark.parametrize("name", EXPORTERS)
def test_no_secret_survives_in_any_part_of_any_public_format(name: str) -> None:
    data = documents.render(documents.public(marked()), name)
    parts = [data]
    if name == "docx":
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            parts = [package.read(part) for part in package.namelist()]
    for part in parts:
        for secret in SECRETS:
            assert secret.encode() not in part
            assert b"&#" not in part or secret not in part.decode("utf-8", "ignore")


def test_every_secret_is_in_the_full_copy() -> None:
    full = documents.render(marked(), "json").decode()
    assert all(secret in full for secret in SECRETS)
    assert documents.public(marked()) == documents.public(marked())


def test_marks_become_the_note_and_names_become_roles() -> None:
    text = documents.render(documents.public(marked()), "text").decode()
    assert f"障害のときは{NOTE}が対応し、{NOTE}で見ている。実施機関と委員も知っている。" in text
    assert "【下書きの注意】" not in text


@pytest.mark.parametrize("template", layouts.presets())
def test_a_copy_without_anything_to_hide_reads_as_the_draft_does(template: str) -> None:
    said = (
        turn(1, "SPEAKER_02", "説明です。"),
        turn(2, "SPEAKER_01", "費用は。", 3_000),
        turn(3, "SPEAKER_00", "いかがですか。", 6_000),
    )
    phases = (Phase.EXPLANATION, Phase.QUESTIONS, Phase.DELIBERATION)
    parts = tuple(Section(item=0, phase=p, heading="", turn_ids=(t.id,)) for p, t in zip(phases, said, strict=True))
    made = draft(style.rewrite(said, SPEAKERS, parts, layouts.load(template)), parts, ())
    made = made.model_copy(update={"meeting": made.meeting.model_copy(update={"template": template})})
    assert documents.render(documents.public(made), "text") == documents.render(made, "text")


def test_the_head_tells_how_many_in_which_role_not_who() -> None:
    meeting = documents.public(marked()).meeting
    assert meeting.fields == {
        "傍聴者": ("実施機関", f"{NOTE}の2名"),
        "問合せ先": ("委員",),
        "出席者": ("実施機関 1名", "委員 1名"),
    }
    told = marked().meeting.model_copy(update={"fields": {"出席者": ("委員 8名",)}})
    assert documents.public(marked().model_copy(update={"meeting": told})).meeting.fields == {"出席者": ("委員 8名",)}


def test_neighbouring_marks_are_one_note_and_a_surname_alone_stays() -> None:
    made = draft()
    first = next(t for t in made.turns if t.printed)
    text = "森の中の施設である。場所は北町である。"
    a = text.index("北町")
    changed = first.model_copy(
        update={"written": text, "redactions": (Redaction(start=a, end=a + 1), Redaction(start=a + 1, end=a + 2))}
    )
    cast = tuple(s.model_copy(update={"name": "森"}) for s in made.speakers)
    public = redaction.public(
        made.model_copy(update={"turns": tuple(changed if t.id == first.id else t for t in made.turns), "speakers": cast}),
        layouts.load("nagasaki"),
    )
    assert public.turns[0].written == f"森の中の施設である。場所は{NOTE}である。"


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(1, 12)), max_size=6))
def test_any_marks_however_they_overlap_hide_each_of_their_characters_and_nothing_else(marks: list[tuple[int, int]]) -> None:
    made = draft()
    first = next(t for t in made.turns if t.printed)
    written = "".join(chr(0xAC00 + i) for i in range(42))
    ranges = tuple(Redaction(start=start, end=start + length) for start, length in marks)
    secret = first.model_copy(update={"written": written, "redactions": ranges})
    shown = documents.public(made.model_copy(update={"turns": tuple(secret if t.id == first.id else t for t in made.turns)}))
    text = next(t.written for t in shown.turns if t.id == first.id)
    hidden = {i for r in ranges for i in range(r.start, r.end)}
    assert [c for c in written if c in text] == [c for i, c in enumerate(written) if i not in hidden]


@pytest.mark.parametrize(
    ("written", "kind", "text"),
    [
        ("電話は095-829-1410である。", "電話番号", "095-829-1410"),
        ("住所は東町4丁目である。", "郵便番号・住所", "東町4丁目"),
        ("案内は info@example.jp に送る。", "メール・アドレス", "info@example.jp"),
        ("装置は192.168.1.20にある。", "メール・アドレス", "192.168.1.20"),
        ("青空警備株式会社が対応する。", "事業者の名前", "青空警備株式会社"),
        ("回線はVPNである。", "網や機器の守り", "VPN"),
        ("佐藤さんから聞いた。", "人の名前", "佐藤"),
    ],
)
def test_what_offices_often_keep_back_is_suggested(written: str, kind: str, text: str) -> None:
    label = SPEAKERS[1].label
    made = draft()
    said = turn(1, label, written).model_copy(update={"written": written, "printed": True})
    only = made.model_copy(
        update={"turns": (said,), "sections": (made.sections[0].model_copy(update={"turn_ids": (said.id,)}),)}
    )
    found = redaction.suggestions(only)
    assert (kind, text) in {(one.kind, one.text) for one in found}
    at = written.index(text)
    hidden = said.model_copy(update={"redactions": (Redaction(start=at, end=at + len(text)),)})
    assert redaction.suggestions(only.model_copy(update={"turns": (hidden,)})) == ()


@pytest.mark.parametrize("written", ["森の中にある。", "会社は2社である。", "3,000円である。", "平成28年度から始めた。"])
def test_ordinary_words_are_not_suggested(written: str) -> None:
    made = draft()
    said = turn(1, SPEAKERS[1].label, written).model_copy(update={"written": written, "printed": True})
    assert redaction.suggestions(made.model_copy(update={"turns": (said,)})) == ()


def test_the_commands(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "outputs" / "m-1").mkdir(parents=True)
    documents.write(marked(), tmp_path / "outputs" / "m-1", ())
    assert cli.run(["redactions", "m-1"]) == ExitCode.DONE
    assert "人の名前" in capsys.readouterr().out
    assert cli.run(["export", "m-1", "-f", "text", "--public"]) == ExitCode.DONE
    path = Path(capsys.readouterr().out.strip())
    assert path.name == "draft-public.txt" and not any(secret in path.read_text(encoding="utf-8") for secret in SECRETS)


def test_a_parsed_document_has_no_marks() -> None:
    with pytest.raises(SettingsError, match="伏せる印"):
        documents.public(Document(template="nagasaki", blocks=()))

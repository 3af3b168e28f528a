"""Another layout for a finished draft: what the rules wrote is written anew, what a human did stays."""

from __future__ import annotations

import io
from pathlib import Path

import docx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import cli, documents, layouts, relayout, style, timing
from pipeline.errors import ExitCode, SettingsError
from pipeline.export.blocks import Document
from pipeline.schema import Change, Draft, Flag, Redaction, Section, Turn
from pipeline.terms import FlagKind, Phase
from tests.drafts import SPEAKERS, draft, turn

CHAIR, MEMBER, AGENCY = (speaker.label for speaker in SPEAKERS)
SPOKEN = (
    (CHAIR, "えー、それでは質疑に入ります。"),
    (MEMBER, "えーと、青空警備、青空警備さんの費用はですね、いくらなんですか。"),
    (AGENCY, "はい、年間200万円でございます。"),
    (MEMBER, "そういうことなんですよね。"),
)
VERBATIM = 'base = "nagasaki"\nname = "verbatim"\nregister = "逐語"\n'


def as_written_in(template: str, *, flags: tuple[Flag, ...] = ()) -> Draft:
    """A draft whose words the rules of the layout have written."""
    said = tuple(turn(n, who, text, n * 9_000, flags=flags) for n, (who, text) in enumerate(SPOKEN, start=1))
    part = Section(item=0, phase=Phase.QUESTIONS, heading="質疑", turn_ids=tuple(t.id for t in said))
    made = draft(said, (part,), ())
    turns = style.rewrite(said, made.speakers, made.sections, layouts.load(template))
    turns = tuple(t.model_copy(update={"flags": relayout._role_last(t)}) for t in turns)
    return made.model_copy(update={"turns": turns, "meeting": made.meeting.model_copy(update={"template": template})})


def changed(made: Draft, number: int, **update: object) -> Draft:
    turns = [t.model_copy(update=update) if n == number else t for n, t in enumerate(made.turns)]
    return made.model_copy(update={"turns": tuple(turns)})


@pytest.mark.parametrize("there", layouts.presets())
@pytest.mark.parametrize("here", ["nagasaki", "marked-verbatim"])
def test_a_draft_is_as_if_it_had_been_made_in_the_other_layout(here: str, there: str) -> None:
    weak = (Flag(kind=FlagKind.ROLE, reason="役割が確かではありません。"), Flag(kind=FlagKind.LOW_EVIDENCE, reason="弱い。"))
    for flags in ((), weak):
        relaid = relayout.in_layout(as_written_in(here, flags=flags), there)
        assert relaid.draft == as_written_in(there, flags=flags)
        assert relaid.edited == relaid.marked == ()


def test_what_was_edited_keeps_its_words_and_is_named() -> None:
    made = as_written_in("nagasaki")
    proofread = Change(rule="校正", start=0, end=len(SPOKEN[2][1]), before=SPOKEN[2][1], after="200万円である。")
    made = changed(made, 2, written="200万円である。", changes=(proofread,))
    made = changed(made, 1, written="費用はいくらか、と尋ねた。")
    relaid = relayout.in_layout(made, "marked-verbatim")
    assert relaid.edited == ("t0002", "t0003")
    assert [t.written for t in relaid.draft.turns[1:3]] == ["費用はいくらか、と尋ねた。", "200万円である。"]
    assert relaid.draft.turns[3].written == as_written_in("marked-verbatim").turns[3].written
    assert all(t.printed for t in relaid.draft.turns)


def test_what_was_hidden_or_shown_by_hand_stays_so() -> None:
    made = changed(changed(as_written_in("nagasaki"), 1, printed=False), 0, printed=True)
    assert [t.printed for t in relayout.in_layout(made, "gist-bullets").draft.turns] == [True, False, True, True]
    back = relayout.in_layout(relayout.in_layout(made, "marked-verbatim").draft, "nagasaki").draft
    assert not back.turns[1].printed


def test_a_failed_stretch_stays_visible_and_a_lost_layout_does_not_hinder() -> None:
    made = as_written_in("nagasaki")
    failed = turn(1, CHAIR, "", flags=(Flag(kind=FlagKind.FAILED, reason="だめでした。"),))
    part = Section(item=None, phase=Phase.OPENING, heading="開会", turn_ids=(failed.id,))
    lost = made.model_copy(
        update={
            "turns": (failed,),
            "sections": (part,),
            "meeting": made.meeting.model_copy(update={"template": "gone.toml"}),
        }
    )
    (shown,) = relayout.in_layout(lost, "komae").draft.turns
    assert shown.printed and shown.written == style.FAILED_TEXT
    with pytest.raises(SettingsError, match="nowhere"):
        relayout.in_layout(made, "nowhere")


# --- marks of what is not for the public


def marked(made: Draft, number: int, words: str) -> Draft:
    at = made.turns[number].written.index(words)
    return changed(made, number, redactions=(Redaction(start=at, end=at + len(words)),))


@pytest.mark.parametrize("template", [*layouts.presets(), "verbatim.toml"])
def test_marks_move_along_and_nothing_of_them_comes_back_in_a_fuller_register(
    template: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("verbatim.toml").write_text(VERBATIM, encoding="utf-8")
    made = marked(as_written_in("nagasaki"), 1, "青空警備")
    assert (made.turns[1].written.count("青空"), made.turns[1].spoken.count("青空")) == (1, 2)
    relaid = relayout.in_layout(made, template)
    public = documents.public(relaid.draft)
    assert (
        "青空" not in documents.render(public, "text").decode() and "青空" not in documents.render(public, "json").decode()
    )
    assert "費用は" in next(t.written for t in public.turns if t.id == "t0002")


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_every_spoken_character_under_a_mark_stays_under_it(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    file = tmp_path_factory.getbasetemp() / "verbatim.toml"
    file.write_text(VERBATIM, encoding="utf-8")
    made = as_written_in("nagasaki")
    number = data.draw(st.integers(1, 3))
    before = made.turns[number]
    start = data.draw(st.integers(0, len(before.written) - 1))
    end = data.draw(st.integers(start + 1, len(before.written)))
    after = relayout.in_layout(changed(made, number, redactions=(Redaction(start=start, end=end),)), str(file)).draft
    after_turn: Turn = after.turns[number]
    assert after_turn.written == before.spoken
    hidden = {i for mark in after_turn.redactions for i in range(mark.start, mark.end)}
    said = timing.spoken_range(before, start, end)
    assert set(range(*said)) <= hidden


# --- the command


@pytest.fixture
def outputs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    documents.write(changed(as_written_in("nagasaki"), 2, written="二百万円。"), tmp_path / "outputs" / "m-1", ())
    return tmp_path / "outputs" / "m-1"


def test_export_in_another_layout(outputs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["export", "m-1", "--template", "marked-verbatim"]) == ExitCode.DONE
    out, err = capsys.readouterr()
    assert out == "outputs/m-1/draft-marked-verbatim.txt\n"
    assert err == "手で直した発言は、直したままの文です(1件): t0003\n"
    text = (outputs / "draft-marked-verbatim.txt").read_text(encoding="utf-8")
    assert "○委員 青空警備さんの費用は、いくらなんですか。" in text and "○説明員 二百万円。" in text
    assert documents.read(outputs / "draft.json").meeting.template == "nagasaki"  # type: ignore[union-attr]


def test_marks_that_moved_are_told(outputs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    documents.write(marked(as_written_in("nagasaki"), 1, "青空警備"), outputs, ())
    Path("verbatim.toml").write_text(VERBATIM, encoding="utf-8")
    assert cli.run(["export", "m-1", "--template", "verbatim.toml", "--public"]) == ExitCode.DONE
    out, err = capsys.readouterr()
    assert out == "outputs/m-1/draft-verbatim-public.txt\n"
    assert err == "伏せる印を移しました。印の所を確かめてください(1件): t0002\n"
    assert "青空" not in (outputs / "draft-verbatim-public.txt").read_text(encoding="utf-8")


def test_export_in_the_layout_of_a_city_as_word(outputs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("city.toml").write_text(VERBATIM, encoding="utf-8")
    assert cli.run(["export", "m-1", "-f", "docx", "--template", "city.toml", "-o", "x.docx"]) == ExitCode.DONE
    assert SPOKEN[1][1] in [p.text for p in docx.Document(io.BytesIO(Path("x.docx").read_bytes())).paragraphs]
    assert cli.run(["export", "m-1", "--template", "nowhere"]) == ExitCode.SETTINGS


def test_a_parsed_document_cannot_be_written_anew(outputs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    parsed = Document(template="nagasaki", blocks=())
    Path("page.json").write_text(parsed.model_dump_json(by_alias=True), encoding="utf-8")
    assert cli.run(["export", "page.json", "--template", "komae"]) == ExitCode.SETTINGS
    out, err = capsys.readouterr()
    assert out == "" and "もとの発言がない" in err and "→" in err

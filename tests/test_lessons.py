"""What the desk teaches: words corrected again and again, and corrections taken back."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline import store
from pipeline.cli import run
from pipeline.editor import applying, edits
from pipeline.glossary import book, lessons
from pipeline.glossary.correcting import correct
from pipeline.glossary.term import Term
from pipeline.proof import Proof, begin
from pipeline.schema import Draft, Turn
from tests.drafts import draft, turn
from tests.test_correcting import CLUB, doubtful


def meeting(*spoken: str) -> Draft:
    turns = tuple(turn(n, "SPEAKER_01", text, n * 10_000) for n, text in enumerate(spoken, start=1))
    return of(turns)


def of(turns: tuple[Turn, ...]) -> Draft:
    part = draft().sections[0].model_copy(update={"turn_ids": tuple(t.id for t in turns)})
    return draft(turns, (part,), ())


def save(outputs: Path, name: str, made: Draft, proof: Proof) -> None:
    made = made.model_copy(update={"recording": made.recording.model_copy(update={"id": name})})
    proof = proof.model_copy(update={"recording": made.recording})
    store.write_bytes(outputs / name / "draft.json", made.model_dump_json(by_alias=True).encode())
    store.write_bytes(outputs / name / "proof.json", proof.model_dump_json(by_alias=True).encode())


def rewritten(made: Draft, **texts: str) -> Proof:
    proof = begin(made)
    for turn_id, text in texts.items():
        proof = applying.apply(proof, edits.Rewrite(turn=turn_id, written=text))
    return proof


def test_a_word_corrected_twice_comes_back_with_what_was_heard(tmp_path: Path) -> None:
    one = meeting("指紋書をご覧ください。", "費用は200万円です。")
    other = meeting("試問書のとおりです。")
    save(tmp_path, "a-000001", one, rewritten(one, t0001="諮問書をご覧ください。", t0002="経費は200万円です。"))
    save(tmp_path, "b-000002", other, rewritten(other, t0001="諮問書のとおりです。"))
    (lesson,) = lessons.learn(tmp_path)  # 費用 → 経費 is a change of mind
    assert (lesson.text, lesson.heard, lesson.times) == ("諮問書", ("指紋書", "試問書"), 2)
    assert lesson.meetings == ("a-000001", "b-000002")
    assert lesson.term().corrected == 2


def test_once_is_a_slip(tmp_path: Path) -> None:
    one = meeting("指紋書をご覧ください。")
    save(tmp_path, "a-000001", one, rewritten(one, t0001="諮問書をご覧ください。"))
    assert lessons.learn(tmp_path) == ()
    assert len(lessons.learn(tmp_path, often=1)) == 1


def test_what_was_typed_and_taken_back_teaches_nothing(tmp_path: Path) -> None:
    one = meeting("指紋書をご覧ください。")
    proof = rewritten(one, t0001="諮問書をご覧ください。")
    proof = applying.apply(proof, edits.Rewrite(turn="t0001", written="指紋書をご覧ください。"))
    save(tmp_path, "a-000001", one, proof)
    assert lessons.learn(tmp_path, often=1) == ()


@pytest.mark.parametrize(
    ("heard", "right", "word", "as_heard"),
    [
        ("指問を受けました。", "諮問を受けました。", "諮問", "指問"),
        ("放課後自動クラブです。", "放課後児童クラブです。", "放課後児童クラブ", "放課後自動クラブ"),
        ("キッツゲートの話です。", "キッズゲートの話です。", "キッズゲート", "キッツゲート"),
    ],
)
def test_a_stretch_is_widened_to_the_whole_word(heard: str, right: str, word: str, as_heard: str) -> None:
    assert list(lessons.mishearings(rewritten(meeting(heard), t0001=right))) == [(word, as_heard)]


def test_replacing_everywhere_counts_every_place(tmp_path: Path) -> None:
    one = meeting("指紋書です。", "指紋書をどうぞ。")
    proof = applying.apply(begin(one), edits.Replace(find="指紋書", by="諮問書", turns=("t0001", "t0002")))
    save(tmp_path, "a-000001", one, proof)
    assert [(one.text, one.times) for one in lessons.learn(tmp_path)] == [("諮問書", 2)]


def test_corrections_that_people_took_back_are_told(tmp_path: Path) -> None:
    heard = tuple(doubtful("放課後自動クラブです。", "自動", n) for n in (1, 2))
    turns = tuple(
        t.model_copy(update={"start_ms": n * 9000, "end_ms": n * 9000 + 1, "written": "放課後児童クラブです。"})
        for n, t in enumerate(correct(heard, [CLUB]))
    )
    made = of(turns)
    proof = begin(made)
    for t in turns:
        (change,) = t.changes
        proof = applying.apply(proof, edits.Revert(turn=t.id, rule=change.rule, start=change.start, end=change.end))
    save(tmp_path, "a-000001", made, proof)
    (lesson,) = lessons.learn(tmp_path)
    assert (lesson.text, lesson.heard, lesson.times, lesson.reverted) == ("放課後児童クラブ", ("放課後自動クラブ",), 2, True)


def test_a_meeting_that_cannot_be_read_teaches_nothing(tmp_path: Path) -> None:
    store.write_bytes(tmp_path / "a-000001" / "proof.json", b"torn")
    assert lessons.learn(tmp_path) == ()


def test_suggest_writes_what_was_learnt_into_the_glossary(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one = meeting("指紋書です。", "試問書をどうぞ。")
    save(tmp_path / "outputs", "a-000001", one, rewritten(one, t0001="諮問書です。", t0002="諮問書をどうぞ。"))
    assert run(["glossary", "suggest", "--home", str(tmp_path)]) == 0
    told = capsys.readouterr()
    assert "2回直した語" in told.out and "指紋書、試問書 → 諮問書" in told.out
    assert not (tmp_path / "glossary.toml").exists()
    assert run(["glossary", "suggest", "--write", "--city", "若葉市", "--home", str(tmp_path)]) == 0
    (term,) = book.read(tmp_path / "glossary.toml")
    assert term == Term(text="諮問書", heard=("指紋書", "試問書"), city="若葉市", corrected=2)
    assert run(["glossary", "suggest", "--write", "--city", "若葉市", "--home", str(tmp_path)]) == 0
    assert len(book.read(tmp_path / "glossary.toml")) == 1

"""The desk without a browser: edits and their laws, history, conflicts, addresses, and who is let in."""

from __future__ import annotations

import io
import json
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from pipeline import cli, documents, style, timing
from pipeline import proof as proofs
from pipeline.commands import edit as edit_command
from pipeline.editor import api, applying, desk, edits, history, retention
from pipeline.editor.applying import Refused
from pipeline.editor.desk import Desk, Stale
from pipeline.editor.edits import (
    Decide,
    Merge,
    Person,
    Place,
    Promote,
    Redact,
    Replace,
    Restore,
    Revert,
    Rewrite,
    Show,
    Speak,
    Split,
    Tick,
    Unite,
)  # fmt: skip
from pipeline.editor.meetings import Meetings
from pipeline.editor.safety import Guard
from pipeline.errors import ExitCode, RecordingError, SettingsError
from pipeline.export import EXPORTERS
from pipeline.proof import Proof, State
from pipeline.schema import Draft, Section
from pipeline.settings import Settings
from pipeline.terms import Phase, Role
from tests.drafts import draft, silence, turn, write_wav

SAID = (
    ("SPEAKER_00", "それでは、諮問第1号の質疑に入ります。"),
    ("SPEAKER_01", "えー、費用はいくらですか。"),
    ("SPEAKER_02", "年間200万円でございます。窓口は、あの、変わりません。"),
    ("SPEAKER_01", "分かりました。必要だと思います。"),
    ("SPEAKER_00", "ほかにございますか。"),
    ("SPEAKER_01", "職員の研修はどうなりますか。"),
)


def a_draft() -> Draft:
    """Six turns as the machine would write them, with changes to take back."""
    turns = []
    for n, (speaker, spoken) in enumerate(SAID, start=1):
        changes, _ = style.changed(spoken, style.PLAIN.values())
        said = turn(n, speaker, spoken, n * 5_000)
        turns.append(said.model_copy(update={"written": style.applied(spoken, changes), "changes": tuple(changes)}))
    sections = (
        Section(item=0, phase=Phase.QUESTIONS, heading="質疑", turn_ids=tuple(t.id for t in turns[:3])),
        Section(item=0, phase=Phase.DELIBERATION, heading="審議", turn_ids=tuple(t.id for t in turns[3:])),
    )
    return draft(tuple(turns), sections)


def made() -> Proof:
    return proofs.begin(a_draft())


def ids(proof: Proof) -> list[str]:
    return [turn.id for turn in proof.turns]


# --- edits ---


def test_text_is_rewritten_and_a_change_taken_back() -> None:
    proof = made()
    turn = proof.turns[2]
    after = applying.apply(proof, Rewrite(turn=turn.id, written="まったく別の文。\n二行目。"))
    assert (
        after.turns[2].written == "まったく別の文。 二行目。" and after.revision == 1 and after.state is State.PROOFREADING
    )
    assert timing.is_traced(after.turns[2])
    changed = next(t for t in after.turns if t.changes)
    change = changed.changes[0]
    again = applying.apply(after, Revert(turn=changed.id, rule=change.rule, start=change.start, end=change.end))
    assert change not in next(t for t in again.turns if t.id == changed.id).changes
    with pytest.raises(Refused):
        applying.apply(again, Revert(turn=changed.id, rule=change.rule, start=change.start, end=change.end))


def test_a_turn_is_split_and_joined() -> None:
    proof = made()
    turn = next(t for t in proof.turns if len(t.written) > 4)
    proof = applying.apply(proof, Tick(turns=(turn.id,), done=True))
    two = applying.apply(proof, Split(turn=turn.id, at=3))
    new = next(i for i in ids(two) if i not in ids(proof))
    assert {turn.id, new} <= set(two.checked)
    one = applying.apply(two, Merge(turn=turn.id, other=new))
    assert ids(one) == ids(proof) and one.sections == proof.sections and one.turns == proof.turns
    for wrong in (Split(turn=turn.id, at=0), Merge(turn=new, other=turn.id), Split(turn="t9999", at=1)):
        with pytest.raises(Refused):
            applying.apply(proof, wrong)


def test_people_are_named_told_apart_and_united() -> None:
    proof = made()
    first, second = (speaker.label for speaker in proof.speakers[:2])
    named = applying.apply(proof, Person(speaker=first, role=Role.AGENCY, name="山本 太郎"))
    assert (named.speakers[0].role, named.speakers[0].name, named.speakers[0].is_sure) == (Role.AGENCY, "山本 太郎", True)
    turn = next(t for t in named.turns if t.speaker == first)
    other = applying.apply(named, Speak(turn=turn.id, speaker=None))
    new = next(t.speaker for t in other.turns if t.id == turn.id)
    assert new not in {first, second} and other.speaker(new).role is Role.OTHER
    assert other.speaker(new).talk_ms == turn.duration_ms
    united = applying.apply(other, Unite(speaker=new, into=second))
    assert next(t.speaker for t in united.turns if t.id == turn.id) == second
    assert new not in {s.label for s in united.speakers}
    for wrong in (Person(speaker="?", role=Role.CHAIR), Speak(turn=turn.id, speaker="?"), Unite(speaker=first, into=first)):
        with pytest.raises(Refused):
            applying.apply(united, wrong)


def test_a_boundary_is_moved() -> None:
    proof = made()
    turns = ids(proof)
    moved = applying.apply(proof, Place(turn=turns[1], through=turns[2], item=None, phase=Phase.RECESS))
    places = {i: (s.item, s.phase) for s in moved.sections for i in s.turn_ids}
    assert [i for i in turns if places[i] == (None, Phase.RECESS)] == turns[1:3]
    before = {i: (s.item, s.phase) for s in proof.sections for i in s.turn_ids}
    assert all(places[i] == before[i] for i in turns if i not in turns[1:3])
    with pytest.raises(Refused):
        applying.apply(proof, Place(turn=turns[2], through=turns[1], item=None, phase=Phase.RECESS))
    with pytest.raises(Refused):
        applying.apply(proof, Place(turn=turns[1], through=turns[1], item=99, phase=Phase.QUESTIONS))


def test_results_marks_ticks_and_what_is_printed() -> None:
    proof = made()
    turn = proof.turns[1]
    proof = applying.apply(proof, Decide(item=0, result=" 承認された "))
    assert proof.decisions[0].result == "承認された"
    assert applying.apply(proof, Decide(item=0, result="  ")).decisions[0].result is None
    proof = applying.apply(proof, Redact(turn=turn.id, start=0, end=2))
    proof = applying.apply(proof, Redact(turn=turn.id, start=1, end=3))
    assert [(r.start, r.end) for r in proof.turns[1].redactions] == [(0, 3)]
    assert applying.apply(proof, Redact(turn=turn.id, start=2, end=3, marked=False)).turns[1].redactions == ()
    proof = applying.apply(proof, Show(turn=turn.id, printed=False))
    assert not proof.turns[1].printed
    proof = applying.apply(proof, Tick(turns=(turn.id, "t9999"), done=True))
    assert proof.checked == (turn.id,)
    with pytest.raises(Refused):
        applying.apply(proof, Redact(turn=turn.id, start=0, end=9999))
    with pytest.raises(Refused):
        applying.apply(proof, Decide(item=7, result="x"))


def test_words_are_replaced_where_asked() -> None:
    proof = made()
    word = proof.turns[1].written[:2]
    after = applying.apply(proof, Replace(find=word, by="別の語", turns=(proof.turns[1].id,)))
    assert after.turns[1].written.startswith("別の語")
    assert [t.written for t in after.turns if t.id != proof.turns[1].id] == [
        t.written for t in proof.turns if t.id != proof.turns[1].id
    ]
    with pytest.raises(Refused):
        applying.apply(proof, Replace(find="どこにもない言葉", by="", turns=tuple(ids(proof))))


def test_what_is_final_stays_until_it_is_opened_again() -> None:
    final = applying.apply(made(), Promote(state=State.FINAL))
    with pytest.raises(Refused, match="確定"):
        applying.apply(final, Rewrite(turn=final.turns[0].id, written="x"))
    reopened = applying.apply(final, Promote(state=State.PROOFREADING))
    assert applying.apply(reopened, Rewrite(turn=final.turns[0].id, written="x")).turns[0].written == "x"


def test_doubts_empty_as_they_are_worked_off() -> None:
    proof = made()
    for item in range(len(proof.meeting.agenda)):
        proof = applying.apply(proof, Decide(item=item, result="承認された"))
    for speaker in proof.speakers:
        proof = applying.apply(proof, Person(speaker=speaker.label, role=Role.MEMBER))
    codes = {w.code for w in proofs.doubts_left(proof)}
    assert not codes & {"no-decision", "unsure-role", "no-section"}
    text = documents.render(proof, "text").decode()
    assert "役割を確かめてください" not in text
    final = applying.apply(proof, Promote(state=State.FINAL))
    assert "【下書きの注意】" not in documents.render(final, "text").decode()
    with zipfile.ZipFile(io.BytesIO(documents.render(final, "docx"))) as package:
        assert not any("下書き".encode() in package.read(n) for n in package.namelist() if "header" in n)


_KINDS: dict[str, Callable[[st.DrawFn, Proof], edits.Edit]] = {
    "rewrite": lambda draw, p: Rewrite(turn=draw(st.sampled_from(ids(p))), written=draw(st.text("あい。X", max_size=8))),
    "split": lambda draw, p: Split(turn=draw(st.sampled_from(ids(p))), at=draw(st.integers(-1, 8))),
    "merge": lambda draw, p: Merge(turn=draw(st.sampled_from(ids(p))), other=draw(st.sampled_from(ids(p)))),
    "join": lambda draw, p: (lambda n: Merge(turn=ids(p)[n], other=ids(p)[min(n + 1, len(p.turns) - 1)]))(draw(st.integers(0, len(p.turns) - 1))),
    "speak": lambda draw, p: Speak(turn=draw(st.sampled_from(ids(p))), speaker=draw(st.sampled_from([None, *(s.label for s in p.speakers)]))),
    "show": lambda draw, p: Show(turn=draw(st.sampled_from(ids(p))), printed=draw(st.booleans())),
    "redact": lambda draw, p: Redact(turn=draw(st.sampled_from(ids(p))), start=draw(st.integers(0, 5)), end=draw(st.integers(0, 9)), marked=draw(st.booleans())),
    "place": lambda draw, p: Place(turn=draw(st.sampled_from(ids(p))), through=draw(st.sampled_from(ids(p))), item=draw(st.sampled_from([None, 0, 1, 5])), phase=draw(st.sampled_from(list(Phase)))),
    "person": lambda draw, p: Person(speaker=draw(st.sampled_from([s.label for s in p.speakers])), role=draw(st.sampled_from(list(Role))), name=draw(st.sampled_from([None, "森"]))),
    "unite": lambda draw, p: Unite(speaker=draw(st.sampled_from([s.label for s in p.speakers])), into=draw(st.sampled_from([s.label for s in p.speakers]))),
    "decide": lambda draw, p: Decide(item=draw(st.integers(0, 2)), result=draw(st.sampled_from([None, "承認された"]))),
    "replace": lambda draw, p: Replace(find=draw(st.sampled_from(["。", "で", "あ"])), by=draw(st.sampled_from(["", "XX"])), turns=tuple(ids(p))),
    "tick": lambda draw, p: Tick(turns=(draw(st.sampled_from(ids(p))),), done=draw(st.booleans())),
    "promote": lambda draw, p: Promote(state=draw(st.sampled_from([s for s in State if s is not State.FINAL]))),
}  # fmt: skip


@examples(max_examples=60, deadline=None)
@given(st.data())
def test_any_edits_leave_a_lawful_proof_and_come_back_from_their_history(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("m")
    documents.write(a_draft(), folder, ())
    sat = Desk(folder)
    seen = [sat.proof]
    for _ in range(data.draw(st.integers(1, 8))):
        kind = data.draw(st.sampled_from(sorted(_KINDS)))
        edit = data.draw(st.composite(_KINDS[kind])(sat.proof))
        try:
            seen.append(sat.edit(sat.proof.revision, edit, "x"))  # type: ignore[arg-type]
        except Refused:
            continue
        Proof.model_validate(sat.proof.model_dump())
        assert all(timing.is_traced(t) for t in sat.proof.turns if t.words)
        spoken = "".join(t.spoken for t in sat.proof.turns)
        assert sorted(spoken) == sorted("".join(t.spoken for t in seen[0].turns))  # speech is never lost
    sat.close()
    again = Desk(folder)
    assert again.proof == sat.proof
    if sat.entries:
        assert documents.read(documents.find(str(folder), folder)) == sat.proof
    for _ in range(len(seen) - 1):
        again.undo(again.proof.revision, "x")
    assert again.proof.model_copy(update={"revision": 0}) == seen[0]
    for _ in range(len(seen) - 1):
        again.undo(again.proof.revision, "x", again=True)
    assert again.proof.model_copy(update={"revision": 0}) == seen[-1].model_copy(update={"revision": 0})
    again.close()


# --- the desk ---


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    home = tmp_path / "outputs" / "m1"
    documents.write(a_draft(), home, ())
    write_wav(home / "audio.wav", silence(3))
    return home


def rewrite(proof: Proof, n: int, text: str) -> Rewrite:
    return Rewrite(turn=proof.turns[n].id, written=text)


def test_the_draft_is_never_touched_and_the_proof_follows_within_a_second(folder: Path) -> None:
    before = (folder / "draft.json").read_bytes()
    sat = Desk(folder)
    sat.edit(0, rewrite(sat.proof, 0, "直した文。"), "職員")
    assert len(history.read(folder)) == 1  # at once
    time.sleep(1)
    saved = documents.read(folder / "proof.json")
    assert isinstance(saved, Proof) and saved.revision == 1 and saved.turns[0].written == "直した文。"
    assert (folder / "draft.json").read_bytes() == before


def test_after_a_crash_nothing_that_was_answered_for_is_missing(folder: Path) -> None:
    sat = Desk(folder)
    for n in range(3):
        sat.edit(n, rewrite(sat.proof, n, f"{n}番目。"), "職員")
    sat._timer.cancel()  # type: ignore[union-attr]  # the power goes before the proof is written
    with (folder / history.FILE).open("ab") as file:
        file.write(b'{"revision": 4, "at": "20')  # and in the middle of a line
    again = Desk(folder)
    assert [t.written for t in again.proof.turns[:3]] == ["0番目。", "1番目。", "2番目。"]
    assert (folder / (history.FILE + ".torn")).exists()
    again.edit(3, rewrite(again.proof, 0, "続き。"), "職員")
    assert len(history.read(folder)) == 4
    again.close()


def test_two_people_on_different_turns_both_stand_and_on_one_turn_both_are_told(folder: Path) -> None:
    sat = Desk(folder)
    sat.edit(0, rewrite(sat.proof, 0, "甲の文。"), "甲")
    assert sat.edit(0, rewrite(sat.proof, 1, "乙の文。"), "乙").revision == 2
    with pytest.raises(Stale) as stale:
        sat.edit(0, rewrite(sat.proof, 0, "乙の別の文。"), "乙")
    (entry, _) = stale.value.entries
    assert entry.who == "甲" and entry.differences[0].after == "甲の文。"
    with pytest.raises(Stale):  # what touches all collides with everything
        sat.edit(1, Unite(speaker=sat.proof.speakers[0].label, into=sat.proof.speakers[1].label), "乙")
    assert sat.edit(1, Tick(turns=(sat.proof.turns[1].id,), done=True), "甲").revision == 3
    sat.close()


def test_history_says_what_was_and_what_became(folder: Path) -> None:
    sat = Desk(folder)
    before = sat.proof.turns[0].written
    sat.edit(0, rewrite(sat.proof, 0, "新しい文。"), "職員")
    sat.edit(1, Decide(item=0, result="継続審議とされた"), "職員")
    sat.edit(2, Restore(revision=1), "職員")
    told = [[(d.what, d.before, d.after) for d in e.differences] for e in sat.entries]
    assert told[0][0] == (f"{sat.proof.turns[0].id} 本文", before, "新しい文。")
    assert told[1][-1][2] == "継続審議とされた" and told[2] == [(told[1][-1][0], "継続審議とされた", told[1][-1][1])]
    with pytest.raises(Refused):
        sat.edit(3, Restore(revision=99), "職員")
    sat.close()


def test_a_hundred_edits_at_once_are_all_there(folder: Path) -> None:
    sat = Desk(folder)
    turns = ids(sat.proof)
    errors: list[BaseException] = []

    def work(n: int) -> None:
        try:
            while True:
                base = sat.proof.revision
                try:
                    sat.edit(base, Rewrite(turn=turns[n % len(turns)], written=f"{n}番。"), f"{n}")
                    return
                except Stale:
                    continue
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(100)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sat.close()
    assert not errors and sorted(int(e.who) for e in history.read(folder)) == list(range(100))
    assert Desk(folder).proof == sat.proof


def test_a_full_disk_is_said_and_nothing_pretends_to_be_saved(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import errno

    sat = Desk(folder)

    def refuse(fd: int) -> None:
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr("os.fsync", refuse)
    client = entered(folder.parent)
    answer = client.post("/api/m/m1/edits", json={"base": 0, "edit": rewrite(sat.proof, 0, "x").model_dump()})
    assert answer.status_code == 507 and "空き" in answer.json()["detail"]
    assert client.get("/api/m/m1").json()["revision"] == 0


# --- addresses ---


def entered(outputs: Path, **more: object) -> TestClient:
    guard = Guard(frozenset({"127.0.0.1", "testserver"}))
    client = TestClient(api.make(Meetings(outputs), guard, Settings(home=outputs.parent, **more)), follow_redirects=False)  # type: ignore[arg-type]
    assert client.get(f"/?token={guard.token}").status_code == 303
    return client


@pytest.fixture
def client(folder: Path) -> Iterator[TestClient]:
    with entered(folder.parent) as made_client:
        yield made_client


def test_an_edit_through_the_door(client: TestClient, folder: Path) -> None:
    whole = client.get("/api/m/m1").json()
    turn = whole["turns"][0]["id"]
    answer = client.post(
        "/api/m/m1/edits", json={"base": 0, "edit": {"kind": "rewrite", "turn": turn, "written": "直した。"}, "who": "職員"}
    )
    assert answer.status_code == 200
    told = answer.json()
    assert told["revision"] == 1 and [t["written"] for t in told["changed"]] == ["直した。"]
    assert client.get("/api/m/m1/since/0").json()["changed"] == told["changed"]
    stale = client.post("/api/m/m1/edits", json={"base": 0, "edit": {"kind": "rewrite", "turn": turn, "written": "x"}})
    assert stale.status_code == 409 and stale.json()["detail"]["entries"][0]["who"] == "職員"
    assert (
        client.post("/api/m/m1/step", json={"base": 1}).json()["turns" if False else "changed"][0]["written"] != "直した。"
    )
    assert client.post("/api/m/m1/step", json={"base": 2}).status_code == 422
    assert client.post("/api/m/m1/step", json={"base": 2, "again": True}).json()["changed"][0]["written"] == "直した。"
    assert [e["revision"] for e in client.get("/api/m/m1/history").json()] == [3, 2, 1]


def test_nonsense_is_refused_with_a_sentence(client: TestClient) -> None:
    for body, status in (
        ({"base": 0, "edit": {"kind": "rewrite", "turn": "t9999", "written": "x"}}, 422),
        ({"base": 99, "edit": {"kind": "tick", "turns": [], "done": True}}, 422),
        ({"base": -1, "edit": {"kind": "tick", "turns": [], "done": True}}, 422),
        ({"base": 0, "edit": {"kind": "explode"}}, 422),
        ({"base": 0, "edit": {"kind": "rewrite", "turn": "t0001", "written": "x" * 200_000}}, 422),
        ({}, 422),
    ):
        assert client.post("/api/m/m1/edits", json=body).status_code == status
    assert client.get("/api/m/m1").json()["revision"] == 0
    assert client.get("/api/m/nowhere").status_code == 404
    assert client.get("/api/m/m1/export/exe").status_code == 400
    assert client.get("/api/m/m1/members/nobody").status_code == 404


@pytest.mark.parametrize("path", ["%2e%2e", "..%2f..%2fetc", "m1%2f..%2fm1", "m1/../../x", ".hidden", "a%00b", "x" * 300])
def test_no_path_leads_out_of_the_folder(client: TestClient, folder: Path, path: str) -> None:
    (folder.parent.parent / "draft.json").write_text("{}", encoding="utf-8")
    for address in (f"/api/m/{path}", f"/api/m/{path}/audio", f"/api/m/{path}/export/text", f"/static/{path}"):
        assert client.get(address).status_code in (404, 405)
    with pytest.raises(RecordingError):
        Meetings(folder.parent).desk("../outputs/m1")


def test_a_proof_cannot_name_an_audio_elsewhere(folder: Path) -> None:
    text = (folder / "draft.json").read_text(encoding="utf-8").replace('"audio.wav"', '"../../secret.wav"')
    (folder / "draft.json").write_text(text, encoding="utf-8")
    (folder.parent.parent / "secret.wav").write_bytes(b"secret")
    assert entered(folder.parent).get("/api/m/m1/audio").status_code == 404


def test_sound_comes_in_pieces(client: TestClient) -> None:
    piece = client.get("/api/m/m1/audio", headers={"Range": "bytes=1000-1999"})
    assert piece.status_code == 206 and len(piece.content) == 1000
    assert piece.headers["content-range"].startswith("bytes 1000-1999/")
    assert client.get("/api/m/m1/audio", headers={"Range": "bytes=99999999-"}).status_code == 416


def test_documents_and_extracts(client: TestClient) -> None:
    whole = client.get("/api/m/m1").json()
    for name in EXPORTERS:
        for public in ("false", "true"):
            answer = client.get(f"/api/m/m1/export/{name}?public={public}")
            assert answer.status_code == 200 and answer.content and "attachment" in answer.headers["content-disposition"]
    printed = next(t for t in whole["turns"] if t["printed"])
    file = client.get(f"/api/m/m1/members/{printed['speaker']}?reply=2026-06-01")
    with zipfile.ZipFile(io.BytesIO(file.content)) as package:
        text = package.read("word/document.xml").decode()
    assert printed["written"] in text and "2026年6月1日" in text
    others = [t["written"] for t in whole["turns"] if t["speaker"] != printed["speaker"] and len(t["written"]) > 8]
    assert others and not any(other in text for other in others)


def test_spellings_and_secrets_are_suggested(client: TestClient) -> None:
    turn = next(t for t in client.get("/api/m/m1").json()["turns"] if t["printed"])
    edit = {"kind": "rewrite", "turn": turn["id"], "written": "誰がを を見る。電話は095-123-4567である。"}
    client.post("/api/m/m1/edits", json={"base": 0, "edit": edit})
    found = {(r["kind"], r["before"], r["after"]) for r in client.get("/api/m/m1/remarks").json() if r["turn"] == turn["id"]}
    assert ("表記", "誰", "だれ") in found and ("伏せるか確認", "095-123-4567", None) in found


def test_the_list_of_meetings(client: TestClient, folder: Path) -> None:
    (folder.parent / "broken").mkdir()
    (folder.parent / "broken" / "draft.json").write_text("{", encoding="utf-8")
    listed = {one["id"]: one for one in client.get("/api/meetings").json()}
    assert listed["broken"]["problem"] and listed["m1"]["state"] == "下書き" and listed["m1"]["share"] == 0
    whole = client.get("/api/m/m1").json()
    printed = [t["id"] for t in whole["turns"] if t["printed"]]
    client.post("/api/m/m1/edits", json={"base": 0, "edit": {"kind": "tick", "turns": printed, "done": True}})
    assert {one["id"]: one["share"] for one in client.get("/api/meetings").json()}["m1"] == 1


def test_the_rule_for_the_audio_is_carried_out_when_final_and_only_if_asked(folder: Path) -> None:
    final = {"base": 0, "edit": {"kind": "promote", "state": "確定"}}
    (folder / "segments.jsonl").write_text("x", encoding="utf-8")
    kept = entered(folder.parent)
    assert kept.post("/api/m/m1/edits", json=final).json()["deleted"] == []
    assert (folder / "audio.wav").exists()
    kept.post("/api/m/m1/edits", json={"base": 1, "edit": {"kind": "promote", "state": "校正中"}})
    deleting = entered(folder.parent, retention="delete-audio")
    told = deleting.post("/api/m/m1/edits", json={"base": 2, "edit": {"kind": "promote", "state": "確定"}}).json()
    assert told["deleted"] == ["audio.wav", "segments.jsonl"]
    assert not (folder / "audio.wav").exists() and (folder / "draft.json").exists() and (folder / history.FILE).exists()
    assert retention.carry_out(folder, Settings(retention="delete-audio")) == ()


# --- who is let in ---


def test_nobody_enters_without_the_token(folder: Path) -> None:
    guard = Guard(frozenset({"127.0.0.1"}))
    client = TestClient(
        api.make(Meetings(folder.parent), guard, Settings()), base_url="http://127.0.0.1:1234", follow_redirects=False
    )
    for path in ("/", "/api/meetings", "/api/m/m1", "/api/m/m1/audio", "/m/m1", "/static/edit.js", "/?token=wrong"):
        assert client.get(path).status_code == 401, path
    answer = client.get(f"/m/m1?token={guard.token}")
    assert (answer.status_code, answer.headers["location"]) == (303, "/m/m1")
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie and "SameSite=strict" in cookie
    assert client.get("/api/meetings").status_code == 200
    for header in ("content-security-policy", "x-content-type-options", "referrer-policy"):
        assert header in client.get("/").headers
    assert "unsafe" not in client.get("/").headers["content-security-policy"]


def test_foreign_pages_and_names_are_refused(client: TestClient) -> None:
    edit = {"base": 0, "edit": {"kind": "tick", "turns": [], "done": True}}
    assert client.get("/api/meetings", headers={"Host": "evil.example"}).status_code == 421
    assert client.get("/api/meetings", headers={"Host": "127.0.0.1.evil.example"}).status_code == 421
    for headers in (
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ):
        assert client.post("/api/m/m1/edits", json=edit, headers=headers).status_code == 403, headers
    assert client.post("/api/m/m1/edits", json=edit, headers={"Origin": "http://testserver"}).status_code == 200
    for path in ("/docs", "/openapi.json", "/redoc"):
        assert client.get(path).status_code == 404


def test_beyond_this_machine_a_password_is_asked_for(folder: Path) -> None:
    guard = Guard(frozenset({"10.0.0.5"}), password="ひみつの合い言葉")
    client = TestClient(
        api.make(Meetings(folder.parent), guard, Settings()), base_url="http://10.0.0.5", follow_redirects=False
    )
    assert client.get("/").headers["location"] == "/enter"
    assert client.get("/enter").status_code == 200
    assert client.post("/enter", data={"password": "wrong"}).status_code == 403
    assert client.post("/api/m/m1/step", json={"base": 0}).status_code == 401
    assert client.post("/enter", data={"password": "ひみつの合い言葉"}).headers["location"] == "/"
    assert client.get("/api/meetings").status_code == 200


def test_the_command_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert edit_command.password_for("127.0.0.1", lambda: "") is None
    with pytest.raises(SettingsError):
        edit_command.password_for("0.0.0.0", lambda: "short")
    monkeypatch.setenv(edit_command.PASSWORD, "long enough")
    assert edit_command.password_for("0.0.0.0", lambda: "") == "long enough"
    assert cli.run(["edit", "nothing", "--home", str(tmp_path)]) == ExitCode.RECORDING
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        assert cli.run(["edit", "--port", port, "--no-browser", "--home", str(tmp_path)]) == ExitCode.SETTINGS
    assert "--port" in capsys.readouterr().err


def test_whoever_opens_the_address_at_once_is_not_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import socket

    import uvicorn

    def at_once(address: str) -> None:
        with socket.create_connection(("127.0.0.1", int(address.split(":")[2].split("/")[0])), timeout=2):
            pass

    monkeypatch.setattr(uvicorn.Server, "run", lambda self, sockets: None)
    edit_command.serve(Settings(home=folder.parent.parent), "m1", "127.0.0.1", 0, False, at_once, None)


def test_logs_hold_nothing_that_was_said(folder: Path, client: TestClient) -> None:
    from pipeline import runlog

    runlog.open_log(folder.parent)
    secret = "ひみつの発言である"
    turn = client.get("/api/m/m1").json()["turns"][0]["id"]
    client.post("/api/m/m1/edits", json={"base": 0, "edit": {"kind": "rewrite", "turn": turn, "written": secret}})
    client.post("/api/m/m1/edits", json={"base": 1, "edit": {"kind": "promote", "state": "確定"}})
    log = (folder.parent / "run.log").read_text(encoding="utf-8")
    assert "確定" in log and secret not in log


def test_a_draft_that_was_read_as_such_stays_one(folder: Path) -> None:
    found = documents.read(folder / "draft.json")
    assert isinstance(found, Draft) and not isinstance(found, Proof)
    assert json.loads((folder / "draft.json").read_text(encoding="utf-8"))["schema"] == "minutes-draft/1"
    assert isinstance(edits.EDIT.validate_python({"kind": "tick", "turns": [], "done": False}), Tick)
    assert desk.SAVED_WITHIN_S < 1

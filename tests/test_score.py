"""Scoring: small cases computed by hand, slow oracles for the alignment, and the laws of a measure."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import score
from pipeline.errors import ExitCode, RecordingError
from pipeline.schema import AgendaItem, Decision, Draft, Meeting, Provenance, Recording, Section, Speaker, Turn, Voice
from pipeline.scoring import letters, sides, structure, voices
from pipeline.scoring.sides import Result, Side, SpokenTurn
from pipeline.terms import Phase, Role

Q, D, R = Phase.QUESTIONS, Phase.DELIBERATION, Phase.REPORT_DELIBERATION


def turn(
    text: str,
    speaker: str = "A",
    role: Role = Role.MEMBER,
    item: int | None = 0,
    phase: Phase = Q,
    items: tuple[int, ...] | None = None,
    start_ms: int = 0,
    end_ms: int = 1000,
) -> SpokenTurn:
    return SpokenTurn(
        text=text, speaker=speaker, role=role, item=item, phase=phase, items=items, start_ms=start_ms, end_ms=end_ms
    )


def voice(start_ms: int, end_ms: int, speaker: str) -> Voice:
    return Voice(start_ms=start_ms, end_ms=end_ms, speaker=speaker)


# --- characters -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "folded", "plain"),
    [
        ("第 12 号\n", "第12号", "第12号"),
        ("第12号、ABC。", "第12号、ABC。", "第12号ABC"),  # NFKC: 、。 stay as they are
        ("えー、それでは、", "えー、それでは、", "それでは"),
        ("えーとですね、あのー、あの件", "えーとですね、あのー、あの件", "ですねあの件"),
        ("そうですねえー", "そうですねえー", "そうですねえー"),
        ("ええ、まあまあです", "ええ、まあまあです", "ええまあまあです"),
        ("「データ」・サーバー", "「データ」・サーバー", "データサーバー"),
    ],
)
def test_what_counts_as_the_same_text(text: str, folded: str, plain: str) -> None:
    assert letters.folded(text) == folded
    assert letters.plain(text) == plain


def test_cer_by_hand() -> None:
    assert letters.error_rate("審議会です", "審議会でし") == pytest.approx(1 / 5)
    assert letters.error_rate("あい", "あいうえお") == pytest.approx(3 / 2)
    assert letters.error_rate("あい", "") == 1
    assert letters.error_rate("", "あ") is None


def test_cp_cer_by_hand() -> None:
    said = {"甲": "あいう", "乙": "かき"}
    assert letters.speaker_error_rate(said, {"1": "かき", "2": "あいう"}) == 0
    assert letters.speaker_error_rate(said, {"1": "あいうかき"}) == pytest.approx((2 + 2) / 5)  # one heard, one missed
    assert letters.speaker_error_rate(said, {"1": "あいう", "2": "かき", "3": "さ"}) == pytest.approx(1 / 5)
    assert letters.speaker_error_rate({"甲": ""}, {"1": "あ"}) is None
    assert letters.speaker_error_rate(said, {}) == 1


TEXTS = st.dictionaries(st.sampled_from("abcd"), st.text("あいう", max_size=6), max_size=4)


@given(TEXTS, TEXTS)
def test_cp_cer_is_the_best_of_all_assignments(said: dict[str, str], heard: dict[str, str]) -> None:
    """The slow oracle: every permutation, with distances by the textbook."""
    rows, columns = list(said.values()), list(heard.values())
    size = max(len(rows), len(columns))
    rows, columns = rows + [""] * (size - len(rows)), columns + [""] * (size - len(columns))
    total = sum(map(len, rows))
    best = min(
        sum(edits(row, column) for row, column in zip(rows, order, strict=True)) for order in itertools.permutations(columns)
    )
    assert letters.speaker_error_rate(said, heard) == (pytest.approx(best / total) if total else None)


def test_cp_cer_is_what_meeteval_says() -> None:
    from meeteval.wer.wer.cp import cp_word_error_rate

    said = {"甲": "ただいまから会議を開きます", "乙": "質問はありますか", "丙": "はい"}
    heard = {"1": "質問ありますか", "2": "はいただいまから会議開きます"}
    expected = cp_word_error_rate({k: " ".join(v) for k, v in said.items()}, {k: " ".join(v) for k, v in heard.items()})
    assert letters.speaker_error_rate(said, heard) == pytest.approx(expected.error_rate)


def edits(one: str, other: str) -> int:
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        row, above = [i], row
        for j, b in enumerate(other, 1):
            row.append(min(above[j] + 1, row[-1] + 1, above[j - 1] + (a != b)))
    return row[-1]


# --- alignment --------------------------------------------------------------------------------------------------------


def test_counterparts_by_hand() -> None:
    assert letters.counterparts("あいう", "あいう") == [0, 1, 2]
    assert letters.counterparts("あいう", "あxう") == [0, 1, 2]
    assert letters.counterparts("あいうえお", "あお") == [0, 0, 0, 1, 1]  # う is equally near to both: the earlier
    assert letters.counterparts("いう", "あいう") == [1, 2]
    assert letters.counterparts("あい", "") == [None, None]
    assert letters.counterparts("", "あ") == []


@given(st.text("あい", max_size=12), st.text("あい", max_size=12))
def test_counterparts_are_a_shortest_alignment(said: str, heard: str) -> None:
    """Monotone; complete unless a side is empty; and it keeps as much in place as the edit distance allows."""
    places = letters.counterparts(said, heard)
    assert len(places) == len(said)
    if not (said and heard):
        assert all(place is None for place in places)
        return
    assert all(place is not None and 0 <= place < len(heard) for place in places)
    known = [place for place in places if place is not None]
    assert known == sorted(known)
    # each place is held by one aligned character at least and by those next to it that were left out, so the distinct
    # places are the aligned pairs; the rest of both sides was left out or added
    pairs = len(set(known))
    replaced = sum(min(said[i] != heard[p] for i, p in enumerate(known) if p == place) for place in set(known))
    assert (len(said) - pairs) + (len(heard) - pairs) + replaced <= edits(said, heard)


@given(st.lists(st.one_of(st.none(), st.integers(0, 9)), max_size=12))
def test_what_was_left_out_takes_the_nearest_place(places: list[int | None]) -> None:
    known = [i for i, place in enumerate(places) if place is not None]
    expected = [
        places[min(known, key=lambda k, i=i: (abs(k - i), k))] if known else None  # type: ignore[misc]
        for i in range(len(places))
    ]
    assert letters._from_nearest(places) == expected


# --- voices -----------------------------------------------------------------------------------------------------------


def test_der_by_hand() -> None:
    said = (voice(0, 10_000, "甲"), voice(10_000, 20_000, "乙"))
    heard = (voice(0, 12_000, "x"), voice(12_000, 18_000, "y"), voice(20_000, 21_000, "y"))
    found = voices.voice_errors(said, heard, 0.0)
    assert found is not None
    assert found.confusion == pytest.approx(2 / 20)
    assert found.missed == pytest.approx(2 / 20)
    assert found.false_alarm == pytest.approx(1 / 20)
    assert found.error == pytest.approx(5 / 20)


def test_the_collar_is_pyannotes_total_width() -> None:
    said, heard = (voice(1000, 11_000, "甲"),), (voice(1100, 11_000, "x"),)
    strict, lenient = voices.voice_errors(said, heard, 0.0), voices.voice_errors(said, heard, 0.25)
    assert strict is not None and lenient is not None
    assert strict.missed == pytest.approx(0.01)
    assert lenient.error == 0


def test_without_speech_there_is_no_der() -> None:
    assert voices.voice_errors((), (voice(0, 1, "x"),), 0.0) is None


VOICE_LISTS = st.lists(
    st.builds(
        lambda start, length, who: voice(start * 1000, (start + length) * 1000, who),
        st.integers(0, 20),
        st.integers(1, 8),
        st.sampled_from("甲乙丙"),
    ),
    min_size=1,
    max_size=6,
).map(tuple)


@settings(max_examples=25, deadline=None)
@given(VOICE_LISTS, VOICE_LISTS, st.permutations(["x", "y", "z"]))
def test_names_of_speakers_do_not_matter(said: tuple[Voice, ...], heard: tuple[Voice, ...], names: list[str]) -> None:
    name = dict(zip("甲乙丙", names, strict=True))
    renamed = tuple(v.model_copy(update={"speaker": name[v.speaker]}) for v in heard)
    one, other = voices.voice_errors(said, heard, 0.0), voices.voice_errors(said, renamed, 0.0)
    assert one is not None and other is not None
    assert one.error == pytest.approx(other.error)
    texts = {v.speaker: "あ" * v.start_ms for v in heard}
    said_texts = {v.speaker: "あ" * (v.end_ms % 7) + "い" for v in said}
    assert letters.speaker_error_rate(said_texts, texts) == letters.speaker_error_rate(
        said_texts, {name[s]: t for s, t in texts.items()}
    )


# --- structure --------------------------------------------------------------------------------------------------------


def test_roles_and_places_are_counted_by_characters() -> None:
    said = (turn("質問です。", role=Role.MEMBER), turn("お答えします。", role=Role.AGENCY, phase=D))  # 4 + 6 characters
    heard = (turn("質問です", role=Role.MEMBER), turn("お答えします", role=Role.SECRETARIAT, phase=D, item=1))
    found = structure.structure(said, heard)
    assert found is not None
    assert found.role == pytest.approx(4 / 10)
    assert found.item == pytest.approx(4 / 10)
    assert found.phase == 1
    assert found.placement == pytest.approx(4 / 10)


def test_turns_may_be_divided_otherwise_and_characters_left_out() -> None:
    said = (turn("あいうえお", role=Role.CHAIR), turn("かきくけこ", role=Role.MEMBER))
    heard = (turn("あいうお", role=Role.CHAIR), turn("かきく", role=Role.MEMBER), turn("けこ", role=Role.CHAIR))
    found = structure.structure(said, heard)
    assert found is not None
    assert found.role == pytest.approx(8 / 10)


def test_a_turn_that_was_not_heard_is_judged_by_the_turns_around_it() -> None:
    said = (turn("あいうえお", role=Role.CHAIR), turn("はい", role=Role.MEMBER), turn("かきくけこ", role=Role.CHAIR))
    found = structure.structure(said, (turn("あいうえおかきくけこ", role=Role.CHAIR),))
    assert found is not None
    assert found.role == pytest.approx(10 / 12)


def test_a_failed_chunk_is_a_turn_without_characters() -> None:
    said = (turn("あいう", role=Role.CHAIR), turn("かきく", role=Role.MEMBER, phase=D))
    heard = (
        turn("", role=Role.OTHER, phase=R),
        turn("あいう", role=Role.CHAIR),
        turn("", role=Role.OTHER),
        turn("かきく", role=Role.MEMBER, phase=D),
        turn("", role=Role.OTHER, phase=D),
    )
    found = structure.structure(said, heard)
    assert found is not None
    assert (found.role, found.placement, found.boundary_recall) == (1, 1, 1)


@pytest.mark.parametrize(("item", "right"), [(None, 1), (1, 1), (2, 1), (0, 0)])
def test_any_item_of_a_joint_block_is_right(item: int | None, right: int) -> None:
    found = structure.structure((turn("合同", item=None, items=(1, 2)),), (turn("合同", item=item),))
    assert found is not None
    assert (found.item, found.placement) == (right, right)


def test_a_joint_block_may_be_divided() -> None:
    joint = [turn("あい", item=None, items=(1, 2), phase=R), turn("うえ", item=None, items=(1, 2), phase=R)]
    said = (turn("前", item=2), *joint)
    whole = structure.structure(said, (turn("前", item=2), turn("あいうえ", item=None, phase=R)))
    halves = structure.structure(said, (turn("前", item=2), turn("あい", item=1, phase=R), turn("うえ", item=2, phase=R)))
    assert whole is not None and halves is not None
    assert whole.boundary_f1 == halves.boundary_f1 == 1


def test_boundaries_by_hand() -> None:
    def parts(*phases: Phase) -> tuple[SpokenTurn, ...]:
        return tuple(turn(f"{chr(0x4E00 + i)}" * 5, phase=phase) for i, phase in enumerate(phases))

    said = parts(Q, Q, Q, D, D, D, R, R, R)
    one_late = structure.structure(said, parts(Q, Q, Q, Q, D, D, R, R, R))
    two_late = structure.structure(said, parts(Q, Q, Q, Q, Q, D, R, R, R))
    extra = structure.structure(said, parts(Q, D, Q, D, D, D, R, R, R))
    flat = structure.structure(said, parts(*[Q] * 9))
    assert one_late is not None and two_late is not None and extra is not None and flat is not None
    assert one_late.boundary_f1 == 1
    assert (two_late.boundary_precision, two_late.boundary_recall) == (1 / 2, 1 / 2)
    assert (extra.boundary_precision, extra.boundary_recall) == (2 / 4, 1)
    assert (flat.boundary_precision, flat.boundary_recall, flat.boundary_f1) == (None, 0, 0)
    none = structure.structure(parts(Q, Q), parts(Q, Q))
    assert none is not None and none.boundary_f1 is None


POINTS = st.lists(st.integers(0, 9), max_size=5).map(sorted)


@given(POINTS, POINTS)
def test_matches_are_as_many_as_can_be(truth: list[int], found: list[int]) -> None:
    """The slow oracle: every way to pair them."""

    def most(left: list[int], right: list[int]) -> int:
        if not left:
            return 0
        return max(
            most(left[1:], right),
            *(
                1 + most(left[1:], right[:j] + right[j + 1 :])
                for j in range(len(right))
                if abs(left[0] - right[j]) <= structure.TOLERANCE_TURNS
            ),
            0,
        )

    assert structure.matches(truth, found) == most(truth, found)


def test_silence_on_one_side_has_no_structure() -> None:
    assert structure.structure((turn("あ"),), (turn("。"),)) is None
    assert structure.structure((), (turn("あ"),)) is None


def test_decisions_by_hand() -> None:
    truth = (Result(item=0, result="承認された"), Result(item=1, result="継続審議とされた"), Result(item=2, result=None))
    heard = (Result(item=0, result="承認された "), Result(item=1, result=None), Result(item=2, result="承認された"))
    found = structure.decided(truth, heard)
    assert (found.right, found.missing, found.wrong) == (1, 1, 1)
    found = structure.decided(truth, (Result(item=1, result="承認された"),))
    assert (found.right, found.missing, found.wrong) == (1, 1, 1)  # item 2 right: nothing decided, nothing said


# --- files ------------------------------------------------------------------------------------------------------------


def draft() -> Draft:
    def of(number: int, speaker: str, spoken: str, at_ms: int) -> Turn:
        return Turn(
            id=f"t{number:04d}", speaker=speaker, start_ms=at_ms, end_ms=at_ms + 2000, words=(), spoken=spoken,
            written="書き換えたもの",
        )  # fmt: skip

    return Draft(
        meeting=Meeting(agenda=(AgendaItem(label="諮問第1号", title="件名"),)),
        recording=Recording(id="r", source="r.wav", audio="audio.wav", sha256="0", duration_ms=9000, channels=1),
        speakers=(
            Speaker(label="SPEAKER_00", role=Role.CHAIR, confidence=1),
            Speaker(label="SPEAKER_01", role=Role.MEMBER, confidence=1),
        ),
        turns=(of(1, "SPEAKER_00", "開会します。", 0), of(2, "SPEAKER_01", "質問です。", 3000)),
        sections=(
            Section(item=None, phase=Phase.OPENING, heading="", turn_ids=("t0001",)),
            Section(item=0, phase=Q, heading="【質疑】", turn_ids=("t0002",)),
        ),
        decisions=(Decision(item=0, result="承認された"),),
        provenance=Provenance(program="minutes"),
    )


TRUTH = [
    {
        "start_ms": 0, "end_ms": 2000, "speaker": "S1", "role": "会長", "item": None, "items": None, "phase": "開会",
        "text": "開会します。",
    },
    {
        "start_ms": 3000, "end_ms": 5000, "speaker": "S2", "role": "委員", "item": 0, "items": None, "phase": "質疑",
        "text": "質問です。",
    },
]  # fmt: skip
REFERENCE = {
    "format": "minutes-reference/1",
    "speakers": {"S1": {"role": "会長", "name": "甲"}, "S2": {"role": "委員", "name": "乙"}},
    "turns": TRUTH,
    "decisions": [{"item": 0, "result": "承認された"}],
}
VOICES = {
    "engine_key": "k", "count": {}, "audio_sha256": "0",
    "diarization": {"engine": "builtin", "voices": [
        {"start_ms": 0, "end_ms": 2000, "speaker": "SPEAKER_00"},
        {"start_ms": 3000, "end_ms": 5000, "speaker": "SPEAKER_01"},
    ]},
}  # fmt: skip
RTTM = (
    ";; comment\nSPKR-INFO x 1 <NA> <NA> <NA> unknown a <NA> <NA>\n"
    "SPEAKER x 1 0.000 2.000 <NA> <NA> a <NA> <NA>\nSPEAKER x 1 3.0 2.0 <NA> <NA> b <NA> <NA>\n"
)


def proof() -> dict[str, object]:
    return {**json.loads(draft().model_dump_json(by_alias=True)), "revision": 3}


KINDS: dict[str, Callable[[], str]] = {
    "reference.json": lambda: json.dumps(REFERENCE),
    "truth.json": lambda: json.dumps(TRUTH),
    "draft.json": lambda: draft().model_dump_json(by_alias=True),
    "proof.json": lambda: json.dumps(proof()),
    "voices.json": lambda: json.dumps(VOICES),
    "a.rttm": lambda: RTTM,
    "a.txt": lambda: "開会 します。\n質問です。\n",
}


def write(folder: Path, name: str) -> Path:
    (folder / name).write_text(KINDS[name](), encoding="utf-8")
    return folder / name


@pytest.mark.parametrize(("one", "other"), list(itertools.product(KINDS, KINDS)))
def test_the_same_meeting_is_perfect_in_every_form(tmp_path: Path, one: str, other: str) -> None:
    """And every figure that the two can tell is there; comparing a file with itself is one of the cases."""
    text = {"reference.json", "truth.json", "draft.json", "proof.json", "a.txt"}
    spoken = text - {"a.txt"}
    decisions = spoken - {"truth.json"}
    voiced = spoken | {"voices.json", "a.rttm"}
    pair = {one, other}
    if not pair <= text and not pair <= voiced:
        with pytest.raises(RecordingError, match="比べられるものがありません"):
            score.score(write(tmp_path, one), write(tmp_path, other))
        return
    found = score.score(write(tmp_path, one), write(tmp_path, other))
    assert found.cer == found.cer_plain == (0 if pair <= text else None)
    assert found.cp_cer == (0 if pair <= spoken else None)
    assert [v.error for v in found.voices] == ([0, 0] if pair <= voiced else [])
    if pair <= spoken:
        assert found.structure is not None
        assert set(found.structure.model_dump().values()) == {1}
    else:
        assert found.structure is None
    if pair <= decisions:
        assert found.decisions is not None
        assert (found.decisions.right, found.decisions.missing, found.decisions.wrong) == (1, 0, 0)
    else:
        assert found.decisions is None


@given(
    st.lists(
        st.builds(
            turn,
            st.text("あいう、。", max_size=5),
            st.sampled_from("甲乙"),
            st.sampled_from(list(Role)),
            st.sampled_from([None, 0, 1]),
            st.sampled_from(list(Phase)),
        ),
        max_size=6,
    )
)
@settings(deadline=None, max_examples=50)
def test_a_meeting_compared_with_itself_is_perfect(turns: list[SpokenTurn]) -> None:
    side = Side(text="\n".join(t.text for t in turns), turns=tuple(turns))
    found = score.compare(side, side)
    assert not found.cer and not found.cer_plain and not found.cp_cer
    if found.structure:
        assert set(found.structure.model_dump().values()) <= {1, None}


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.json", b"{", "1 行目が JSON ではない"),
        ("a.json", b'"text"', "形式が違う"),
        ("a.json", b"{}", "speakers"),
        ("a.json", json.dumps([{**TRUTH[0], "role": "議長"}]).encode(), "0.role"),
        ("a.json", json.dumps([{**TRUTH[0], "itmes": [1]}]).encode(), "0.itmes"),
        ("a.json", json.dumps({**proof(), "sections": []}).encode(), "形式が違う"),
        ("a.rttm", b"SPEAKER x 1 0.0 2.0\n", "欄が足りない"),
        ("a.rttm", b"SPEAKER x 1 zero 2.0 <NA> <NA> a <NA> <NA>\n", "a.rttm"),
        ("a.rttm", b"nothing\n", "SPEAKER の行がない"),
        ("a.txt", b" \n", "空のファイル"),
        ("a.txt", b"\xff\xfe\x00", "読めません"),
    ],
)
def test_what_cannot_be_read_is_said_with_its_place(tmp_path: Path, name: str, content: bytes, said: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(RecordingError, match=said) as caught:
        sides.read(tmp_path / name)
    assert caught.value.exit_code == ExitCode.RECORDING
    assert ".rttm" in caught.value.advice
    assert "開会します" not in caught.value.message


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match="読めません"):
        sides.read(tmp_path / "none.json")


def test_the_table_shows_what_there_is(tmp_path: Path) -> None:
    full = score.table(score.score(write(tmp_path, "reference.json"), write(tmp_path, "draft.json")))
    assert [line.split()[-2:] for line in full.splitlines() if line.startswith("区切り F1")] == [["100.0", "%"]]
    assert "2 → 2" in full and "1・0・0" in full
    assert len({score._width(line) for line in full.splitlines()}) == 1  # figures stand in one column
    short = score.table(score.score(write(tmp_path, "a.rttm"), write(tmp_path, "voices.json")))
    assert "CER" not in short and "DER" in short and "区切り" not in short

"""Who is 会長, 委員, 実施機関 or 事務局: decided for all speakers of a meeting together.

In: turns labelled SPEAKER_00... and the meeting file. Out: one ``Speaker`` per label with role, confidence and reasons.
First the chair, because everything else hangs on that voice: of all speakers the one who leads the talk most. Then what
the chair says counts for the next voice (「○○委員、お願いします」, 「事務局、お願いします」, an agenda item's department),
and everyone's own words, questions, answers and long monologues count for themselves. Evidence adds up in nats; the
confidence is their softmax. Below ``SURE`` the role is flagged for the proofreader.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict

from pipeline.japanese import cues, reading
from pipeline.japanese.sentences import texts
from pipeline.schema import Meeting, Role, Speaker, Turn

SURE = 0.6
MONOLOGUE_MS = 25_000
PER_SPEAKER_CAP = 3.0  # one kind of evidence says no more than this, however often it recurs

# Score of one sentence of the family for the role of the one who says it.
OWN: dict[str, dict[Role, float]] = {
    "chairing": {Role.CHAIR: 1.2},
    "item_start": {Role.CHAIR: 2.0},
    "explanation_call": {Role.CHAIR: 1.2},
    "questions_start": {Role.CHAIR: 1.0},
    "questions_end": {Role.CHAIR: 1.5},
    "deliberation_start": {Role.CHAIR: 1.0},
    "proposal": {Role.CHAIR: 1.5},
    "finding": {Role.CHAIR: 1.5},
    "opening": {Role.SECRETARIAT: 0.9},
    "closing": {Role.SECRETARIAT: 0.3, Role.CHAIR: 0.3},
    "secretariat_own": {Role.SECRETARIAT: 1.6},
    "explanation_own": {Role.AGENCY: 1.0},
    "agency_own": {Role.AGENCY: 0.9},
    "member_own": {Role.MEMBER: 0.7},
    "assent": {Role.MEMBER: 1.0},
}
WORDS = {
    "chairing": "議事を進める言葉",
    "item_start": "議題の宣言",
    "questions_end": "質疑の打切り",
    "proposal": "決定を諮る言葉",
    "finding": "決定の宣言",
    "opening": "開会の言葉",
    "secretariat_own": "事務局としての言葉",
    "explanation_own": "説明の言葉",
    "agency_own": "所管課としての言葉",
    "member_own": "委員としての言葉",
    "assent": "「異議なし」",
}
NOMINATED = 2.5  # by the chair, just before
ASKED, ANSWERED = 0.8, 0.7  # shape of a question; speaking right after somebody else's
MONOLOGUE = 1.2
QUESTION = re.compile(r"(でしょうか|ますか|ですか|ませんか|のか|ないか)[。？?]?$")
MEMBER_CALL = re.compile(r"([一-龠々ァ-ヶぁ-ん]{1,6})(委員|医院|医員|いいん)")
SECRETARIAT_CALL = re.compile(r"事務[局曲極]")
DEPARTMENT_CALL = re.compile(r"[一-龠々ァ-ヶー]{2,12}(課長|課|図書館|センター|室|館)[のかがからさ、]")


class _Board:
    """Scores and reasons per speaker, each kind of evidence capped."""

    def __init__(self) -> None:
        self._sums: dict[tuple[str, Role, str], float] = defaultdict(float)
        self._reasons: dict[tuple[str, Role, str], str] = {}

    def add(self, speaker: str, role: Role, kind: str, points: float, reason: str) -> None:
        key = (speaker, role, kind)
        self._sums[key] = min(PER_SPEAKER_CAP, self._sums[key] + points)
        self._reasons.setdefault(key, reason)

    def score(self, speaker: str, role: Role) -> float:
        return sum(points for (who, what, _), points in self._sums.items() if (who, what) == (speaker, role))

    def reasons(self, speaker: str, role: Role) -> tuple[str, ...]:
        mine = [(p, self._reasons[key]) for key, p in self._sums.items() if key[:2] == (speaker, role)]
        return tuple(reason for _, reason in sorted(mine, key=lambda pair: -pair[0])[:4])


def assign(turns: tuple[Turn, ...], meeting: Meeting) -> tuple[Speaker, ...]:
    """One ``Speaker`` per label that has a turn, in order of first appearance."""
    labels = list(dict.fromkeys(turn.speaker for turn in turns))
    sentences = {turn.id: texts(turn) for turn in turns}
    board = _Board()
    for turn in turns:
        _own_words(turn, sentences[turn.id], board)
    chair = max(labels, key=lambda label: board.score(label, Role.CHAIR), default="")
    if chair and board.score(chair, Role.CHAIR) < 2 * OWN["chairing"][Role.CHAIR]:
        chair = ""  # nobody leads: a committee without a heard chair, or too short a recording
    for before, turn in zip((None, *turns), turns, strict=False):
        if before is not None and before.speaker != turn.speaker:
            _neighbours(before, turn, sentences, chair, meeting, board)
    return tuple(_speaker(label, chair, turns, board) for label in labels)


def _own_words(turn: Turn, sentences: list[str], board: _Board) -> None:
    for sentence in sentences:
        for family, strength in cues.found(sentence).items():
            for role, points in OWN.get(family, {}).items():
                board.add(turn.speaker, role, family, points * strength, f"{WORDS.get(family, '進行の言葉')}({turn.id})")
    if turn.duration_ms >= MONOLOGUE_MS:
        board.add(turn.speaker, Role.AGENCY, "monologue", MONOLOGUE, f"長い説明({turn.id})")


def _neighbours(
    before: Turn, turn: Turn, sentences: dict[str, list[str]], chair: str, meeting: Meeting, board: _Board
) -> None:
    """What the turn before says about this one: a nomination by the chair, or a question that is answered."""
    last = sentences[before.id][-2:]
    call = "".join(last)
    if before.speaker == chair:
        role, called = _nominated(call, meeting)
        if role:
            board.add(turn.speaker, role, "nominated", NOMINATED, f"会長が{called}と呼んだ直後の発言({before.id})")
    elif turn.speaker != chair and QUESTION.search(last[-1]):
        board.add(before.speaker, Role.MEMBER, "asked", ASKED, f"質問の形の発言({before.id})")
        board.add(turn.speaker, Role.AGENCY, "answered", ANSWERED, f"質問に答える発言({turn.id})")


def _nominated(call: str, meeting: Meeting) -> tuple[Role | None, str]:
    sound = reading.kana(call)
    if SECRETARIAT_CALL.search(call) or "ジムキョク" in sound:
        return Role.SECRETARIAT, "事務局"
    for item in meeting.agenda:
        if item.department and reading.kana(item.department) in sound:
            return Role.AGENCY, item.department
    if MEMBER_CALL.search(call) and "委員の皆" not in call:
        return Role.MEMBER, "委員"
    return (Role.AGENCY, "所管課") if DEPARTMENT_CALL.search(call) else (None, "")


def _speaker(label: str, chair: str, turns: tuple[Turn, ...], board: _Board) -> Speaker:
    talk_ms = sum(turn.duration_ms for turn in turns if turn.speaker == label)
    if label == chair:
        others = sum(board.score(other.speaker, Role.CHAIR) for other in turns if other.speaker != chair)
        sure = 0.99 if board.score(chair, Role.CHAIR) > 3 or not others else 0.7
        return Speaker(
            label=label, role=Role.CHAIR, confidence=sure, reasons=board.reasons(label, Role.CHAIR), talk_ms=talk_ms
        )
    roles = (Role.MEMBER, Role.AGENCY, Role.SECRETARIAT)
    scores = {role: board.score(label, role) for role in roles}
    best = max(roles, key=lambda role: scores[role])
    if scores[best] == 0:
        return Speaker(label=label, role=Role.OTHER, confidence=0.0, reasons=("手がかりがありません",), talk_ms=talk_ms)
    confidence = math.exp(scores[best]) / sum(math.exp(score) for score in scores.values())
    return Speaker(
        label=label, role=best, confidence=round(confidence, 3), reasons=board.reasons(label, best), talk_ms=talk_ms
    )

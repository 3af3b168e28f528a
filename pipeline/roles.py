"""Who is 会長, 委員, 実施機関 or 事務局: decided for all speakers of a meeting together.

In: turns labelled SPEAKER_00... and the meeting file. Out: one ``Speaker`` per label with role, name, confidence, reasons.

What somebody says, how he introduces himself and when he is present counts for himself; what the chair calls
(「○○委員、どうぞ」) counts for the next voice, so who the chair is decides what others are; and a question is answered by the
other side, so members and officials decide each other. Hence one score for an assignment of roles to all, and a search
for the best: each likely chair in turn, the others improved one by one until nothing gains (a dozen voices, four roles).
How much better the best assignment is than the same with another role for the speaker gives the confidence.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from pipeline.schema import Meeting, Seat, Speaker, Turn
from pipeline.structure import role_evidence
from pipeline.structure.board import Board
from pipeline.structure.role_evidence import Heard
from pipeline.terms import Role

ANSWERED = 0.6  # a member's question that an official answers next
SAME_SIDE = -0.3  # a question that one's own side "answers": members follow members
MOST = 3.0  # of both between two speakers, however often
LIKELY_CHAIRS = 4
NO_CHAIR = 3.0  # nats that a chair must be worth: nobody leads a recording that is too short
TOO_SURE = 2.0  # evidence is not independent: differences count this much less for the confidence
REASONS = 4
OFFICIALS = (Role.AGENCY, Role.SECRETARIAT)
OTHERS = (Role.MEMBER, Role.AGENCY, Role.SECRETARIAT)
Questions = dict[tuple[str, str], int]


@dataclass(frozen=True)
class Casting:
    """A role for every speaker, with the board that holds for its chair."""

    chair: str | None
    roles: dict[str, Role]
    board: Board
    questions: Questions

    @property
    def total(self) -> float:
        """Nats; only differences mean anything."""
        score = NO_CHAIR if self.chair is None else 0.0
        score += sum(self.board.score(label, role) for label, role in self.roles.items())
        for (asker, answerer), times in self.questions.items():
            worth = _worth(self.roles[asker], self.roles[answerer]) * times
            score += math.copysign(min(MOST, abs(worth)), worth)
        return score

    def changed(self, label: str, role: Role) -> Casting:
        return Casting(self.chair, {**self.roles, label: role}, self.board, self.questions)


def assign(turns: tuple[Turn, ...], meeting: Meeting, seats: tuple[Seat, ...] = ()) -> tuple[Speaker, ...]:
    """One ``Speaker`` per label that has a turn, in order of first appearance. ``seats``: what is known of the microphones."""
    heard = Heard.of(turns, meeting)
    own = role_evidence.own(heard)
    role_evidence.seats(seats, own)
    likely = sorted(heard.labels, key=lambda label: -own.score(label, Role.CHAIR))[:LIKELY_CHAIRS]
    castings = [_cast(heard, chair, own) for chair in (*likely, None)]
    castings.sort(key=lambda casting: -casting.total)
    best, rivals = castings[0], castings[1:]
    names = role_evidence.names(heard, best.chair) | {seat.speaker: seat.name for seat in seats if seat.name}
    return tuple(_speaker(label, best, rivals, turns, names.get(label)) for label in heard.labels)


def _worth(asker: Role, answerer: Role) -> float:
    if Role.CHAIR in (asker, answerer):
        return 0.0
    return ANSWERED if asker is Role.MEMBER and answerer in OFFICIALS else SAME_SIDE


def _cast(heard: Heard, chair: str | None, own: Board) -> Casting:
    """The best roles of the others under this chair: from everyone's own best, one change after the other."""
    board = own.copy()
    role_evidence.calls(heard, chair, board)
    questions = role_evidence.questions(heard, chair)
    roles = {label: max((board.score(label, role), role) for role in OTHERS)[1] for label in heard.labels}
    if chair:
        roles[chair] = Role.CHAIR
    casting = Casting(chair, roles, board, questions)
    while True:
        steps = [casting.changed(label, role) for label in heard.labels if label != chair for role in OTHERS]
        better = max(steps, key=lambda step: step.total, default=casting)
        if better.total <= casting.total + 1e-9:
            return casting
        casting = better


def _speaker(label: str, best: Casting, rivals: list[Casting], turns: tuple[Turn, ...], name: str | None) -> Speaker:
    role = best.roles[label]
    if label == best.chair:
        others = [rival.total for rival in rivals]
    else:
        others = [best.changed(label, other).total for other in OTHERS if other is not role]
    sure = 1 / (1 + sum(math.exp((total - best.total) / TOO_SURE) for total in others))
    reasons = best.board.reasons(label, role, REASONS)
    known = best.board.score(label, role) > 0
    return Speaker(
        label=label,
        role=role if known else Role.OTHER,
        name=name,
        confidence=round(sure, 3) if known else 0.0,
        reasons=reasons if known else ("役割の手がかりになる発言がありません",),
        talk_ms=sum(turn.duration_ms for turn in turns if turn.speaker == label),
    )

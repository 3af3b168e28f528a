"""Which part of the meeting is this: every sentence gets an agenda item and a phase, decided over the whole meeting.

In: turns, speakers with roles, the meeting file. Out: the turns, cut where a part begins in the middle of one, and the
sections that hold them. A Viterbi pass over (item x phase) states: a sentence pays for standing in a part where its
speaker's role does not belong; entering a part costs, unless somebody entitled announces it just there; the legal order
(説明 → 質疑 → 審議 → 答申審議, item after item) makes some steps dear but none impossible, because real chairs skip, go back
and handle items together.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby

from pipeline.japanese import cues, reading
from pipeline.japanese.sentences import bounds
from pipeline.schema import Meeting, Phase, Role, Section, Speaker, Turn

State = tuple[int | None, Phase]

ORDER = (Phase.EXPLANATION, Phase.QUESTIONS, Phase.DELIBERATION, Phase.REPORT_DELIBERATION)
EXPLAINERS = (Role.AGENCY, Role.SECRETARIAT)
# How well a role's sentence fits a phase, in nats per sentence (0 where nothing is said).
FIT: dict[Role, dict[Phase, float]] = {
    Role.AGENCY: {
        Phase.EXPLANATION: 0.8, Phase.QUESTIONS: 0.6, Phase.DELIBERATION: -1.5, Phase.REPORT_DELIBERATION: -1.2,
        Phase.OPENING: -1.0, Phase.CLOSING: -1.0,
    },
    Role.MEMBER: {
        Phase.EXPLANATION: -1.5, Phase.QUESTIONS: 0.3, Phase.DELIBERATION: 0.3, Phase.OPENING: -1.0, Phase.CLOSING: -0.8,
    },
    Role.SECRETARIAT: {
        Phase.OPENING: 0.7, Phase.CLOSING: 0.4, Phase.REPORT_DELIBERATION: 0.5, Phase.QUESTIONS: -0.2,
        Phase.DELIBERATION: -0.4,
    },
}  # fmt: skip
# What a sentence of a family is worth to the phase it announces; said by somebody not entitled, a third of it. Worth the
# same whether the phase begins or goes on: a bonus for beginning would be earned again and again by leaving and returning.
ANNOUNCES: dict[str, tuple[Phase, float, frozenset[Role]]] = {
    "opening": (Phase.OPENING, 3.0, frozenset({Role.SECRETARIAT, Role.CHAIR})),
    "item_start": (Phase.EXPLANATION, 5.0, frozenset({Role.CHAIR})),
    "explanation_call": (Phase.EXPLANATION, 3.0, frozenset({Role.CHAIR})),
    "explanation_own": (Phase.EXPLANATION, 1.0, frozenset({Role.AGENCY, Role.SECRETARIAT})),
    "questions_start": (Phase.QUESTIONS, 6.0, frozenset({Role.CHAIR})),
    "questions_end": (Phase.QUESTIONS, 1.5, frozenset({Role.CHAIR})),
    "deliberation_start": (Phase.DELIBERATION, 6.5, frozenset({Role.CHAIR})),
    "report_start": (Phase.REPORT_DELIBERATION, 7.0, frozenset({Role.CHAIR, Role.SECRETARIAT})),
    "proposal": (Phase.REPORT_DELIBERATION, 4.5, frozenset({Role.CHAIR})),
    "finding": (Phase.REPORT_DELIBERATION, 3.0, frozenset({Role.CHAIR})),
    "recess": (Phase.RECESS, 6.0, frozenset({Role.CHAIR, Role.SECRETARIAT})),
    "closing": (Phase.CLOSING, 4.0, frozenset({Role.CHAIR, Role.SECRETARIAT})),
}
CLEARLY = 0.25  # a family matched this much better than another is the one that was meant
ENTER = 5.0  # cost of any change of part
CALLED_UP = 3.0  # the next item is named and so begins: what chairs without formulas do
MONOLOGUE_MS, MONOLOGUE = 25_000, 0.6  # a long turn of the agency explains, a short one answers
UNENTITLED = 0.3
SKIP, BACK, LEAVE_END = 0.7, 4.0, 9.0
NAMED = 4.0  # the chair says an item's number or title
QUESTION_SHAPE, OPINION_SHAPE = 0.8, 0.5
TITLE_ALIKE = 78


@dataclass(frozen=True)
class _Unit:
    """A sentence: where it stands and what it says."""

    turn: Turn
    begin: int
    end: int
    text: str
    role: Role
    families: dict[str, float]
    announced: dict[Phase, float]
    items: frozenset[int]


def divide(
    turns: tuple[Turn, ...], speakers: tuple[Speaker, ...], meeting: Meeting
) -> tuple[tuple[Turn, ...], tuple[Section, ...]]:
    """Turns (renumbered where one was cut) and sections in time order, covering each turn once."""
    units = _units(turns, speakers, meeting)
    if not units:
        return turns, ()
    states = _courtesies_moved(units, _decode(units, _states(meeting)))
    pieces: list[tuple[State, Turn]] = []
    for (_, state), group in groupby(zip(units, states, strict=True), key=lambda pair: (pair[0].turn.id, pair[1])):
        said = [unit for unit, _ in group]
        pieces.append((state, _cut(said[0].turn, said[0].begin, said[-1].end)))
    numbered = [turn.model_copy(update={"id": f"t{n:04}"}) for n, (_, turn) in enumerate(pieces, start=1)]
    sections = []
    placed = zip((state for state, _ in pieces), numbered, strict=True)
    for state, members in groupby(placed, key=lambda pair: pair[0]):
        ids = tuple(turn.id for _, turn in members)
        sections.append(Section(item=state[0], phase=state[1], heading=state[1].value, turn_ids=ids))
    return tuple(numbered), tuple(sections)


def _units(turns: tuple[Turn, ...], speakers: tuple[Speaker, ...], meeting: Meeting) -> list[_Unit]:
    roles = {speaker.label: speaker.role for speaker in speakers}
    units = []
    for turn in turns:
        for begin, end in bounds(turn):
            text = "".join(word.text for word in turn.words[begin:end])
            role = roles.get(turn.speaker, Role.OTHER)
            families = cues.found(text)
            announced = _announced(families, role)
            units.append(_Unit(turn, begin, end, text, role, families, announced, _items_named(text, meeting)))
    return units


def _items_named(text: str, meeting: Meeting) -> frozenset[int]:
    """Agenda indices whose number or title is heard in ``text``."""
    from rapidfuzz import fuzz

    from pipeline.japanese import agenda
    found = set(agenda.named(text, meeting.agenda))
    sound = reading.kana(text)
    for i, item in enumerate(meeting.agenda):
        title = reading.kana(item.title)
        if len(title) >= 8 and len(sound) >= 0.7 * len(title) and fuzz.partial_ratio(title, sound) >= TITLE_ALIKE:
            found.add(i)
    return frozenset(found)


def _states(meeting: Meeting) -> list[State]:
    items: list[int | None] = list(range(len(meeting.agenda))) or [None]
    middle = [(item, phase) for item in items for phase in ORDER]
    return [(None, Phase.OPENING), *middle, (None, Phase.RECESS), (None, Phase.CLOSING)]


def _emission(unit: _Unit, state: State) -> float:
    item, phase = state
    worth = FIT.get(unit.role, {}).get(phase, 0.0) * min(1.0, len(unit.text) / 12) + unit.announced.get(phase, 0.0)
    if unit.role is Role.MEMBER:
        if phase is Phase.QUESTIONS and unit.text.rstrip("。？").endswith("か"):
            worth += QUESTION_SHAPE
        if phase is Phase.DELIBERATION and ("思います" in unit.text or "賛成" in unit.text):
            worth += OPINION_SHAPE
        if phase is Phase.REPORT_DELIBERATION and "assent" in unit.families:
            worth += QUESTION_SHAPE
    if unit.role is Role.CHAIR and len(unit.items) == 1 and item in unit.items:
        worth += NAMED
    if phase is Phase.EXPLANATION and unit.role in EXPLAINERS and unit.turn.duration_ms >= MONOLOGUE_MS:
        worth += MONOLOGUE
    return worth


def _announced(families: dict[str, float], role: Role) -> dict[Phase, float]:
    """What the sentence is worth to each phase that it may announce; clearly weaker matches do not count."""
    known = {name: strength for name, strength in families.items() if name in ANNOUNCES}
    best = max(known.values(), default=0.0)
    result: dict[Phase, float] = {}
    for name, strength in known.items():
        phase, points, entitled = ANNOUNCES[name]
        if strength >= best - CLEARLY:
            worth = points * strength * (1.0 if role in entitled else UNENTITLED)
            result[phase] = max(result.get(phase, 0.0), worth)
    return result


def _step(before: State, after: State, named: frozenset[int]) -> float:
    """What a change of part costs: how far it is from the usual order. ``named``: items heard in the first sentence."""
    (item, phase), (next_item, next_phase) = before, after
    if phase is Phase.CLOSING:
        return LEAVE_END
    if next_phase is Phase.OPENING:
        return ENTER + BACK * (1 if phase is Phase.RECESS else 3)
    if phase is Phase.RECESS or next_phase in (Phase.RECESS, Phase.CLOSING):
        return ENTER
    skipped = SKIP * ORDER.index(next_phase)
    if phase is Phase.OPENING:
        return ENTER + skipped + BACK * (next_item or 0)
    if next_item == item:
        ahead = ORDER.index(next_phase) - ORDER.index(phase)
        return ENTER + (SKIP * (ahead - 1) if ahead > 0 else BACK)
    gap = (next_item or 0) - (item or 0)
    unannounced = 0.0 if next_item in named or next_phase is Phase.EXPLANATION else BACK
    if gap == 1 and next_item in named and next_phase is Phase.EXPLANATION:
        return ENTER - CALLED_UP
    if gap > 0:
        return ENTER + skipped + unannounced + BACK * (gap - 1)
    # Backwards only for what is often done for all items at the end.
    return ENTER + unannounced + BACK * (1 if next_phase in ORDER[2:] else 2)


def _decode(units: list[_Unit], states: list[State]) -> list[State]:
    """The best path; its first state is the opening unless the first sentence says better."""
    scores = [(0.0 if state[1] is Phase.OPENING else -ENTER) + _emission(units[0], state) for state in states]
    back: list[list[int]] = []
    for unit in units[1:]:
        came, now = [], []
        for k, state in enumerate(states):
            best, best_score = k, scores[k]
            for j, other in enumerate(states):
                if j != k and (reached := scores[j] - _step(other, state, unit.items)) > best_score:
                    best, best_score = j, reached
            came.append(best)
            now.append(best_score + _emission(unit, state))
        back.append(came)
        scores = now
    path = [max(range(len(states)), key=lambda k: scores[k])]
    for came in reversed(back):
        path.append(came[path[-1]])
    return [states[k] for k in reversed(path)]


def _courtesies_moved(units: list[_Unit], states: list[State]) -> list[State]:
    """「ありがとうございました。」 before an announcement in the same turn goes with the announcement."""
    moved = list(states)
    for i in range(len(units) - 1, 0, -1):
        same_turn = units[i].turn.id == units[i - 1].turn.id
        if same_turn and moved[i] != moved[i - 1] and set(units[i - 1].families) == {"courtesy"}:
            moved[i - 1] = moved[i]
    return moved


def _cut(turn: Turn, begin: int, end: int) -> Turn:
    """The words ``[begin, end)`` of a turn as a turn of its own."""
    words = turn.words[begin:end]
    if len(words) == len(turn.words):
        return turn
    return turn.model_copy(
        update={
            "words": words,
            "spoken": "".join(word.text for word in words),
            "start_ms": words[0].start_ms,
            "end_ms": max(word.end_ms for word in words),
        }
    )

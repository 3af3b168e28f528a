"""What tells where the meeting stands: every sentence with what it announces, what it fits, which items it names.

In: turns, roles, the meeting file. Out: ``Unit``s in time order. Two kinds of evidence are kept apart, because they mean
different things: what a sentence *announces* counts once, when a part begins with it; what it *fits* counts wherever it
stands. Nats throughout; what the words themselves tell is data (``japanese/cues.toml``), what roles and turns tell is here.
"""

from __future__ import annotations

import itertools
import math
from collections import defaultdict

from pipeline.japanese import agenda, cues, people
from pipeline.japanese.sentences import bounds
from pipeline.schema import Meeting, Speaker, Turn
from pipeline.structure import section_rhythm
from pipeline.structure.section_units import OFFICIALS, Unit
from pipeline.terms import Phase, Role

UNENTITLED = 1 / 3  # of what an announcement is worth from somebody who does not chair: the voices may be mistaken
ALSO = 0.5  # of a second announcement of the same part, in the sentence or later in the turn
GONE_OVER = 3.0  # 「次に、諮問第6号、…」 without a formula
BARELY = 0.4  # of that, where the item is named by a single word
DECIDING = {"proposal", "finding", "so_be_it", "noted"}
PROGRAMME = 3  # parts announced in one sentence
CLEARLY = 0.7
WHOLE_CHARS = 12  # a shorter sentence counts in proportion
MENTIONED, OWN_ITEM = 0.3, 0.5  # a sentence names the item; its speaker belongs to the item's department
INTRODUCED_WITHIN = 3

# How a sentence fits a phase by who says it.
ROLE_FITS: dict[Role, dict[Phase, float]] = {
    Role.AGENCY: {
        Phase.OPENING: -1.0, Phase.EXPLANATION: 0.5, Phase.QUESTIONS: 0.5, Phase.DELIBERATION: -1.0,
        Phase.REPORT_DELIBERATION: -1.0, Phase.CLOSING: -1.0,
    },
    Role.MEMBER: {
        Phase.OPENING: -0.7, Phase.EXPLANATION: -0.7, Phase.QUESTIONS: 0.3, Phase.DELIBERATION: 0.3, Phase.CLOSING: -0.5,
    },
    Role.SECRETARIAT: {
        Phase.OPENING: 0.5, Phase.DELIBERATION: -0.2, Phase.REPORT_DELIBERATION: 0.3, Phase.CLOSING: 0.3,
    },
}  # fmt: skip
# The same by how the turn stands among others.
LONG_OFFICIAL = {Phase.EXPLANATION: 0.8, Phase.QUESTIONS: -0.3}
ANSWER = {Phase.QUESTIONS: 0.6, Phase.EXPLANATION: -0.6}  # an official after a member
ANSWERED = {Phase.QUESTIONS: 0.5, Phase.DELIBERATION: -0.4}  # a member before an official
AMONG_MEMBERS = {Phase.DELIBERATION: 0.5, Phase.QUESTIONS: -0.5}  # no official near: they have left
INVITED = {Phase.EXPLANATION: 0.5}  # a member to whom the chair gave the floor to explain
INVITED_CHARS = 60


def collect(turns: tuple[Turn, ...], speakers: tuple[Speaker, ...], meeting: Meeting) -> list[Unit]:
    """All sentences of the meeting."""
    roles = {speaker.label: speaker.role for speaker in speakers}
    homes = _homes(turns, roles, meeting)
    of_turns: list[list[Unit]] = []
    for turn in turns:
        role = roles.get(turn.speaker, Role.OTHER)
        mine = []
        for begin, end in bounds(turn):
            text = "".join(word.text for word in turn.words[begin:end])
            unit = Unit(turn, begin, end, text, role, cues.found(text), homes=homes.get(turn.speaker, frozenset()))
            unit.here = agenda.named(text, meeting.agenda)
            mine.append(unit)
        _announce(mine, meeting)
        of_turns.append(mine)
    section_rhythm.around_explanations(of_turns)
    section_rhythm.around_opinions(of_turns)
    for number, mine in enumerate(of_turns):
        earlier, later = section_rhythm.earlier, section_rhythm.later
        before, after = section_rhythm.partners(earlier(of_turns, number)), section_rhythm.partners(later(of_turns, number))
        chars = section_rhythm.speech_chars(of_turns, number)
        called = section_rhythm.explains(section_rhythm.speaking(earlier(of_turns, number)))
        invited = chars >= INVITED_CHARS and called
        for unit in mine:
            _fit(unit, before, after, chars, len(mine), invited)
    return [unit for mine in of_turns for unit in mine]


def handled_together(units: list[Unit]) -> frozenset[int]:
    """Items that the chair takes up with the one before them (一括)."""
    found: set[int] = set()
    for unit in units:
        if unit.role is Role.CHAIR and "joint" in unit.families:
            named = sorted(item for item, clear in {**unit.named, **unit.here}.items() if clear >= CLEARLY)
            found |= {item for before, item in itertools.pairwise(named) if item == before + 1}
    return frozenset(found)


def _announce(units: list[Unit], meeting: Meeting) -> None:
    """Within one turn, from its end: courtesies stand with what follows them, later announcements support earlier ones."""
    later: dict[Phase, float] = {}
    follows: dict[Phase, float] = {}
    named: dict[int, float] = {}
    worths_of = [_worths(unit, before, meeting) for before, unit in zip([None, *units], units, strict=False)]
    # 「…課にお入りいただきます。その間に○○委員」「ご意見を。○○委員、どうですか」: nobody asks yet
    if any(Phase.EXPLANATION in w or max(w.get(Phase.DELIBERATION, [0.0])) > section_rhythm.CALLED for w in worths_of):
        for worths in worths_of:
            worths.pop(Phase.QUESTIONS, None)
    for unit, worths in zip(reversed(units), reversed(worths_of), strict=True):
        if unit.is_courtesy:
            unit.announces.update(follows)
        else:
            follows = {}
            for phase, points in worths.items():
                first, *others = sorted(points, reverse=True)
                follows[phase] = first + ALSO * sum(others) + ALSO * later.get(phase, 0.0)
                later[phase] = max(later.get(phase, 0.0), first)
            unit.announces.update(follows)
        named = {i: max(named.get(i, 0.0), unit.here.get(i, 0.0)) for i in {*named, *unit.here}}
        unit.named = named


def _worths(unit: Unit, before: Unit | None, meeting: Meeting) -> dict[Phase, list[float]]:
    """What the sentence announces, by phase: cues that do, an item gone over to, and calls."""
    worths: defaultdict[Phase, list[float]] = defaultdict(list)
    for name, strength in unit.families.items():
        family = cues.families()[name]
        if family.begins is not None:
            entitled = _entitled(unit, family)
            if entitled == 1.0 or strength == 1.0:  # two doubts are no announcement
                worths[family.begins].append(family.worth * strength * entitled)
    several_items = sum(clear >= CLEARLY for clear in unit.here.values()) > 1 and "joint" not in unit.families
    # 「まず説明、それから質疑、審議と進めます」, 「本日は諮問第1号、第2号、…」: the programme of the day
    if len(worths) >= PROGRAMME or several_items:
        return {}
    if unit.role is Role.CHAIR:
        goes_over = "next" in unit.families or (before is not None and before.is_bare_next)
        goes_over &= unit.families.keys().isdisjoint(DECIDING)  # 「それでは諮問第8号は承認といたします」
        if goes_over and len(unit.here) == 1:
            worths[Phase.EXPLANATION].append(GONE_OVER * (BARELY + (1 - BARELY) * max(unit.here.values())))
        departments = tuple(item.department for item in meeting.agenda)
        if call := people.call(unit.text, departments):
            if call.called in departments:
                worths[Phase.EXPLANATION].append(section_rhythm.CALLED)
            elif call.roles.get(Role.MEMBER, 0.0) > 1 and not worths:
                worths[Phase.QUESTIONS].append(section_rhythm.CALLED)
    return worths


def _entitled(unit: Unit, family: cues.Family) -> float:
    return 1.0 if not family.by or unit.role in family.by or unit.role is Role.OTHER else UNENTITLED


def _fit(unit: Unit, before: list[Role], after: list[Role], speech_chars: int, sentences: int, invited: bool) -> None:
    if unit.is_courtesy:
        return
    # who speaks is one observation however long he does: ten sentences tell three times what one does, not ten times
    weight = min(1.0, len(unit.text) / WHOLE_CHARS) / math.sqrt(sentences)
    kinds = [INVITED if invited and unit.role is Role.MEMBER else ROLE_FITS.get(unit.role, {})]
    if unit.role in OFFICIALS:
        kinds += [ANSWER] if before[:1] == [Role.MEMBER] else []
        kinds += [LONG_OFFICIAL] if speech_chars >= section_rhythm.LONG_CHARS else []
    if unit.role is Role.MEMBER and not invited:
        kinds += [ANSWERED] if after and after[0] in OFFICIALS else []
        kinds += [AMONG_MEMBERS] if (before or after) and not {*before, *after} & {*OFFICIALS} else []
    for kind in kinds:
        for phase, worth in kind.items():
            unit.fits[phase] += worth * weight
    for name, strength in unit.families.items():
        family = cues.families()[name]
        for phase, worth in family.within.items():
            unit.fits[phase] += worth * strength * _entitled(unit, family)
    if len(unit.here) > 1:  # all items in one breath: the programme of the day, or its end
        unit.fits[Phase.OPENING] += 1.0


def _homes(turns: tuple[Turn, ...], roles: dict[str, Role], meeting: Meeting) -> dict[str, frozenset[int]]:
    """The items of the department that an official has named as his own."""
    homes: dict[str, frozenset[int]] = {}
    for turn in turns:
        if roles.get(turn.speaker) is Role.AGENCY and turn.speaker not in homes:
            for begin, end in bounds(turn)[:INTRODUCED_WITHIN]:
                said = people.introduction("".join(word.text for word in turn.words[begin:end]))
                if said and (items := agenda.named(said.post, meeting.agenda)):
                    homes[turn.speaker] = frozenset(items)
    return homes

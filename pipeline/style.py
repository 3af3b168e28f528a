"""整文: from speech to the city's written register, every change on record.

In: turns with their parts, and the layout. Out: the same turns with ``written``, ``changes`` and ``printed`` filled in;
``spoken`` is never touched. Rules are deterministic, named, ordered, and can be switched off by name in the layout. A
change is a stretch of ``spoken`` and what was written for it, so replaying the changes over ``spoken`` gives ``written``
exactly, and each can be shown or undone alone. What no rule covers stays as spoken, with a flag.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from pipeline.errors import SettingsError
from pipeline.japanese import chains, cleaning, dearu, morphemes, wording
from pipeline.japanese.dearu import Untouched
from pipeline.japanese.morphemes import Talk
from pipeline.layouts import Layout, Register
from pipeline.schema import Change, Flag, Section, Speaker, Turn
from pipeline.terms import UNDECIDED, FlagKind, Phase, Role

FAILED_TEXT = "〔この区間は文字起こしできませんでした〕"
_QUOTED = re.compile(r"「[^」]*」|『[^』]*』")
# a 答申 read out keeps its own words, whatever they end in; only the reader's fillers go
_READ_OUT = re.compile(
    r"(?:読み上げ|朗読)(?:いた|させていただ|して)?[しきい]?ます。(?P<text>.+?)(?=以上(?:です|でござい|であり|が)|$)",
    re.DOTALL,
)
_SAYS_SOMETHING = re.compile(r"\w")

Rule = Callable[[Talk], Iterable[Change | Untouched]]


def _endings(talk: Talk) -> Iterator[Change | Untouched]:
    for found in dearu.plain(talk.morphs, talk.questioner):
        if isinstance(found, Untouched):
            yield found
            continue
        start, end = talk.morphs[found.first].begin, talk.morphs[found.last].end
        if talk.text[start:end] != found.text:
            yield Change(rule=found.rule, start=start, end=end, before=talk.text[start:end], after=found.text)


# In this order: a later rule never touches what an earlier one changed. The names are those of ``rules_off`` and ``rules_on`` in a layout.
CLEANING: dict[str, Rule] = {
    "言い直し": cleaning.restarts,  # first: what is taken back may have a filler in it
    "フィラー": cleaning.fillers,
    "間投の「ですね」": cleaning.interjections,
}
POLITE: dict[str, Rule] = {
    "相づち": cleaning.responses,
    **CLEANING,
    "縮約": wording.contracted,
    "長い文の分割": chains.polite,
    "読点→句点": wording.full_stops,
    "い抜き・ら抜き": wording.full_forms,
    "話し言葉の文末": wording.spoken_ends,
}
PLAIN: dict[str, Rule] = {
    "お礼・あいさつ": cleaning.courtesies,
    "名乗り": cleaning.introductions,
    "前置き": cleaning.prefaces,
    "相づち": cleaning.responses,
    **CLEANING,
    "謙譲語": wording.humble,
    "縮約": wording.contracted,
    "依頼": wording.requests,
    "けど→が": wording.contrasts,
    "長い文の分割": chains.plain,
    "常体": _endings,
    "読点→句点": wording.full_stops,
    "い抜き・ら抜き": wording.full_forms,
}
ON_REQUEST: dict[str, Rule] = {"口癖": cleaning.habits}  # words that mean something as often as not
NAMES = tuple(dict.fromkeys((*PLAIN, *POLITE, *ON_REQUEST)))
RULES: dict[Register, dict[str, Rule]] = {
    Register.VERBATIM: {},
    Register.CLEAN: CLEANING,
    Register.POLITE: POLITE,
    Register.DEARU: PLAIN,
}


def rewrite(
    turns: tuple[Turn, ...], speakers: tuple[Speaker, ...], sections: tuple[Section, ...], layout: Layout
) -> tuple[Turn, ...]:
    """Fill in ``written``, ``changes``, ``printed`` and flags of style. Raises SettingsError for an unknown rule name."""
    who = {speaker.label: speaker for speaker in speakers}
    phases = {turn_id: section.phase for section in sections for turn_id in section.turn_ids}
    rules = chosen(layout.register, layout.rules_off, layout.rules_on)
    return tuple(_rewritten(turn, who[turn.speaker], phases[turn.id], rules, layout) for turn in turns)


def chosen(register: Register, off: Iterable[str] = (), on: Iterable[str] = ()) -> list[Rule]:
    """The rules of a register without those switched off, after those asked for. Raises SettingsError for an unknown name."""
    if unknown := [name for name in (*off, *on) if name not in NAMES]:
        raise SettingsError(f"知らない整文の規則です: {unknown[0]}", f"使える名前: {'、'.join(NAMES)}")
    asked = {name: rule for name, rule in ON_REQUEST.items() if name in on and register is not Register.VERBATIM}
    return [rule for name, rule in {**asked, **RULES[register]}.items() if name not in off]


def changed(spoken: str, rules: Iterable[Rule], questioner: bool = False, name: str = "") -> tuple[list[Change], list[str]]:
    """Changes in order and apart, and what stays polite or spoken though a rule looked at it."""
    talk = Talk(spoken, morphemes.of(spoken), questioner, name)
    taken = [match.span() for match in _QUOTED.finditer(spoken)]  # quotations stay as they were read out
    read_out = [match.span("text") for match in _READ_OUT.finditer(spoken)]
    changes: list[Change] = []
    left: list[tuple[int, int]] = []
    for rule in rules:
        kept = [] if rule in CLEANING.values() else read_out
        for found in rule(talk):
            if isinstance(found, Untouched):
                left.append((talk.morphs[found.first].begin, talk.morphs[found.last].end))
            elif _apart((found.start, found.end), taken) and _apart((found.start, found.end), kept):
                changes.append(found)
                taken.append((found.start, found.end))
    uncovered = [spoken[start:end] for start, end in left if _apart((start, end), [*taken, *read_out])]
    return sorted(changes, key=lambda change: change.start), uncovered


def applied(spoken: str, changes: Iterable[Change]) -> str:
    """``spoken`` with the changes carried out; they must be in order and apart."""
    parts, at = [], 0
    for change in changes:
        parts += [spoken[at : change.start], change.after]
        at = change.end
    return "".join([*parts, spoken[at:]])


def _rewritten(turn: Turn, speaker: Speaker, phase: Phase, rules: list[Rule], layout: Layout) -> Turn:
    end = len(turn.spoken)
    if any(flag.kind is FlagKind.FAILED for flag in turn.flags):
        note = Change(rule="文字起こしの失敗", start=end, end=end, before="", after=FAILED_TEXT)
        return turn.model_copy(update={"written": applied(turn.spoken, [note]), "changes": (note,), "printed": True})
    changes, uncovered = changed(
        turn.spoken, rules, speaker.role is Role.MEMBER and phase is Phase.QUESTIONS, speaker.name or ""
    )
    says_something = bool(_SAYS_SOMETHING.search(applied(turn.spoken, changes)))
    if any(flag.kind is FlagKind.INVENTED for flag in turn.flags):  # perhaps nobody said this: visible, never silently gone
        changes.append(Change(rule="声のない区間", start=end, end=end, before="", after=UNDECIDED))
    flags = turn.flags
    if uncovered:
        words = "」「".join(dict.fromkeys(uncovered))
        flags += (Flag(kind=FlagKind.STYLE, reason=f"「{words}」は話し言葉のままです。"),)
    return turn.model_copy(
        update={
            "written": applied(turn.spoken, changes),
            "changes": tuple(changes),
            "printed": layout.prints(speaker.role, phase) and says_something,
            "flags": flags,
        }
    )


def _apart(span: tuple[int, int], taken: list[tuple[int, int]]) -> bool:
    return all(span[1] <= begin or end <= span[0] for begin, end in taken)

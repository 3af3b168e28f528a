"""What tells the role of a speaker: every kind of evidence, collected on a ``Board``.

In: the meeting as it was heard. Out: entries on the board, and names. Two passes, because calls count only when it is
known who leads: ``own`` is what a speaker tells by himself, ``calls`` what the chair makes of the next voice.
"""

from __future__ import annotations

import itertools
from collections import Counter
from dataclasses import dataclass

from pipeline.japanese import cues, people, reading
from pipeline.japanese.sentences import texts
from pipeline.schema import Attendee, Meeting, Seat, Turn
from pipeline.structure.board import Board
from pipeline.terms import Role

IN_LIST, LABELLED = 4.0, 2.0  # attendee list; a role word in a label of a foreign transcript (times what the word tells)
AT_SEAT = 12.0  # the meeting file gives the microphone to a role: words alone do not outweigh that
BY_DEPARTMENT = 2.5  # the department of an agenda item, or the secretariat's own
ASKED_TO_EXPLAIN, FLOOR_OPENED = 1.5, 0.8  # the next voice after the chair asks for an explanation, or for questions
OPENS_HIMSELF = 1.5  # the first to speak opens the meeting and hands it to nobody
BY_REMARK_CHARS = 60  # 「では、事務局」 between a question and its answer
FLOOR_IS_OPEN = {"questions_start", "floor_open", "deliberation_start", "anyone_else"}
CALLED_IN_LIST = 2.0  # the chair calls somebody on the attendee list: the next voice may still be another
NAME_ONLY = 0.6  # 「江頭です」: members say their names before they ask
CALLED_BY_OTHERS = 0.2  # of what a call by the chair is worth: members say 「事務局」 to any official
INTRODUCED_WITHIN = 3  # sentences from the beginning of a turn
MONOLOGUE_CHARS = 150  # half a minute without a break explains something ...
MONOLOGUE, LATER_MONOLOGUE = 1.0, 0.4  # ... above all as somebody's first words
LONG_QUESTION = 0.8  # ... unless he asks or says what he thinks: members of real councils talk as long as officials
FORMULA_CHARS = (
    60  # the words of who leads or attends stand in short sentences; in a longer one they are words like any others
)
WORDS_CHARS = 15
FIRST_TO_SPEAK = 0.7
HUB = 2.0  # the chair talks with everybody: times the share of the others that a speaker is next to
HUB_OF = 4  # speakers at least
NOMINATES, NOMINATES_OFFICE = 1.0, 0.4  # calls somebody by name, or an office, and another voice follows
GETS_HANDOVER, OPENING_TURNS = 2.0, 8  # speaks after the last words of who opened
AROUND_MONOLOGUE = 0.7  # speaks just before or after a long explanation by somebody else
VISITING, STAYING = 0.8, 0.4  # heard in one stretch of a meeting with several items, or all along it
VISIT_SHARE, STAY_SHARE, VISIT_TURNS = 0.45, 0.6, 2
CALLS_FOR_NAME = 2  # a name that only others say counts when they say it twice


@dataclass(frozen=True)
class Heard:
    """The meeting as this stage sees it: turns with their sentences, and who there is."""

    turns: tuple[Turn, ...]
    sentences: tuple[list[str], ...]
    labels: tuple[str, ...]
    meeting: Meeting

    @classmethod
    def of(cls, turns: tuple[Turn, ...], meeting: Meeting) -> Heard:
        labels = tuple(dict.fromkeys(turn.speaker for turn in turns))
        return cls(turns, tuple(texts(turn) for turn in turns), labels, meeting)


def own(heard: Heard) -> Board:
    """Labels, words, introductions and presence."""
    board = Board()
    for label in heard.labels:
        _label(label, heard.meeting, board)
    for turn, sentences in zip(heard.turns, heard.sentences, strict=True):
        for sentence in sentences:
            _words(turn, sentence, board)
        for sentence in sentences[:INTRODUCED_WITHIN]:
            _introduction(turn, sentence, heard.meeting, board)
    _presence(heard, board)
    _leads(heard, board)
    return board


def calls(heard: Heard, chair: str | None, board: Board) -> None:
    """The last sentences of a turn call the next voice."""
    as_listed: dict[str, Counter[str]] = {}
    for before, turn, call in _called(heard):
        if turn.speaker == chair:
            continue
        by_chair = before.speaker == chair
        reason = f"{'会長に' if by_chair else ''}「{call.called}」と呼ばれた直後の発言({turn.id})"
        for role, points in (_of_department(call.called, heard.meeting) or call.roles).items():
            board.add(turn.speaker, role, "called", points * (1.0 if by_chair else CALLED_BY_OTHERS), reason)
        for attendee in heard.meeting.attendees if by_chair and call.name else ():
            if call.name in (_surname(attendee), *attendee.aliases):
                as_listed.setdefault(attendee.name, Counter())[turn.speaker] += 1
    _turns_given(heard, chair, board)
    for attendee in heard.meeting.attendees:
        if votes := as_listed.get(attendee.name):  # others who spoke after a call interrupted
            label, times = votes.most_common(1)[0]
            reason = f"名簿の{attendee.name}として{times}回呼ばれた"
            board.add(label, attendee.role, "attendee", CALLED_IN_LIST, reason)


def _turns_given(heard: Heard, chair: str | None, board: Board) -> None:
    """Who speaks after the chair asked for an explanation explains; who speaks after he asked for questions is a member."""
    for before, sentences, turn in zip(heard.turns, heard.sentences, heard.turns[1:], strict=False):
        if before.speaker != chair or turn.speaker == chair:
            continue
        said = {name for sentence in sentences[-2:] for name in cues.found(sentence)}
        if "takeover" in said:
            continue
        if "explanation_call" in said:
            reason = f"会長が説明を求めた直後の発言({turn.id})"
            board.add(turn.speaker, Role.AGENCY, "asked_to_explain", ASKED_TO_EXPLAIN, reason)
            board.add(turn.speaker, Role.SECRETARIAT, "asked_to_explain", ASKED_TO_EXPLAIN, reason)
        elif said & FLOOR_IS_OPEN:
            board.add(turn.speaker, Role.MEMBER, "floor_opened", FLOOR_OPENED, f"会長が発言を募った直後の発言({turn.id})")


def seats(known: tuple[Seat, ...], board: Board) -> None:
    """Who sits at the microphone, as the meeting file says."""
    for seat in known:
        if seat.role is not None:
            place = f"「{seat.place}」の" if seat.place else ""
            board.add(seat.speaker, seat.role, "seat", AT_SEAT, f"会議ファイルで{place}マイクに決められた役割です")


def questions(heard: Heard, chair: str | None) -> dict[tuple[str, str], int]:
    """How often a turn that ends as a question is followed by whom, the chair's 「では、事務局」 between the two left out."""
    found: Counter[tuple[str, str]] = Counter()
    said = list(zip(heard.turns, heard.sentences, strict=True))
    for i, ((before, sentences), after) in enumerate(itertools.pairwise(said)):
        if before.speaker == chair or "question" not in cues.found(sentences[-1]):
            continue
        turn, remark = after
        if (
            turn.speaker == chair
            and i + 2 < len(said)
            and len(turn.spoken) <= BY_REMARK_CHARS
            and not _opens_the_floor(remark)
        ):
            turn = said[i + 2][0]
        if turn.speaker != before.speaker:
            found[before.speaker, turn.speaker] += 1
    return found


def _opens_the_floor(sentences: list[str]) -> bool:
    return any(cues.found(sentence).keys() & FLOOR_IS_OPEN for sentence in sentences)


def leading_turns(heard: Heard) -> dict[str, list[int]]:
    """Of each speaker the turns that hold words of somebody who chairs."""
    led: dict[str, list[int]] = {}
    for i, (turn, sentences) in enumerate(zip(heard.turns, heard.sentences, strict=True)):
        families = {name for sentence in sentences if len(sentence) <= FORMULA_CHARS for name in cues.found(sentence)}
        if any(cues.families()[name].roles.get(Role.CHAIR, 0.0) >= 1.0 for name in families):
            led.setdefault(turn.speaker, []).append(i)
    return led


def names(heard: Heard, chair: str | None) -> dict[str, str]:
    """The surname of each speaker that has a safe one; the full name where the attendee list has it."""
    votes: dict[str, Counter[str]] = {label: Counter() for label in heard.labels}
    for turn, sentences in zip(heard.turns, heard.sentences, strict=True):
        for sentence in sentences[:INTRODUCED_WITHIN]:
            said = people.introduction(sentence)
            if said and said.name:
                votes[turn.speaker][said.name] += CALLS_FOR_NAME
    for before, turn, call in _called(heard):
        if call.name and before.speaker == chair:
            votes[turn.speaker][call.name] += 1
    safe = {label: found.most_common(1)[0] for label, found in votes.items() if found}
    most: dict[str, int] = {}
    for name, count in safe.values():
        most[name] = max(most.get(name, 0), count)
    listed = {attendee.name.split()[0]: attendee.name for attendee in heard.meeting.attendees}
    return {
        label: listed.get(name, name)
        for label, (name, count) in safe.items()
        if count >= CALLS_FOR_NAME and count == most[name]
    }


def _called(heard: Heard) -> list[tuple[Turn, Turn, people.Call]]:
    departments = tuple(item.department for item in heard.meeting.agenda)
    result = []
    for before, sentences, turn in zip(heard.turns, heard.sentences, heard.turns[1:], strict=False):
        if before.speaker != turn.speaker:
            found = (people.call(sentence, departments) for sentence in reversed(sentences[-2:]))
            if call := next(filter(None, found), None):
                result.append((before, turn, call))
    return result


def _label(label: str, meeting: Meeting, board: Board) -> None:
    """Labels of transcripts made elsewhere are often names (「佐藤会長」), or those of the attendee list."""
    for attendee in meeting.attendees:
        if any(name and name in label for name in (_surname(attendee), *attendee.aliases)):
            board.add(label, attendee.role, "attendee", IN_LIST, "出席者の名簿にある名前です")
    for role, points in people.post(label).items():
        board.add(label, role, "label", LABELLED * points, "文字起こしの話者名によります")


def _words(turn: Turn, sentence: str, board: Board) -> None:
    for name, strength in cues.found(sentence).items():
        family = cues.families()[name]
        is_formula = max(family.roles, key=family.roles.__getitem__, default=None) in (Role.CHAIR, Role.SECRETARIAT)
        brevity = min(1.0, FORMULA_CHARS / len(sentence)) if is_formula else 1.0
        for role, points in family.roles.items():
            board.add(turn.speaker, role, name, points * strength * brevity, f"{family.says}({turn.id})")


def _introduction(turn: Turn, sentence: str, meeting: Meeting, board: Board) -> None:
    said = people.introduction(sentence)
    if said is None:
        return
    reason = f"「{said.post}{said.name or ''}」と名乗った({turn.id})"
    # whose department it is tells more than the post: 課長 are found on both sides
    for role, points in (_of_department(said.post, meeting) or said.roles).items():
        board.add(turn.speaker, role, "introduced", points, reason)
    if not said.post:
        board.add(turn.speaker, Role.MEMBER, "named", NAME_ONLY, f"名前だけを名乗った({turn.id})")
    for attendee in meeting.attendees:
        if said.name and said.name in (_surname(attendee), *attendee.aliases):
            board.add(turn.speaker, attendee.role, "attendee", IN_LIST, f"名簿の{attendee.name}と名乗った({turn.id})")


def _surname(attendee: Attendee) -> str:
    return attendee.name.split()[0] if attendee.name.split() else ""


def _of_department(words: str, meeting: Meeting) -> dict[Role, float]:
    """Whose department is named: the secretariat's own goes before an item's, it may have items of its own."""
    sound = reading.kana(words)
    own_department = meeting.department.split()
    if own_department and reading.kana(own_department[-1]) in sound:
        return {Role.SECRETARIAT: BY_DEPARTMENT}
    if any(item.department and reading.kana(item.department) in sound for item in meeting.agenda):
        return {Role.AGENCY: BY_DEPARTMENT}
    return {}


def _presence(heard: Heard, board: Board) -> None:
    """How, when and next to whom somebody is heard, whatever the words."""
    turns = heard.turns
    if turns:
        board.add(turns[0].speaker, Role.SECRETARIAT, "first", FIRST_TO_SPEAK, f"最初の発言({turns[0].id})")
        _opens(heard, board)
    neighbours: dict[str, set[str]] = {label: set() for label in heard.labels}
    for before, turn in itertools.pairwise(turns):
        if before.speaker != turn.speaker:
            neighbours[before.speaker].add(turn.speaker)
            neighbours[turn.speaker].add(before.speaker)
    first_words = {turn.speaker: turn.id for turn in reversed(turns) if len(turn.spoken) >= WORDS_CHARS}
    for turn, sentences in zip(turns, heard.sentences, strict=True):
        if len(turn.spoken) < MONOLOGUE_CHARS:
            continue
        if _asks(sentences):
            board.add(turn.speaker, Role.MEMBER, "long_question", LONG_QUESTION, f"長い質問や意見({turn.id})")
        else:
            reason = f"続けて長く話した({turn.id})"
            worth = MONOLOGUE if turn.id == first_words[turn.speaker] else LATER_MONOLOGUE
            board.add(turn.speaker, Role.AGENCY, "monologue", worth, reason)
            board.add(turn.speaker, Role.SECRETARIAT, "monologue", worth / 2, reason)
    for label in heard.labels:
        if len(heard.labels) >= HUB_OF:
            share = len(neighbours[label]) / (len(heard.labels) - 1)
            board.add(label, Role.CHAIR, "hub", HUB * share, f"{len(neighbours[label])}人の前後で話した")
        _stay(label, heard, board)


def _opens(heard: Heard, board: Board) -> None:
    """A chair may open the meeting: then nobody takes it over."""
    first = heard.turns[0]
    said = {
        name
        for turn, sentences in zip(heard.turns[:OPENING_TURNS], heard.sentences, strict=False)
        if turn.speaker == first.speaker
        for sentence in sentences
        for name in cues.found(sentence)
    }
    if "opening" in said and "handover" not in said:
        board.add(first.speaker, Role.CHAIR, "opens", OPENS_HIMSELF, f"自ら会議を開いた({first.id})")


def _asks(sentences: list[str]) -> bool:
    """Whether a long speech asks or wishes: at its end, or more than here and there."""
    asking = [bool(cues.found(sentence).keys() & {"question", "member_own"}) for sentence in sentences]
    return any(asking[-2:]) or 4 * sum(asking) >= len(asking)


def _leads(heard: Heard, board: Board) -> None:
    """Who gives others the floor, whatever the words."""
    for before, _, call in _called(heard):
        worth = NOMINATES if call.name else NOMINATES_OFFICE
        board.add(before.speaker, Role.CHAIR, "nominates", worth, f"「{call.called}」に発言を促した({before.id})")
    turns = heard.turns
    for i, (before, turn) in enumerate(itertools.pairwise(turns)):
        if before.speaker == turn.speaker:
            continue
        if len(turn.spoken) >= MONOLOGUE_CHARS > len(before.spoken):
            reason = f"長い説明の直前に話した({before.id})"
            board.add(before.speaker, Role.CHAIR, "before_monologue", AROUND_MONOLOGUE, reason)
        if len(before.spoken) >= MONOLOGUE_CHARS > len(turn.spoken):
            board.add(turn.speaker, Role.CHAIR, "after_monologue", AROUND_MONOLOGUE, f"長い説明の直後に話した({turn.id})")
        first = before.speaker == turns[0].speaker and i < OPENING_TURNS
        if first and turn.speaker not in {t.speaker for t in turns[: i + 1]}:
            board.add(turn.speaker, Role.CHAIR, "handover", GETS_HANDOVER, f"開会の言葉に続けて話した({turn.id})")


def _stay(label: str, heard: Heard, board: Board) -> None:
    """Officials of one item come and go, members sit through all of them."""
    at = [i for i, turn in enumerate(heard.turns) if turn.speaker == label]
    if len(heard.meeting.agenda) < 2 or len(at) < VISIT_TURNS:
        return
    share = (at[-1] - at[0]) / len(heard.turns)
    if share <= VISIT_SHARE:
        board.add(label, Role.AGENCY, "visit", VISITING, "会議の一部だけで話した")
    elif share >= STAY_SHARE:
        board.add(label, Role.MEMBER, "stay", STAYING, "会議を通して話した")
        board.add(label, Role.SECRETARIAT, "stay", STAYING, "会議を通して話した")

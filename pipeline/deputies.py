"""A 副会長 or 職務代理 who leads an item in the chair's place: the same voice, for that while another role.

In: turns, speakers with roles, the meeting. Out: the same, where the turns of such a while have a label of their own with
the role 会長. Labels are not people there: a layout that leaves out the chair's words must not leave out what the same person
says as a 委員 before and after.
"""

from __future__ import annotations

from pipeline.japanese import cues
from pipeline.japanese.sentences import texts
from pipeline.schema import Meeting, Speaker, Turn
from pipeline.structure import role_evidence
from pipeline.structure.role_evidence import Heard
from pipeline.terms import Role

LEAST_TURNS = 2  # with words of somebody who chairs, and none of the chair's between them
BEFORE = 4  # turns in which somebody says that the chair is taken over
REMARK_CHARS = 15  # the chair's 「はい」 from the audience ends nothing
SUFFIX = "(会長代理)"
REASON = "会長が話さない間、議事を進めた"


def apart(
    turns: tuple[Turn, ...], speakers: tuple[Speaker, ...], meeting: Meeting
) -> tuple[tuple[Turn, ...], tuple[Speaker, ...]]:
    """Nothing changes where nobody but the chair leads, or where there is no chair."""
    chairs = {speaker.label for speaker in speakers if speaker.role is Role.CHAIR}
    if not chairs:
        return turns, speakers
    led = role_evidence.leading_turns(Heard.of(turns, meeting))
    relabelled: dict[int, str] = {}
    deputies: list[Speaker] = []
    for speaker in speakers:
        if speaker.role in (Role.CHAIR, Role.SECRETARIAT):  # who opens and closes also says what a chair says
            continue
        for begin, end in _whiles(led.get(speaker.label, []), turns, chairs):
            if not any(_hands_over(turn) for turn in turns[max(0, begin - BEFORE) : begin + 1]):
                continue
            mine = [i for i in range(begin, end + 1) if turns[i].speaker == speaker.label]
            relabelled |= dict.fromkeys(mine, speaker.label + SUFFIX)
        talk_ms = sum(turns[i].duration_ms for i, label in relabelled.items() if label == speaker.label + SUFFIX)
        if talk_ms:
            deputies.append(
                speaker.model_copy(
                    update={
                        "label": speaker.label + SUFFIX,
                        "role": Role.CHAIR,
                        "reasons": (REASON,),
                        "talk_ms": talk_ms,
                    }
                )
            )
    if not deputies:
        return turns, speakers
    turns = tuple(
        turn.model_copy(update={"speaker": relabelled[i]}) if i in relabelled else turn for i, turn in enumerate(turns)
    )
    present = {turn.speaker for turn in turns}
    rest = [
        speaker.model_copy(update={"talk_ms": sum(t.duration_ms for t in turns if t.speaker == speaker.label)})
        for speaker in speakers
        if speaker.label in present
    ]
    return turns, (*rest, *deputies)


def _whiles(led: list[int], turns: tuple[Turn, ...], chairs: set[str]) -> list[tuple[int, int]]:
    """First and last turn of each while in which the speaker leads and the chair says nothing."""
    groups: list[list[int]] = []
    for i in led:
        if groups and not _chair_speaks(turns[groups[-1][-1] : i], chairs):
            groups[-1].append(i)
        else:
            groups.append([i])
    return [(group[0], group[-1]) for group in groups if len(group) >= LEAST_TURNS]


def _hands_over(turn: Turn) -> bool:
    return any("takeover" in cues.found(sentence) for sentence in texts(turn))


def _chair_speaks(turns: tuple[Turn, ...], chairs: set[str]) -> bool:
    return any(turn.speaker in chairs and len(turn.spoken) >= REMARK_CHARS for turn in turns)

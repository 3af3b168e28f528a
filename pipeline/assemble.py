"""The last look: everything that was found becomes one draft, with what its reader must be told.

In: the results of all stages. Out: a ``Draft``, whose laws are checked on creation. Warnings are gathered here, because
only here is it known what is missing: no speech, no agenda, uncertain roles, results that nobody was heard to decide.

What the recogniser invented where nobody spoke (the evidence is in its flag) stays in the draft and is not printed; the
warning says where to listen.
"""

from __future__ import annotations

from pipeline import shown
from pipeline.schema import Decision, Draft, Flag, Meeting, Provenance, Recording, Section, Speaker, Turn, Warn
from pipeline.terms import FlagKind

NAMED_PLACES = 5  # of what was left out; the flags in the draft name all


def draft(
    recording: Recording,
    meeting: Meeting,
    speakers: tuple[Speaker, ...],
    turns: tuple[Turn, ...],
    sections: tuple[Section, ...],
    decisions: tuple[Decision, ...],
    warnings: tuple[Warn, ...],
    provenance: Provenance,
) -> Draft:
    """A lawful draft; every agenda item has exactly one decision, None where nothing was heard."""
    unsure = {s.label: s for s in speakers if not s.is_sure}
    heard = {decision.item: decision for decision in decisions}
    results = tuple(heard.get(i, Decision(item=i, result=None)) for i in range(len(meeting.agenda)))
    told = dict.fromkeys((*warnings, *_found(meeting, turns, sections, unsure, results)))
    return Draft(
        meeting=meeting,
        recording=recording,
        speakers=speakers,
        turns=tuple(_flagged(turn, unsure) for turn in turns),
        sections=sections,
        decisions=results,
        warnings=tuple(told),
        provenance=provenance,
    )


def _flagged(turn: Turn, unsure: dict[str, Speaker]) -> Turn:
    if turn.is_invented:
        return turn.model_copy(update={"printed": False})
    if turn.speaker not in unsure:
        return turn
    speaker = unsure[turn.speaker]
    flag = Flag(
        kind=FlagKind.ROLE, reason=f"役割が確かではありません({speaker.role.value}、確かさ {speaker.confidence:.0%})。"
    )
    return turn.model_copy(update={"flags": (*turn.flags, flag)})


def _found(
    meeting: Meeting,
    turns: tuple[Turn, ...],
    sections: tuple[Section, ...],
    unsure: dict[str, Speaker],
    results: tuple[Decision, ...],
) -> list[Warn]:
    failed = any(flag.kind is FlagKind.FAILED for turn in turns for flag in turn.flags)
    invented = [turn for turn in turns if turn.is_invented]
    if not failed and not any(turn.spoken for turn in turns if not turn.is_invented):
        return [
            Warn(
                code="no-speech",
                message="発言が見つかりませんでした。録音の音量と、マイクが入っていたかを確かめてください。",
            ),
            *_left_out(invented),
        ]
    found: list[Warn] = []
    if not meeting.agenda:
        found.append(
            Warn(
                code="no-agenda",
                message="次第がないため、議題ごとに分けていません。会議ファイルに [[agenda]] を書いてもう一度実行すると分かれます。",
            )
        )
    if unsure:
        labels = "、".join(sorted(unsure))
        found.append(Warn(code="unsure-role", message=f"役割を確かめてください: {labels}"))
    spoken_of = {section.item for section in sections}
    for decision in results:
        label = meeting.agenda[decision.item].label
        if decision.item not in spoken_of:
            found.append(
                Warn(
                    code="no-section",
                    message=f"{label}を話し合った所が見つかりませんでした。会議ファイルの番号と件名を確かめてください。",
                )
            )
        elif decision.result is None:
            found.append(
                Warn(code="no-decision", message=f"{label}の結果は録音から聞き取れませんでした。確かめてください。")
            )
    return [*found, *_left_out(invented)]


def _left_out(invented: list[Turn]) -> list[Warn]:
    if not invented:
        return []
    first = "、".join(shown.clock(turn.start_ms) for turn in invented[:NAMED_PLACES])
    more = "ほか" if len(invented) > NAMED_PLACES else ""
    message = (
        f"声のない所に文字が出た発言が{len(invented)}か所あり、印刷していません({first}{more})。音声で確かめてください。"
    )
    return [Warn(code="invented", message=message)]

"""How good a draft is: a reference and a hypothesis to figures, and the figures to a table.

In: two files of any kind that ``scoring/sides.py`` reads. Out: ``Scores``, in which what the two cannot tell together
is None (two RTTM files have no characters, two texts no voices). Every figure is a share: of errors 0 is perfect, of
accuracies 1. What each means is in ``scoring/``; comparing is pure, only ``score`` reads files.
"""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from pathlib import Path

from pipeline.errors import RecordingError
from pipeline.schema import Record
from pipeline.scoring.letters import error_rate, folded, plain, speaker_error_rate
from pipeline.scoring.sides import Side, SpokenTurn, read
from pipeline.scoring.structure import Decided, Structure, decided, structure
from pipeline.scoring.voices import VoiceErrors, voice_errors

COLLARS_S = (0.25, 0.0)


class Scores(Record):
    """``cer`` counts punctuation and fillers, ``cer_plain`` and ``cp_cer`` do not; ``voices`` is DER per collar."""

    reference: str
    hypothesis: str
    cer: float | None
    cer_plain: float | None
    cp_cer: float | None
    voices: tuple[VoiceErrors, ...]
    speakers_reference: int | None
    speakers_hypothesis: int | None
    structure: Structure | None
    decisions: Decided | None


def score(reference: Path, hypothesis: Path) -> Scores:
    """Raises RecordingError for files that cannot be read or have nothing in common."""
    scores = compare(read(reference), read(hypothesis), reference.name, hypothesis.name)
    if scores.cer is None and not scores.voices:
        raise RecordingError(
            f"比べられるものがありません: {reference.name} と {hypothesis.name}",
            "文字は文字と、話者の区間(.rttm など)は話者の区間と比べます。",
        )
    return scores


def compare(reference: Side, hypothesis: Side, reference_name: str = "", hypothesis_name: str = "") -> Scores:
    """Everything that the two sides can tell together."""
    cer = cer_plain = cp_cer = None
    if reference.text is not None and hypothesis.text is not None:
        cer = error_rate(folded(reference.text), folded(hypothesis.text))
        cer_plain = error_rate(plain(reference.text), plain(hypothesis.text))
    placed = decisions = None
    if reference.turns is not None and hypothesis.turns is not None:
        cp_cer = speaker_error_rate(_by_speaker(reference.turns), _by_speaker(hypothesis.turns))
        placed = structure(reference.turns, hypothesis.turns)
    if reference.results is not None and hypothesis.results is not None:
        decisions = decided(reference.results, hypothesis.results)
    voices: list[VoiceErrors] = []
    if reference.voices is not None and hypothesis.voices is not None:
        measured = [voice_errors(reference.voices, hypothesis.voices, collar_s) for collar_s in COLLARS_S]
        voices = [found for found in measured if found]
    return Scores(
        reference=reference_name,
        hypothesis=hypothesis_name,
        cer=cer,
        cer_plain=cer_plain,
        cp_cer=cp_cer,
        voices=tuple(voices),
        speakers_reference=_speakers(reference),
        speakers_hypothesis=_speakers(hypothesis),
        structure=placed,
        decisions=decisions,
    )


def table(scores: Scores) -> str:
    """The figures that exist, one a line, in Japanese."""
    rows: list[tuple[str, float | None]] = [
        ("文字誤り率 CER(句読点・フィラーを含む)", scores.cer),
        ("文字誤り率 CER(句読点・フィラーを除く)", scores.cer_plain),
        ("話者ごとの文字誤り率 cpCER", scores.cp_cer),
    ]
    for found in scores.voices:
        rows.append((f"話者誤り率 DER(境界 {found.collar_s:g} 秒を除く)", found.error))
        rows += [("  聞き落とし", found.missed), ("  空耳", found.false_alarm), ("  取り違え", found.confusion)]
    if placed := scores.structure:
        rows += [
            ("役割の正解率(文字数)", placed.role),
            ("議題の正解率(文字数)", placed.item),
            ("区分の正解率(文字数)", placed.phase),
            ("議題と区分の正解率(文字数)", placed.placement),
            ("区切り 適合率(前後1発言まで)", placed.boundary_precision),
            ("区切り 再現率", placed.boundary_recall),
            ("区切り F1", placed.boundary_f1),
        ]
    lines = [(name, f"{share * 100:.1f} %") for name, share in rows if share is not None]
    if scores.speakers_reference is not None and scores.speakers_hypothesis is not None:
        lines.append(("話者の数(正解 → 採点)", f"{scores.speakers_reference} → {scores.speakers_hypothesis}"))
    if done := scores.decisions:
        lines.append(("決定 正・未記入・誤", f"{done.right}・{done.missing}・{done.wrong}"))
    left = max((_width(name) for name, _ in lines), default=0)
    right = max((_width(value) for _, value in lines), default=0)
    return "\n".join(name + " " * (left - _width(name) + 2 + right - _width(value)) + value for name, value in lines)


def _by_speaker(turns: tuple[SpokenTurn, ...]) -> dict[str, str]:
    texts: defaultdict[str, list[str]] = defaultdict(list)
    for turn in turns:
        texts[turn.speaker].append(plain(turn.text))
    return {speaker: "".join(parts) for speaker, parts in texts.items()}


def _speakers(side: Side) -> int | None:
    return None if side.voices is None else len({voice.speaker for voice in side.voices})


def _width(text: str) -> int:
    """Columns on a terminal: wide characters take two."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)

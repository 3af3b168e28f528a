"""The fixed words of the domain: roles, phases of a meeting, kinds of doubt.

The Japanese ones are values and print as they stand; a layout may rename them in print, nothing adds to them.
"""

from __future__ import annotations

from enum import StrEnum

UNDECIDED = "〔要確認〕"  # printed wherever a human has to decide: never a guess in its place
GLOSSARY_RULE = "用語集"  # what the names of corrections by the glossary begin with


class Role(StrEnum):
    """Who somebody is in the meeting (domain: labels are roles, label breaks are people)."""

    CHAIR = "会長"
    MEMBER = "委員"
    AGENCY = "実施機関"
    SECRETARIAT = "事務局"
    OTHER = "その他"


class Phase(StrEnum):
    """The part of a meeting that a turn belongs to. Templates may rename them in print, not add to the set."""

    OPENING = "開会"
    EXPLANATION = "説明"
    QUESTIONS = "質疑"
    DELIBERATION = "審議"
    REPORT_DELIBERATION = "答申審議"
    CLOSING = "閉会"
    RECESS = "休憩"


class FlagKind(StrEnum):
    """Why a human should look here."""

    INVENTED = "invented"  # text where the decoder and the voice detector say nobody spoke
    REPETITION = "repetition"  # the decoder looped
    LOW_EVIDENCE = "low_evidence"  # decoded, but with little support
    FAILED = "failed"  # the chunk could not be transcribed
    NO_VOICE = "no_voice"  # words that no diarized voice covers
    ROLE = "role"  # the speaker's role is not certain
    GLOSSARY = "glossary"  # a word was written as the glossary has it, not as it was heard
    STYLE = "style"  # a rewriting rule did not apply; the sentence stands as spoken

"""One member's own words, to be confirmed: who said them, where they stand in the meeting, and until when to answer.

In: a draft, a speaker's label, the day of reply. Out: a Word file. Only turns that are printed, because nothing else is published.
"""

from __future__ import annotations

import datetime as dt

from pipeline.export.blocks import Block, Kind, clock
from pipeline.export.wordfile import saved
from pipeline.schema import Draft

ASK = "会議録の案のうち、あなたの発言です。直す所があれば書き込んで、{day}までに事務局へお返しください。"
ASK_WITHOUT_DAY = "会議録の案のうち、あなたの発言です。直す所があれば書き込んで、事務局へお返しください。"


def render(draft: Draft, speaker: str, reply: dt.date | None) -> bytes:
    """Raises KeyError for an unknown speaker."""
    import docx

    who = draft.speaker(speaker)
    document = docx.Document()
    document.add_heading(_clean(f"{draft.meeting.name} 発言の確認"), level=1)
    day = f"{reply.year}年{reply.month}月{reply.day}日" if reply else ""
    document.add_paragraph(ASK.format(day=day) if day else ASK_WITHOUT_DAY)
    document.add_paragraph(_clean(f"発言者: {who.role.value} {who.name or ''}".rstrip()))
    turns = {turn.id: turn for turn in draft.turns}
    for section in draft.sections:
        mine = [turns[i] for i in section.turn_ids if turns[i].speaker == speaker and turns[i].printed and turns[i].written]
        if not mine:
            continue
        item = "" if section.item is None else f"{draft.meeting.agenda[section.item].label} "
        document.add_heading(_clean(f"{item}{section.phase.value}"), level=2)
        for turn in mine:
            document.add_paragraph(_clean(f"{clock(turn.start_ms)} {turn.written}"))
    return saved(document)


def _clean(text: str) -> str:
    """Without what would end a Word file."""
    return Block.of(Kind.PARAGRAPH, text).lines[0]

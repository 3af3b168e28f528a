"""The agenda as it was heard, for meetings without a meeting file.

In: turns. Out: agenda items with the label and title they were called by. An item is somebody's 「続いて、諮問第8号、…について」:
a kind, a number, and words that go over to it; a number that is only referred to (「令和5年度の諮問第4号」) is no item. The
title is the longest that followed the number anywhere, since it is read out in full once, often in the opening.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections import Counter
from dataclasses import dataclass, field

from pipeline.japanese import cues, tables
from pipeline.japanese.reading import COUNTED, NUMERAL, kana, number
from pipeline.japanese.sentences import texts
from pipeline.schema import AgendaItem, Meeting, Turn, Warn

GOING_OVER = frozenset({"item_start", "explanation_call", "next"})
_NUMBERED = re.compile(rf"(?P<ordinal>第?)(?P<n>{NUMERAL})(?P<unit>号|番|件目|)")
_BEFORE_CHARS = 14
_HESITATION = re.compile(r"(?:^|(?<=、))(?:えー?っ?と?|あの|その|まあ)ー?、")
_KIND_CHARS = 6
_NO_TITLE = re.compile(rf"第{NUMERAL}号|すが、|です|ます")  # another item, or talk


@dataclass
class _Heard:
    """What was said of one item so far."""

    called: bool = False
    forms: Counter[str] = field(default_factory=Counter)
    titles: Counter[str] = field(default_factory=Counter)


@functools.cache
def _kinds() -> dict[str, str]:
    """Reading to spelling."""
    return {kana(kind): kind for kind in tables.read("items")["kinds"]}


def complete(meeting: Meeting, turns: tuple[Turn, ...]) -> tuple[Meeting, tuple[Warn, ...]]:
    """A meeting without an agenda gets the one that was heard, if any, with a warning that says so."""
    found = () if meeting.agenda else items(turns)
    if not found:
        return meeting, ()
    # logs show this message: it holds nothing that was said
    message = f"次第がないため、議題 {len(found)} 件を録音から拾いました。会議ファイルに [[agenda]] を書くと確かになります。"
    return meeting.model_copy(update={"agenda": found}), (Warn(code="agenda-heard", message=message),)


def items(turns: tuple[Turn, ...]) -> tuple[AgendaItem, ...]:
    """By number, or in the order of their calls if of several kinds; none where no item was called by its number."""
    heard: dict[tuple[str, int], _Heard] = {}
    order: list[tuple[str, int]] = []
    for turn in turns:
        for sentence in () if turn.is_invented else texts(turn):
            normal = unicodedata.normalize("NFKC", sentence)
            families = cues.found(sentence)
            goes_over = not GOING_OVER.isdisjoint(families)
            named = _named(normal, _usual(heard))
            for key, form, title in named:
                item = heard.setdefault(key, _Heard())
                item.forms[form] += 1
                if title:
                    item.titles[title] += 1
                # several in one sentence are the programme of the day, unless they are taken together
                if goes_over and (len(named) == 1 or "item_start" in families) and not item.called:
                    item.called = True
                    order.append(key)
    for kind, value in sorted(heard.keys() - set(order), key=lambda key: -key[1]):
        if (kind, value + 1) in order:  # spoken of, and the next one called: its own call was misheard
            order.insert(order.index((kind, value + 1)), (kind, value))
    if len({kind for kind, _ in order}) == 1:
        order.sort()
    return tuple(
        AgendaItem(
            label=heard[key].forms.most_common(1)[0][0], title=max(heard[key].titles, key=lambda t: (len(t), t), default="")
        )
        for key in order
    )


def _named(sentence: str, usual: str | None) -> list[tuple[tuple[str, int], str, str]]:
    """(kind, number), the label as it was said, and the title that follows or nothing. ``usual``: the kind of a bare 「4号」."""
    result = []
    for match in _NUMBERED.finditer(sentence):
        before = sentence[max(0, match.start("ordinal") - _BEFORE_CHARS) : match.start("ordinal")]
        after = sentence[match.end() :]
        value = number(match["n"])
        kind = _kind(before) or (usual if match["unit"] == "号" else None)
        if kind is None or value is None or (not match["unit"] and COUNTED.match(after)):
            continue
        if any(words in before for words in tables.read("items")["another_time"]):
            continue
        form = f"{kind}第{value}号" if match["unit"] == "号" or match["ordinal"] else f"{kind}{value}"
        result.append(((kind, value), form, _title(after)))
    return result


def _usual(heard: dict[tuple[str, int], _Heard]) -> str | None:
    """The kind of the items so far, if they have numbers with 号 and are all of one kind."""
    kinds = {kind for (kind, _), item in heard.items() if any(form.endswith("号") for form in item.forms)}
    return kinds.pop() if len(kinds) == 1 else None


def _kind(before: str) -> str | None:
    sound = kana(re.sub(r"(?:事項)?の?$", "", before)[-_KIND_CHARS:])
    return next((kind for reading, kind in _kinds().items() if sound.endswith(reading)), None)


def _title(after: str) -> str:
    ends = "|".join(tables.read("items")["title_ends"])
    found = re.match(rf"[、,・:「『のがはで]*(?P<title>[^。「」]{{3,60}}?(?:{ends}))", _HESITATION.sub("", after))
    return found["title"].strip("、「」") if found and not _NO_TITLE.search(found["title"]) else ""

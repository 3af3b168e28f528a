"""What the placeholders of a city's Word form stand for, by the names that the form uses.

In: a draft or a parsed document. Out: the head of the document, its body block by block and speech by speech, and what the
proofreader must know. All of it is what the other formats print, so a form cannot show what a public copy does not hold.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from pipeline import layouts
from pipeline.export.blocks import Block, Document, Kind
from pipeline.export.document import blocks, in_form, stamp, template_of
from pipeline.export.dressing import dressed
from pipeline.export.header import header
from pipeline.layouts import HeaderField, Layout
from pipeline.schema import Draft
from pipeline.terms import UNDECIDED

_KINDS = {
    Kind.ITEM: "議題",
    Kind.SECTION: "区分",
    Kind.DIRECTION: "注記",
    Kind.LABEL: "発言者",
    Kind.PARAGRAPH: "発言",
}
_NO_NAME = re.compile(r"\W")  # 公開・非公開の別 is fields.公開非公開の別: an expression has no room for signs


class Line(NamedTuple):
    """A line of the body, of the list of attendees or of the notes; ``kind`` is empty outside the body."""

    text: str
    kind: str = ""

    def __str__(self) -> str:
        return self.text


class Entry(NamedTuple):
    """A line of the agenda or of the results, with its parts where they are known."""

    text: str
    番号: str = UNDECIDED
    件名: str = UNDECIDED
    担当課: str = UNDECIDED
    結果: str = UNDECIDED

    def __str__(self) -> str:
        return self.text


class Speech(NamedTuple):
    """Who said what where; a stage direction and 「意見なし。」 are said by nobody."""

    発言者: str
    内容: str
    区分: str
    議題: str

    def __str__(self) -> str:
        return f"{self.発言者} {self.内容}".strip()


class Several(tuple[object, ...]):
    """A list that a form may also print as it is: one below the other."""

    def __str__(self) -> str:
        return "\n".join(map(str, self))


class Fields:
    """The head by its names. What is not known is 〔要確認〕, as in every layout; ``"傍聴者" in fields`` asks first."""

    def __init__(self, known: dict[str, tuple[str, ...]]) -> None:
        self._known = {_NO_NAME.sub("", name): lines for name, lines in known.items()}

    def __getitem__(self, name: str) -> Several:
        return Several(self._known.get(_NO_NAME.sub("", name)) or (UNDECIDED,))

    def __contains__(self, name: str) -> bool:
        return bool(self._known.get(_NO_NAME.sub("", name)))


def values(document: Draft | Document) -> dict[str, object]:
    """By placeholder. Raises SettingsError if the layout is not to be found."""
    layout = layouts.load(template_of(document))
    printed = blocks(document)
    body = [block for block in printed if block.kind in _KINDS]
    if isinstance(document, Document):
        fields = Fields(_head(printed, {layout.field_name(name): name for name in layout.header}))
    else:
        fields = Fields(_head(_whole_head(document, layout), {}))
    plain = (HeaderField.NAME, HeaderField.TIME, HeaderField.PLACE, HeaderField.DEPARTMENT)
    notes = [line for block in printed if block.kind is Kind.NOTE for line in block.lines]
    return {
        **{name.value: fields[name] for name in plain},
        "出席者": Several(Line(str(line)) for line in fields[HeaderField.ATTENDEES]),
        "議題": Several(_entries(HeaderField.AGENDA, fields, document, layout)),
        "審議結果": Several(_entries(HeaderField.RESULTS, fields, document, layout)),
        "本文": Several(Line(shown.lines[0], _KINDS[shown.block.kind]) for shown in dressed(body, layout)),
        "発言一覧": Several(_speeches(body, document, layout)),
        "注意": Several(Line(note) for note in notes),
        "状態": stamp(document),
        "fields": fields,
    }


def _whole_head(draft: Draft, layout: Layout) -> list[Block]:
    """As if the layout's header had every entry that anybody knows: a form may ask for more than its layout prints."""
    names = tuple(dict.fromkeys((*layout.header, *HeaderField, *draft.meeting.fields)))
    wide = layout.model_copy(update={"header": names, "left_out_if_unknown": names, "field_names": {}})
    return in_form(header(draft, wide), wide)


def _head(printed: Iterable[Block], names: dict[str, str]) -> dict[str, tuple[str, ...]]:
    """Lines by entry; ``names``: the entry behind each printed name that differs."""
    known: dict[str, tuple[str, ...]] = {}
    now = ""
    for block in printed:
        if block.kind is Kind.FIELD:
            now = names.get(block.lines[0], block.lines[0])
        elif block.kind in (Kind.VALUE, Kind.LIST):
            known[now] = known.get(now, ()) + block.lines
    return known


def _entries(field: HeaderField, fields: Fields, document: Draft | Document, layout: Layout) -> list[Entry]:
    lines = fields[field]
    if isinstance(document, Document) or field in document.meeting.fields or not document.meeting.agenda:
        return [Entry(str(line)) for line in lines]
    agenda = document.meeting.agenda
    results = {d.item: layout.result_name(d.result) for d in document.decisions if d.result}
    items = range(len(agenda)) if field is HeaderField.AGENDA else [d.item for d in document.decisions]
    return [
        Entry(str(line), agenda[i].label, agenda[i].title or UNDECIDED, agenda[i].department, results.get(i, UNDECIDED))
        for line, i in zip(lines, items, strict=False)
    ]


def _speeches(body: Iterable[Block], document: Draft | Document, layout: Layout) -> Iterator[Speech]:
    parts = {layout.heading(phase): layout.phase_name(phase) for phase in layout.phases}
    parts |= {line: layout.phase_name(phase) for phase, line in layout.directions.items()}
    of_turn = {} if isinstance(document, Document) else {i: s.phase for s in document.sections for i in s.turn_ids}
    item = part = label = ""
    said: list[str] = []  # by the one who has the word
    for block in (*body, Block.of(Kind.ITEM, "")):
        if block.kind is not Kind.PARAGRAPH and said:
            yield Speech(label, "\n".join(said), part, item)
            said, label = [], ""
        text = block.lines[0]
        match block.kind:
            case Kind.ITEM:
                item, part = text, ""
            case Kind.SECTION:
                part = parts.get(text, text)
            case Kind.DIRECTION:
                yield Speech("", text, parts.get(text, ""), item)
            case Kind.LABEL:
                label = text.strip()
                part = layout.phase_name(of_turn[block.turn_id]) if block.turn_id in of_turn else part
            case _:
                said.append(text)

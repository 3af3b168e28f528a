"""Drafts on disk: finding one by its id, reading it, writing it and its documents.

``draft.json`` is the machine's; where a ``proof.json`` lies beside it, documents are made from that one.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter

from pipeline import layouts, proof, reading, redaction, schema, store
from pipeline.errors import OutputError, RecordingError, SettingsError
from pipeline.export import EXPORTERS
from pipeline.export.blocks import Block, Document, Kind
from pipeline.export.document import template_of
from pipeline.proof import Glance, Proof
from pipeline.schema import Draft

DRAFT, PROOF = "draft.json", "proof.json"
MAX_BYTES = 200_000_000  # three hours are about 10 MB
WORD = "docx"  # the format that a city may have a form for
_READABLE: TypeAdapter[Proof | Draft | Document] = TypeAdapter(Proof | Draft | Document)
_BY_SCHEMA: dict[str, TypeAdapter[Any]] = {proof.SCHEMA_NAME: TypeAdapter(Proof), schema.SCHEMA_NAME: TypeAdapter(Draft)}
_SCHEMA = re.compile(rb'"schema": ?"([^"]+)"')
Read = TypeVar("Read")


def find(id_or_path: str, outputs: Path) -> Path:
    """The newest stage of a draft: ``proof.json`` before ``draft.json``. Raises RecordingError when there is none."""
    given = Path(id_or_path)
    for folder in (given, outputs / id_or_path):
        for name in (PROOF, DRAFT):
            if reading.is_file(folder / name):
                return folder / name
    if reading.is_file(given):
        return given
    known = sorted(p.parent.name for p in outputs.glob(f"*/{DRAFT}"))
    advice = f"今ある下書き: {', '.join(known)}" if known else "先に minutes transcribe で下書きを作ってください。"
    raise RecordingError(f"下書きがありません: {id_or_path}", advice)


def read(file: Path) -> Draft | Document:
    """A draft, or a document that ``minutes parse`` has read. Raises RecordingError for a file that is neither."""
    return _read(file, _whole)


def glance(file: Path) -> Glance:
    """The same without the text. Raises RecordingError."""
    return _read(file, Glance.model_validate_json)


def _read(file: Path, parse: Callable[[bytes], Read]) -> Read:
    try:
        return parse(reading.whole(file, MAX_BYTES))
    except (ValueError, reading.Unreadable) as error:
        why = f"({error})" if isinstance(error, reading.Unreadable) else ""
        raise RecordingError(
            f"下書きとして読めません: {file}{why}",
            "minutes transcribe か minutes assemble が作った draft.json を指定してください。",
        ) from error


def _printable(document: Document) -> Document:
    """Blocks as the exporters make theirs: pages made from a PDF have form feeds, which no Word file can hold.

    What stands around the page is kept as it is. Raises ValueError for a block without a line.
    """
    if not all(block.lines for block in document.blocks):
        raise ValueError("a block without a line")
    fit = (b if b.kind is Kind.AROUND else Block.of(b.kind, *b.lines, turn_id=b.turn_id) for b in document.blocks)
    return document.model_copy(update={"blocks": tuple(fit)})


def _whole(data: bytes) -> Draft | Document:
    found: Draft | Document = _kind(data).validate_json(data)
    return _printable(found) if isinstance(found, Document) else found


def _kind(data: bytes) -> TypeAdapter[Any]:
    """By the name at its head, so that a long draft is not tried as everything that it might be."""
    found = _SCHEMA.search(data[:200])
    return _BY_SCHEMA.get(found[1].decode() if found else "", _READABLE)


def write(draft: Draft, folder: Path, formats: tuple[str, ...], home: Path = Path()) -> Path:
    """``draft.json`` and the documents asked for, Word in the form of the layout; returns the draft's path. Raises OutputError."""
    check_formats(formats)
    form = form_of(template_of(draft), home)
    path = folder / DRAFT
    store.write_bytes(path, (draft.model_dump_json(by_alias=True, indent=1) + "\n").encode())
    for name in formats:
        store.write_bytes(folder / f"draft.{EXPORTERS[name].extension}", render(draft, name, form))
    return path


def form_of(template: str, home: Path) -> Path | None:
    """The city's Word form that a layout names: from beside the layout's file, else from the working folder.

    Raises SettingsError for a layout or form that is not there.
    """
    form = layouts.load(template).form
    if form and not (home / form).is_file():
        raise SettingsError(
            f"様式 {template} の Word の様式がありません: {form}",
            "様式のファイルと同じフォルダか作業フォルダに置き、様式の form の名前を確かめてください。",
        )
    return home / form if form else None


def render(draft: Draft | Document, name: str, form: Path | None = None) -> bytes:
    """One document; Word into the ``form``. Raises SettingsError for an unknown format, or for subtitles of what has no times."""
    check_formats((name,))
    if isinstance(draft, Document) and EXPORTERS[name].timed:
        raise SettingsError(f"会議録には時刻がないため、{name} にはできません。", "使える形式: text, markdown, docx, json")
    if isinstance(draft, Draft) and EXPORTERS[name].timed:  # beside the sound, where nobody says what was invented
        draft = draft.model_copy(update={"turns": tuple(turn for turn in draft.turns if not turn.is_invented)})
    if form and name == WORD:
        from pipeline.export import wordform

        return wordform.render(draft, form)
    return EXPORTERS[name].render(draft)


def public(draft: Draft | Document) -> Draft:
    """The copy without what was marked. Raises SettingsError for a parsed document, which has no marks."""
    if isinstance(draft, Document):
        raise SettingsError("読み取った会議録には、伏せる印がありません。", "draft.json か proof.json を指定してください。")
    return redaction.public(draft, layouts.load(template_of(draft)))


def extension(name: str) -> str:
    """Of a document's file name. Raises SettingsError for an unknown format."""
    check_formats((name,))
    return EXPORTERS[name].extension


def check_formats(formats: tuple[str, ...]) -> None:
    """Before an hour of work, not after it."""
    if unknown := [name for name in formats if name not in EXPORTERS]:
        raise SettingsError(f"知らない形式です: {', '.join(unknown)}", f"使える形式: {', '.join(EXPORTERS)}")


def export_to(target: Path, data: bytes, overwrite: bool) -> None:
    """Write a document where the user asked for it; an existing file is kept unless ``overwrite``, a device always."""
    with store.saying_why(target):
        is_there, is_file = target.exists(), target.is_file()
    if is_there and not is_file:
        raise OutputError(f"ファイルではないものがあります: {target}", "書き出すファイルの名前を指定してください。")
    if is_there and not overwrite:
        raise OutputError(f"同じ名前のファイルがあります: {target}", "別の名前にするか、--overwrite を付けてください。")
    store.write_bytes(target, data)

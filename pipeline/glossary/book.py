"""``glossary.toml``: the terms of an office, in a file that people edit.

In: the file. Out: ``Term``s; a misspelt key is named with its line (exit code 9). Additions go below what is there, one ``[[term]]``
each, and leave every byte above as it was: comments, order, and what people wrote stay theirs.
"""

from __future__ import annotations

import codecs
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import tomlkit
from pydantic import ValidationError
from tomlkit.items import AoT, Table

from pipeline import complaints, store
from pipeline.errors import SettingsError
from pipeline.glossary.term import Term
from pipeline.settings import line_of, read_toml

HEAD = """\
# 用語集。minutes glossary learn と suggest が下に足し、人が直します。足すとき、すでに書いてある所には触れません。
#
# [[term]]
# text = "放課後児童クラブ"            # 書き表し方
# reading = "ホウカゴジドウクラブ"     # 読み(空なら辞書の読み)
# heard = ["放課後自動クラブ"]         # 聞き違えの書かれ方。わかっていれば
# city = "若葉市"                      # 使う会議: 市、会議の名前、議題の、それぞれ一部。書かなければすべて
# council = "個人情報保護審議会"
# item = "入退室管理"
# use = false                          # 要らない言葉。消すとまた候補になるが、こう書けばならない
# correct = false                      # 聞き取りの手がかりにはするが、書きかえはしない
"""
_FIELDS = tuple(name for name in Term.model_fields if name != "chosen")


def read(file: Path) -> tuple[Term, ...]:
    """No terms where there is no file. Raises SettingsError, naming entry and line."""
    if not os.path.lexists(file):
        return ()
    content = read_toml(file)
    for name in content:
        if name != "term":
            place = f"{file.name} {line_of(file, name)}".strip()
            raise SettingsError(f"用語集に知らない項目があります: {name}({place})", "言葉は [[term]] の下に書きます。")
    entries = content.get("term", [])
    if not isinstance(entries, list):
        raise SettingsError(
            f"用語集 {file.name} の term が正しくありません。", "言葉は [[term]](かっこは2つずつ)の下に書きます。"
        )
    return tuple(_term(file, number, entry) for number, entry in enumerate(entries, start=1))


def add(file: Path, terms: Sequence[Term]) -> tuple[Term, ...]:
    """Write the terms that the file has not got (in this scope), and what is new of those it has: forms heard, times corrected.

    Returns what was added or completed. Raises SettingsError for a file that is wrong, OutputError where it cannot be written.
    """
    known = {_identity(term): number for number, term in enumerate(read(file))}
    data = file.read_bytes() if file.exists() else HEAD.encode()
    document = tomlkit.parse(data.decode("utf-8-sig"))
    entries = document.get("term", [])
    if known and not isinstance(entries, AoT):
        raise SettingsError(
            f"用語集 {file.name} に書き足せません。", "言葉を [[term]](かっこは2つずつ)の形に書き直してください。"
        )
    completed = [term for term in terms if (n := known.get(_identity(term))) is not None and _complete(entries[n], term)]
    if completed:
        bom = data[: len(codecs.BOM_UTF8)] if data.startswith(codecs.BOM_UTF8) else b""
        data = bom + tomlkit.dumps(document).encode()
    added = list({_identity(term): term for term in terms if _identity(term) not in known}.values())
    end = "\r\n" if b"\r\n" in data else "\n"
    for term in added:
        gap = end if data.endswith(b"\n") or not data else end * 2
        data += (gap + f"[[term]]{end}" + tomlkit.dumps(_table(term)).replace("\n", end)).encode()
    if completed or added:
        store.write_bytes(file, data)
    return (*completed, *added)


def _identity(term: Term) -> tuple[str, ...]:
    return term.text, term.city, term.council, term.item


def _table(term: Term) -> Table:
    """Only what says something: an entry should be as short as a person would write it."""
    table = tomlkit.table()
    for name in _FIELDS:
        value = getattr(term, name)
        if value != Term.model_fields[name].get_default():
            table.add(name, list(value) if isinstance(value, tuple) else value)
    return table


def _complete(table: Table, term: Term) -> bool:
    """Forms heard that are new, and a greater number of corrections; nothing else of an entry is ours to change."""
    had = [str(text) for text in table.get("heard", [])]
    new = [text for text in term.heard if text not in had]
    if new:
        table["heard"] = [*had, *new]
    if more := term.corrected > int(table.get("corrected", 0)):
        table["corrected"] = term.corrected
    return bool(new) or more


def _term(file: Path, number: int, entry: Mapping[str, object]) -> Term:
    try:
        return Term.model_validate(entry)
    except ValidationError as error:
        first = min(error.errors(), key=lambda found: found["type"] != "extra_forbidden")
        key = str(first["loc"][0]) if first["loc"] else "term"
        where = f"{file.name} の {number} 番目の [[term]]"
        if first["type"] == "extra_forbidden":
            place = line_of(file, key)
            raise SettingsError(
                f"用語集に知らない項目があります: {key}({where}{f'、{place}' if place else ''})",
                f"使える項目: {', '.join(_FIELDS)}",
            ) from error
        raise SettingsError(
            f"用語集の {key} が正しくありません({where}): {complaints.in_japanese(first)}",
            '文字は text = "諮問" の形、いくつかなら heard = ["指紋", "試問"] の形、use と correct は true か false で書きます。',
        ) from error

"""Drafts, proofs and published pages that are damaged, of another kind, or true to form and mad in content."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pipeline.errors import ExitCode
from tests.drafts import draft
from tests.hostile.case import Case

BAD, FINE = ExitCode.RECORDING, ExitCode.DONE
COMMANDS = {"export": ("export", "-f", "docx", "-o", "-"), "check": ("check",), "redactions": ("redactions",)}
PARSE = ("parse",)
PAGE_LINES = {
    "a page of control characters": ["\x01担当\x0b", "\x1b[31m"],
    "a page of half pairs of brackets": ["{", "}", "{0}", "%s"],
}


def cases() -> tuple[Case, ...]:
    commands = list(COMMANDS.values())
    damaged = [
        Case(f"{commands[n % 3][0]}: {name}", commands[n % 3], _holding(content), BAD)
        for n, (name, content) in enumerate(_damaged().items())
    ]
    pages = [
        Case(f"{verb}: {name}", COMMANDS[verb], _holding(_json(_document(lines))), FINE)
        for name, lines in PAGE_LINES.items()
        for verb in ("export", "check")
    ]
    mad = [
        Case(f"{verb}: {name}", command, _holding(_json(content)), FINE)
        for name, content in _mad().items()
        for verb, command in COMMANDS.items()
    ]
    return (*damaged, *mad, *pages, *_elsewhere(), *_pages())


def whole() -> dict[str, Any]:
    """A good draft, to be bent."""
    content: dict[str, Any] = json.loads(draft().model_dump_json(by_alias=True))
    return content


def _json(content: object) -> bytes:
    return json.dumps(content).encode()


def _holding(content: bytes, name: str = "draft.json") -> Callable[[Path], list[str]]:
    def make(folder: Path) -> list[str]:
        (folder / "outputs" / "kaigi").mkdir(parents=True)
        (folder / "outputs" / "kaigi" / name).write_bytes(content)
        return ["kaigi"]

    return make


def _bent(change: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    content = whole()
    change(content)
    return content


def _damaged() -> dict[str, bytes]:
    good = _json(whole())
    return {
        "nothing in it": b"",
        "cut": good[: len(good) // 2],
        "zeros": bytes(len(good)),
        "one zero": good.replace(b"spoken", b"spo\x00en", 1),
        "UTF-16": good.decode().encode("utf-16"),
        "Shift_JIS": '{"meeting": "会議"}'.encode("shift_jis"),
        "deep lists": b"[" * 100_000,
        "a list": b"[]",
        "a number": b"9",
        "nothing": b"null",
        "a key that we do not know": _json({**whole(), "x": 1}),
        "a key missing": _json(_bent(lambda d: d.pop("turns"))),
        "a time before the beginning": _json(_bent(lambda d: d["turns"][0].update(start_ms=-1))),
        "a time that is no number": _json(_bent(lambda d: d["turns"][0].update(end_ms=float("nan")))),
        "a time of 1e400": good.replace(b'"end_ms": 1', b'"end_ms": 1e400, "x": 1', 1),
        "an end before the start": _json(_bent(lambda d: d["turns"][1].update(end_ms=0))),
        "turns out of order": _json(_bent(lambda d: d["turns"].reverse())),
        "a turn twice": _json(_bent(lambda d: d["turns"].append(d["turns"][-1]))),
        "a turn in no section": _json(_bent(lambda d: d["sections"].pop())),
        "a turn in two sections": _json(_bent(lambda d: d["sections"].append(d["sections"][0]))),
        "a speaker whom nobody knows": _json(_bent(lambda d: d["turns"][0].update(speaker="X"))),
        "a speaker twice": _json(_bent(lambda d: d["speakers"].append(d["speakers"][0]))),
        "a role that there is not": _json(_bent(lambda d: d["speakers"][0].update(role="市長"))),
        "an item that is not on the agenda": _json(_bent(lambda d: d["sections"][0].update(item=99))),
        "an item before the first": _json(_bent(lambda d: d["sections"][0].update(item=-1))),
        "a decision of nowhere": _json(_bent(lambda d: d["decisions"][0].update(turn_id="t9999"))),
        "half a surrogate pair": good.replace("費用".encode("ascii", "backslashreplace"), b"\\ud800", 1),
        "a sureness of 7": _json(_bent(lambda d: d["speakers"][0].update(confidence=7))),
        "another meeting's shape": _json({"template": "nagasaki", "blocks": [{"kind": "x", "lines": []}]}),
        "a page without lines": _json(_document([])),
        "a transcript": _json({"segments": []}),
    }


def _mad() -> dict[str, dict[str, Any]]:
    """Lawful to the letter."""
    change = {"rule": "x", "start": 900, "end": 3, "before": "あ", "after": "い"}
    return {
        "changes beyond the text": _bent(lambda d: d["turns"][0].update(changes=[change])),
        "changes that overlap": _bent(lambda d: d["turns"][0].update(changes=[{**change, "start": 0}] * 3)),
        "redactions beyond the text": _bent(lambda d: d["turns"][0].update(redactions=[{"start": 99, "end": 999}])),
        "redactions the wrong way round": _bent(lambda d: d["turns"][0].update(redactions=[{"start": 5, "end": 2}])),
        "redactions that overlap": _bent(lambda d: d["turns"][0].update(redactions=[{"start": 0, "end": 3}] * 3)),
        "words that are another text": _bent(lambda d: d["turns"][0].update(spoken="別の文")),
        "no words": _bent(lambda d: [turn.update(words=[], spoken="", written="") for turn in d["turns"]]),
        "control characters": _bent(lambda d: d["turns"][0].update(written="費用\x0bは\x00\x0c\x1b[31mいくらか。")),
        "a heading of control characters": _bent(lambda d: d["meeting"].update(name="\x01会議\x02")),
        "tags": _bent(lambda d: d["turns"][0].update(written="<w:p>]]>&amp;{{x}}{% y %}。")),
        "marks of direction": _bent(lambda d: d["turns"][0].update(written="\u202e費用\u2066。")),
        "a text of 30,000 characters": _bent(lambda d: d["turns"][0].update(written="費用。" * 10_000)),
        "an agenda of 500 items": _bent(lambda d: d["meeting"].update(agenda=d["meeting"]["agenda"] * 250)),
        "ids with paths": _bent(lambda d: d["recording"].update(id="../../x", audio="/etc/passwd", source="../y")),
        "a time of a thousand years": _bent(lambda d: d["turns"][-1].update(end_ms=10**15)),
        "nobody": {**whole(), "turns": [], "sections": [], "decisions": [], "speakers": []},
    }


def _document(lines: list[str]) -> dict[str, Any]:
    """What ``minutes parse`` writes, with a block of each kind that holds these lines."""
    kinds = ("field", "value", "list", "item", "section", "label", "paragraph", "around")
    blocks = [{"kind": kind, "lines": lines, "turn_id": None} for kind in kinds]
    return {"schema": "minutes-document/1", "template": "nagasaki", "blocks": blocks}


def _elsewhere() -> list[Case]:
    bad_proof = _json(whole())[:500]

    def half_proofread(folder: Path) -> list[str]:
        _holding(_json(whole()))(folder)
        (folder / "outputs" / "kaigi" / "proof.json").write_bytes(bad_proof)
        return ["kaigi"]

    def pipe(folder: Path) -> list[str]:
        (folder / "outputs" / "kaigi").mkdir(parents=True)
        os.mkfifo(folder / "outputs" / "kaigi" / "draft.json")
        return ["kaigi"]

    def onto(target: str) -> Callable[[Path], list[str]]:
        def make(folder: Path) -> list[str]:
            (folder / "there").mkdir()
            (folder / "file").write_bytes(b"kept")
            os.mkfifo(folder / "pipe")
            return [*_holding(_json(whole()))(folder), "-o", target]

        return make

    names = {"no name at all": "", "a folder above": "..", "a long name": "x" * 300, "a path of slashes": "/" * 50, "a star": "*",
             "a NUL device": "/dev/null", "endless zeros": "/dev/zero"}  # fmt: skip
    other = _json(_bent(lambda d: d["meeting"].update(template="../../etc/passwd")))
    return [
        Case("export: a proof cut short", COMMANDS["export"], half_proofread, BAD, "proof.json"),
        Case("export: a pipe", COMMANDS["export"], pipe, BAD, "下書きがありません"),
        Case("export: a layout that is not there", COMMANDS["export"], _holding(other), ExitCode.SETTINGS, "様式"),
        *(Case(f"export: {how}", COMMANDS["export"], lambda _, n=name: [n], BAD) for how, name in names.items()),
        *(
            Case(f"export onto {how}", ("export", "--overwrite"), onto(target), ExitCode.OUTPUT)
            for how, target in {"a folder": "there", "a device": "/dev/full", "a pipe": "pipe", "nowhere": "no/file/x",
                                "a long name": "x" * 300, "inside a file": "file/x"}.items()
            if how != "nowhere"
        ),
        Case("export onto a file", ("export",), onto("file"), ExitCode.OUTPUT, "同じ名前"),
    ]  # fmt: skip


def _pages() -> list[Case]:
    page = "# 担当所属名\n\n総務課\n\n# 会議名\n\n審議会\n"
    bad: dict[str, bytes] = {
        "nothing in it": b"",
        "another layout": "令和8年 会議のお知らせ\n".encode(),
        "Shift_JIS": page.encode("shift_jis"),
        "UTF-16": page.encode("utf-16"),
        "binary": bytes(range(256)),
        "10 MB without a line": b"a" * 10_000_000,
        "a million empty lines": b"\n" * 1_000_000,
        "30 MB": b"a" * 30_000_000,
    }
    found = [Case(f"parse: {name}", PARSE, _page(content), BAD, "会議録として読めません") for name, content in bad.items()]
    kinds = {"a folder": ".", "a device": "/dev/zero", "nothing": "none.txt", "a long name": "x" * 300}
    found += [Case(f"parse: {how}", PARSE, lambda _, n=name: [n], BAD, "会議録として") for how, name in kinds.items()]
    return found


def _page(content: bytes) -> Callable[[Path], list[str]]:
    def make(folder: Path) -> list[str]:
        (folder / "x.txt").write_bytes(content)
        return ["x.txt"]

    return make

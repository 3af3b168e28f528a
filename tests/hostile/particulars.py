"""Meeting files, ``minutes.toml`` and the environment: every way to write them wrong, and a few that only look so."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from pipeline.errors import ExitCode
from tests.hostile.case import ASSEMBLE, Case
from tests.hostile.places import VTT

WRONG, FINE = ExitCode.SETTINGS, ExitCode.DONE
BOM = b"\xef\xbb\xbf"
MEETING_ERRORS: dict[str, tuple[bytes | str, str]] = {  # name: (content, what the message names)
    "no equals sign": ("name", "書き方"),
    "no quotes": ("name = 会議", "1行目"),
    "an open quote": ('name = "会議', "書き方"),
    "an open bracket": ("glossary = [", "書き方"),
    "an open table": ("[[agenda", "書き方"),
    "a key twice": ('name = "a"\nname = "b"\n', "2行目"),
    "a table twice": ("[speakers]\nexact = 1\n[speakers]\nexact = 2", "3行目"),
    "a table and a list of one name": ('[agenda]\nlabel = "a"\n[[agenda]]\nlabel = "b"', "3行目"),
    "a bad escape": (r'name = "C:\会議"', "1行目"),
    "a NUL": (b'name = "a\x00b"', "1行目"),
    "a control character": (b'name = "a\x07b"', "1行目"),
    "a written NUL": (r'name = "a\u0000b"', "name"),
    "a written escape": (r'glossary = ["a\u001b[31m"]', "glossary"),
    "a control character in an item": ('[[agenda]]\nlabel = "a\\u0001"\ntitle = "b"', "2行目"),
    "a lone surrogate": (r'name = "\ud800"', "1行目"),
    "Shift_JIS": ('name = "会議"'.encode("shift_jis"), "UTF-8"),
    "UTF-16": ('name = "会議"'.encode("utf-16"), "UTF-8"),
    "UTF-16 without a mark": ('name = "会議"'.encode("utf-16-be"), "UTF-8"),
    "EUC-JP": ('name = "会議"'.encode("euc_jp"), "UTF-8"),
    "two byte order marks": (BOM + BOM + b'name = "x"', "1行目"),
    "binary": (bytes(range(256)), "UTF-8"),
    "huge": (b"#" * 2_000_000, "大きすぎます"),
    "an endless value": ('name = "' + "あ" * 20_000 + '"', "字を超えて"),
    "an endless title": ('[[agenda]]\nlabel = "a"\ntitle = "' + "あ" * 20_000 + '"', "3行目"),
    "deep lists": ("glossary = " + "[" * 5_000 + "]" * 5_000, "入れ子"),
    "deep tables": ("name = " + "{a=" * 5_000 + "1" + "}" * 5_000, "入れ子"),
    "deep keys": (".".join("a" * 3_000) + " = 1", "入れ子"),
    "an endless number": ("speakers = " + "9" * 5_000, "値"),
    "an unknown key": ('plaice = "x"', "plaice"),
    "an unknown key of a quoted kind": ('"会議 名" = "x"', "会議 名"),
    "an empty key": ('"" = "x"', "知らない項目"),
    "our own record's key": ("schema = 1", "schema"),
    "an unknown table": ("[会議]\nname = 'x'", "1行目"),
    "a number for a name": ("name = 5", "文字列"),
    "a list for a name": ("name = []", "文字列"),
    "a table for a name": ("[name]", "文字列"),
    "a name for a list": ('glossary = "クラウド"', "並び"),
    "numbers in a list": ("glossary = [1, 2]", "文字列"),
    "lists in a list": ('secret = [["x"]]', "文字列"),
    "a date in words": ('date = "明日"', "日付"),
    "a date of the era": ('date = "令和8年5月14日"', "日付"),
    "a date that is none": ("date = 2026-02-30", "1行目"),
    "a date with a time": ("date = 2026-05-14T10:00:00", "日付"),
    "a date with an hour": ("date = 10:00:00", "日付"),
    "a date in a list": ("date = [2026-05-14]", "日付"),
    "a date of nan": ("date = nan", "日付"),
    "a date of inf": ("date = -inf", "日付"),
    "a time without quotes": ("start = 14:00:00", "文字列"),
    "a time that TOML does not know": ("start = 14:00", "1行目"),
    "one agenda item in words": ('agenda = "諮問第1号"', "agenda"),
    "agenda items in words": ('agenda = ["諮問第1号"]', "agenda"),
    "an agenda as a table": ('[agenda]\nlabel = "a"\ntitle = "b"', "agenda"),
    "an item without a title": ('[[agenda]]\nlabel = "諮問第1号"', "title"),
    "an item with a slip": ('[[agenda]]\nlabel = "a"\ntitel = "b"', "titel"),
    "an attendee without a role": ('[[attendees]]\nname = "山本"', "role"),
    "an attendee with another role": ('[[attendees]]\nname = "山本"\nrole = "市長"', "role"),
    "an attendee with a role of nothing": ('[[attendees]]\nname = "山本"\nrole = ""', "role"),
    "an attendee without a name": ('[[attendees]]\nname = " "\nrole = "会長"', "name"),
    "no speakers": ("speakers = 0", "1行目"),
    "less than no speakers": ("speakers = -3", "speakers"),
    "speakers in words": ('speakers = "七人"', "speakers"),
    "true speakers": ("speakers = true", "speakers"),
    "half a speaker": ("speakers = { exact = 2.5 }", "speakers"),
    "endless speakers": ("speakers = inf", "speakers"),
    "speakers that are no number": ("speakers = { minimum = nan }", "speakers"),
    "speakers the wrong way round": ("speakers = { minimum = 5, maximum = 3 }", "最多人数"),
    "a slip in speakers": ("speakers = { min = 5 }", "min"),
    "a template that is not there": ('template = "長崎"', "様式"),
    "a template that is a path": ('template = "../../../etc/passwd"', "様式"),
    "a template in a pipe": ('template = "pipe.toml"', "様式"),
    "a template that is a number": ("template = 3", "template"),
    "a template that is this file": ('template = "x.toml"', "様式"),
    "channels by number": ("channels = [1, 2]", "channels"),
}
MEETINGS_THAT_ARE_FINE: dict[str, bytes | str] = {
    "empty": "",
    "only a byte order mark": BOM,
    "a byte order mark": BOM + 'name = "会議"'.encode(),
    "lines of Windows": b'name = "x"\r\nplace = "y"\r\n',
    "comments only": "# name\n",
    "a name over two lines": 'name = """第1回\n審議会"""',
    "a name with tags": 'name = "<script>&amp;{{x}}{% y %}"',
    "a name with marks": 'name = "\u202e会\u200b議"',
    "an emoji": 'name = "会議🎉"',
    "a date as text": 'date = "2026-05-14"',
    "a date long ago": "date = 0001-01-01",
    "a date far ahead": "date = 9999-12-31",
    "more speakers than people": "speakers = 8000000000",
    "empty items": '[[agenda]]\nlabel = ""\ntitle = ""',
    "one item twice": '[[agenda]]\nlabel = "諮問第1号"\ntitle = "a"\n' * 2,
    "30 items": "".join(f'[[agenda]]\nlabel = "諮問第{n}号"\ntitle = "件名{n}"\n' for n in range(30)),
    "braces in a title": '[[agenda]]\nlabel = "{n}"\ntitle = "{title!r} {0}"',
    "a pattern in the glossary": 'glossary = ["(a+)+$", "[", "\\\\"]\nsecret = ["(", ".*"]',
    "an empty secret": 'secret = [""]',
    "attendees of one name": '[[attendees]]\nname = "山本"\nrole = "委員"\n' * 3,
}
SETTINGS_ERRORS: dict[str, tuple[str, str]] = {
    "a slip": ("devise = 'cpu'", "devise"),
    "a table": ("[device]\nx = 1", "device"),
    "our own field": ("sources = { device = 'x' }", "sources"),
    "the folder it lies in": ("home = '/tmp'", "home"),
    "a number for a folder": ("outputs = 5", "outputs"),
    "a NUL in a folder": (r'outputs = "a\u0000b"', "outputs"),
    "a NUL in a model": (r'whisper = "\u0000"', "whisper"),
    "workers in words": ("workers = 'many'", "整数"),
    "workers of nothing": ("workers = 0", "1 以上"),
    "workers of inf": ("workers = inf", "有限の数"),
    "half a worker": ("workers = 1.5", "整数"),
    "an endless number": ("threads = " + "9" * 30, "threads"),
    "chunks of a day": ("chunk_s = 86400", "1800 以下"),
    "chunks of no time": ("chunk_s = -1", "20 以上"),
    "maybe hotwords": ("hotwords = 'maybe'", "true か false"),
    "an unknown format": ("formats = 'pdf'", "pdf"),
    "formats by number": ("formats = [1]", "文字列"),
    "formats of formats": ("formats = { a = 1 }", "並び"),
    "an unknown device": ("device = 'gpu'", "auto, cpu, cuda"),
    "an unknown diarizer": ("diarizer = 'best'", "builtin"),
    "another demo": ("models = 'large'", "demo"),
    "a date": ("language = 2026-01-01", "文字列"),
    "no TOML": ("device: cpu", "1行目"),
}
ENVIRONMENT_ERRORS = {
    "MINUTES_DEVISE": ("cpu", "MINUTES_DEVISE"),
    "MINUTES_SOURCES": ("x", "MINUTES_SOURCES"),
    "MINUTES_": ("x", "知らない設定"),
    "MINUTES_WORKERS": ("二", "workers"),
    "MINUTES_THREADS": ("-1", "threads"),
    "MINUTES_CHUNK_S": ("9" * 5_000, "chunk_s"),
    "MINUTES_DEVICE": ("\x1b[31mcpu", "device"),
    "MINUTES_HOTWORDS": ("", "hotwords"),
    "MINUTES_FORMATS": ("text,,\udcff", "formats"),
    "MINUTES_HOME": ("x" * 5_000, "作業フォルダ"),
    "MINUTES_MODELS": ("../demo", "models"),
    "MINUTES_LANGUAGE": ("\udcff", "language"),
}


def cases() -> tuple[Case, ...]:
    return (
        *(_meeting(name, text, WRONG, said) for name, (text, said) in MEETING_ERRORS.items()),
        *(_meeting(name, text, FINE, "") for name, text in MEETINGS_THAT_ARE_FINE.items()),
        *(
            Case(f"settings: {name}", ASSEMBLE[:1], _settings(text), WRONG, said)
            for name, (text, said) in SETTINGS_ERRORS.items()
        ),
        *(
            Case(f"environment: {name}", ASSEMBLE[:1], _settings(""), WRONG, said, {name: value})
            for name, (value, said) in ENVIRONMENT_ERRORS.items()
        ),
        *(Case(f"meeting file: {how}", ASSEMBLE, make, WRONG, "会議ファイル") for how, make in _no_files("x.toml").items()),
        *(Case(f"minutes.toml: {how}", ASSEMBLE, make, WRONG, "") for how, make in _no_files("minutes.toml").items()),
    )


def _meeting(name: str, text: bytes | str, code: ExitCode, said: str) -> Case:
    def make(folder: Path) -> list[str]:
        os.mkfifo(folder / "pipe.toml")
        (folder / "x.vtt").write_bytes(VTT)
        (folder / "x.toml").write_bytes(text if isinstance(text, bytes) else text.encode())
        return ["x.vtt"]

    return Case(f"meeting: {name}", ASSEMBLE, make, code, said)


def _settings(text: str) -> Callable[[Path], list[str]]:
    def make(folder: Path) -> list[str]:
        (folder / "x.vtt").write_bytes(VTT)
        (folder / "minutes.toml").write_text(text, encoding="utf-8")
        return ["x.vtt"]

    return make


def _no_files(name: str) -> dict[str, Callable[[Path], list[str]]]:
    """Where the file should be, something else is: it must be said, not passed over."""

    def with_transcript(place: Callable[[Path], object]) -> Callable[[Path], list[str]]:
        def make(folder: Path) -> list[str]:
            (folder / "x.vtt").write_bytes(VTT)
            place(folder / name)
            return ["x.vtt"]

        return make

    return {
        "a folder": with_transcript(Path.mkdir),
        "a pipe": with_transcript(os.mkfifo),
        "a dangling link": with_transcript(lambda path: path.symlink_to("gone")),
        "a looping link": with_transcript(lambda path: path.symlink_to(path.name)),
        "a device": with_transcript(lambda path: path.symlink_to("/dev/zero")),
    }

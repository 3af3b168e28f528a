"""Transcripts made elsewhere: times that cannot be, text that no document holds, JSON that no program writes."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any

from pipeline.errors import ExitCode
from tests.hostile.case import ASSEMBLE, Case, file_of

Content = bytes | Callable[[], bytes]
BAD, FINE = ExitCode.RECORDING, ExitCode.DONE
SAID = {"start": 1.0, "end": 3.0, "text": "賛成です。", "speaker": "A"}


def cases() -> tuple[Case, ...]:
    return (
        *(_json(name, content, BAD, said) for name, (content, said) in _bad_values().items()),
        *(_json(name, content, FINE) for name, content in _fine_values().items()),
        *(_raw(name, content, BAD, said) for name, (content, said) in _bad_json().items()),
        *(_vtt(name, content, BAD, said) for name, (content, said) in _bad_cues().items()),
        *(_vtt(name, content, FINE) for name, content in _fine_cues().items()),
    )


def _raw(name: str, content: Content, code: ExitCode, said: str = "") -> Case:
    return Case(f"json: {name}", ASSEMBLE, file_of("x.json", content), code, said)


def _json(name: str, content: Any, code: ExitCode, said: str = "") -> Case:
    return _raw(name, lambda: json.dumps(content() if callable(content) else content).encode(), code, said)


def _vtt(name: str, content: str | Content, code: ExitCode, said: str = "") -> Case:
    data = content.encode() if isinstance(content, str) else content
    return Case(f"vtt: {name}", ASSEMBLE, file_of("x.vtt", data), code, said)


def one(**changed: Any) -> dict[str, Any]:
    """A transcript of one good segment with these fields changed; None takes one away."""
    return {"segments": [{key: value for key, value in {**SAID, **changed}.items() if value is not None}]}


def _bad_values() -> dict[str, tuple[Any, str]]:
    words = [{"word": "賛成", "start": "x"}]
    return {
        "a list": ([], "形式が違う"),
        "a number": (5, "形式が違う"),
        "a text": ("segments", "形式が違う"),
        "nothing": (None, "形式が違う"),
        "segments of nothing": ({"segments": None}, "segments"),
        "segments as a table": ({"segments": {"0": SAID}}, "segments"),
        "segments of lists": ({"segments": [[1, 2, "x"]]}, "segments.0"),
        "segments of texts": ({"segments": ["x"]}, "segments.0"),
        "another case": ({"Segments": [SAID]}, "segments"),
        "no start": (one(start=None), "segments.0.start"),
        "no end": (one(end=None), "segments.0.end"),
        "no text": (one(text=None), "segments.0.text"),
        "a start before the beginning": (one(start=-1), "segments.0.start"),
        "an end before the beginning": (one(start=0, end=-0.001), "segments.0.end"),
        "an end before the start": (one(start=5, end=2), "終わりが始まりより前"),
        "a start that is no number": (one(start=math.nan), "segments.0.start"),
        "an end that is no number": (one(end=math.nan), "segments.0.end"),
        "an endless segment": (one(end=math.inf), "segments.0.end"),
        "a start before all time": (one(start=-math.inf), "segments.0.start"),
        "a time of 1e308": (one(end=1e308), "segments.0.end"),
        "a time of 2^63": (one(end=2**63), "segments.0.end"),
        "a time in milliseconds": (one(start=1_000, end=3_000_000), "segments.0.end"),
        "a time in words": (one(start="いま"), "segments.0.start"),
        "a time as a clock": (one(start="00:00:01"), "segments.0.start"),
        "a time in a list": (one(start=[1]), "segments.0.start"),
        "a text of numbers": (one(text=5), "segments.0.text"),
        "a text in a list": (one(text=["x"]), "segments.0.text"),
        "a speaker by number": (one(speaker=3), "segments.0.speaker"),
        "words as text": (one(words="賛成です。"), "segments.0.words"),
        "a word without a word": (one(words=[{"start": 1}]), "segments.0.words.0.word"),
        "a word at no time": (one(words=words), "segments.0.words.0.start"),
        "a word before the beginning": (one(words=[{"word": "x", "start": -5}]), "segments.0.words.0.start"),
        "a sure silence": (one(no_speech_prob=7), "segments.0.no_speech_prob"),
        "a mistake in the last segment": ({"segments": [SAID] * 50 + [{**SAID, "end": None}]}, "segments.50.end"),
        "no segments": ({"segments": []}, "発言が一つもありません"),
        "only spaces": (one(text=" \u3000\n\t"), "発言が一つもありません"),
        "a text of 10 MB": (lambda: one(text="あ" * 3_500_000), "長すぎる"),
        "a word of 10 MB": (lambda: one(words=[{"word": "あ" * 3_500_000, "start": 1, "end": 2}]), "長すぎる"),
        "a text that grows": (one(text="\ufdfa" * 10_000), "長すぎる"),
        "too many segments": (lambda: {"segments": [SAID] * 60_000}, "50,000"),
        "a draft of nothing": ({"schema": "minutes-draft/1"}, "meeting"),
        "a draft of another year": ({"schema": "minutes-draft/99", "turns": []}, "segments"),
    }


def _fine_values() -> dict[str, Any]:
    other = {**SAID, "speaker": "B"}
    return {
        "overlapping speech": {"segments": [SAID, {**other, "start": 1.5, "end": 2.0}]},
        "one stretch ten times": {"segments": [SAID, other] * 5},
        "backwards": {"segments": [{**SAID, "start": 9 - n, "end": 10 - n} for n in range(9)]},
        "no length": one(start=1.0, end=1.0),
        "at the very beginning": one(start=0, end=0),
        "the last hour": one(start=359_000, end=360_000),
        "words outside": one(words=[{"word": "賛成です。", "start": 50, "end": 60}]),
        "words backwards": one(words=[{"word": "賛", "start": 3, "end": 1}, {"word": "成", "start": 1, "end": 2}]),
        "words of nothing": one(words=[{"word": ""}]),
        "evidence of NaN": one(avg_logprob=math.nan, compression_ratio=math.inf, no_speech_prob=math.nan),
        "a word sure of NaN": one(words=[{"word": "賛成", "score": math.nan}]),
        "control characters": one(text="賛成\x00\x01\x08\x0b\x0c\x1b[31m\x7f\x9bです。", speaker="A\x00"),
        "half a surrogate pair": one(text="賛成\ud800です。", speaker="\udfff"),
        "noncharacters": one(text="賛成\ufffe\uffffです。"),
        "marks of direction": one(text="\u202e賛成\u2066です。"),
        "many kinds of space": one(text="賛成\u3000 \u00a0\u2003\u200bです。"),
        "tags": one(text="<v x><script>&lt;{{x}}{% y %}です。"),
        "only punctuation": one(text="。。。、、、!?"),
        "only emoji": one(text="👏👏👏🏽"),
        "combining marks": one(text="か\u3099" + "\u0301" * 500 + "。"),
        "another language": one(text="Thank you for watching! 감사합니다. Спасибо."),
        "no speaker": one(speaker=None),
        "a speaker of nothing": one(speaker=""),
        "a speaker of 10,000 characters": one(speaker="A" * 10_000),
        "a speaker for every segment": {
            "segments": [{**SAID, "start": n, "end": n + 1, "speaker": f"S{n}"} for n in range(60)]
        },
        "times as text": one(start="1.0", end="3"),
        "keys that we do not know": one(id=5, tokens=[1], seek=0, clip="x"),
        "a text without a stop": one(text="説明は" * 3_000),
        "quotations that never end": one(text="「" * 3_000 + "賛成"),
        "one character ten thousand times": one(text="あ" * 10_000),
        "numbers ten thousand times": one(text="1" * 10_000),
    }


def _bad_json() -> dict[str, tuple[bytes, str]]:
    good = json.dumps({"segments": [SAID]}).encode()
    return {
        "nothing in it": (b"", "1 行目"),
        "only spaces in it": (b"  \n \n", "行目"),
        "cut in the middle": (good[:40], "行目"),
        "cut in a character": ('{"segments": [{"text": "賛'.encode()[:-1], "UTF-8"),
        "something after the end": (good + b"x", "行目"),
        "two of it": (good + b"\n" + good, "2 行目"),
        "single quotes": (good.replace(b'"', b"'"), "行目"),
        "a comma too many": (good.replace(b"}]", b"},]"), "行目"),
        "a key twice": (b'{"segments": [], ' + good[1:], "2度"),
        "a key twice inside": (good.replace(b'"end"', b'"start": 2, "end"'), "2度"),
        "deep lists": (b"[" * 100_000 + b"]" * 100_000, "入れ子"),
        "deep tables": (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "入れ子"),
        "deep segments": (b'{"segments":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "入れ子"),
        "an endless number": (good.replace(b"3.0", b"9" * 10_000), "数"),
        "a NUL": (good.replace(b"segments", b"seg\x00ments"), "行目"),
        "Shift_JIS": ('{"segments": "会議"}'.encode("shift_jis"), "UTF-8"),
        "UTF-16": (good.decode().encode("utf-16"), "UTF-8"),
        "UTF-32": (good.decode().encode("utf-32"), "UTF-8"),
        "two byte order marks": (b"\xef\xbb\xbf" * 2 + good, "行目"),
        "binary": (bytes(range(256)) * 20, "UTF-8"),
        "a page that says no": (b"<!doctype html><title>404</title>", "行目"),
        "subtitles of another kind": (b"1\n00:00:01,000 --> 00:00:02,000\nx\n", "行目"),
        "lines of JSON": (json.dumps(SAID).encode() + b"\n" + json.dumps(SAID).encode(), "2 行目"),
    }


def cue(times: str, text: str = "<v A>賛成です。") -> str:
    return f"WEBVTT\n\n{times}\n{text}\n"


def _bad_cues() -> dict[str, tuple[str | Content, str]]:
    return {
        "no cues": ("WEBVTT\n", "発言が一つもありません"),
        "no text": (cue("00:01.000 --> 00:03.000", ""), "発言が一つもありません"),
        "only tags": (cue("00:01.000 --> 00:03.000", "<v A><b></b></v>"), "発言が一つもありません"),
        "an end before the start": (cue("00:03.000 --> 00:01.000"), "3 行目"),
        "a start before the beginning": (cue("-00:01.000 --> 00:03.000"), "3 行目"),
        "no milliseconds": (cue("00:01 --> 00:03"), "3 行目"),
        "a comma": (cue("00:00:01,000 --> 00:00:03,000"), "3 行目"),
        "no number": (cue("NaN --> NaN"), "3 行目"),
        "endless": (cue("00:01.000 --> inf"), "3 行目"),
        "a year": (cue("00:01.000 --> 8760:00:00.000"), "3 行目"),
        "an endless number": (cue("00:01.000 --> " + "9" * 5_000 + ":00:00.000"), "3 行目"),
        "half an arrow": (cue("00:01.000 -> 00:03.000"), "発言が一つもありません"),
        "an arrow in the text": (cue("00:01.000 --> 00:03.000", "a\n\nb --> c"), "6 行目"),
        "text of 10 MB": (lambda: cue("00:01.000 --> 00:03.000", "あ" * 3_500_000).encode(), "長すぎる"),
        "a million half tags": (lambda: cue("00:01.000 --> 00:03.000", "<v " * 1_000_000).encode(), "長すぎる"),
        "a million cues": (lambda: ("WEBVTT\n\n" + "00:01.000 --> 00:03.000\nあ\n\n" * 1_000_000).encode(), "50,000"),
        "UTF-16": (cue("00:01.000 --> 00:03.000").encode("utf-16"), "UTF-8"),
        "Shift_JIS": (cue("00:01.000 --> 00:03.000").encode("shift_jis"), "UTF-8"),
        "a space before the signature": (" " + cue("00:01.000 --> 00:03.000"), "行目"),
    }


def _fine_cues() -> dict[str, str | Content]:
    return {
        "overlapping": cue("00:01.000 --> 00:03.000") + "\n00:01.500 --> 00:02.000\n<v B>異議あり。\n",
        "a cue of no length": cue("00:01.000 --> 00:01.000"),
        "99 minutes and 99 seconds": cue("99:99.999 --> 99:99.999"),
        "digits of another script": cue("٠٠:٠١.٠٠٠ --> 00:03.000") + "\n00:01.000 --> 00:02.000\nはい。\n",
        "a NUL": cue("00:01.000 --> 00:03.000", "賛成\x00です。"),
        "half a tag": cue("00:01.000 --> 00:03.000", "賛成です。<v"),
        "tags in tags": cue("00:01.000 --> 00:03.000", "<<v A>>賛成<<<です。"),
        "ten thousand tags": cue("00:01.000 --> 00:03.000", "<c>" * 10_000 + "賛成です。"),
        "half tags": cue("00:01.000 --> 00:03.000", "賛成です。" + "<v " * 4_000),
        "a thousand voices": cue("00:01.000 --> 00:03.000", "".join(f"<v {n}>はい。" for n in range(200))),
        "a million spaces in a tag": lambda: cue("00:01.000 --> 00:03.000", "<v" + " " * 1_000_000 + "賛成").encode(),
        "entities": cue("00:01.000 --> 00:03.000", "&lt;&#0;&#x110000;&#xd800;&bogus;賛成です。"),
        "lines of an old Mac": cue("00:01.000 --> 00:03.000").replace("\n", "\r"),
        "a byte order mark": b"\xef\xbb\xbf" + cue("00:01.000 --> 00:03.000").encode(),
        "notes and styles": cue("00:01.000 --> 00:03.000").replace("WEBVTT\n", "WEBVTT\n\nNOTE x\n\nSTYLE\n::cue{}\n"),
    }

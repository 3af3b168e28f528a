"""Help and usage errors in Japanese: the command-line library writes the words around ours in English.

In: its help text, or its exception. Out: the same in Japanese. Only fixed words are replaced; what it may say that is not
listed here stays as it is, which is better than nothing.
"""

from __future__ import annotations

import re
from typing import Any

import typer.core
from typer.exceptions import TyperException

_HELP = (
    (r"^Usage: ", "使い方: "),
    (r"\[OPTIONS\]", "[オプション]"),
    (r"COMMAND \[ARGS\]\.\.\.", "コマンド ..."),
    (r"^Arguments:$", "引数:"),
    (r"^Options:$", "オプション:"),
    (r"^Commands:$", "コマンド:"),
    (r"\[required\]", "[必須]"),
    (r"\[default: (.*?)\]", r"[既定: \1]"),
    (r"Show this message and exit\.", "この説明を表示して終わる"),
)
_TYPE = re.compile(r" <(?:list\[)?(?:Path|path|str|int|text)\]?>")
_ERRORS = (
    (r"Missing argument '(.*)'\.", r"「\1」を指定してください。"),
    (r"Missing option '(.*)'\.", r"「\1」を指定してください。"),
    (r"No such command '(.*?)'\.?(.*)", r"「\1」というコマンドはありません。"),
    (r"No such option: (\S+)(.*)", r"「\1」というオプションはありません。"),
    (r"Option '(.*)' requires an argument\.", r"「\1」には値が要ります。"),
    (r"Got unexpected extra argument(?:s|\(s\))? \((.*)\)", r"余分な指定があります: \1"),
    (r"Invalid value for '(.*?)'.*", r"「\1」の値が正しくありません。"),
)


def help_in_japanese(text: str) -> str:
    for english, japanese in _HELP:
        text = re.sub(english, japanese, text, flags=re.MULTILINE)
    return _TYPE.sub(lambda match: " " * len(match[0]), text)  # as many blanks, for the columns' sake


def error_in_japanese(error: TyperException) -> str:
    message = error.format_message() if hasattr(error, "format_message") else str(error)
    for english, japanese in _ERRORS:
        if re.match(english, message, re.DOTALL):
            return re.sub(english, japanese, message, flags=re.DOTALL)
    return str(message)


class Command(typer.core.TyperCommand):
    """A command whose help is all Japanese."""

    def get_help(self, ctx: Any) -> str:
        return help_in_japanese(super().get_help(ctx))


class Group(typer.core.TyperGroup):
    """The same for commands with commands."""

    def get_help(self, ctx: Any) -> str:
        return help_in_japanese(super().get_help(ctx))

"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Home = Annotated[Path | None, typer.Option("--home", help="作業フォルダ(recordings, outputs, models を置く所)")]
MeetingFile = Annotated[Path | None, typer.Option("--meeting", help="会議ファイル。録音と同じ名前の .toml なら自動で使う")]
Formats = Annotated[str | None, typer.Option("--formats", help="一緒に書き出す形式(例: text,docx,srt)")]
AsJson = Annotated[bool, typer.Option("--json", help="表の代わりに JSON を書く")]


def say(text: str) -> None:
    """Everything that is not the result."""
    typer.echo(text, err=True)

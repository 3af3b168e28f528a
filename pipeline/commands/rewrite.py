"""What ``minutes rewrite`` does: speech in, one turn per line; writing out, for pasting and for trying a rule.

The same rules as for a draft, without a meeting around them: nobody is known to be asking, and no name is known.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from pipeline import style
from pipeline.errors import SettingsError
from pipeline.layouts import Register


def rewrite_lines(
    lines: Iterable[str], level: str, show: bool, off: list[str], on: list[str], echo: Callable[[str], None]
) -> None:
    """``show``: below each line every change, and what stayed spoken. Raises SettingsError for an unknown level or rule."""
    if level not in list(Register):
        raise SettingsError(f"知らない文体です: {level}", f"使える文体: {', '.join(Register)}")
    rules = style.chosen(Register(level), off, on)
    for line in lines:
        spoken = line.rstrip("\r\n")
        changes, uncovered = style.changed(spoken, rules)
        echo(style.applied(spoken, changes))
        if show:
            for change in changes:
                echo(f"  {change.rule}: {change.before} → {change.after or '(削除)'}")
            for words in dict.fromkeys(uncovered):
                echo(f"  話し言葉のまま: {words}")

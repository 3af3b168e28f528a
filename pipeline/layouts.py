"""A city's layout as data: what is printed, under which labels, in which order and register.

In: the name of a preset in ``templates/`` or the path of a city's own TOML. Out: a frozen ``Layout``. An unknown name or
key is an error that names it (exit code 9). The fields are documented in ``templates/nagasaki.toml``.
"""

from __future__ import annotations

import tomllib
from enum import StrEnum
from importlib import resources
from pathlib import Path

from pydantic import ValidationError

from pipeline.errors import SettingsError
from pipeline.schema import Phase, Record, Role


class Register(StrEnum):
    """How far speech is turned into writing."""

    VERBATIM = "逐語"
    CLEAN = "ケバ取り"
    DEARU = "要点常体"


class Layout(Record):
    """See ``templates/nagasaki.toml`` for what each field means."""

    name: str
    register_: Register
    header: tuple[str, ...]
    item_heading: str
    section_heading: str
    phases: tuple[Phase, ...]
    label: str
    labels: dict[Role, str]
    nothing_said: str
    nothing_said_in: tuple[Phase, ...]
    results_heading: str
    result_line: str
    blank_before_item: bool
    rules_off: tuple[str, ...] = ()

    @property
    def register(self) -> Register:  # pydantic reserves the plain name for ABC registration
        return self.register_

    def prints(self, role: Role, phase: Phase) -> bool:
        """Whether the turn of somebody in this role stands in this phase of the document."""
        return phase in self.phases and role in self.labels


def presets() -> list[str]:
    folder = resources.files("pipeline.templates")
    return sorted(entry.name.removesuffix(".toml") for entry in folder.iterdir() if entry.name.endswith(".toml"))


def load(name: str) -> Layout:
    """A preset by name, or a file by path. Raises SettingsError."""
    own = Path(name)
    if own.suffix == ".toml" and own.is_file():
        text = own.read_text(encoding="utf-8")
    elif name in presets():
        text = resources.files("pipeline.templates").joinpath(f"{name}.toml").read_text(encoding="utf-8")
    else:
        raise SettingsError(
            f"様式がありません: {name}",
            f"使える様式: {', '.join(presets())}。自治体の様式は .toml ファイルの場所で指定できます。",
        )
    try:
        table = tomllib.loads(text)
        table["register_"] = table.pop("register", None)
        return Layout.model_validate(table)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"様式 {name} の書き方に誤りがあります({error})", "様式ファイルを直してください。") from error
    except ValidationError as error:
        key = ".".join(map(str, error.errors()[0]["loc"])).replace("register_", "register")
        raise SettingsError(
            f"様式 {name} の項目 {key} が正しくありません: {error.errors()[0]['msg']}",
            "同梱の nagasaki.toml と見比べてください。",
        ) from error

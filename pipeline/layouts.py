"""A city's layout as data: what is printed, under which labels, in which order and register.

In: the name of a preset in ``templates/`` or the path of a city's own TOML. Out: a frozen ``Layout``. An unknown name, key
or placeholder is an error that names it (exit code 9). The fields are documented in ``templates/nagasaki.toml``.
"""

from __future__ import annotations

import re
import string
import tomllib
from enum import StrEnum
from importlib import resources
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, ValidationError, model_validator

from pipeline.errors import SettingsError
from pipeline.schema import Record
from pipeline.settings import read_toml
from pipeline.terms import UNDECIDED, Phase, Role


class Register(StrEnum):
    """How far speech is turned into writing."""

    VERBATIM = "逐語"
    CLEAN = "ケバ取り"
    POLITE = "整文"
    DEARU = "要点常体"


class Notation(StrEnum):
    """Whose spelling is suggested; the names are those of the tables in ``japanese/notation.toml``."""

    NONE = "なし"
    OFFICIAL = "公用文"
    STENOGRAPHERS = "標準用字用例辞典"
    PRESS = "記者ハンドブック"


class HeaderField(StrEnum):
    """What a header can hold that is known from the meeting; any other name is looked up in its ``fields``."""

    DEPARTMENT = "担当所属名"
    NAME = "会議名"
    TIME = "日時"
    PLACE = "場所"
    AGENDA = "議題"
    RESULTS = "審議結果"
    ATTENDEES = "出席者"


LISTS = (HeaderField.AGENDA, HeaderField.ATTENDEES)  # one line each, without blank lines between

_RESULT_PARTS = re.compile("(?<=により)|(?<=して)")  # after what ``japanese/results.toml`` puts before a result
_PLACEHOLDERS = {  # of each pattern in the file
    "agenda_line": ("n", "label", "title"),
    "agenda_department": ("department",),
    "item_heading": ("n", "label", "title", "department"),
    "section_heading": ("phase",),
    "label": ("role", "name", "letter", "number"),
    "field_line": ("n", "name", "value"),
    "result_line": ("n", "label", "title", "result"),
}


class Layout(Record):
    """See ``templates/nagasaki.toml`` for what each field means."""

    name: str
    register_: Register = Field(alias="register")  # pydantic keeps the plain name for itself
    rules_off: tuple[str, ...] = ()
    rules_on: tuple[str, ...] = ()
    header: tuple[str, ...]
    left_out_if_unknown: tuple[str, ...] = ()
    agenda_line: str
    agenda_department: str
    item_heading: str
    outside_heading: str
    section_heading: str
    phases: tuple[Phase, ...]
    label: str
    labels: dict[Role, str]
    nothing_said: str
    nothing_said_in: tuple[Phase, ...]
    results_heading: str
    result_line: str
    blank_before_item: bool
    field_line: str = "{name}"
    field_names: dict[str, str] = Field(default_factory=dict)
    phase_names: dict[Phase, str] = Field(default_factory=dict)
    directions: dict[Phase, str] = Field(default_factory=dict)
    result_names: dict[str, str] = Field(default_factory=dict)
    label_inline: bool = False
    indent: Literal["", "　"] = ""
    chronological: bool = False
    comma: Literal["、", "，", ","] = "、"
    full_width: bool = False
    page_ends: tuple[str, ...] = ()
    notation: Notation = Notation.NONE
    words: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    redacted: str = "(詳細はセキュリティ上の理由から未記載)"
    inaudible: str = "〔この区間は文字起こしできませんでした〕"
    form: str = ""

    @property
    def register(self) -> Register:
        return self.register_

    @property
    def is_table(self) -> bool:
        """Whether speakers and what they say are two columns, which a tab parts in plain text."""
        return self.label_inline and self.label.endswith("\t")

    def field_name(self, field: str) -> str:
        return self.field_names.get(field, field)

    def heading(self, phase: Phase) -> str:
        return self.section_heading.format(phase=self.phase_name(phase))

    def phase_name(self, phase: Phase) -> str:
        return self.phase_names.get(phase, phase.value)

    def role_name(self, role: Role) -> str:
        return self.labels.get(role, UNDECIDED)

    def label_of(self, role: Role, name: str | None, number: int) -> str:
        """``name`` is a surname; a layout with names prints the role alone where there is none. ``number`` is 1, 2, ..."""
        return self.label.format(role=self.role_name(role), name=name or "", letter=_letter(number), number=number)

    def result_name(self, result: str) -> str:
        """The city's words for a result, or for each of its parts: 「付言を付して」「承認された」."""
        if result in self.result_names:
            return self.result_names[result]
        return "".join(self.result_names.get(part, part) for part in _RESULT_PARTS.split(result))

    def prints(self, role: Role, phase: Phase) -> bool:
        """Whether the turn of somebody in this role stands in this phase of the document."""
        return phase in self.phases and phase not in self.directions and role in self.labels

    @model_validator(mode="after")
    def _header_can_be_found(self) -> Self:
        if doubled := sorted({name for name in self.header if self.header.count(name) > 1}):
            raise ValueError(f"header: {doubled[0]} が2度あります")
        if unknown := [name for name in self.left_out_if_unknown if name not in self.header]:
            raise ValueError(f"left_out_if_unknown: {unknown[0]} は header にありません")
        if not set(self.header) - set(self.left_out_if_unknown):
            raise ValueError("header: 必ず書く項目が1つは要ります")
        return self

    @model_validator(mode="after")
    def _patterns_are_whole(self) -> Self:
        for key, known in _PLACEHOLDERS.items():
            try:
                used = {name for _, name, _, _ in string.Formatter().parse(getattr(self, key)) if name is not None}
            except ValueError as error:
                raise ValueError(f"{key}: 波かっこ {{ }} の組が合いません") from error
            if unknown := used - set(known):
                raise ValueError(
                    f"{key}: 使えない {{{sorted(unknown)[0]}}} があります。使えるのは "
                    + " ".join(f"{{{name}}}" for name in known)
                )
        return self


def _letter(number: int) -> str:
    """A ... Z, AA, AB ...: as columns of a spreadsheet, so that no two people share one."""
    letters = ""
    while number > 0:
        number, rest = divmod(number - 1, len(string.ascii_uppercase))
        letters = string.ascii_uppercase[rest] + letters
    return letters


def presets() -> list[str]:
    folder = resources.files("pipeline.templates")
    return sorted(entry.name.removesuffix(".toml") for entry in folder.iterdir() if entry.name.endswith(".toml"))


def load(name: str) -> Layout:
    """A preset by name, or a file by path. Raises SettingsError."""
    own = Path(name)
    if own.suffix != ".toml" or not own.is_file():
        return read(_preset(name), name)
    layout = read(read_toml(own), name)
    beside = own.parent / layout.form
    return layout.model_copy(update={"form": str(beside.resolve())}) if layout.form and beside.is_file() else layout


def _preset(name: str) -> dict[str, Any]:
    if name not in presets():
        raise SettingsError(
            f"様式がありません: {name}",
            f"使える様式: {', '.join(presets())}。自治体の様式は .toml ファイルの場所で指定できます。",
        )
    table = tomllib.loads(resources.files("pipeline.templates").joinpath(f"{name}.toml").read_text(encoding="utf-8"))
    base = table.pop("base", None)
    return {**_preset(base), **table} if base else table


def read(table: dict[str, Any], name: str) -> Layout:
    """A layout from its table. Raises SettingsError, naming the key."""
    if isinstance(base := table.get("base"), str):
        table = {**_preset(base), **{key: value for key, value in table.items() if key != "base"}}
    try:
        return Layout.model_validate(table)
    except ValidationError as error:
        # a misspelt key also leaves the right one missing: the misspelling is what the user can see
        first = min(error.errors(), key=lambda found: found["type"] != "extra_forbidden")
        key = ".".join(str(part) for part in first["loc"] if part != "[key]")
        why = {
            "extra_forbidden": "知らない項目です",
            "missing": "書かれていません",
            "literal_error": f"使えるのは {first.get('ctx', {}).get('expected', '')} です".replace(" or ", ", "),
            "enum": f"使えるのは {first.get('ctx', {}).get('expected', '')} です".replace(" or ", ", "),
            "value_error": first["msg"].removeprefix("Value error, "),
        }.get(first["type"], "値の種類が違います")
        raise SettingsError(
            f"様式 {name} が正しくありません: {key} {why}".replace(":  ", ": "),
            "同梱の nagasaki.toml と見比べてください。",
        ) from error

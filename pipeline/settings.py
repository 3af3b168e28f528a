"""The settings of a run: flag > ``MINUTES_*`` > ``minutes.toml`` > default, each with the place it came from.

In: the flags given, the environment and ``<home>/minutes.toml``. Out: one frozen ``Settings``. A key nobody knows is an
error that names it and its line (exit code 9): a misspelt setting of a nightly run must not pass in silence.
Layers are merged here rather than by pydantic-settings because ``doctor`` must tell where each value came from.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError, field_validator

from pipeline import complaints, reading, shown
from pipeline.errors import SettingsError
from pipeline.schema import Record

PREFIX = "MINUTES_"
SECRETS = ("edit_password",)  # in the environment too, but no setting: doctor must not show it
FILE_NAME = "minutes.toml"
DEFAULT_WHISPER = "large-v3-turbo"
DEFAULT_PYANNOTE = "pyannote/speaker-diarization-community-1"
DEMO = "demo"
MAX_TOML_BYTES = 1_000_000  # a hundred times the longest meeting file
MAX_CHARS = 2_000  # of one value
_PLACE = re.compile(r"at line (\d+), column (\d+)")


class Settings(Record):
    """Effective settings. Folders other than ``home`` are relative to it unless absolute."""

    home: Path = Path()
    outputs: Path = Path("outputs")
    models: str = Field(default="", description="空なら本番用。demo は同梱の見本用モデル")
    whisper: str = Field(default=DEFAULT_WHISPER, description="文字起こしのモデル名")
    pyannote: str = Field(default=DEFAULT_PYANNOTE, description="話者分離のモデル名")
    diarizer: Literal["auto", "pyannote", "builtin"] = Field(default="auto", description="話者分離の方式")
    device: Literal["auto", "cpu", "cuda"] = Field(default="auto", description="計算に使う装置")
    threads: int = Field(default=0, ge=0, le=1024, description="CPU のスレッド数。0 は自動")
    workers: int = Field(default=1, ge=1, le=256, description="文字起こしを並べて行うプロセス数")
    language: str = Field(default="ja", description="話される言語")
    chunk_s: int = Field(default=180, ge=20, le=1800, description="文字起こしの一区切りの長さ(秒)")
    hotwords: bool = Field(default=True, description="次第と用語集の言葉を聞き取りの手がかりにする")
    recordings: Path = Field(default=Path("recordings"), description="minutes batch が録音を探すフォルダ")
    attempts: int = Field(default=3, ge=1, description="処理中に落ちた録音を、minutes batch が試す回数")
    stable_s: float = Field(
        default=10.0, ge=0, le=3600, description="録音が書き終わったと見るまでの、大きさの変わらない秒数"
    )
    on_finish: str = Field(default="", description="minutes batch が録音ごとに呼ぶコマンド(標準入力に JSON)")
    retention: Literal["keep", "delete-audio"] = Field(
        default="keep", description="確定したときに音声と途中の結果を残すか消すか"
    )
    formats: tuple[str, ...] = Field(default=("text", "docx"), description="下書きと一緒に書き出す形式")
    sources: Mapping[str, str] = Field(default_factory=dict, exclude=True)

    @field_validator("formats", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @field_validator("models")
    @classmethod
    def _known(cls, value: str) -> str:
        if value not in ("", DEMO):
            raise ValueError("demo か空にしてください")
        return value

    @field_validator("whisper", "pyannote", "language", "formats")
    @classmethod
    def _savable(cls, value: str | tuple[str, ...]) -> object:
        """A variable may hold bytes that are no UTF-8; these go into the draft's 作成方法."""
        if not all(map(shown.is_text, value)):
            raise ValueError("保存できない文字があります")
        return value

    @property
    def is_demo(self) -> bool:
        return self.models == DEMO

    @property
    def recordings_folder(self) -> Path:
        return self.home / self.recordings

    @property
    def outputs_folder(self) -> Path:
        return self.home / self.outputs


def load(flags: Mapping[str, object] | None = None, environ: Mapping[str, str] | None = None) -> Settings:
    """Merge the layers. ``flags`` with value None count as not given. Raises SettingsError (exit code 9)."""
    environ = os.environ if environ is None else environ
    given = {key: value for key, value in (flags or {}).items() if value is not None}
    variables = {key[len(PREFIX) :].lower(): value for key, value in environ.items() if key.startswith(PREFIX)}
    variables = {name: value for name, value in variables.items() if name not in SECRETS}
    home = Path(str(given.get("home") or variables.get("home") or "."))
    if not reading.is_folder(home):
        raise SettingsError(f"作業フォルダがありません: {home}", "--home か MINUTES_HOME の場所を確かめてください。")
    file = home / FILE_NAME
    values: dict[str, object] = {}
    sources: dict[str, str] = {}
    in_file = read_toml(file) if os.path.lexists(file) else {}
    if "home" in in_file:
        raise SettingsError(
            f"home は {FILE_NAME} には書けません({FILE_NAME} {line_of(file, 'home')})",
            "--home か MINUTES_HOME で指定してください。",
        )
    for place, layer in (
        (FILE_NAME, in_file),
        ("環境変数", variables),
        ("オプション", given),
    ):
        values.update(layer)
        sources.update(dict.fromkeys(layer, place))
    if "sources" in values:  # our own field, not a setting
        raise _unknown("sources", sources["sources"], file)
    try:
        return Settings.model_validate({**values, "home": home, "sources": sources})
    except ValidationError as error:
        raise _explained(error, sources, file) from error


def read_toml(file: Path) -> dict[str, Any]:
    """The table in ``file``; SettingsError with the line where it is not TOML or not text."""
    try:
        values = tomllib.loads(reading.whole(file, MAX_TOML_BYTES).decode("utf-8-sig"))
        unfit = next(_unfit(values), None)
    except tomllib.TOMLDecodeError as error:
        place = "{}行目の{}文字目".format(*found.groups()) if (found := _PLACE.search(str(error))) else "ファイルの終わり"
        raise SettingsError(
            f"{file.name} の書き方に誤りがあります({place})",
            f'{file} を直してください。文字列と日本語の項目名は " " で囲み、同じ項目は1度だけ書きます。',
        ) from error
    except (RecursionError, ValueError) as error:
        if isinstance(error, UnicodeDecodeError):
            raise SettingsError(
                f"{file.name} が UTF-8 の文字ではありません。",
                "メモ帳などで文字コードを UTF-8 にして保存し直してください。",
            ) from error
        raise SettingsError(
            f"{file.name} に読めない値があります(深すぎる入れ子か、大きすぎる数)。", f"{file} を直してください。"
        ) from error
    except reading.Unreadable as error:
        raise SettingsError(f"{file} を読めません({error})", "場所と読み取りの権限を確かめてください。") from error
    if unfit is not None:
        where = f"{file.name} {line_of(file, unfit)}".strip()
        raise SettingsError(
            f"{unfit} の値が使えません({where}): 目に見えない制御文字があるか、{MAX_CHARS:,}字を超えています",
            f"{file} で書き直してください。",
        )
    return values


def _unfit(values: dict[str, Any]) -> Iterator[str]:
    """Keys of strings that no document and no path can hold: control characters (TOML writes ``\u0000``), or endless ones."""
    for key, value in values.items():
        inside = value if isinstance(value, list) else [value]
        strings = [key, *(one for one in inside if isinstance(one, str))]
        if any(len(one) > MAX_CHARS or not shown.is_text(one) for one in strings):
            yield key
        for one in inside:
            if isinstance(one, dict):
                yield from _unfit(one)


def line_of(file: Path, key: str) -> str:
    """「N行目」of the first line of ``file`` that sets ``key`` or opens its table, or an empty text."""
    pattern = re.compile(rf"\s*(\[+\s*)?[\"']?{re.escape(key)}[\"']?\s*(=|\.|\])")
    for number, line in enumerate(file.read_text(encoding="utf-8-sig").split("\n"), start=1):
        if pattern.match(line):
            return f"{number}行目"
    return ""


def _explained(error: ValidationError, sources: Mapping[str, str], file: Path) -> SettingsError:
    first = error.errors()[0]
    key = str(first["loc"][0])
    place = sources.get(key, "設定")
    where = f"{place} {line_of(file, key)}".strip() if place == FILE_NAME else place
    if first["type"] == "extra_forbidden":
        return _unknown(key, place, file)
    return SettingsError(
        f"設定 {key} の値が正しくありません({where}): {complaints.in_japanese(first)}",
        "README の設定の表に、書ける値があります。" if place == FILE_NAME else "minutes doctor で今の設定を確かめられます。",
    )


def _unknown(key: str, place: str, file: Path) -> SettingsError:
    name = PREFIX + key.upper() if place == "環境変数" else key
    where = f"{place} {line_of(file, key)}".strip() if place == FILE_NAME else place
    return SettingsError(
        f"知らない設定です: {name}({where})",
        f"使える名前: {', '.join(n for n in Settings.model_fields if n != 'sources')}",
    )

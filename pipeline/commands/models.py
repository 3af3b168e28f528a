"""``minutes models``: what weights are here, and getting more. Imported with the command line, so nothing heavy on top."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.commands import usage
from pipeline.errors import ExitCode, WeightsError

if TYPE_CHECKING:
    from pipeline.engines.weights import Found, Model
    from pipeline.settings import Settings

app = typer.Typer(cls=usage.Group, help="モデル(重みファイル)を一覧・取得・点検・追加します。", no_args_is_help=True)
Home = Annotated[Path | None, typer.Option("--home", help="作業フォルダ")]
Name = Annotated[str, typer.Argument(help="モデルの名前", metavar="名前")]


def _home(home: Path | None) -> Path:
    from pipeline.settings import load

    return load({"home": home}).home


def _named(name: str, home: Path) -> tuple[Model, ...]:
    """All models of a name: ``demo`` is two."""
    from pipeline.engines import weights

    models = weights.all_models(home)
    named = tuple(model for model in models if name in (model.name, model.folder))
    if not named:
        known = "、".join(dict.fromkeys(model.name for model in models))
        raise WeightsError(f"知らないモデルです: {name}", f"知っているモデル: {known}")
    return named


@app.command("list", cls=usage.Command)
def list_models(home: Home = None) -> int:
    """知っているモデルと、この機械にあるかどうかを一覧します。"""
    from pipeline.engines import weights

    place = _home(home)
    typer.echo(table([weights.examine(place, model) for model in weights.all_models(place)]))
    return ExitCode.DONE


@app.command(cls=usage.Command)
def check(home: Home = None) -> int:
    """ある重みを最後まで読み、届いたときの記録と比べます。壊れていれば終了コード 5。"""
    from pipeline.engines import weights

    place = _home(home)
    found = [weights.examine(place, model, thorough=True) for model in weights.all_models(place)]
    typer.echo(table(found))
    return ExitCode.WEIGHTS if any(one.trouble for one in found) else ExitCode.DONE


@app.command(cls=usage.Command)
def fetch(name: Name, home: Home = None) -> int:
    """モデルをハブから取得します。通信するのはこのコマンドだけです。"""
    from pipeline.engines.fetching import fetch as get

    place = _home(home)
    for model in _named(name, place):
        typer.echo(get(place, model))
    return ExitCode.DONE


@app.command(cls=usage.Command)
def bundle(
    name: Name,
    output: Annotated[Path, typer.Option("-o", "--output", help="書き出す .tar ファイル")],
    home: Home = None,
) -> int:
    """モデルを1つのファイルにまとめます。USB メモリなどで閉じた網の機械へ運べます。"""
    from pipeline.engines import bundles

    place = _home(home)
    typer.echo(bundles.pack(place, _named(name, place), output))
    return ExitCode.DONE


@app.command(cls=usage.Command)
def add(
    source: Annotated[Path, typer.Argument(help="モデルのフォルダ、または bundle で作った .tar", metavar="フォルダ")],
    name: Annotated[str | None, typer.Option("--name", help="models の下に置く名前")] = None,
    home: Home = None,
) -> int:
    """別の機械から運んだモデルを、確かめてから加えます。"""
    from pipeline.engines import bundles

    for added in bundles.add(_home(home), source, name):
        typer.echo(added.folder)
    return ExitCode.DONE


def table(found: list[Found]) -> str:
    """One line per model: part, name, state, size."""
    from pipeline.commands.columns import aligned

    rows = []
    for one in found:
        state = "あり" if one.recorded else "あり(照合の記録なし)"
        if one.trouble:
            state = f"壊れている({one.trouble})"
        size = f"{one.size_bytes / 1e6:,.1f} MB" if one.folder else "-"
        rows.append((one.model.part, one.model.name, size, state if one.folder else "なし"))
    return aligned(rows)


def offer(error: WeightsError, settings: Settings) -> bool:
    """On a terminal: say what is missing and fetch it if the user agrees. True when everything is there now."""
    from pipeline.engines import weights
    from pipeline.engines.fetching import fetch as get

    typer.echo(error.message, err=True)
    wanted = [weights.known(settings.whisper, weights.WHISPER)]
    if settings.diarizer == "pyannote":
        wanted.append(weights.known(settings.pyannote, weights.PYANNOTE))
    missing = [m for m in wanted if m.repository and weights.examine(settings.home, m).folder is None]
    if not missing or not typer.confirm(f"{'、'.join(m.name for m in missing)} を今取得しますか。", err=True):
        return False
    for model in missing:
        get(settings.home, model)
    return True

"""``minutes models``: what weights are here, and getting more. Imported with the command line, so nothing heavy on top."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.errors import ExitCode, WeightsError

if TYPE_CHECKING:
    from pipeline.engines.weights import Found, Model
    from pipeline.settings import Settings

app = typer.Typer(help="モデル(重みファイル)を一覧・取得・点検・追加します。", no_args_is_help=True)
Home = Annotated[Path | None, typer.Option("--home", help="作業フォルダ")]
Name = Annotated[str, typer.Argument(help="モデルの名前", metavar="名前")]


def _home(home: Path | None) -> Path:
    from pipeline.settings import load

    return load({"home": home}).home


def _named(name: str) -> Model:
    from pipeline.engines import weights

    for model in weights.KNOWN:
        if name in (model.name, model.folder):
            return model
    names = "、".join(dict.fromkeys(model.name for model in weights.KNOWN if model.repository))
    raise WeightsError(f"知らないモデルです: {name}", f"取得できるモデル: {names}")


@app.command("list")
def list_models(home: Home = None) -> int:
    """知っているモデルと、この機械にあるかどうかを一覧します。"""
    from pipeline.engines import weights

    place = _home(home)
    typer.echo(table([weights.examine(place, model) for model in weights.KNOWN]))
    return ExitCode.DONE


@app.command()
def check(home: Home = None) -> int:
    """ある重みを最後まで読み、届いたときの記録と比べます。壊れていれば終了コード 5。"""
    from pipeline.engines import weights

    place = _home(home)
    found = [weights.examine(place, model, thorough=True) for model in weights.KNOWN]
    typer.echo(table(found))
    return ExitCode.WEIGHTS if any(one.trouble for one in found) else ExitCode.DONE


@app.command()
def fetch(name: Name, home: Home = None) -> int:
    """モデルをハブから取得します。通信するのはこのコマンドだけです。"""
    from pipeline.engines.fetching import fetch as get

    typer.echo(get(_home(home), _named(name)))
    return ExitCode.DONE


@app.command()
def bundle(
    name: Name,
    output: Annotated[Path, typer.Option("-o", "--output", help="書き出す .tar ファイル")],
    home: Home = None,
) -> int:
    """モデルを1つのファイルにまとめます。USB メモリなどで閉じた網の機械へ運べます。"""
    from pipeline import bundles

    typer.echo(bundles.pack(_home(home), _named(name), output))
    return ExitCode.DONE


@app.command()
def add(
    source: Annotated[Path, typer.Argument(help="モデルのフォルダ、または bundle で作った .tar", metavar="フォルダ")],
    name: Annotated[str | None, typer.Option("--name", help="models の下に置く名前")] = None,
    home: Home = None,
) -> int:
    """別の機械から運んだモデルを、確かめてから加えます。"""
    from pipeline import bundles

    typer.echo(bundles.add(_home(home), source, name))
    return ExitCode.DONE


def table(found: list[Found]) -> str:
    """One line per model: part, name, state, size."""
    lines = []
    for one in found:
        state = "なし" if one.folder is None else f"壊れている({one.trouble})" if one.trouble else "あり"
        size = f"{one.size_bytes / 1e6:,.1f} MB" if one.folder else "-"
        lines.append(f"{one.model.part}\t{one.model.name}\t{state}\t{size}")
    return "\n".join(lines)


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

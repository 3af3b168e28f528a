"""The commands that work on a draft or a 会議録, as ``cli.py`` has those that make one."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from pipeline.commands import usage
from pipeline.commands.options import AsJson, Home, say
from pipeline.errors import ExitCode

app = typer.Typer()


@app.command(cls=usage.Command)
def export(
    draft: Annotated[str, typer.Argument(help="下書きの ID、フォルダ、または draft.json", metavar="下書き")],
    format: Annotated[str, typer.Option("-f", "--format", help="text, markdown, docx, srt, vtt, rttm, json")] = "text",
    output: Annotated[str | None, typer.Option("-o", "--output", help="書き出す先。- は標準出力")] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="同じ名前のファイルを置き換える")] = False,
    public: Annotated[bool, typer.Option("--public", help="公開用: 伏せる所を様式の注記に、名前を役割にする")] = False,
    template: Annotated[str | None, typer.Option("--template", help="別の様式(名前か .toml の場所)に書き直す")] = None,
    form: Annotated[Path | None, typer.Option("--form", help="差し込み先の Word の様式(.docx)。-f docx と使う")] = None,
    home: Home = None,
) -> int:
    """校正済み(なければ下書き)を文書にします。"""
    from pipeline import documents
    from pipeline.commands import export as export_command
    from pipeline.settings import load

    wanted = export_command.Wanted(format=format, public=public, template=template, form=form)
    data, target = export_command.document(draft, wanted, load({"home": home}), say)
    if output == "-":
        sys.stdout.buffer.write(data)
        return ExitCode.DONE
    documents.export_to(Path(output) if output else target, data, overwrite or output is None)
    typer.echo(output or target)
    return ExitCode.DONE


@app.command(cls=usage.Command)
def check(
    draft: Annotated[str, typer.Argument(help="下書きの ID、フォルダ、draft.json、または parse の JSON", metavar="下書き")],
    home: Home = None,
) -> int:
    """書き誤り(余分な空白、重複、助詞の抜け、倒置)と、表記の基準に合わない書き方を並べます。直しはしません。"""
    from pipeline import documents
    from pipeline.commands import check as check_command
    from pipeline.settings import load

    source = documents.find(draft, load({"home": home}).outputs_folder)
    typer.echo(check_command.table(documents.read(source)))
    return ExitCode.DONE


@app.command(cls=usage.Command)
def redactions(
    draft: Annotated[str, typer.Argument(help="下書きの ID、フォルダ、または draft.json", metavar="下書き")],
    home: Home = None,
) -> int:
    """公開の前に伏せるか確かめる所(名前、電話番号、事業者など)を並べます。伏せはしません。"""
    from pipeline import documents
    from pipeline.commands import redactions as redactions_command
    from pipeline.settings import load

    source = documents.find(draft, load({"home": home}).outputs_folder)
    typer.echo(redactions_command.table(documents.read(source)))
    return ExitCode.DONE


@app.command(cls=usage.Command)
def parse(
    file: Annotated[Path, typer.Argument(help="公開されている会議録のテキスト(UTF-8)", metavar="会議録")],
    template: Annotated[str, typer.Option("--template", help="書かれている様式の名前か .toml の場所")] = "nagasaki",
) -> int:
    """公開済みの会議録を読み、export で元どおりに書き出せる JSON にします。"""
    from pipeline import layouts, parsing
    from pipeline.export import draftjson

    document = parsing.parse(parsing.read(file), layouts.load(template), template)
    sys.stdout.buffer.write(draftjson.render(document))
    return ExitCode.DONE


@app.command(cls=usage.Command)
def score(
    reference: Annotated[Path, typer.Argument(help="正解(reference.json、truth.json、.rttm、.txt)", metavar="正解")],
    hypothesis: Annotated[Path, typer.Argument(help="採点するもの(draft.json、.rttm、.txt)", metavar="下書き")],
    as_json: AsJson = False,
) -> int:
    """下書きを正解と比べます(文字誤り率、話者誤り率、役割、区分、決定)。"""
    from pipeline import score as scoring

    scores = scoring.score(reference, hypothesis)
    typer.echo(scores.model_dump_json(indent=1) if as_json else scoring.table(scores))
    return ExitCode.DONE


@app.command(cls=usage.Command)
def rewrite(
    level: Annotated[str, typer.Option("--level", help="逐語, ケバ取り, 整文, 要点常体")] = "要点常体",
    show: Annotated[bool, typer.Option("--show", help="規則ごとに、前と後も書く")] = False,
    without: Annotated[list[str] | None, typer.Option("--without", help="使わない規則(何度でも)", metavar="規則")] = None,
    with_: Annotated[
        list[str] | None, typer.Option("--with", help="頼まれたときだけの規則(例: 口癖)", metavar="規則")
    ] = None,
) -> int:
    """標準入力の発言(1行に1つ)を書き言葉に直します。"""
    from pipeline.commands import rewrite as rewrite_command

    rewrite_command.rewrite_lines(sys.stdin, level, show, without or [], with_ or [], typer.echo)
    return ExitCode.DONE

"""The command ``minutes``. Parses, calls, prints; what a command does is in the module it imports when it runs.

stdout is the result, stderr everything else. ``--help`` imports neither a model library nor the records, so it answers
at once on a slow office machine. Every ``MinutesError`` ends here in two lines and its exit code.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer
from typer.exceptions import TyperException

from pipeline import __version__, cli_documents, interruption
from pipeline.commands import models as models_command
from pipeline.commands import usage
from pipeline.commands.options import AsJson, Formats, Home, MeetingFile, say
from pipeline.errors import ExitCode, MinutesError

INTERRUPTED = "中断しました。もう一度実行すると、終わったところから続けます。"

app = typer.Typer(
    name="minutes",
    cls=usage.Group,
    help="会議の録音から会議録の下書きを作ります。すべてこの機械の中で行い、外へは何も送りません。",
    add_completion=False,
    pretty_exceptions_enable=False,  # a traceback must never print locals: they hold spoken text
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def main() -> None:
    """Entry point: runs the command and ends the process with the documented exit code."""
    try:
        interruption.heed()
        code = run(sys.argv[1:])
        interruption.ignore()
    except KeyboardInterrupt:  # while another error was being told
        code = ExitCode.INTERRUPTED
        say(INTERRUPTED)
    sys.exit(code)


def run(arguments: list[str]) -> int:
    """The same without ending the process; returns the exit code."""
    try:
        code = app(arguments or ["--help"], standalone_mode=False)
    except MinutesError as error:
        return tell(error)
    except (KeyboardInterrupt, typer.Abort):
        code = ExitCode.INTERRUPTED
    except typer.Exit as end:
        code = end.exit_code  # Typer turns Ctrl-C into its own exit with 130
    except TyperException as error:
        say(
            f"使い方の誤りです: {usage.error_in_japanese(error)}\n→ minutes --help、または minutes <コマンド> --help をご覧ください。"
        )
        return ExitCode.USAGE
    except Exception as error:
        if interruption.asked():
            say(INTERRUPTED)
            return ExitCode.INTERRUPTED
        from pipeline.runlog import record_bug

        say(f"プログラムの誤りで止まりました({type(error).__name__})。")
        say(f"→ 記録 {record_bug(error)} を添えてお知らせください。発言の内容は含まれていません。")
        return ExitCode.BUG
    if code == ExitCode.INTERRUPTED:
        say(INTERRUPTED)
    return code if isinstance(code, int) else ExitCode.DONE


def tell(error: MinutesError) -> int:
    """An error in two lines: what is wrong, what to do next. Returns its exit code."""
    say(error.message)
    if error.advice:
        say(f"→ {error.advice}")
    return error.exit_code


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"minutes {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="版を表示する")] = False,
) -> None:
    pass


@app.command(cls=usage.Command)
def transcribe(
    recordings: Annotated[list[Path], typer.Argument(help="録音・録画のファイル", metavar="録音...")],
    join: Annotated[bool, typer.Option("--join", help="録音を順につないで、1つの会議にする")] = False,
    meeting: MeetingFile = None,
    models: Annotated[str | None, typer.Option("--models", help="demo: 同梱の見本用モデル(本番には使えません)")] = None,
    diarizer: Annotated[str | None, typer.Option("--diarizer", help="話者分離: auto, pyannote, builtin")] = None,
    device: Annotated[str | None, typer.Option("--device", help="計算装置: auto, cpu, cuda")] = None,
    workers: Annotated[int | None, typer.Option("--workers", help="文字起こしを並べて行うプロセス数")] = None,
    formats: Formats = None,
    home: Home = None,
) -> int:
    """録音を会議録の下書きにし、できた draft.json の場所を表示します。"""
    from pipeline.commands import transcribe as transcribe_command
    from pipeline.settings import load

    flags = {
        "models": models, "diarizer": diarizer, "device": device, "workers": workers, "formats": formats, "home": home,
    }  # fmt: skip
    return transcribe_command.transcribe_all(recordings, meeting, load(flags), typer.echo, tell, join)


@app.command(cls=usage.Command)
def batch(
    folder: Annotated[
        Path | None, typer.Argument(help="録音のフォルダ。なければ設定の recordings", metavar="フォルダ")
    ] = None,
    until: Annotated[str | None, typer.Option("--until", help="終わる時刻(例: 07:00)。間に合わない録音は始めない")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="何をするかだけを表示する")] = False,
    retry: Annotated[bool, typer.Option("--retry", help="失敗のままの録音もやり直す")] = False,
    as_json: AsJson = False,
    scheduler: Annotated[str | None, typer.Option("--scheduler", help="dask のスケジューラ(例: tcp://host:8786)")] = None,
    models: Annotated[str | None, typer.Option("--models", help="demo: 同梱の見本用モデル(本番には使えません)")] = None,
    home: Home = None,
) -> int:
    """フォルダの新しい録音をすべて下書きにします。毎晩、無人で動かせます。"""
    from pipeline.commands import batch as batch_command
    from pipeline.settings import load

    settings = load({"recordings": folder and folder.absolute(), "models": models, "home": home})
    return batch_command.run(settings, until, dry_run, retry, as_json, scheduler, typer.echo, say)


@app.command(cls=usage.Command)
def status(as_json: AsJson = False, home: Home = None) -> int:
    """これまでの minutes batch の台帳を表示します。"""
    from pipeline.commands import batch as batch_command
    from pipeline.settings import load

    typer.echo(batch_command.status(load({"home": home}), as_json))
    return ExitCode.DONE


@app.command(cls=usage.Command)
def schedule(
    at: Annotated[str, typer.Option("--at", help="始める時刻(例: 22:00)")] = "22:00",
    until: Annotated[str | None, typer.Option("--until", help="終わる時刻(例: 07:00)")] = None,
    system: Annotated[
        str | None, typer.Option("--system", help="systemd, cron, windows。なければこの機械に合うもの")
    ] = None,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="表示の代わりに、このフォルダに書き出す")] = None,
    home: Home = None,
) -> int:
    """minutes batch を毎晩始めるための設定(systemd、cron、Windows のタスク)を表示します。登録はしません。"""
    from pipeline.commands import schedule as schedule_command
    from pipeline.settings import load

    units = schedule_command.units(load({"home": home}), schedule_command.system(system), at, until)
    shown = [unit.text for unit in units] if output is None else list(map(str, schedule_command.save(units, output)))
    typer.echo("\n".join(shown))
    return ExitCode.DONE


@app.command(cls=usage.Command)
def assemble(
    transcript: Annotated[
        Path, typer.Argument(help="よそで作った文字起こし(WhisperX の .json、.vtt)", metavar="文字起こし")
    ],
    meeting: MeetingFile = None,
    formats: Formats = None,
    home: Home = None,
) -> int:
    """よそで作った話者つき文字起こしを下書きにします。録音は要りません。"""
    from pipeline.commands import transcribe as transcribe_command
    from pipeline.settings import load

    typer.echo(transcribe_command.assemble_transcript(transcript, meeting, load({"formats": formats, "home": home})))
    return ExitCode.DONE


@app.command(cls=usage.Command)
def edit(
    meeting: Annotated[str | None, typer.Argument(help="会議の ID。なければ一覧を開く", metavar="会議")] = None,
    host: Annotated[str, typer.Option("--host", help="待ち受ける番地。この機械の外から開くときだけ変える")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", help="待ち受ける番号。0 は空いている番号")] = 8631,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="ブラウザを開く")] = True,
    home: Home = None,
) -> int:
    """録音を聞きながら校正する画面を開きます(この機械の中だけ)。終わるには Ctrl-C。"""
    from pipeline.commands import edit as edit_command
    from pipeline.settings import load

    settings = load({"home": home})
    password = edit_command.password_for(host, lambda: typer.prompt("合い言葉", hide_input=True, err=True))
    edit_command.serve(settings, meeting, host, port, browser, typer.echo, password)
    return ExitCode.DONE


@app.command(cls=usage.Command)
def demo(home: Home = None) -> int:
    """同梱の見本の会議を同梱の見本用モデルで下書きにし、正解と比べます。"""
    from pipeline.commands import transcribe as transcribe_command
    from pipeline.settings import load

    return transcribe_command.demonstrate(load({"models": "demo", "home": home}), typer.echo, say)


@app.command(cls=usage.Command)
def doctor(home: Home = None) -> int:
    """入っているもの、モデル、装置、フォルダ、今の設定とその出どころを調べます。通信はしません。"""
    from pipeline.commands import doctor as examination
    from pipeline.settings import load

    settings = load({"home": home})
    typer.echo(examination.table(examination.examine(settings.home, settings)))
    return ExitCode.DONE


app.add_typer(cli_documents.app)
app.add_typer(models_command.app, name="models")

if __name__ == "__main__":
    main()

"""``minutes glossary``: the words of a city and its councils. Imported with the command line, so nothing heavy on top."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.commands import usage
from pipeline.commands.options import Home, MeetingFile, say
from pipeline.errors import ExitCode

if TYPE_CHECKING:
    from pipeline.glossary.term import Term

app = typer.Typer(
    cls=usage.Group, help="用語集: 資料から候補を出し、校正から学び、聞き取りと書き方に使います。", no_args_is_help=True
)
City = Annotated[str, typer.Option("--city", help="使う市(会議名の一部)", metavar="市")]
Council = Annotated[str, typer.Option("--council", help="使う会議(会議名の一部)", metavar="会議")]
Item = Annotated[str, typer.Option("--item", help="使う議題(番号、件名、担当課の一部)", metavar="議題")]
Write = Annotated[bool, typer.Option("--write", help="候補を用語集のファイルに書き足す")]
NOTHING = "候補はありません。"


@app.command(cls=usage.Command)
def learn(
    files: Annotated[
        list[Path], typer.Argument(help="次第、諮問書、名簿、例規、過去の会議録(txt, docx, xlsx, pdf)", metavar="資料...")
    ],
    city: City = "",
    council: Council = "",
    item: Item = "",
    limit: Annotated[int, typer.Option("--limit", help="候補の数の上限")] = 100,
    write: Write = False,
    home: Home = None,
) -> int:
    """資料から用語の候補を、読みと回数をつけて並べます。辞書にない言葉、名前、複合語の順です。"""
    from pipeline.commands.columns import aligned
    from pipeline.glossary import book, papers, proposing
    from pipeline.settings import load

    file = load({"home": home}).glossary_file
    proposals = proposing.propose([papers.read(paper) for paper in files], book.read(file), _scope(city, council, item))
    shown = proposals[:limit]
    if not shown:
        typer.echo(NOTHING)
        return ExitCode.DONE
    rows = [(p.kind.value, p.term.text, p.term.reading or "(読みを書いてください)", f"{p.term.count}回") for p in shown]
    typer.echo(aligned(rows))
    if len(proposals) > limit:
        say(f"ほかに {len(proposals) - limit} 語あります。--limit で増やせます。")
    _offer(file, [p.term for p in shown], write)
    return ExitCode.DONE


@app.command(cls=usage.Command)
def suggest(
    city: City = "",
    council: Council = "",
    item: Item = "",
    often: Annotated[int, typer.Option("--often", help="何回直した語から出すか")] = 2,
    write: Write = False,
    home: Home = None,
) -> int:
    """校正の机でくり返し直した語と、元に戻した書きかえを並べます。"""
    from pipeline.commands.columns import aligned
    from pipeline.glossary import lessons
    from pipeline.settings import load

    settings = load({"home": home})
    found = lessons.learn(settings.outputs_folder, max(1, often))
    if not found:
        typer.echo(NOTHING)
        return ExitCode.DONE
    rows = [
        (
            f"{one.times}回{'戻した' if one.reverted else '直した'}語",
            f"{one.text} → {'、'.join(one.heard)}" if one.reverted else f"{'、'.join(one.heard)} → {one.text}",
            "correct = false を" if one.reverted else "",
            "、".join(one.meetings),
        )
        for one in found
    ]
    typer.echo(aligned(rows))
    _offer(settings.glossary_file, [one.term(_scope(city, council, item)) for one in found if not one.reverted], write)
    return ExitCode.DONE


@app.command("list", cls=usage.Command)
def list_terms(meeting: MeetingFile = None, home: Home = None) -> int:
    """用語集の言葉を並べます。--meeting なら、その会議で使う言葉を、聞き取りの手がかりにする順に並べます。"""
    from pipeline import meeting_file
    from pipeline.commands.columns import aligned
    from pipeline.glossary import book, worth
    from pipeline.glossary.term import holding
    from pipeline.settings import load

    settings = load({"home": home})
    terms = book.read(settings.glossary_file)
    if meeting:
        terms = worth.ordered(holding(terms, meeting_file.read(meeting)))
    hinted = worth.hints(terms) if meeting and settings.hotwords else ()
    rows = [_row(term, term.text in hinted, term.text in settings.without or "*" in settings.without) for term in terms]
    typer.echo(aligned(rows) if rows else "用語集に言葉がありません。minutes glossary learn で資料から候補を出せます。")
    return ExitCode.DONE


@app.command(cls=usage.Command)
def corrections(
    draft: Annotated[str, typer.Argument(help="下書きの ID、フォルダ、または draft.json", metavar="下書き")],
    home: Home = None,
) -> int:
    """下書きで用語集の言葉に書きかえた所を、時刻と聞こえたままの言葉をつけて並べます。"""
    from pipeline import documents
    from pipeline.commands.columns import aligned
    from pipeline.export.blocks import clock
    from pipeline.glossary.correcting import is_correction
    from pipeline.schema import Draft
    from pipeline.settings import load

    found = documents.read(documents.find(draft, load({"home": home}).outputs_folder))
    turns = found.turns if isinstance(found, Draft) else ()
    rows = [
        (clock(turn.start_ms), turn.id, f"{change.before} → {change.after}", change.rule)
        for turn in turns
        for change in turn.changes
        if is_correction(change)
    ]
    typer.echo(aligned(rows) if rows else "用語集による書きかえはありません。")
    return ExitCode.DONE


def _row(term: Term, hinted: bool, without: bool) -> tuple[str, ...]:
    states = [
        "使わない" if not term.use else "",
        "手がかり" if hinted else "",
        "書きかえない" if term.use and (without or not term.correct) else "",
    ]
    times = [f"{term.count}回" if term.count else "", f"{term.corrected}回直した" if term.corrected else ""]
    return term.text, term.sound, term.scope, " ".join(filter(None, times)), " ".join(filter(None, states))


def _offer(file: Path, terms: list[Term], write: bool) -> None:
    """Write the terms, or tell how."""
    if not write:
        say("用語集に書き足すには、--write を付けてください。要らない言葉は、書き足したあとで use = false にします。")
        return
    from pipeline.glossary import book

    say(f"{len(book.add(file, terms))} 語を用語集に書き足しました: {file}")


def _scope(city: str, council: str, item: str) -> Term:
    from pipeline.glossary.term import Term

    return Term(text="*", city=city, council=council, item=item)

"""The papers of a meeting as text: 次第, 諮問書, rosters, ordinances, past 会議録.

In: a txt, docx, xlsx or pdf file, or a draft of ours. Out: ``Paper``, its paragraphs in order. PDF files break a paragraph at
the edge of the page; a line that reaches the edge goes on in the next one, else half of the long words would be lost. Old text
files of Japanese offices are in Shift_JIS. What holds no text (a scanned PDF) is an error and not an empty paper.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

from pipeline.errors import RecordingError
from pipeline.schema import Draft, Record

ENCODINGS = ("utf-8-sig", "cp932")
FULL_LINE = 0.9  # of the longest line: so long a line was broken by the edge of the page
_LONG_BLANK = re.compile(r"[ \t]{2,}")


class Paper(Record):
    """``name``: of the file, without its folder."""

    name: str
    paragraphs: tuple[str, ...]


def read(file: Path) -> Paper:
    """Raises RecordingError for a file that is missing, of no known kind, damaged or without text."""
    if not file.is_file():
        raise RecordingError(f"資料がありません: {file}", "ファイル名と場所を確かめてください。")
    reader = READERS.get(file.suffix.lower())
    if reader is None:
        raise RecordingError(
            f"読めない形式の資料です: {file.name}",
            f"読めるのは {'、'.join(READERS)} です。古い .doc や .xls は、Word や Excel で .docx や .xlsx に保存し直してください。",
        )
    try:
        lines = list(reader(file))
    except MemoryError:
        raise
    except Exception as error:  # the libraries raise whatever a damaged file makes them raise
        if isinstance(error, RecordingError):
            raise
        raise RecordingError(
            f"資料を読めません: {file.name}({type(error).__name__})",
            "ファイルが開けるか、パスワードが掛かっていないかを確かめてください。",
        ) from error
    paragraphs = tuple(line.strip() for line in lines if line.strip())
    if not paragraphs:
        raise RecordingError(
            f"文字のない資料です: {file.name}",
            "画像だけの PDF は読めません。文字の入った PDF か、元の Word や Excel のファイルを指定してください。",
        )
    return Paper(name=file.name, paragraphs=paragraphs)


def _text(file: Path) -> Iterator[str]:
    data = file.read_bytes()
    for encoding in ENCODINGS:
        try:
            yield from data.decode(encoding).splitlines()
            return
        except UnicodeDecodeError:
            continue
    raise RecordingError(f"文字コードが分かりません: {file.name}", "UTF-8 で保存し直してください。")


def _word(file: Path) -> Iterator[str]:
    """Paragraphs and table cells in the order of the page; a merged cell once."""
    import docx

    document = docx.Document(str(file))
    for block in document.iter_inner_content():
        if hasattr(block, "rows"):
            yield from {cell._tc: cell.text for row in block.rows for cell in row.cells}.values()
        else:
            yield block.text


def _sheet(file: Path) -> Iterator[str]:
    """A row is a paragraph: rosters have surname, name and reading in cells of their own."""
    import openpyxl

    book = openpyxl.load_workbook(file, read_only=True, data_only=True)
    try:
        for sheet in book.worksheets:
            for row in sheet.iter_rows(values_only=True):
                yield " ".join(str(value).strip() for value in row if value is not None)
    finally:
        book.close()


def _pdf(file: Path) -> Iterator[str]:
    import pypdf

    for page in pypdf.PdfReader(file).pages:
        yield from _joined([_LONG_BLANK.sub(" ", line).strip() for line in page.extract_text().splitlines()])


def _joined(lines: list[str]) -> Iterator[str]:
    """Lines that were broken at the edge of the page, put together again."""
    edge = FULL_LINE * max(map(len, lines), default=0)
    so_far = ""
    for line in lines:
        so_far += line
        if len(line) < edge or line.endswith(("。", ":", ":", "】")):
            yield so_far
            so_far = ""
    yield so_far


def _draft(file: Path) -> Iterator[str]:
    """A draft or proof as it is written, or a 会議録 that ``minutes parse`` has read."""
    from pipeline import documents

    document = documents.read(file)
    if isinstance(document, Draft):
        yield from (turn.written for turn in document.turns)
    else:
        yield from (line for block in document.blocks for line in block.lines)


READERS: dict[str, Callable[[Path], Iterator[str]]] = {
    ".txt": _text,
    ".md": _text,
    ".csv": _text,
    ".docx": _word,
    ".xlsx": _sheet,
    ".pdf": _pdf,
    ".json": _draft,
}

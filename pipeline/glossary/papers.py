"""The papers of a meeting as text: 次第, 諮問書, rosters, ordinances, past 会議録.

In: a txt, docx, xlsx or pdf file, or a draft of ours. Out: ``Paper``, its paragraphs in order. PDF files break a paragraph at
the edge of the page; a line that reaches the edge goes on in the next one, else half of the long words would be lost. Old text
files of Japanese offices are in Shift_JIS. What holds no text (a scanned PDF) is an error and not an empty paper.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

from pipeline import reading
from pipeline.errors import RecordingError
from pipeline.schema import Draft, Record

ENCODINGS = ("utf-8-sig", "cp932")
MAX_BYTES = 200_000_000  # a budget with pictures; more is no paper of a meeting
MAX_UNPACKED_BYTES = 500_000_000
DRAFT = ".json"
FULL_LINE = 0.9  # of the longest line: so long a line was broken by the edge of the page
_LONG_BLANK = re.compile(r"[ \t]{2,}")


class Paper(Record):
    """``name``: of the file, without its folder."""

    name: str
    paragraphs: tuple[str, ...]


def read(file: Path) -> Paper:
    """Raises RecordingError for a file that is missing, of no known kind, damaged or without text."""
    reader = READERS.get(file.suffix.lower())
    if reader is None and file.suffix.lower() != DRAFT:
        raise RecordingError(
            f"読めない形式の資料です: {file.name}",
            f"読めるのは {'、'.join((*READERS, DRAFT))} です。古い .doc や .xls は、Word や Excel で .docx や .xlsx に保存し直してください。",
        )
    try:
        data = reading.whole(file, MAX_BYTES)
    except reading.Unreadable as error:
        raise RecordingError(
            f"資料を読めません: {file}({error})", "ファイル名と場所、読み取りの権限を確かめてください。"
        ) from error
    try:
        lines = list(reader(data) if reader else _draft(file))
    except (MemoryError, RecordingError):
        raise
    except Exception as error:  # the libraries raise whatever a damaged file makes them raise
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


def _text(data: bytes) -> Iterator[str]:
    for encoding in ENCODINGS:
        try:
            yield from data.decode(encoding).splitlines()
            return
        except UnicodeDecodeError:
            continue
    raise RecordingError("資料の文字コードが分かりません。", "文字コードを UTF-8 にして保存し直してください。")


def _check_unpacked(data: bytes) -> None:
    """Word and Excel files are zip archives, in which a few kilobytes can claim to be gigabytes."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        if sum(entry.file_size for entry in archive.infolist()) > MAX_UNPACKED_BYTES:
            raise RecordingError(
                "資料が大きすぎます(ほどくと 500 MB を超えます)。", "必要なページだけを別のファイルに保存してください。"
            )


def _word(data: bytes) -> Iterator[str]:
    """Paragraphs and table cells in the order of the page; a merged cell once."""
    import docx

    _check_unpacked(data)
    document = docx.Document(io.BytesIO(data))
    for block in document.iter_inner_content():
        if hasattr(block, "rows"):
            yield from {cell._tc: cell.text for row in block.rows for cell in row.cells}.values()
        else:
            yield block.text


def _sheet(data: bytes) -> Iterator[str]:
    """A row is a paragraph: rosters have surname, name and reading in cells of their own."""
    import openpyxl

    _check_unpacked(data)
    book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
    try:
        for sheet in book.worksheets:
            for row in sheet.iter_rows(values_only=True):
                yield " ".join(str(value).strip() for value in row if value is not None)
    finally:
        book.close()


def _pdf(data: bytes) -> Iterator[str]:
    import pypdf

    for page in pypdf.PdfReader(io.BytesIO(data)).pages:
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


READERS: dict[str, Callable[[bytes], Iterator[str]]] = {
    ".txt": _text,
    ".md": _text,
    ".csv": _text,
    ".docx": _word,
    ".xlsx": _sheet,
    ".pdf": _pdf,
}

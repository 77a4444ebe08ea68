"""Read delimited text: CSV, TSV and the like, with any separator and encoding."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import IO

from backend.domain import KindredError
from backend.ingest.readers import encoding as charset
from backend.ingest.readers import layout, tables
from backend.ingest.readers.base import Options, Row
from backend.ingest.readers.column_names import is_textual, normalise
from backend.ingest.readers.columns import guess
from backend.ingest.readers.field_names import NAMES
from backend.ingest.readers.file_tree import Tree
from backend.ingest.readers.layout import SEPARATORS, Layout
from backend.ingest.readers.quotes import Record, records
from backend.settings import settings

NAME = "csv"
TITLE = "Table (CSV)"
ENDINGS = (".csv", ".tsv", ".tab", ".txt")
_SAMPLE_LINES = 200

__all__ = ["ENDINGS", "NAME", "SEPARATORS", "TITLE", "mapping", "matches", "read"]


def matches(tree: Tree) -> str | None:
    """Return why the source is a delimited table, or holds one."""
    names = tree.names(".csv", ".tsv", ".tab")
    if not names and len(tree.sizes) == 1:
        names = tree.names(".txt")
    return f"{names[0]} is a table" if names else None


def read(tree: Tree, options: Options) -> Iterator[Row]:
    """Yield the rows of a table, or of all tables that are like the first.

    The first line of a table names the columns if it looks like a header.
    """
    names = tables.chosen(tree, options, ENDINGS, lambda name: _columns(tree, name, options))
    for name in names:
        yield from tables.marked(_rows(tree, name, options), name, names)


def _columns(tree: Tree, name: str, options: Options) -> tuple[str, ...] | None:
    try:
        return _open(tree, name, options)[2].columns
    except KindredError:
        return None


def _open(tree: Tree, name: str, options: Options) -> tuple[str, bool, Layout]:
    """Return the encoding of a table, whether its lines end in CR alone, and its layout."""
    if options.separator and not layout.is_separator(options.separator):
        raise KindredError(
            "bad_separator",
            f"{options.separator[:40]!r} cannot separate cells: that takes one character, no "
            "quote and no line end.",
        )
    with tree.open(name) as file:
        encoding = charset.check(options.encoding) if options.encoding else charset.detect(file)
    with tree.open(name) as file:
        cr_only = _ends_in_cr(file, encoding)
    with tree.open(name) as file:
        head = _head(_lines(file, encoding, cr_only))
    found = layout.find(head, name, options.separator)
    if found is None:
        raise KindredError("empty", f"{name} has no rows.")
    return encoding, cr_only, found


def _head(lines: Iterator[str | None]) -> list[str | None]:
    """Return the first lines, without blank ones before them.

    Raises
    ------
    KindredError
        ``blank_lines`` where too many are blank.
    """
    for number, line in enumerate(lines):
        if line is None or line.strip():
            return [line, *islice(lines, _SAMPLE_LINES - 1)]
        if number >= charset.BLANK_LINES:
            raise charset.blank_lines()
    return []


def _rows(tree: Tree, name: str, options: Options) -> Iterator[Row]:
    encoding, cr_only, found = _open(tree, name, options)
    remarks = _remarks(name, encoding, found, options)
    with tree.open(name) as file:
        read_ = 0
        for record in records(_lines(file, encoding, cr_only), found.dialect):
            if record.error is not None:
                yield Row(record.number, error=record.error)
            elif any(cell.strip() for cell in record.cells):
                read_ += 1
                if read_ > found.skipped:
                    yield _row(record, found, name, remarks)
                    remarks = ()


def _remarks(name: str, encoding: str, found: Layout, options: Options) -> tuple[KindredError, ...]:
    """Return what is guessed of a table as a whole; it is said at its first row."""
    remarks = []
    if not options.encoding and not encoding.startswith("utf-"):
        remarks.append(
            KindredError(
                "encoding_guessed",
                f"{name} is not in UTF-8; it is read in the encoding {encoding}, which is a guess: "
                "check its letters.",
            )
        )
    if found.preamble:
        remarks.append(
            KindredError(
                "preamble",
                f"{found.preamble} lines before the table in {name} are left out.",
            )
        )
    return tuple(remarks)


def _ends_in_cr(file: IO[bytes], encoding: str) -> bool:
    """Whether lines end in CR alone, as old systems and some spreadsheets write them."""
    # The first block is enough: a line without an end in it is too long anyway.
    start = next((block for block in charset.blocks(file, encoding) if block), "")
    return "\r" in start and "\n" not in start


def _lines(file: IO[bytes], encoding: str, cr_only: bool) -> Iterator[str | None]:
    limit = settings().limits.line_bytes
    if cr_only:
        return charset.lines(_CRToLF(file, encoding), "utf-8", limit)  # type: ignore[arg-type]
    return charset.lines(file, encoding, limit)


class _CRToLF:
    """Presents a text file with CR line ends as UTF-8 with LF line ends."""

    def __init__(self, file: IO[bytes], encoding: str) -> None:
        self._blocks = charset.blocks(file, encoding)

    def read(self, size: int = -1) -> bytes:
        """Return the next block, whatever its size; empty at the end."""
        block = next((block for block in self._blocks if block), "")
        return block.replace("\r", "\n").encode()


def _row(record: Record, found: Layout, file: str, remarks: tuple[KindredError, ...]) -> Row:
    cells, columns = record.cells, found.columns
    if len(cells) > len(columns) and any(cell.strip() for cell in cells[len(columns) :]):
        last = columns[-1]
        problem = (
            f"This row has {len(cells):,} cells and the table {len(columns):,} columns; put "
            "texts with the separator in quotes."
        )
        if not (normalise(last) in NAMES["text"] or is_textual(last)) or record.open_quote:
            return Row(record.number, error=KindredError("too_many_cells", problem))
        message = f"{problem} What is beyond was taken as part of the text, which is a guess."
        remarks = (*remarks, KindredError("too_many_cells", message))
        text = found.dialect.separator.join(cells[len(columns) - 1 :])
        cells = [*cells[: len(columns) - 1], text]
    if record.open_quote:
        message = "A quote in this row is never closed properly; it is read as part of the text."
        remarks = (*remarks, KindredError("open_quote", message))
    return Row(record.number, dict(zip(columns, cells, strict=False)), file=file, notices=remarks)


mapping = guess

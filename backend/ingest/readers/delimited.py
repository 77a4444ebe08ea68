"""Read delimited text: CSV, TSV and the like, with any separator and encoding."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from typing import IO

from backend.domain import KindredError
from backend.ingest.readers import encoding as charset
from backend.ingest.readers.base import Options, Row
from backend.ingest.readers.columns import guess
from backend.ingest.readers.file_tree import Tree
from backend.settings import settings

NAME = "csv"
TITLE = "Table (CSV)"
ENDINGS = (".csv", ".tsv", ".tab", ".txt")
SEPARATORS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
_SAMPLE_ROWS = 60  # rows


def matches(tree: Tree) -> str | None:
    """Return why the source is a delimited table, or holds one."""
    tables = tree.names(".csv", ".tsv", ".tab")
    if not tables and len(tree.sizes) == 1:
        tables = tree.names(".txt")
    return f"{tables[0]} is a table" if tables else None


def table_name(tree: Tree, options: Options, *endings: str) -> str:
    """Return the file to read: the one that the options name, or the first.

    Raises
    ------
    KindredError
        ``no_table``.
    """
    tables = [options.table] if options.table else tree.names(*endings)
    if not tables or tables[0] not in tree.sizes:
        raise KindredError("no_table", f"The source has no file {options.table or endings[0]!r}.")
    return tables[0]


def read(tree: Tree, options: Options) -> Iterator[Row]:
    """Yield the rows of a table; the first line names the columns if it looks like a header."""
    name = table_name(tree, options, *ENDINGS)
    if options.separator and not _is_separator(options.separator):
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
        head = list(islice(_lines(file, encoding, cr_only), _SAMPLE_ROWS))
    separator = options.separator or _guess_separator([line for line in head if line], name)
    head_lines = _CountedLines(iter(head))
    rows = [cells for _, cells, error in records(head_lines, separator) if cells and not error]
    skip = 1 if _is_separator_line(rows) else 0
    if len(rows) <= skip:
        raise KindredError("empty", f"{name} has no rows.")
    header = rows[skip] if is_header(rows[skip]) else None
    columns = column_names(header or [f"column {i + 1}" for i in range(len(rows[skip]))])
    skip += header is not None
    with tree.open(name) as file:
        lines = _CountedLines(_lines(file, encoding, cr_only))
        records_read = 0
        for number, cells, error in records(lines, separator):
            if error is not None:
                yield Row(number, error=error)
            elif any(cell.strip() for cell in cells):
                records_read += 1
                if records_read > skip:
                    yield _row(number, cells, columns, name)


def _is_separator(separator: str) -> bool:
    return len(separator) == 1 and separator not in '"\r\n\0'


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


def _row(number: int, cells: list[str], columns: list[str], file: str) -> Row:
    if len(cells) > len(columns) and any(cell.strip() for cell in cells[len(columns) :]):
        message = (
            f"This row has {len(cells):,} cells and the table {len(columns):,} columns; put "
            "texts with the separator in quotes."
        )
        return Row(number, error=KindredError("too_many_cells", message))
    return Row(number, dict(zip(columns, cells, strict=False)), file=file)


class _CountedLines:
    """Counts lines; replaces one that is too long by an empty one and notes its number."""

    def __init__(self, source: Iterator[str | None]) -> None:
        self._source = source
        self.number = 0
        self.long = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = next(self._source)
        self.number += 1
        if line is None:
            self.long = self.number
            return "\n"
        return line


def records(
    lines: _CountedLines, separator: str
) -> Iterator[tuple[int, list[str], KindredError | None]]:
    """Yield records with the number of their first line, or the error of a record."""
    reader = csv.reader(lines, delimiter=separator)
    limit = settings().limits.columns
    while True:
        number = lines.number + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            message = (
                f"A cell has more than {csv.field_size_limit():,} characters, the limit; check "
                "for a quote that is never closed."
                if "field limit" in str(error)
                else f"This row cannot be read: {error}."
            )
            yield number, [], KindredError("bad_row", message)
            continue
        if lines.long >= number:
            yield number, [], charset.line_too_long()
        elif len(cells) > limit:
            message = f"This row has {len(cells):,} columns and the limit is {limit:,}."
            yield number, [], KindredError("too_large", message)
        elif cells:
            yield number, cells, None


def _guess_separator(head: list[str], name: str) -> str:
    """Guess the separator: it gives most rows the same number of cells, at least two."""
    first_line = head[0].strip() if head else ""
    if first_line.lower().startswith("sep=") and _is_separator(first_line[4:]):
        return first_line[4:]
    best, best_score = "\t" if name.lower().endswith((".tsv", ".tab")) else ",", 0.0
    for separator in SEPARATORS:
        try:
            widths = [len(row) for row in csv.reader(head, delimiter=separator) if row]
        except csv.Error:
            continue
        width, count = Counter(widths).most_common(1)[0] if widths else (1, 0)
        score = count / max(1, len(widths)) * min(width, 6)
        if width > 1 and score > best_score:
            best, best_score = separator, score
    return best


def _is_separator_line(rows: list[list[str]]) -> bool:
    """Whether the first row is Excel's ``sep=;`` line, split at that separator."""
    return bool(rows) and "".join(rows[0]).lower() == "sep=" and len(rows[0]) <= 2


def is_header(cells: list[str]) -> bool:
    """Whether a row looks like a header rather than a post.

    Examples
    --------
    >>> is_header(["id", "text"]), is_header(["17", "What a day! So good."])
    (True, False)
    """
    words = [cell.strip() for cell in cells if cell.strip()]
    return 0 < len(words) == len(set(words)) and all(
        len(word) <= 48
        and not word.replace(".", "").replace("-", "").isdigit()
        and not word.startswith(("http", "@"))
        and not word.endswith((".", "!", "?", ".jpg", ".png", ".wav", ".mp3"))
        and word.count(" ") <= 3
        for word in words
    )


def column_names(header: list[str]) -> list[str]:
    """Return column names that are not empty, unique and at most 80 characters long."""
    names: list[str] = []
    for i, cell in enumerate(header, start=1):
        name = " ".join(cell.split())[:80] or f"column {i}"
        while name in names:
            name += f" ({i})"
        names.append(name)
    return names


mapping = guess

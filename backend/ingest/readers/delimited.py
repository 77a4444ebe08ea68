"""Tables as text: CSV and its relatives, with any separator and encoding."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from typing import IO

from backend.domain import KindredError
from backend.ingest.readers import encoding as charset
from backend.ingest.readers.base import Mapped, Options, Row
from backend.ingest.readers.columns import guess
from backend.ingest.readers.file_tree import Tree
from backend.settings import settings

NAME = "csv"
TITLE = "Table (CSV)"
ENDINGS = (".csv", ".tsv", ".tab", ".txt")
SEPARATORS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
_LOOK = 60  # rows


def matches(tree: Tree) -> str | None:
    """Whether the source is a table as text, or holds one."""
    found = tree.names(".csv", ".tsv", ".tab")
    if not found and len(tree.sizes) == 1:
        found = tree.names(".txt")
    return f"{found[0]} is a table" if found else None


def chosen(tree: Tree, options: Options, *endings: str) -> str:
    """The file to read: the one that the options name, or the first.

    Raises
    ------
    KindredError
        ``no_table``.
    """
    found = [options.table] if options.table else tree.names(*endings)
    if not found or found[0] not in tree.sizes:
        raise KindredError("no_table", f"The source has no file {options.table or endings[0]!r}.")
    return found[0]


def read(tree: Tree, options: Options) -> Iterator[Row]:
    """The rows of a table; its first line names the columns if it looks like names."""
    name = chosen(tree, options, *ENDINGS)
    if options.separator and not _separates(options.separator):
        raise KindredError(
            "bad_separator",
            f"{options.separator[:40]!r} cannot separate cells: that takes one character, no "
            "quote and no line end.",
        )
    with tree.open(name) as file:
        encoding = charset.check(options.encoding) if options.encoding else charset.detect(file)
    with tree.open(name) as file:
        returns = _returns(file, encoding)
    with tree.open(name) as file:
        head = list(islice(_lines(file, encoding, returns), _LOOK))
    separator = options.separator or _separator([line for line in head if line], name)
    first = _Lines(iter(head))
    rows = [cells for _, cells, error in records(first, separator) if cells and not error]
    skip = 1 if _says_separator(rows) else 0
    if len(rows) <= skip:
        raise KindredError("empty", f"{name} has no rows.")
    header = rows[skip] if is_header(rows[skip]) else None
    columns = names(header or [f"column {i + 1}" for i in range(len(rows[skip]))])
    skip += header is not None
    with tree.open(name) as file:
        counted = _Lines(_lines(file, encoding, returns))
        seen = 0
        for number, cells, error in records(counted, separator):
            if error is not None:
                yield Row(number, error=error)
            elif any(cell.strip() for cell in cells):
                seen += 1
                if seen > skip:
                    yield _row(number, cells, columns, name)


def _separates(separator: str) -> bool:
    return len(separator) == 1 and separator not in '"\r\n\0'


def _returns(file: IO[bytes], encoding: str) -> bool:
    """Whether lines end in CR alone, as old systems and some spreadsheets write them."""
    # A line that has no end in the first block is too long in any case.
    start = next((block for block in charset.blocks(file, encoding) if block), "")
    return "\r" in start and "\n" not in start


def _lines(file: IO[bytes], encoding: str, returns: bool) -> Iterator[str | None]:
    limit = settings().limits.line_bytes
    if returns:
        return charset.lines(_Returns(file, encoding), "utf-8", limit)  # type: ignore[arg-type]
    return charset.lines(file, encoding, limit)


class _Returns:
    """A text file whose lines end in CR as one in UTF-8 whose lines end in LF."""

    def __init__(self, file: IO[bytes], encoding: str) -> None:
        self._blocks = charset.blocks(file, encoding)

    def read(self, size: int = -1) -> bytes:
        """The next block, however large; none at the end."""
        block = next((block for block in self._blocks if block), "")
        return block.replace("\r", "\n").encode()


def _row(number: int, cells: list[str], columns: list[str], file: str) -> Row:
    if len(cells) > len(columns) and any(cell.strip() for cell in cells[len(columns) :]):
        return Row(
            number,
            error=KindredError(
                "too_many_cells",
                f"It has {len(cells):,} cells and the table has {len(columns):,} columns; is a "
                "separator inside a text without quotes?",
            ),
        )
    return Row(number, dict(zip(columns, cells, strict=False)), file=file)


class _Lines:
    """Lines that know how many they were; one that is too long is an empty one."""

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


def records(lines: _Lines, separator: str) -> Iterator[tuple[int, list[str], KindredError | None]]:
    """Records with the number of the line that each begins on, or why it is none."""
    reader = csv.reader(lines, delimiter=separator)
    limit = settings().limits
    while True:
        number = lines.number + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            said = (
                f"A cell has more than {csv.field_size_limit():,} characters, the limit; is a "
                "quote never closed?"
                if "field limit" in str(error)
                else f"It cannot be read: {error}."
            )
            yield number, [], KindredError("bad_row", said)
            continue
        if lines.long >= number:
            yield (
                number,
                [],
                KindredError(
                    "too_large",
                    f"The line is longer than {limit.line_bytes:,} characters, the limit.",
                ),
            )
        elif len(cells) > limit.columns:
            yield (
                number,
                [],
                KindredError(
                    "too_large",
                    f"It has {len(cells):,} columns and the limit is {limit.columns:,}.",
                ),
            )
        elif cells:
            yield number, cells, None


def _separator(head: list[str], name: str) -> str:
    """The separator that gives most rows the same number of cells, at least two."""
    said = head[0].strip() if head else ""
    if said.lower().startswith("sep=") and _separates(said[4:]):
        return said[4:]
    best, most = "\t" if name.lower().endswith((".tsv", ".tab")) else ",", 0.0
    for separator in SEPARATORS:
        try:
            widths = [len(row) for row in csv.reader(head, delimiter=separator) if row]
        except csv.Error:
            continue
        width, times = Counter(widths).most_common(1)[0] if widths else (1, 0)
        agreed = times / max(1, len(widths)) * min(width, 6)
        if width > 1 and agreed > most:
            best, most = separator, agreed
    return best


def _says_separator(rows: list[list[str]]) -> bool:
    """Excel's first line ``sep=;``, cut at that separator."""
    return bool(rows) and "".join(rows[0]).lower() == "sep=" and len(rows[0]) <= 2


def is_header(cells: list[str]) -> bool:
    """Whether a row looks like names of columns rather than like a post.

    Examples
    --------
    >>> is_header(["id", "text"]), is_header(["17", "What a day! So good."])
    (True, False)
    """
    words = [cell.strip() for cell in cells if cell.strip()]
    return (
        bool(words)
        and len(set(words)) == len(words)
        and all(
            len(word) <= 48
            and not word.replace(".", "").replace("-", "").isdigit()
            and not word.startswith(("http", "@"))
            and not word.endswith((".", "!", "?", ".jpg", ".png", ".wav", ".mp3"))
            and word.count(" ") <= 3
            for word in words
        )
    )


def names(header: list[str]) -> list[str]:
    """Names of columns: none empty, none twice, none endless."""
    made: list[str] = []
    for i, cell in enumerate(header, start=1):
        name = " ".join(cell.split())[:80] or f"column {i}"
        while name in made:
            name += f" ({i})"
        made.append(name)
    return made


def mapping(columns: list[str], samples: list[Row]) -> Mapped:
    """As `guess`."""
    return guess(columns, samples)

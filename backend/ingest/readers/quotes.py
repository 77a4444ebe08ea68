"""Split the lines of a delimited table into records, whatever its quotes are worth.

A quote that is opened and never properly closed would swallow the rows after it. Here
it is text, and the rows are rows: a record ends where its quotes are in pairs, and one
of several lines is only believed if these are no rows of their own.
"""

from __future__ import annotations

import csv
import re
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from backend.domain import KindredError
from backend.ingest.readers import encoding as charset
from backend.settings import settings

_LINES = 10_000  # of a record
_NUMBER = re.compile(r"[+-]?\d[\d.,]*$")
_LINK = re.compile(r"https?://\S+$")
_DAY = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}\b.{0,20}$")


@dataclass(frozen=True, slots=True)
class Record:
    """A record of a table.

    Attributes
    ----------
    number : int
        Of its first line.
    cells : list of str
    error : KindredError, optional
        Why it cannot be read; `cells` is then empty.
    open_quote : bool
        Whether a quote in it is never properly closed, and so was taken as text.
    """

    number: int
    cells: list[str]
    error: KindredError | None = None
    open_quote: bool = False


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a table is written.

    Attributes
    ----------
    separator : str
        Empty: a line is one cell.
    escape : str
        What stands before a quote within quotes: another quote (empty) or a backslash.
    kinds : tuple of str
        What the cells of each column look like (see `kind`); empty where they differ or
        nothing is known. Tells rows from lines of a text.
    padded : bool
        Whether spaces stand between separators and quotes.
    """

    separator: str
    escape: str = ""
    kinds: tuple[str, ...] = ()
    padded: bool = False


def kind(cell: str) -> str:
    """Return what a cell looks like: ``number``, ``link``, ``day``, or empty.

    Examples
    --------
    >>> kind("17"), kind("https://x.example"), kind("2024-05-31"), kind("what a day")
    ('number', 'link', 'day', '')
    """
    text = cell.strip()
    for name, pattern in (("number", _NUMBER), ("link", _LINK), ("day", _DAY)):
        if pattern.match(text):
            return name
    return ""


def kinds(rows: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """Return what the cells of each column look like, for `Dialect`; cells may be empty."""
    width = max(map(len, rows), default=0)
    found = []
    for i in range(width):
        column = [kind(row[i]) for row in rows if i < len(row) and row[i].strip()]
        most = max(set(column), key=column.count, default="")
        found.append(most if column.count(most) >= 0.9 * len(column) else "")
    return tuple(found)


class _Lines:
    """Counts lines, and takes lines back that turn out to be rows of their own."""

    def __init__(self, source: Iterator[str | None]) -> None:
        self._source = source
        self._back: deque[str | None] = deque()
        self.number = 0

    def next(self) -> str | None:
        """Return the next line; None for one that is too long.

        Raises
        ------
        StopIteration
        """
        line = self._back.popleft() if self._back else next(self._source)
        self.number += 1
        return line

    def give_back(self, lines: Sequence[str | None]) -> None:
        self._back.extendleft(reversed(lines))
        self.number -= len(lines)


def records(source: Iterator[str | None], dialect: Dialect) -> Iterator[Record]:
    """Yield the records of a table.

    Parameters
    ----------
    source : iterator of str or None
        Lines with their ends; None for one that is too long.
    dialect : Dialect
    """
    lines = _Lines(source)
    columns = settings().limits.columns
    blank = 0  # records in a row
    while True:
        try:
            line = lines.next()
        except StopIteration:
            return
        number = lines.number
        if line is None:
            yield Record(number, [], charset.line_too_long())
            continue
        if not dialect.separator:
            found = Record(number, [line.strip("\r\n")])
        elif '"' not in line:
            found = Record(number, line.rstrip("\r\n").split(dialect.separator))
        else:
            found = _quoted(line, lines, dialect)
        blank = 0 if found.error or any(map(str.strip, found.cells)) else blank + 1
        if blank > charset.BLANK_LINES:
            yield Record(number, [], charset.blank_lines())
            return
        if blank and found.cells == [""]:
            continue
        if len(found.cells) > columns:
            message = f"This row has {len(found.cells):,} columns and the limit is {columns:,}."
            found = Record(number, [], KindredError("too_large", message))
        yield found


def _quoted(line: str, lines: _Lines, dialect: Dialect) -> Record:
    number = lines.number
    if _is_even(line, dialect):
        cells = _strict([line], dialect)
        if cells is None:
            return Record(number, _literal(line, dialect), open_quote=False)
        return Record(number, cells)
    following, problem = _rest_of_record(line, lines, dialect)
    if problem is None:
        cells = _strict([line, *following], dialect)  # type: ignore[list-item]
        if cells is not None and not _are_rows(following, dialect):
            return Record(number, cells)
    elif problem.code == "too_large" and not following:
        return Record(number, [], problem)
    lines.give_back(following)
    return Record(number, _literal(line, dialect), open_quote=True)


def _rest_of_record(
    line: str, lines: _Lines, dialect: Dialect
) -> tuple[list[str | None], KindredError | None]:
    """Return the lines up to the one that closes the quotes, or why there is none."""
    following: list[str | None] = []
    size, limit = len(line), csv.field_size_limit()
    while True:
        try:
            more = lines.next()
        except StopIteration:
            return following, KindredError("bad_row", "A quote is never closed.")
        following.append(more)
        size += len(more or "")
        if more is None or size > limit or len(following) > _LINES:
            return following, KindredError("too_large", "A quote is not closed for long.")
        if '"' in more and not _is_even(more, dialect):
            return following, None


def _is_even(line: str, dialect: Dialect) -> bool:
    count = line.count('"')
    if dialect.escape and "\\" in line:
        count -= line.replace("\\\\", "").count('\\"')
    return count % 2 == 0


def _strict(lines: list[str], dialect: Dialect) -> list[str] | None:
    """Return the cells of one record in which all quotes are in order; else None."""
    reader = csv.reader(
        lines,
        delimiter=dialect.separator,
        strict=True,
        doublequote=not dialect.escape,
        escapechar=dialect.escape or None,
        skipinitialspace=dialect.padded,
    )
    try:
        found = next(reader)
        return found if next(reader, None) is None else None
    except (csv.Error, StopIteration):
        return None


def _literal(line: str, dialect: Dialect) -> list[str]:
    """Return the cells of a line whose quotes are not in order: as many as fit, as they are."""
    text = line.rstrip("\r\n")
    plain = text.split(dialect.separator)
    width = len(dialect.kinds)
    if not width or len(plain) == width:
        return [_unquoted(cell) for cell in plain]
    try:
        lenient = next(csv.reader([text], delimiter=dialect.separator))
    except (csv.Error, StopIteration):
        return plain
    return lenient if len(lenient) == width else [_unquoted(cell) for cell in plain]


def _unquoted(cell: str) -> str:
    """Return a cell without the quotes around it, where they are in order."""
    inner = cell[1:-1]
    if len(cell) > 1 and cell[0] == cell[-1] == '"' and '"' not in inner.replace('""', ""):
        return inner.replace('""', '"')
    return cell


def _are_rows(following: Sequence[str | None], dialect: Dialect) -> bool:
    """Whether the lines that a quote swallows are rows: as many cells, of the same kinds."""
    width = len(dialect.kinds)
    telling = [i for i, name in enumerate(dialect.kinds) if name]
    if width < 2 or not telling:
        return False
    rows = 0
    for line in following:
        cells = _literal(line or "", dialect)
        fits = len(cells) == width and all(kind(cells[i]) == dialect.kinds[i] for i in telling)
        rows += fits
    return rows > 0 and rows >= 0.5 * len(following)

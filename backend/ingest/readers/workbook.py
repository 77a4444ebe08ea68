"""Read workbooks: Excel (XLSX, XLSB, XLS) and OpenDocument (ODS)."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

from backend.domain import KindredError
from backend.ingest.readers import layout, tables
from backend.ingest.readers.base import Options, Row
from backend.ingest.readers.columns import guess
from backend.ingest.readers.file_tree import Tree
from backend.ingest.readers.trial import Trial
from backend.media.errors import in_units
from backend.settings import settings

NAME = "workbook"
TITLE = "Workbook (XLSX, ODS)"
ENDINGS = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods")
_BYTES = 128 * 2**20  # of a file, which is read whole
_UNPACKED = 512 * 2**20
_ABOVE = 20  # rows that may stand above the header, or show what is in a column
_CELLS = 50_000_000  # of a sheet
# calamine holds a sheet as a whole, with the empty cells between those that are filled, and
# ends the process where memory does not suffice.
TRIAL = Trial(
    "import io; from python_calamine import CalamineWorkbook",
    """
    book = CalamineWorkbook.from_filelike(io.BytesIO(file))
    for sheet in book.sheet_names:
        book.get_sheet_by_name(sheet)
    """,
    seconds=30.0,
)


def matches(tree: Tree) -> str | None:
    """Return why the source is a workbook, or holds some."""
    files = tree.names(*ENDINGS)
    return f"{files[0]} is a workbook" if files else None


def read(tree: Tree, options: Options) -> Iterator[Row]:
    """Yield the rows of all sheets with the columns of the first one that has rows.

    A sheet with other columns is left out, and it is said. Of several workbooks, those that
    are alike are read.
    """
    names = tables.chosen(tree, options, ENDINGS, lambda name: _columns(tree, name))
    for name in names:
        yield from tables.marked(_rows(tree, name), name, names)


def _columns(tree: Tree, name: str) -> list[str] | None:
    try:
        return next((list(row.cells) for row in _rows(tree, name)), None)
    except KindredError:
        return None


def _rows(tree: Tree, name: str) -> Iterator[Row]:
    columns: list[str] = []
    several = False
    for sheet, rows in _sheets(tree, name):
        filled = [(n, row) for n, row in enumerate(rows, start=1) if any(c != "" for c in row)]
        if not filled:
            continue
        header, skipped = _header([row for _, row in filled])
        own = layout.column_names(header)
        if columns and own != columns:
            what = f"rows of the sheet “{sheet}”, which has other columns"
            tree.leave_out(name, what, len(filled) - skipped)
            continue
        columns, several = own, several or bool(columns)
        for number, cells in filled[skipped:]:
            named = dict(zip(columns, map(_value, cells), strict=False))
            yield Row(number, named | ({"sheet": sheet} if several else {}), file=name)
    if not columns:
        raise KindredError("empty", f"{name} has no rows.")


def _header(rows: list[list[Any]]) -> tuple[list[str], int]:
    """Return the names of the columns, and how many rows stand above the first one."""
    width = max(len([c for c in row if c != ""]) for row in rows[:_ABOVE])
    for i, row in enumerate(rows[:_ABOVE]):
        is_wide = len([c for c in row if c != ""]) > width / 2
        below = [[str(_value(c)) for c in r] for r in rows[i + 1 : i + 1 + _ABOVE]]
        words = [str(cell) for cell in row]
        if is_wide and all(isinstance(c, str) for c in row) and layout.is_header(words, below):
            return words, i + 1
    return [f"column {i + 1}" for i in range(len(rows[0]))], 0


def _sheets(tree: Tree, name: str) -> Iterator[tuple[str, list[list[Any]]]]:
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError

    data = tree.read(name, _BYTES)
    _check_size(name, data)
    if not TRIAL.passes(data):
        raise KindredError(
            "too_large",
            f"{name} cannot be read: its sheets need too much memory or time, or are damaged. Save "
            "the sheet that you need as CSV.",
        )
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        for sheet in book.sheet_names:
            opened = book.get_sheet_by_name(sheet)
            if opened.total_height * opened.total_width > _CELLS:
                raise KindredError(
                    "too_large", f"The sheet {sheet[:40]!r} of {name} has too many cells."
                )
            if opened.total_width > settings().limits.columns:
                raise KindredError(
                    "too_large",
                    f"The sheet {sheet[:40]!r} of {name} has {opened.total_width:,} columns and "
                    f"the limit is {settings().limits.columns:,}.",
                )
            yield sheet, opened.to_python()
    except PasswordError as error:
        raise KindredError(
            "encrypted", f"{name} is protected with a password; save it without one."
        ) from error
    except (CalamineError, OSError, ValueError) as error:
        raise KindredError(
            "damaged", f"{name} is no workbook that can be read: {str(error)[:120]}."
        ) from error


def _check_size(name: str, data: bytes) -> None:
    """Refuse a workbook that unpacks to far more than its size."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            unpacked = sum(info.file_size for info in packed.infolist())
    except zipfile.BadZipFile:
        return  # the old format of Excel is no ZIP
    if unpacked > _UNPACKED:
        raise KindredError(
            "too_large",
            f"{name} unpacks to {in_units(unpacked)} and the limit is {in_units(_UNPACKED)}.",
        )


def _value(cell: Any) -> Any:
    """Return a cell as other tables have it: whole numbers without a point."""
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return int(cell)
    if isinstance(cell, date) and not isinstance(cell, datetime):
        return datetime(cell.year, cell.month, cell.day)
    if isinstance(cell, time | timedelta):
        return str(cell)
    return cell


mapping = guess

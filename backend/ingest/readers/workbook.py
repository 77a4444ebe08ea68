"""Read workbooks: Excel (XLSX, XLSB, XLS) and OpenDocument (ODS)."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from itertools import chain, islice
from typing import Any

from backend.domain import KindredError
from backend.ingest.readers import layout, tables, workbook_rows
from backend.ingest.readers.base import Options, Row
from backend.ingest.readers.columns import guess
from backend.ingest.readers.file_tree import Tree
from backend.media.errors import in_units

NAME = "workbook"
TITLE = "Workbook (XLSX, ODS)"
ENDINGS = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods")
_BYTES = 128 * 2**20  # of a file, which is read whole
_UNPACKED = 512 * 2**20
_ABOVE = 20  # rows that may stand above the header, or show what is in a column


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
    data = tree.read(name, _BYTES)
    _check_size(name, data)
    columns: list[str] = []
    several = False
    for sheet, rows in workbook_rows.sheets(tree, name, data):
        filled = ((n, row) for n, row in enumerate(rows, start=1) if any(c != "" for c in row))
        first = list(islice(filled, 2 * _ABOVE))
        if not first:
            continue
        header, skipped = _header([row for _, row in first])
        own = layout.column_names(header)
        if columns and own != columns:
            what = f"rows of the sheet “{sheet}”, which has other columns"
            tree.leave_out(name, what, len(first) + sum(1 for _ in filled) - skipped)
            continue
        columns, several = own, several or bool(columns)
        for number, cells in chain(first[skipped:], filled):
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
    return cell


mapping = guess

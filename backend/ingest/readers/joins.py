"""Join a table of users to the posts that refer to it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from types import ModuleType
from weakref import WeakKeyDictionary

from backend.domain import KindredError
from backend.ingest.readers import delimited, json_lines, parquet, people, workbook
from backend.ingest.readers.base import Options, Row
from backend.ingest.readers.column_names import normalise
from backend.ingest.readers.file_tree import Tree

TABLES: tuple[ModuleType, ...] = (parquet, json_lines, delimited, workbook)
_FILES = 200  # that are looked into
_USERS = 1_000_000  # that are kept in memory
_REFERENCES = ("userid", "authorid", "accountid", "uid", "fromid", "user", "author")
_HANDLE, _NAME = "author.username", "author.name"


_found: WeakKeyDictionary[Tree, dict[str, bool]] = WeakKeyDictionary()


def tables_of_people(tree: Tree) -> list[tuple[str, ModuleType]]:
    """Return the tables of users of a source, each with the module that reads it."""
    known = _found.setdefault(tree, {})
    tables = [
        (name, module)
        for module in TABLES
        for name in tree.names(*(e for e in module.ENDINGS if e != ".txt"))[:_FILES]
    ]
    if len(tables) < 2:
        return []
    for name, module in tables:
        if name not in known:
            known[name] = _is_people(tree, name, module)
    return [(name, module) for name, module in tables if known[name]]


def _is_people(tree: Tree, name: str, module: ModuleType) -> bool:
    was_read = name in tree.opened
    try:
        first: Row | None = next(iter(module.read(tree, Options(table=name))), None)
    except KindredError:
        first = None
    if not was_read:
        tree.opened.discard(name)
    return first is not None and people.is_people(name, first.cells)


def joined(tree: Tree, rows: Iterator[Row]) -> Iterator[Row]:
    """Yield rows with the handle and the name of the user that they refer to."""
    tables = tables_of_people(tree)
    known: dict[str, tuple[str, str]] = {}
    for name, module in tables:
        known |= _read(tree, name, module)
    if not known:
        yield from rows
        return
    column = ""
    for row in rows:
        if row.cells and row.error is None and _HANDLE not in row.cells:
            column = column if column in row.cells else _reference(row, known)
            handle, name = known.get(_key(row.cells.get(column)), ("", ""))
            found = {_HANDLE: handle, _NAME: name}
            if handle or name:
                row = replace(row, cells={**row.cells, **{k: v for k, v in found.items() if v}})
        yield row
    tree.opened |= {name for name, _ in tables}


def _reference(row: Row, known: Mapping[str, tuple[str, str]]) -> str:
    """Return the column of a row that refers to a user."""
    by_name = {normalise(column): column for column in row.cells}
    columns = [by_name[name] for name in _REFERENCES if name in by_name]
    return next((c for c in columns if _key(row.cells[c]) in known), "")


def _read(tree: Tree, name: str, module: ModuleType) -> dict[str, tuple[str, str]]:
    users: dict[str, tuple[str, str]] = {}
    try:
        for row in module.read(tree, Options(table=name)):
            cells = {normalise(column): value for column, value in row.cells.items()}
            key = next((_key(cells[k]) for k in people.KEYS if cells.get(k)), "")
            handle = next((str(cells[n]) for n in people.HANDLES if cells.get(n)), "")
            shown = next((str(cells[n]) for n in people.NAMES if cells.get(n)), "")
            if key and len(users) < _USERS:
                users[key] = handle, shown
    except KindredError:
        pass  # as many as can be read
    return users


def _key(value: object) -> str:
    text = str(value if value is not None else "").strip()
    return text.removesuffix(".0") if isinstance(value, float) else text

"""Several tables of a source: those of one shape are read as one."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import PurePosixPath

from backend.domain import KindredError
from backend.ingest.readers import people
from backend.ingest.readers.base import Options, Row
from backend.ingest.readers.column_names import normalise
from backend.ingest.readers.field_names import NAMES
from backend.ingest.readers.file_tree import Tree

SPLIT = "split"  # column with the name of the file, where there are several
_SHARD = re.compile(r"-\d{5}-of-\d{5}$")  # one split in several files
_CONTENT = frozenset(
    name for field_ in ("text", "image", "audio", "title") for name in NAMES[field_]
) - {"description"}  # fmt: skip
_FILES = 10_000  # that are compared


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


def chosen(
    tree: Tree,
    options: Options,
    endings: Sequence[str],
    columns: Callable[[str], Sequence[str] | None],
) -> list[str]:
    """Return the files to read: the one that the options name, or all that are alike.

    Of several shapes, one with texts or media is read; of those, that with the most bytes.

    Parameters
    ----------
    tree : Tree
    options : Options
    endings : sequence of str
    columns : callable
        Return the columns of a file; None if it is no table.

    Raises
    ------
    KindredError
        ``no_table``.
    """
    first = table_name(tree, options, *endings)
    names = tree.names(*endings)[:_FILES]
    if options.table or len(names) == 1:
        return [first]
    shapes: list[tuple[set[str], list[str]]] = []
    for name in names:
        if (found := columns(name)) is None or people.is_people(name, found):
            continue
        shape = {normalise(column) for column in found}
        files = next((files for other, files in shapes if _alike(shape, other)), None)
        if files is None:
            shapes.append((shape, [name]))
        else:
            files.append(name)
    if not shapes:
        return [first]  # and say what is wrong with it

    def rank(shape: tuple[set[str], list[str]]) -> tuple[bool, int]:
        columns_, files = shape
        return bool(columns_ & _CONTENT), sum(tree.sizes[name] for name in files)

    read = max(shapes, key=rank)[1]
    tree.opened -= set(names) - set(read)  # looked into, but not read
    return read


def _alike(shape: set[str], other: set[str]) -> bool:
    """Whether two tables have the same columns, but for a few such as missing labels."""
    common = len(shape & other)
    least, all_ = min(len(shape), len(other)), len(shape | other)
    return shape == other or common >= 0.6 * all_ or (common == least and common >= 2)


def marked(rows: Iterator[Row], name: str, names: Sequence[str]) -> Iterator[Row]:
    """Yield the rows of one of several tables, each with the name of its file or split."""
    splits = {_split(other, names) for other in names}
    if len(splits) < 2:
        yield from rows
        return
    split = _split(name, names)
    for row in rows:
        if row.error is None and row.cells and SPLIT not in row.cells:
            row = replace(row, cells={**row.cells, SPLIT: split})
        yield row


def _split(name: str, names: Sequence[str]) -> str:
    """Return what tells a file from the others: its name, or its folder and its name."""
    stem = _SHARD.sub("", PurePosixPath(name).stem)
    same = [other for other in names if _SHARD.sub("", PurePosixPath(other).stem) == stem]
    folders = {PurePosixPath(other).parent for other in same}
    if len(folders) < 2:
        return stem
    return f"{PurePosixPath(name).parent}/{stem}"

"""The supported formats, and detection of the format of a source."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from typing import Any

from backend.domain import KindredError
from backend.ingest.readers import (
    delimited,
    json_lines,
    mastodon,
    media_folder,
    mvsa,
    parquet,
    shuttersong,
    yfcc,
)
from backend.ingest.readers.base import ColumnMapping, Format, Options, Row
from backend.ingest.readers.file_tree import Tree
from backend.settings import settings

# Specific formats first: an MVSA archive is also a folder of images.
FORMATS: dict[str, Format] = {
    module.NAME: module
    for module in (mastodon, mvsa, yfcc, shuttersong, parquet, media_folder, json_lines, delimited)
}
_SAMPLE_ROWS = 200
# The start of a value is enough to guess its column; a row may have megabytes.
_VALUE_SIZE = 4_000  # characters or bytes of a value
_LIST_ITEMS = 50  # of a list
_DEPTH = 4
_SAMPLES_SIZE = 2**25  # characters or bytes of all samples


def titles() -> dict[str, str]:
    """Return the title of each format by name."""
    return {name: module.TITLE for name, module in FORMATS.items()}


def get(name: str) -> Format:
    """Return the module of a format.

    Raises
    ------
    KindredError
        ``no_format``, listing the formats.
    """
    if name not in FORMATS:
        raise KindredError(
            "no_format", f"There is no format {name[:40]!r}; choose one of {', '.join(FORMATS)}."
        )
    return FORMATS[name]


def detect(tree: Tree) -> tuple[str, str]:
    """Return the format of a source, and why it is that.

    Raises
    ------
    KindredError
        ``empty`` or ``no_format``.
    """
    if not tree.sizes:
        refused = f" ({tree.refused[0][0]}: {tree.refused[0][1]})" if tree.refused else ""
        raise KindredError("empty", f"{tree.path.name} has no files to read{refused}.")
    # A folder of images with Parquet metadata is still a folder of images.
    media = media_folder.matches(tree) if tree.names("metadata.parquet") else None
    if media:
        return media_folder.NAME, media
    for name, module in FORMATS.items():
        if reason := module.matches(tree):
            if module is media_folder and (table := _table_naming_media(tree)):
                return table
            return name, reason
    names = ", ".join(tree.names()[:3])
    raise KindredError(
        "no_format",
        f"{tree.path.name} ({names}) has no table, folder of images or sounds, or archive in a "
        f"known format; the formats are {', '.join(FORMATS)}.",
    )


def _table_naming_media(tree: Tree) -> tuple[str, str] | None:
    """Return a table that names the media beside it, whatever the name of the table."""
    for module in (parquet, json_lines, delimited):
        tables = [n for n in tree.names(*module.ENDINGS) if not n.endswith((".txt", ".json"))]
        if not tables or tables[0].rpartition("/")[2].startswith("metadata."):
            continue
        try:
            mapped = mapping(tree, module.NAME, Options(table=tables[0]))
        except KindredError:
            continue  # not a table after all
        if mapped.get("image") or mapped.get("audio"):
            return module.NAME, f"{tables[0]} is a table that names images or sounds"
    return None


def rows(tree: Tree, name: str, options: Options) -> Iterator[Row]:
    """Yield the rows of a source in a format."""
    return iter(get(name).read(tree, options))


def columns(tree: Tree, name: str, options: Options) -> tuple[list[str], list[Row]]:
    """Return the columns of a source and some of its rows, with long values shortened."""
    columns_: dict[str, None] = {}
    samples: list[Row] = []
    size = 0
    for row in rows(tree, name, options):
        columns_ |= dict.fromkeys(row.cells)
        if row.cells and row.error is None:
            samples.append(replace(row, cells={c: _shortened(v) for c, v in row.cells.items()}))
            size += _size(list(samples[-1].cells.values()))
        # Rows with ever new columns make guessing slow, and no better.
        if (
            len(samples) >= _SAMPLE_ROWS
            or size > _SAMPLES_SIZE
            or len(columns_) > settings().limits.columns
        ):
            break
    return list(columns_), samples


def _shortened(value: Any, depth: int = _DEPTH) -> Any:
    if isinstance(value, str | bytes):
        return value[:_VALUE_SIZE]
    if not depth and isinstance(value, list | dict):
        return None
    if isinstance(value, list):
        return [_shortened(item, depth - 1) for item in value[:_LIST_ITEMS]]
    if isinstance(value, dict):
        return {
            key: _shortened(item, depth - 1) for key, item in islice(value.items(), _LIST_ITEMS)
        }
    return value


def _size(value: Any) -> int:
    if isinstance(value, str | bytes):
        return len(value)
    if isinstance(value, list | dict):
        return sum(map(_size, value.values() if isinstance(value, dict) else value))
    return 1


def mapping(tree: Tree, name: str, options: Options) -> ColumnMapping:
    """Return the columns of each field: as the user chose, else guessed."""
    if options.mapping:
        return options.mapping
    guessed = get(name).mapping(*columns(tree, name, options))
    return {field: tuple(of) for field, of in guessed.items()}

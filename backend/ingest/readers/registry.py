"""The formats that are read, and which one a source is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from types import ModuleType
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
from backend.ingest.readers.base import Mapped, Options, Row
from backend.ingest.readers.file_tree import Tree
from backend.settings import settings

# The particular before the general: an MVSA archive is also a folder of images.
FORMATS: dict[str, ModuleType] = {
    module.NAME: module
    for module in (
        mastodon,
        mvsa,
        yfcc,
        shuttersong,
        parquet,
        media_folder,
        json_lines,
        delimited,
    )
}
_SAMPLES = 200
# A column is known by the start of its values; a row may have megabytes.
_START = 4_000  # characters or bytes of a value
_ITEMS = 50  # of a list
_DEEP = 4
_KEPT = 2**25  # characters or bytes of all samples


def titles() -> dict[str, str]:
    """What each format is called."""
    return {name: module.TITLE for name, module in FORMATS.items()}


def get(name: str) -> ModuleType:
    """A format by its name.

    Raises
    ------
    KindredError
        ``no_format`` with the names that there are.
    """
    if name not in FORMATS:
        raise KindredError(
            "no_format", f"There is no format {name[:40]!r}; there are {', '.join(FORMATS)}."
        )
    return FORMATS[name]


def detect(tree: Tree) -> tuple[str, str]:
    """Which format a source is, and why.

    Raises
    ------
    KindredError
        ``empty`` or ``no_format``.
    """
    if not tree.sizes:
        refused = f" ({tree.refused[0][0]}: {tree.refused[0][1]})" if tree.refused else ""
        raise KindredError("empty", f"There are no files in {tree.path.name} to read{refused}.")
    # A folder of images with its own Parquet metadata is a folder of images.
    media = media_folder.matches(tree) if tree.names("metadata.parquet") else None
    if media:
        return media_folder.NAME, media
    for name, module in FORMATS.items():
        if reason := module.matches(tree):
            if module is media_folder and (table := _naming_media(tree)):
                return table
            return name, reason
    some = ", ".join(tree.names()[:3])
    raise KindredError(
        "no_format",
        f"Nothing in {tree.path.name} ({some}) is a table, a folder of images or sounds, or an "
        "archive that is known.",
    )


def _naming_media(tree: Tree) -> tuple[str, str] | None:
    """A table beside many media that says what they are, whatever it is called."""
    for module in (parquet, json_lines, delimited):
        tables = [n for n in tree.names(*module.ENDINGS) if not n.endswith((".txt", ".json"))]
        if not tables or tables[0].rpartition("/")[2].startswith("metadata."):
            continue
        try:
            mapped = mapping(tree, module.NAME, Options(table=tables[0]))
        except KindredError:
            continue  # no table after all
        if mapped.get("image") or mapped.get("audio"):
            return module.NAME, f"{tables[0]} is a table that names images or sounds"
    return None


def rows(tree: Tree, name: str, options: Options) -> Iterator[Row]:
    """The rows of a source in a format."""
    return iter(get(name).read(tree, options))


def columns(tree: Tree, name: str, options: Options) -> tuple[list[str], list[Row]]:
    """The columns of a source and some of its rows, long values cut."""
    found: dict[str, None] = {}
    samples: list[Row] = []
    kept = 0
    for row in rows(tree, name, options):
        found |= dict.fromkeys(row.cells)
        if row.cells and row.error is None:
            samples.append(replace(row, cells={c: _start(v) for c, v in row.cells.items()}))
            kept += _size(list(samples[-1].cells.values()))
        # That rows have ever other columns makes a guess long, and no better.
        if len(samples) >= _SAMPLES or kept > _KEPT or len(found) > settings().limits.columns:
            break
    return list(found), samples


def _start(value: Any, depth: int = _DEEP) -> Any:
    if isinstance(value, str | bytes):
        return value[:_START]
    if not depth and isinstance(value, list | dict):
        return None
    if isinstance(value, list):
        return [_start(item, depth - 1) for item in value[:_ITEMS]]
    if isinstance(value, dict):
        return {key: _start(item, depth - 1) for key, item in islice(value.items(), _ITEMS)}
    return value


def _size(value: Any) -> int:
    if isinstance(value, str | bytes):
        return len(value)
    if isinstance(value, list | dict):
        return sum(map(_size, value.values() if isinstance(value, dict) else value))
    return 1


def mapping(tree: Tree, name: str, options: Options) -> Mapped:
    """Which columns make which field: as the person said, else as it is guessed."""
    if options.mapping:
        return options.mapping
    found = get(name).mapping(*columns(tree, name, options))
    return {field: tuple(of) for field, of in found.items()}

"""Read the YFCC100M table: Flickr posts, tab-separated and URL-encoded.

Thomee et al., "YFCC100M: The New Data in Multimedia Research", 2016.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import unquote_plus

from backend.domain import KindredError
from backend.ingest.readers import encoding
from backend.ingest.readers.base import ColumnMapping, Options, Row
from backend.ingest.readers.file_tree import Tree
from backend.ingest.readers.html import to_text

NAME = "yfcc"
TITLE = "YFCC100M table"
_NSID = re.compile(r"\d+@N\d{2}")
_HASH = re.compile(r"[0-9a-f]{32}")
# Columns from the user's NSID on, in every release of the table.
# fmt: off
COLUMNS = (
    "user", "nickname", "taken", "uploaded", "device", "title", "description", "tags",
    "machine tags", "longitude", "latitude", "accuracy", "page", "download", "licence",
)
# fmt: on


def matches(tree: Tree) -> str | None:
    """Return why the source is a YFCC100M table: a file begins with a Flickr post."""
    for name in _tables(tree)[:5]:
        line = tree.head(name, 2**15).partition(b"\n")[0].decode("utf-8", "replace")
        if _user_index(line.split("\t")) is not None:
            return f"{name} is a YFCC100M table"
    return None


def _tables(tree: Tree) -> list[str]:
    return [
        n
        for n in tree.names()
        if n.lower().endswith((".txt", ".tsv", ".csv")) or "." not in n.rpartition("/")[2][-6:]
    ]


def _user_index(cells: list[str]) -> int | None:
    """Return the index of the user's NSID."""
    if len(cells) < len(COLUMNS) + 2:
        return None
    return next((i for i in (1, 2, 3) if _NSID.fullmatch(unquote_plus(cells[i]))), None)


def read(tree: Tree, options: Options) -> Iterator[Row]:
    """Yield the decoded rows of the table; local media take precedence over addresses."""
    name = next((n for n in _tables(tree) if n == options.table or not options.table), None)
    if name is None:
        raise KindredError("no_table", "The source has no YFCC100M table.")
    for number, line in encoding.numbered_lines(tree, name):
        if isinstance(line, KindredError):
            yield Row(number, error=line)
        else:
            yield _row(number, line.rstrip("\r\n").split("\t"), tree, name)


def _row(number: int, raw: list[str], tree: Tree, file: str) -> Row:
    start = _user_index(raw)
    if start is None:
        message = f"This row has {len(raw):,} cells, but no Flickr user in the second to fourth."
        return Row(number, error=KindredError("bad_row", message))
    cells = dict(zip(COLUMNS, map(unquote_plus, raw[start:]), strict=False))
    hash_ = raw[start - 1] if _HASH.fullmatch(raw[start - 1]) else ""
    cells["id"] = raw[start - 2] if hash_ and start > 1 else raw[start - 1]
    cells["description"] = to_text(cells["description"])
    cells["title"] = to_text(cells["title"])
    cells["tags"] = unquote_plus(cells["tags"])  # tags are URL-encoded twice
    download = cells.pop("download")
    ending = "." + download.rpartition(".")[2][:5]
    names = (download.rpartition("/")[2], cells["id"] + ending, hash_ + ending)
    cells["media"] = next(filter(None, (_local_file(tree, name) for name in names)), download)
    return Row(number, cells, file=file)


def _local_file(tree: Tree, name: str) -> str | None:
    try:
        return "/" + tree.find("/" + name)
    except KindredError:
        return None  # not in the source: use the address


def mapping(columns: list[str], samples: list[Row]) -> ColumnMapping:
    """Return the columns of each field, as documented for the table."""
    return {
        "id": ("id",),
        "text": ("title", "description"),
        "title": ("title",),
        "user": ("user",),
        "name": ("nickname",),
        "time": ("taken",),
        "tags": ("tags",),
        "licence": ("licence",),
        "url": ("page",),
        "image": ("media",),
    }

"""The table of YFCC100M: Flickr posts, tab-separated and URL-encoded.

Thomee et al., "YFCC100M: The New Data in Multimedia Research", 2016.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import unquote_plus

from backend.domain import KindredError
from backend.ingest.readers import encoding
from backend.ingest.readers.base import Mapped, Options, Row
from backend.ingest.readers.file_tree import Tree
from backend.ingest.readers.html import to_text
from backend.settings import settings

NAME = "yfcc"
TITLE = "YFCC100M table"
_NSID = re.compile(r"\d+@N\d{2}")
_HASH = re.compile(r"[0-9a-f]{32}")
# What follows the user's NSID, in every release of the table.
COLUMNS = (
    "user",
    "nickname",
    "taken",
    "uploaded",
    "device",
    "title",
    "description",
    "tags",
    "machine tags",
    "longitude",
    "latitude",
    "accuracy",
    "page",
    "download",
    "licence",
)


def matches(tree: Tree) -> str | None:
    """Whether a file begins with a Flickr post."""
    for name in _tables(tree)[:5]:
        line = tree.head(name, 2**15).partition(b"\n")[0].decode("utf-8", "replace")
        if _start(line.split("\t")) is not None:
            return f"{name} is a YFCC100M table"
    return None


def _tables(tree: Tree) -> list[str]:
    return [
        n
        for n in tree.names()
        if n.lower().endswith((".txt", ".tsv", ".csv")) or "." not in n.rpartition("/")[2][-6:]
    ]


def _start(cells: list[str]) -> int | None:
    """Where the user's NSID is."""
    if len(cells) < len(COLUMNS) + 2:
        return None
    return next((i for i in (1, 2, 3) if _NSID.fullmatch(unquote_plus(cells[i]))), None)


def read(tree: Tree, options: Options) -> Iterator[Row]:
    """The rows of the table, decoded; media that lie beside it before their addresses."""
    name = next((n for n in _tables(tree) if n == options.table or not options.table), None)
    if name is None:
        raise KindredError("no_table", "The source holds no YFCC100M table.")
    limit = settings().limits.line_bytes
    with tree.open(name) as file:
        for number, line in enumerate(encoding.lines(file, "utf-8", limit), start=1):
            if line is None:
                said = f"The line is longer than {limit:,} characters, the limit."
                yield Row(number, error=KindredError("too_large", said))
            elif line.strip():
                yield _row(number, line.rstrip("\r\n").split("\t"), tree, name)


def _row(number: int, raw: list[str], tree: Tree, file: str) -> Row:
    start = _start(raw)
    if start is None:
        said = f"It has {len(raw):,} cells and none is a Flickr user where one should be."
        return Row(number, error=KindredError("bad_row", said))
    cells = dict(zip(COLUMNS, map(unquote_plus, raw[start:]), strict=False))
    hashed = raw[start - 1] if _HASH.fullmatch(raw[start - 1]) else ""
    cells["id"] = raw[start - 2] if hashed and start > 1 else raw[start - 1]
    cells["description"] = to_text(cells["description"])
    cells["title"] = to_text(cells["title"])
    cells["tags"] = unquote_plus(cells["tags"])  # each tag is encoded once more
    download = cells.pop("download")
    ending = "." + download.rpartition(".")[2][:5]
    names = (download.rpartition("/")[2], cells["id"] + ending, hashed + ending)
    cells["media"] = next((n for n in map(_base(tree), names) if n), download)
    return Row(number, cells, file=file)


def _base(tree: Tree):  # type: ignore[no-untyped-def]
    def find(name: str) -> str | None:
        try:
            return "/" + tree.find("/" + name)
        except KindredError:
            return None  # it is elsewhere: the address remains

    return find


def mapping(columns: list[str], samples: list[Row]) -> Mapped:
    """What the table's documentation says."""
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

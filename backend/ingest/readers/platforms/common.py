"""What the readers of platforms share: the cells of a post, and values as platforms write them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html import unescape
from typing import Any, Protocol

from backend.domain import KindredError, Reaction
from backend.ingest.readers.base import FIELDS, ColumnMapping, Row
from backend.ingest.readers.count_columns import number
from backend.ingest.readers.file_tree import Tree

Cells = dict[str, Any]
Item = Mapping[str, Any]

# What is said of posts beside the fields, by any platform.
LABELS = (
    "likes", "shares", "replies", "quotes", "views", "kind", "type", "visibility", "chat",
    "channel", "forwarded from", "subreddit", "flair", "video", "region", "split",
)  # fmt: skip
_HASHTAG = re.compile(r"(?<![\w&/#])[#＃](\w*[^\W\d_]\w*)")
_ID = 256  # characters of an id


def first_of(files: Sequence[str]) -> str | None:
    """Name the first of some files and count the others; None without a file."""
    if not files:
        return None
    more = f" and {len(files) - 1:,} more" if len(files) > 1 else ""
    return f"{files[0]}{more}"


class LeftOut(Exception):
    """What this item is, in the plural, and why it gives no post: private, or none at all."""


@dataclass(slots=True)
class Context:
    """Where an item stands.

    Attributes
    ----------
    tree : Tree
    file : str
    path : tuple of str
        Names of the objects and lists around it in the file.
    root, around : mapping
        The object around everything, and that around the item.
    owner : tuple of str
        Id and name of whom the archive belongs to; empty when it does not say.
    memory : dict
        What a platform keeps between the items of a file, such as its users.
    """

    tree: Tree
    file: str = ""
    path: tuple[str, ...] = ()
    root: Mapping[str, Any] = field(default_factory=dict)
    around: Mapping[str, Any] = field(default_factory=dict)
    owner: tuple[str, str] = ("", "")
    memory: dict[str, Any] = field(default_factory=dict)

    def local(self, *paths: str) -> str | None:
        """Return the first of some files that the source has, from its root."""
        for path in paths:
            try:
                return "/" + self.tree.find(path, self.file)
            except KindredError:
                continue
        return None


class Platform(Protocol):
    """Interface of the module of a platform.

    `fits` says whether an item is of this platform, by names that no other one has together;
    `cells` gives the cells of its post, by the names of `FIELDS`, with ``reactions`` and ``links``,
    the addresses behind its words. What is under any other name becomes a label.
    """

    NAME: str
    TITLE: str

    def fits(self, item: Item, path: tuple[str, ...]) -> bool:
        """Return whether an item is of this platform."""

    def cells(self, item: Item, context: Context) -> Cells:
        """Return the cells of a post; raises `LeftOut` for what is none."""


def row(number: int, cells: Cells, file: str) -> Row:
    """Return the row of the cells of a post."""
    reactions = tuple(cells.pop("reactions", ()))
    return Row(
        number, {k: v for k, v in cells.items() if v not in (None, "", [])}, None, reactions, file
    )


def mapping(columns: list[str], samples: list[Row]) -> ColumnMapping:
    """Return the columns of each field, which have their names; all others are labels.

    Labels that the samples happen to lack are named, too.
    """
    fields = {f: (f,) for f in FIELDS if f != "label"}
    other = (*fields, "links")
    return fields | {
        "label": tuple(c for c in dict.fromkeys((*columns, *LABELS)) if c not in other)
    }


def at(item: Any, *names: str) -> Any:
    """Return a nested value; None where there is none.

    Examples
    --------
    >>> at({"user": {"name": "anna"}}, "user", "name"), at({"user": None}, "user", "name")
    ('anna', None)
    """
    for name in names:
        item = item.get(name) if isinstance(item, Mapping) else None
    return item


def first(item: Any, *names: str) -> Any:
    """Return the first value that is there, of several names; dots go into objects."""
    for name in names:
        value = item.get(name) if isinstance(item, Mapping) else None
        if value is None and "." in name:
            value = at(item, *name.split("."))
        if value not in (None, "", [], {}):
            return value
    return None


def objects(value: Any) -> list[dict[str, Any]]:
    """Return the objects of a list; none for anything else."""
    return [v for v in value if isinstance(v, dict)] if isinstance(value, list) else []


def text(value: Any) -> str:
    """Return a text with its entities replaced; empty for no text."""
    return unescape(value) if isinstance(value, str) else ""


def counts(**values: Any) -> Cells:
    """Return the counts that are known, such as ``likes``."""
    return {name: n for name, value in values.items() if (n := number(value)) is not None}


def hashtags(value: Any) -> list[str]:
    """Return the hashtags of a text.

    Examples
    --------
    >>> hashtags("#été is #1, not a#b #sun_set")
    ['été', 'sun_set']
    """
    return list(dict.fromkeys(_HASHTAG.findall(value))) if isinstance(value, str) else []


def names_of(values: Any, *names: str) -> list[str]:
    """Return the names in a list of texts or objects, without a leading ``#``."""
    found = []
    for value in values if isinstance(values, list) else ():
        name = first(value, *names) if isinstance(value, Mapping) else value
        if isinstance(name, str) and name.strip("# "):
            found.append(name.strip().lstrip("#"))
    return list(dict.fromkeys(found))


def epoch(value: Any) -> datetime | str | None:
    """Return seconds (or milliseconds) since 1970 as a time; a text stays as it is."""
    if isinstance(value, str) and not value.strip().lstrip("-").replace(".", "", 1).isdigit():
        return value or None
    try:
        seconds = float(value)
        while abs(seconds) > 1e11:
            seconds /= 1_000
        return datetime.fromtimestamp(seconds, UTC) if seconds else None
    except (TypeError, ValueError, OverflowError, OSError):
        return None


def reactions(user: Any, kind: str, posts: Iterable[Any]) -> list[Reaction]:
    """Return the reactions of a user to posts."""
    who = str(user or "").strip()[:_ID]
    ids = [str(post).strip()[:_ID] for post in posts if post not in (None, "", 0)]
    return [Reaction(who, id_, kind) for id_ in ids] if who else []

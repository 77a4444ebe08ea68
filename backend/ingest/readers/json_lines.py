"""Tables as JSON: a post a line, or one list of posts."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from backend.domain import KindredError
from backend.ingest.readers import delimited
from backend.ingest.readers import encoding as charset
from backend.ingest.readers.base import Mapped, Options, Row
from backend.ingest.readers.columns import guess
from backend.ingest.readers.file_tree import Tree, writable
from backend.settings import settings

NAME = "jsonl"
TITLE = "Table (JSON lines)"
ENDINGS = (".jsonl", ".ndjson", ".json")
_WHOLE = 64 * 2**20  # bytes of a file that is one list: it is read at once
_DEPTH = 64  # of what is nested; Python itself goes some hundred deep, wherever it is then
_HALF = re.compile("[\ud800-\udfff]")


def matches(tree: Tree) -> str | None:
    """Whether the source holds posts as JSON."""
    found = tree.names(".jsonl", ".ndjson") or (tree.names(".json") if len(tree.sizes) == 1 else [])
    return f"{found[0]} holds JSON" if found else None


def read(tree: Tree, options: Options) -> Iterator[Row]:
    """The objects of a file; what is nested in them becomes ``outer.inner``."""
    name = delimited.chosen(tree, options, *ENDINGS)
    if tree.head(name, 64).lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"[":
        yield from _listed(tree, name)
        return
    limit = settings().limits.line_bytes
    encoding = "utf-8"
    if tree.head(name, 2) in (b"\xff\xfe", b"\xfe\xff"):
        encoding = "utf-16"
    with tree.open(name) as file:
        for number, line in enumerate(charset.lines(file, encoding, limit), start=1):
            if line is None:
                said = f"The line is longer than {limit:,} characters, the limit."
                yield Row(number, error=KindredError("too_large", said))
            elif line.strip():
                yield row(number, line, name)


def row(number: int, line: str, file: str = "") -> Row:
    """One line of JSON as a row; never raises for what it holds."""
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return Row(number, error=KindredError("not_json", "It is not valid JSON."))
    return _row(number, found, file)


def sound(value: Any, depth: int = _DEPTH) -> Any:
    r"""What JSON says, without the half characters that exporters write who cut a text.

    They are in names and values alike, and nothing can store, send or print them.

    Parameters
    ----------
    value : object
        As `json.loads` gives it.
    depth : int
        How deep it may be nested.

    Raises
    ------
    RecursionError
        When it is nested deeper.

    Examples
    --------
    >>> sound({"a\ud83d": ["cut o\ud83d", 1]})
    {'a': ['cut o', 1]}
    """
    if isinstance(value, str):
        return value if value.isascii() or writable(value) else _HALF.sub("", value)
    if not isinstance(value, list | dict):
        return value
    if not depth:
        raise RecursionError
    if isinstance(value, list):
        return [sound(item, depth - 1) for item in value]
    return {sound(name): sound(item, depth - 1) for name, item in value.items()}


def _row(number: int, found: Any, file: str) -> Row:
    try:
        found = sound(found)
    except RecursionError:
        return Row(number, error=KindredError("not_json", "It is nested too deeply."))
    if not isinstance(found, Mapping):
        return Row(number, error=KindredError("not_a_post", "It is not a JSON object."))
    cells = flat(found)
    limit = settings().limits.columns
    if len(cells) > limit:
        said = f"It has {len(cells):,} fields and the limit is {limit:,}."
        return Row(number, error=KindredError("too_large", said))
    return Row(number, cells, file=file)


def _listed(tree: Tree, name: str) -> Iterator[Row]:
    try:
        found = json.loads(tree.read(name, _WHOLE))
    except (ValueError, RecursionError) as error:
        raise KindredError("not_json", f"{name} is not valid JSON.") from error
    for number, item in enumerate(found, start=1):
        yield _row(number, item, name)


def flat(item: Mapping[str, Any], depth: int = 3) -> dict[str, Any]:
    """Take apart what is nested.

    Examples
    --------
    >>> flat({"user": {"name": "anna"}, "tags": ["a"]})
    {'user.name': 'anna', 'tags': ['a']}
    """
    made: dict[str, Any] = {}
    for name, value in item.items():
        if isinstance(value, Mapping) and depth and "bytes" not in value:
            made |= {f"{name}.{k}"[:80]: v for k, v in flat(value, depth - 1).items()}
        else:
            made[str(name)[:80]] = value
    return made


def mapping(columns: list[str], samples: list[Row]) -> Mapped:
    """As `guess`."""
    return guess(columns, samples)

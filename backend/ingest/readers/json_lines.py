"""Read JSON: one post a line, or one list of posts."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from backend.domain import KindredError
from backend.ingest.readers import encoding as charset
from backend.ingest.readers import json_shapes, tables
from backend.ingest.readers.base import Options, Row
from backend.ingest.readers.columns import guess
from backend.ingest.readers.file_tree import Tree, is_encodable
from backend.ingest.readers.mojibake import mended
from backend.ingest.readers.time_limit import OutOfTimeError, is_limited
from backend.settings import settings

NAME = "jsonl"
TITLE = "Table (JSON lines)"
ENDINGS = (".jsonl", ".ndjson", ".json")
_LIST_BYTES = 64 * 2**20  # limit of a file with one list, which is read whole
_DEPTH = 64  # levels of nesting; Python's own limit depends on the call stack
_SAMPLE = 20  # objects that show the columns of a file
_BLOCK = 2**20  # characters of the start of a file
_SURROGATE = re.compile("[\ud800-\udfff]")


_HOPELESS = 100_000  # rows from the start without a field
_VALUES = 8_000_000  # of one JSON value, which is parsed as a whole: 0.5 GB
_FIELDS = 1_500_000  # of them with a name, which takes longest: too long for a first look
_FIELD = re.compile(r'"\s*:')
_ITEM_VALUES = 200_000  # of one post


def matches(tree: Tree) -> str | None:
    """Return why the source is JSON."""
    files = tree.names(".jsonl", ".ndjson")
    if not files and len(tree.names(".json")) == len(tree.sizes):
        files = tree.names(".json")
    return f"{files[0]} holds JSON" if files else None


def read(tree: Tree, options: Options) -> Iterator[Row]:
    """Yield the objects of a file, or of all files that are like the first.

    Nested values become ``outer.inner`` columns.
    """
    endings = ENDINGS if options.table else ENDINGS[:2] if tree.names(*ENDINGS[:2]) else ENDINGS
    names = tables.chosen(tree, options, endings, lambda name: _columns(tree, name))
    for name in names:
        yield from tables.marked(_hopeful(_rows(tree, name), name), name, names)


def _hopeful(rows: Iterator[Row], name: str) -> Iterator[Row]:
    """Yield the rows of a file; give up where very many from its start on hold nothing."""
    for number, row in enumerate(rows):
        if row.cells:
            yield row
            yield from rows
            return
        if number >= _HOPELESS:
            raise KindredError(
                "no_posts", f"{name} holds no posts: its first {_HOPELESS:,} rows have no fields."
            )
        yield row


def _columns(tree: Tree, name: str) -> list[str] | None:
    """Return the columns of the first objects of a file; None where it has none."""
    found: dict[str, None] = {}
    try:
        for row in islice(_rows(tree, name), _SAMPLE):
            found |= dict.fromkeys(row.cells)
    except KindredError:
        return None
    return list(found) or None


def _rows(tree: Tree, name: str) -> Iterator[Row]:
    with tree.open(name) as file:
        encoding = charset.detect(file)
    with tree.open(name) as file:
        start = next((block for block in charset.blocks(file, encoding) if block.strip()), "")
    if _is_whole(start.lstrip()):
        yield from _value_rows(tree, name, encoding)
        return
    for number, line in charset.numbered_lines(tree, name, encoding):
        if isinstance(line, KindredError):
            yield Row(number, error=line)
        else:
            yield parse_line(number, line, name)


def _is_whole(start: str) -> bool:
    """Whether a file is one JSON value, not one a line."""
    if not start.startswith("{"):
        return start.startswith("[")
    first, _, rest = start.partition("\n")
    if not rest.strip():  # one line, or the start of a long one
        return len(start) < _BLOCK
    try:
        json.loads(first)
    except (ValueError, RecursionError):
        return not rest.lstrip().startswith("{")
    return False


def parse_line(number: int, line: str, file: str = "") -> Row:
    """Parse a line of JSON; a bad line becomes a row with an error."""
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return Row(number, error=KindredError("not_json", "This line is not valid JSON."))
    return _row_of(number, value, file)


def without_surrogates(value: Any, depth: int = _DEPTH) -> Any:
    r"""Remove lone surrogates from the names and values of parsed JSON.

    Exporters leave them where they truncate a text; they cannot be stored or printed.

    Parameters
    ----------
    value : object
        As returned by `json.loads`.
    depth : int
        Deepest nesting allowed.

    Raises
    ------
    RecursionError
        Where it is nested deeper.

    Examples
    --------
    >>> without_surrogates({"a\ud83d": ["cut o\ud83d", 1]})
    {'a': ['cut o', 1]}
    """
    if isinstance(value, str):
        return value if value.isascii() or is_encodable(value) else _SURROGATE.sub("", value)
    if not isinstance(value, list | dict):
        return value
    if not depth:
        raise RecursionError
    if isinstance(value, list):
        return [without_surrogates(item, depth - 1) for item in value]
    return {
        without_surrogates(name): without_surrogates(item, depth - 1)
        for name, item in value.items()
    }


def _has_more(value: Any, limit: int) -> bool:
    """Whether a value holds more than so many values; stops counting there."""
    left, count = [value], 0
    while left and count <= limit:
        some = left.pop()
        inner = some.values() if isinstance(some, dict) else some if isinstance(some, list) else ()
        count += len(inner)
        if count <= limit:
            left += inner
    return count > limit


def _row_of(number: int, value: Any, file: str) -> Row:
    if _has_more(value, _ITEM_VALUES):
        message = f"This object holds more than {_ITEM_VALUES:,} values, the limit."
        return Row(number, error=KindredError("too_large", message))
    try:
        value = mended(without_surrogates(value))
    except RecursionError:
        message = f"This object is nested more than {_DEPTH} levels deep, the limit."
        return Row(number, error=KindredError("not_json", message))
    if not isinstance(value, Mapping):
        return Row(number, error=KindredError("not_a_post", "This line is not a JSON object."))
    cells = flatten(value)
    limit = settings().limits.columns
    if len(cells) > limit:
        message = f"This object has {len(cells):,} fields and the limit is {limit:,}."
        return Row(number, error=KindredError("too_large", message))
    return Row(number, cells, file=file)


def _value_rows(tree: Tree, name: str, encoding: str) -> Iterator[Row]:
    try:
        text = tree.read(name, _LIST_BYTES).decode(encoding, "replace").lstrip("\ufeff")
        if is_limited() and sum(1 for _ in _FIELD.finditer(text)) > _FIELDS:
            raise OutOfTimeError
        if sum(map(text.count, "[{,")) > _VALUES:
            raise KindredError(
                "too_large",
                f"{name} has too many values to be read as one JSON value; write one post a line.",
            )
        items = json_shapes.rows(json.loads(text))
    except (ValueError, RecursionError) as error:
        raise KindredError("not_json", f"{name} is not valid JSON.") from error
    for number, item in enumerate(items, start=1):
        yield _row_of(number, item, name)


def flatten(item: Mapping[str, Any], depth: int = 3) -> dict[str, Any]:
    """Flatten nested objects.

    Examples
    --------
    >>> flatten({"user": {"name": "anna"}, "tags": ["a"]})
    {'user.name': 'anna', 'tags': ['a']}
    """
    cells: dict[str, Any] = {}
    for name, value in item.items():
        if isinstance(value, Mapping) and depth and "bytes" not in value:
            cells |= {f"{name}.{k}"[:80]: v for k, v in flatten(value, depth - 1).items()}
        else:
            cells[str(name)[:80]] = value
    return cells


mapping = guess

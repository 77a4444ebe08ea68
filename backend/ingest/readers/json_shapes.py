"""Find the rows in one JSON value: a list, a wrapped list, columns of a data frame."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

_DEPTH = 3  # levels down to the list of posts
_SAME = 0.6  # of the fields of an object are those of the first


def rows(value: Any) -> list[Any]:
    """Return the rows of a JSON value; the value itself if it is one row.

    Read are a list, a list inside objects (``{"data": [...]}``), and what pandas writes:
    an object of rows for each column, an object of columns for each row, ``split``,
    ``table`` and lists by column.

    Examples
    --------
    >>> rows({"text": {"0": "one", "1": "two"}})
    [{'text': 'one'}, {'text': 'two'}]
    >>> rows({"count": 1, "posts": [{"text": "one"}]})
    [{'text': 'one'}]
    """
    if isinstance(value, list):
        return value
    if not isinstance(value, Mapping) or not value:
        return [value]
    for shape in (_split, _columns, _lists, _by_key):
        if (found := shape(value)) is not None:
            return found
    wrapped = max(_lists_of_objects(value, _DEPTH), key=len, default=[])
    return wrapped or [value]


def _split(value: Mapping[str, Any]) -> list[Any] | None:
    """Pandas' ``split``: names of columns, and a list of values for each row."""
    columns, data = value.get("columns"), value.get("data")
    if not isinstance(columns, list) or not isinstance(data, list):
        return None
    if not all(isinstance(row, list) and len(row) == len(columns) for row in data):
        return None
    return [dict(zip(map(str, columns), row, strict=True)) for row in data]


def _columns(value: Mapping[str, Any]) -> list[Any] | None:
    """Pandas' default: for each column an object of row numbers."""
    inner = list(value.values())
    if not all(isinstance(column, Mapping) and column for column in inner):
        return None
    numbers = list(inner[0])
    if not all(str(n).lstrip("-").isdecimal() for n in numbers):
        return None
    if any(list(column) != numbers for column in inner[1:]):
        return None
    return [{name: column[n] for name, column in value.items()} for n in numbers]


def _lists(value: Mapping[str, Any]) -> list[Any] | None:
    """For each column a list of as many plain values."""
    lists = list(value.values())
    if not all(isinstance(one, list) and one for one in lists):
        return None
    if len({len(one) for one in lists}) > 1 or any(isinstance(v, Mapping) for v in lists[0]):
        return None
    if len(lists) < 2 and not all(isinstance(v, str) for v in lists[0]):
        return None
    return [dict(zip(value, row, strict=True)) for row in zip(*lists, strict=True)]


def _by_key(value: Mapping[str, Any]) -> list[Any] | None:
    """An object of rows by their ids or numbers."""
    inner = list(value.values())
    if len(inner) < 2 or not all(isinstance(row, Mapping) and row for row in inner):
        return None
    first = set(inner[0])
    if any(len(first & set(row)) < _SAME * len(first | set(row)) for row in inner[1:]):
        return None
    numbered = list(value) == [str(i) for i in range(len(value))]
    if numbered or "id" in first:
        return inner
    return [{"id": key, **row} for key, row in value.items()]


def _lists_of_objects(value: Mapping[str, Any], depth: int) -> Sequence[list[Any]]:
    found: list[list[Any]] = []
    for inner in value.values():
        if isinstance(inner, list) and inner and all(isinstance(i, Mapping) for i in inner):
            found.append(inner)
        elif isinstance(inner, Mapping) and depth > 1:
            found += _lists_of_objects(inner, depth - 1)
    return found

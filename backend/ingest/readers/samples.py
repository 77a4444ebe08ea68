"""Samples of rows, with long values shortened."""

from __future__ import annotations

from itertools import islice
from typing import Any

# The start of a value is enough to guess its column; a row may have megabytes.
_VALUE_SIZE = 4_000  # characters or bytes of a value
_LIST_ITEMS = 50  # of a list
_DEPTH = 4


def shortened(value: Any, depth: int = _DEPTH) -> Any:
    """Return a value with only the start of long texts, lists and objects."""
    if isinstance(value, str | bytes):
        return value[:_VALUE_SIZE]
    if not depth and isinstance(value, list | dict):
        return None
    if isinstance(value, list):
        return [shortened(item, depth - 1) for item in value[:_LIST_ITEMS]]
    if isinstance(value, dict):
        return {key: shortened(item, depth - 1) for key, item in islice(value.items(), _LIST_ITEMS)}
    return value


def size_of(value: Any) -> int:
    """Return about how many characters or bytes a value has."""
    if isinstance(value, str | bytes):
        return len(value)
    if isinstance(value, list | dict):
        return sum(map(size_of, value.values() if isinstance(value, dict) else value))
    return 1

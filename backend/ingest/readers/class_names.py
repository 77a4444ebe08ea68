"""Names of classes in the schema of a Hugging Face table, where its cells have their numbers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pyarrow as pa

_KEY = b"huggingface"  # of the metadata of a schema


def of_schema(schema: pa.Schema) -> Mapping[str, tuple[str, ...]]:
    """Return the names of the classes of each column of class labels, alone or in lists."""
    try:
        said = json.loads((schema.metadata or {}).get(_KEY, b"{}"))
        features = said["info"]["features"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return {}
    if not isinstance(features, Mapping):
        return {}
    found = {str(column): _names(feature) for column, feature in features.items()}
    return {column: names for column, names in found.items() if names}


def _names(feature: Any) -> tuple[str, ...]:
    if isinstance(feature, list) and feature:
        feature = feature[0]
    if not isinstance(feature, Mapping):
        return ()
    if feature.get("_type") in ("Sequence", "List", "LargeList"):
        return _names(feature.get("feature"))
    names = feature.get("names") if feature.get("_type") == "ClassLabel" else None
    return tuple(map(str, names)) if isinstance(names, list) else ()


def named(cell: Any, names: tuple[str, ...]) -> Any:
    """Return the name of a class, or the names of a list of them; other cells as they are.

    Examples
    --------
    >>> named(1, ("sad", "glad")), named([0, 1], ("sad", "glad")), named(-1, ("sad", "glad"))
    ('glad', ['sad', 'glad'], None)
    """
    if isinstance(cell, list):
        return [name for item in cell if (name := named(item, names)) is not None]
    if isinstance(cell, int) and not isinstance(cell, bool):
        return names[cell] if 0 <= cell < len(names) else None if cell == -1 else cell
    return cell

"""Columns of vectors: lists, arrays, or strings of numbers."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from backend.domain import Kind, KindredError
from backend.ingest.readers.base import Row
from backend.ingest.readers.column_names import tokens

# Field of a row -> what its vector stands for.
VECTORS = {
    "vector": Kind.POST,
    "text_vector": Kind.TEXT,
    "image_vector": Kind.IMAGE,
    "audio_vector": Kind.AUDIO,
    "user_vector": Kind.USER,
}
POST_VECTORS = tuple(field for field, kind in VECTORS.items() if kind is not Kind.USER)
_MOST = 0.8  # of the values of a column; the rest are reported row by row
MIN_WIDTH = 4  # shorter lists of numbers are places, boxes or counts
# fmt: off
_NAMES = frozenset((
    "vector", "vectors", "embedding", "embeddings", "embeds", "emb", "vec", "feature", "features",
    "latent", "clip", "bert", "sbert", "siglip", "openai", "sentence", "npy", "npz", "safetensors",
))
# fmt: on
_OF = {
    "text_vector": {"text", "txt", "caption", "title", "sentence", "bert", "sbert"},
    "image_vector": {"image", "img", "picture", "photo", "visual", "vision"},
    "audio_vector": {"audio", "sound", "speech", "clap", "wav"},
    "user_vector": {"user", "users", "author", "authors", "account"},
}
_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
_STRING = re.compile(rf"\s*[\[(]?\s*{_NUMBER}(?:[\s,;]+{_NUMBER}){{{MIN_WIDTH - 1},}}[\s,;]*")
_BRACKETS = str.maketrans(",;()[]", "      ")


def is_vector(value: Any) -> bool:
    """Whether a value may be a vector; the start of one is enough.

    Examples
    --------
    >>> is_vector([0.1, 0.2, 0.3, 0.4]), is_vector("0.1 0.2 0.3 0.4"), is_vector([1, 2])
    (True, True, False)
    """
    if isinstance(value, np.ndarray):
        return value.ndim == 1 and len(value) >= MIN_WIDTH and value.dtype.kind in "fiu"
    if isinstance(value, list):
        numbers = len(value) >= MIN_WIDTH and all(type(v) in (float, int) for v in value)
        return numbers and any(type(v) is float for v in value)
    if isinstance(value, str):
        return len(value) > 2 * MIN_WIDTH and "." in value[:400] and bool(_STRING.match(value))
    return False


def parse(value: Any) -> np.ndarray | None:
    """Return a cell as a vector of unit length, ``(dim,)`` float32; None for an empty cell.

    Raises
    ------
    KindredError
        ``bad_vector`` where it is none.

    Examples
    --------
    >>> parse("[0, 3, 0, 4]").tolist()
    [0.0, 0.6000000238418579, 0.0, 0.800000011920929]
    """
    if value is None or (isinstance(value, str | list) and not value):
        return None
    try:
        if isinstance(value, str):
            text = value.strip()
            numbers = json.loads(text) if text.startswith("[") and "," in text else None
            value = text.translate(_BRACKETS).split() if numbers is None else numbers
        vector = np.asarray(value, dtype=np.float64)
    except (ValueError, TypeError, RecursionError):
        message = f"{str(value)[:40]!r} is no vector: it must be a list of numbers."
        raise KindredError("bad_vector", message) from None
    if vector.ndim != 1 or not len(vector):
        raise KindredError("bad_vector", f"A vector has one row of numbers, not {vector.shape}.")
    length = float(np.linalg.norm(vector))
    if not np.isfinite(length):
        raise KindredError("bad_vector", "A number of this vector is missing or infinite.")
    if length == 0:
        raise KindredError("bad_vector", "This vector has only zeros, so it has no direction.")
    return (vector / length).astype(np.float32)


def guess(columns: Sequence[str], samples: Sequence[Row]) -> dict[str, tuple[str, ...]]:
    """Return which columns hold vectors, and of what, by their names.

    Of several for one field, the first by name; see `others`.
    """
    found: dict[str, tuple[str, ...]] = {}
    for column in candidates(columns, samples):
        words = set(tokens(column)) | {part for t in tokens(column) for part in t.split("_")}
        field = next((f for f, names in _OF.items() if words & names), "vector")
        found.setdefault(field, (column,))
    return found


def candidates(columns: Sequence[str], samples: Sequence[Row]) -> list[str]:
    """Return the columns whose values are vectors; those named so come first."""
    found = []
    for column in columns:
        values = [v for row in samples if (v := row.cells.get(column)) is not None and str(v)[:1]]
        if values and sum(map(is_vector, values)) >= _MOST * len(values):
            found.append(column)
    return sorted(found, key=lambda column: not _NAMES & set(tokens(column)))


def widths(mapping: Mapping[str, tuple[str, ...]], samples: Sequence[Row]) -> dict[str, int]:
    """Return the most frequent width of each field of vectors, from whole rows."""
    found = {}
    for field in VECTORS:
        counts: Counter[int] = Counter()
        for column in mapping.get(field, ())[:1]:
            for row in samples:
                try:
                    vector = parse(row.cells.get(column))
                except KindredError:
                    continue
                counts[len(vector) if vector is not None else 0] += vector is not None
        if counts and (most := counts.most_common(1)[0][0]):
            found[field] = most
    return found

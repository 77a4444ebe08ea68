"""Labels of posts that are numbers, such as how many people liked them."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from backend.corpus.corpus import Corpus

# A label with so few values is a class, even if its classes have numbers for names.
CLASSES = 12
MOST_CLASSES = 60
# Counts of reactions are numbers however few there are.
COUNTS = ("likes", "shares", "replies", "quotes", "views")


def number(value: Any) -> float:
    """Return a label as a number; NaN for none.

    Examples
    --------
    >>> number("12"), number("3,5"), number("happy")
    (12.0, 3.5, nan)
    """
    try:
        found = float(str(value).replace(",", "."))
    except ValueError:
        return math.nan
    return found if math.isfinite(found) else math.nan


def numbers(labels: pa.ChunkedArray, name: str) -> np.ndarray:
    """Return one label of posts as numbers.

    Parameters
    ----------
    labels : pyarrow.ChunkedArray
        ``(n,)`` JSON, as posts store them.
    name : str

    Returns
    -------
    numpy.ndarray
        ``(n,)`` float64, NaN where a post has no such number.
    """
    coded = pc.dictionary_encode(labels.combine_chunks())
    parsed = (json.loads(raw or "{}") for raw in coded.dictionary.to_pylist())
    values = [number(of.get(name)) for of in parsed]
    found = np.array([*values, math.nan])
    return found[pc.fill_null(coded.indices, len(values)).to_numpy(zero_copy_only=False)]


def are_numbers(name: str, values: Iterable[str]) -> bool:
    """Whether the values of a label are numbers rather than classes.

    Examples
    --------
    >>> are_numbers("likes", ["0", "7"]), are_numbers("J'aime", ["0", "3", "1204"])
    (True, True)
    >>> are_numbers("sentiment", ["0", "4"]), are_numbers("emotion", map(str, range(28)))
    (False, False)
    """
    distinct = set(map(number, set(values)))
    if not distinct or any(map(math.isnan, distinct)):
        return False
    if name in COUNTS or len(distinct) > MOST_CLASSES:
        return True
    if any(value != int(value) for value in distinct):
        return len(distinct) > CLASSES
    # Numbers of classes follow one another; counts leave most numbers out.
    return max(distinct) - min(distinct) >= max(CLASSES, 2 * len(distinct))


def names(corpus: Corpus) -> list[str]:
    """Name the labels of a corpus that are numbers, counts of reactions first."""
    values: dict[str, set[str]] = {}
    for raw in pc.unique(corpus.table(["labels"])["labels"]).to_pylist():
        for key, value in json.loads(raw or "{}").items():
            values.setdefault(key, set()).add(str(value))
    found = [name for name, of in values.items() if are_numbers(name, of)]
    return sorted(found, key=lambda n: (COUNTS.index(n) if n in COUNTS else len(COUNTS), n))

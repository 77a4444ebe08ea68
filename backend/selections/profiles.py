"""What a selection has in common, against the rest of its corpus or another selection."""

from __future__ import annotations

import numpy as np

from backend.domain import EMOTIONS, Kind, Modality, Selection
from backend.maps import Column
from backend.selections import statistics
from backend.selections.types import LegendLine, Profile
from backend.selections.units import Units

_SHOWN = 24  # images, sounds
_LEGENDS = ("language", "source", "emotion", "sentiment")


def profile(
    selection: Selection,
    units: Units,
    inside: np.ndarray,
    outside: np.ndarray,
    *,
    against: str,
    cluster: Column | None = None,
) -> Profile:
    """Describe a selection.

    Parameters
    ----------
    selection : Selection
    units : Units
        All of its kind.
    inside, outside : numpy.ndarray
        Positions among them.
    against : str
        What `outside` is, for a reader.
    cluster : Column, optional
        Of each unit.

    Returns
    -------
    Profile
    """
    probabilities = units.affect
    told = statistics.contrasts(
        (*EMOTIONS, "positive"), probabilities[inside], probabilities[outside]
    )
    words, words_tested = _over(units, "words", inside, outside)
    tags, tags_tested = _over(units, "tags", inside, outside)
    images, sounds = typical(units, inside, outside)
    legends = {"modality": _modalities(units, inside)}
    legends |= {name: legend(units.column(name), inside) for name in _LEGENDS}
    if cluster is not None:
        legends["cluster"] = legend(cluster, inside)
    return Profile(
        selection=selection,
        count=len(inside),
        total=len(units),
        missing=len(selection) - len(units.rows(selection.ids)),
        posts=int(_member(units, inside).sum()),
        against=against,
        legends=legends,
        emotions=tuple(told[:-1]),
        sentiment=told[-1],
        words=tuple(words),
        tags=tuple(tags),
        tested=words_tested + tags_tested,
        images=images,
        sounds=sounds,
    )


def legend(column: Column, rows: np.ndarray) -> tuple[LegendLine, ...]:
    """How many of each category are among some rows, most first.

    Parameters
    ----------
    column : Column
        Of categories.
    rows : numpy.ndarray

    Returns
    -------
    tuple of LegendLine
        Categories that the corpus has; ``none`` for what has none.
    """
    names = (*(column.categories or ()), "none")
    codes = np.where(column.values < 0, len(names) - 1, column.values).astype(np.int64)
    total = np.bincount(codes, minlength=len(names))
    count = np.bincount(codes[rows], minlength=len(names))
    order = sorted(range(len(names)), key=lambda i: (-count[i], -total[i], names[i]))
    return tuple(LegendLine(names[i], int(count[i]), int(total[i])) for i in order if total[i])


def typical(
    units: Units, inside: np.ndarray, outside: np.ndarray
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Posts with an image, and with a sound, most like the inside and least like the outside.

    Parameters
    ----------
    units : Units
    inside, outside : numpy.ndarray

    Returns
    -------
    images, sounds : tuple of str
        Ids of posts, each duplicate group once.
    """
    rows, vectors = units.posts.vectors
    if not len(rows):
        return (), ()
    member = _member(units, inside)[rows]
    other = _member(units, outside)[rows]
    if not member.any():
        return (), ()
    direction = vectors[member].mean(axis=0)
    if other.any():
        direction = direction - vectors[other].mean(axis=0)
    table = units.posts.table
    here = rows[member]
    order = here[np.argsort(-(vectors[member] @ direction), kind="stable")]
    groups = table["group"].fillna(table["id"]).to_numpy()
    found = []
    for modality in (Modality.IMAGE, Modality.AUDIO):
        there = order[table[modality.value].notna().to_numpy()[order]]
        _, first = np.unique(groups[there].astype(str), return_index=True)
        found.append(tuple(units.posts.ids[there[np.sort(first)[:_SHOWN]]].tolist()))
    return found[0], found[1]


def similarity(units: Units, one: np.ndarray, two: np.ndarray) -> float:
    """Cosine of the mean vectors of two sets; NaN when one has none."""
    rows, vectors = units.posts.vectors
    means = []
    for some in (one, two):
        member = _member(units, some)[rows] if len(rows) else np.zeros(0, dtype=bool)
        if not member.any():
            return float("nan")
        means.append(vectors[member].mean(axis=0))
    lengths = np.linalg.norm(means[0]) * np.linalg.norm(means[1])
    return float(means[0] @ means[1] / lengths) if lengths > 0 else float("nan")


def post_rows(units: Units, rows: np.ndarray) -> np.ndarray:
    """Positions of the posts that are, or whose author is, among some rows."""
    return np.flatnonzero(_member(units, rows))


def _member(units: Units, rows: np.ndarray) -> np.ndarray:
    """Which posts belong to some units, ``(posts,)`` bool."""
    chosen = np.zeros(len(units) + 1, dtype=bool)
    chosen[rows] = True
    if units.kind is Kind.POST:
        return chosen[:-1]
    return np.asarray(chosen[units.owners])  # -1 falls on the last one, which is never chosen


def _modalities(units: Units, rows: np.ndarray) -> tuple[LegendLine, ...]:
    there = units.modalities
    return tuple(
        LegendLine(m.value, int(there[rows, i].sum()), int(there[:, i].sum()))
        for i, m in enumerate(Modality)
        if there[:, i].any()
    )


def _over(units: Units, which: str, inside: np.ndarray, outside: np.ndarray) -> tuple[list, int]:
    terms = getattr(units, which)
    return statistics.over_represented(
        terms.names, terms.counts(inside), terms.counts(outside), len(inside), len(outside)
    )

"""Describe a selection, compared with the rest of its corpus or another selection."""

from __future__ import annotations

import numpy as np

from backend.domain import EMOTIONS_AND_POSITIVE, Kind, Modality, Selection
from backend.maps import Column
from backend.selections.contrasts import contrasts, over_represented, without_repeated_tags
from backend.selections.item_table import ItemTable
from backend.selections.types import LegendLine, Profile

_TYPICAL = 24  # images; sounds
_LEGENDS = ("language", "source", "emotion", "sentiment")


def profile(
    selection: Selection,
    items: ItemTable,
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
    items : ItemTable
        All posts or users of the corpus.
    inside, outside : numpy.ndarray
        Positions in `items`.
    against : str
        Describes `outside` to users.
    cluster : Column, optional
        Of each item.
    """
    probabilities = items.affect
    compared = contrasts(EMOTIONS_AND_POSITIVE, probabilities[inside], probabilities[outside])
    words, words_tested = _over_represented(items, "words", inside, outside)
    tags, tags_tested = _over_represented(items, "tags", inside, outside)
    images, sounds = typical(items, inside, outside)
    legends = {"modality": _modalities(items, inside)}
    legends |= {name: legend(items.column(name), inside) for name in _LEGENDS}
    if cluster is not None:
        legends["cluster"] = legend(cluster, inside)
    return Profile(
        selection=selection,
        count=len(inside),
        total=len(items),
        missing=len(selection) - len(items.rows(selection.ids)),
        posts=int(_posts_of(items, inside).sum()),
        against=against,
        legends=legends,
        emotions=tuple(compared[:-1]),
        sentiment=compared[-1],
        words=without_repeated_tags(words, tags),
        tags=tuple(tags),
        tested=words_tested + tags_tested,
        images=images,
        sounds=sounds,
    )


def legend(column: Column, rows: np.ndarray) -> tuple[LegendLine, ...]:
    """Count the categories of some rows, most frequent first.

    Parameters
    ----------
    column : Column
        Of categories.
    rows : numpy.ndarray

    Returns
    -------
    tuple of LegendLine
        Categories that occur in the corpus; ``none`` for rows without one.
    """
    names = (*(column.categories or ()), "none")
    codes = np.where(column.values < 0, len(names) - 1, column.values).astype(np.int64)
    total = np.bincount(codes, minlength=len(names))
    count = np.bincount(codes[rows], minlength=len(names))
    order = sorted(range(len(names)), key=lambda i: (-count[i], -total[i], names[i]))
    return tuple(LegendLine(names[i], int(count[i]), int(total[i])) for i in order if total[i])


def typical(
    items: ItemTable, inside: np.ndarray, outside: np.ndarray
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Find typical posts with an image and with a sound: like the inside, unlike the outside.

    Returns
    -------
    images, sounds : tuple of str
        Ids of posts, each duplicate group once.
    """
    rows, vectors = items.posts.vectors
    if not len(rows):
        return (), ()
    is_inside = _posts_of(items, inside)[rows]
    is_outside = _posts_of(items, outside)[rows]
    if not is_inside.any():
        return (), ()
    direction = vectors[is_inside].mean(axis=0)
    if is_outside.any():
        direction = direction - vectors[is_outside].mean(axis=0)
    table = items.posts.table
    rows_inside = rows[is_inside]
    order = rows_inside[np.argsort(-(vectors[is_inside] @ direction), kind="stable")]
    groups = table["group"].fillna(table["id"]).to_numpy()
    ids = []
    for modality in (Modality.IMAGE, Modality.AUDIO):
        with_modality = order[table[modality.value].notna().to_numpy()[order]]
        _, first = np.unique(groups[with_modality].astype(str), return_index=True)
        ids.append(tuple(items.posts.ids[with_modality[np.sort(first)[:_TYPICAL]]].tolist()))
    return ids[0], ids[1]


def similarity(items: ItemTable, one: np.ndarray, two: np.ndarray) -> float:
    """Return the cosine of the mean vectors of two sets; NaN when one has no vectors."""
    rows, vectors = items.posts.vectors
    means = []
    for members in (one, two):
        is_member = _posts_of(items, members)[rows] if len(rows) else np.zeros(0, dtype=bool)
        if not is_member.any():
            return float("nan")
        means.append(vectors[is_member].mean(axis=0))
    lengths = np.linalg.norm(means[0]) * np.linalg.norm(means[1])
    return float(means[0] @ means[1] / lengths) if lengths > 0 else float("nan")


def post_rows(items: ItemTable, rows: np.ndarray) -> np.ndarray:
    """Return the positions of the posts that belong to some posts or users."""
    return np.flatnonzero(_posts_of(items, rows))


def _posts_of(items: ItemTable, rows: np.ndarray) -> np.ndarray:
    """Whether each post belongs to some posts or users, ``(posts,)`` bool."""
    chosen = np.zeros(len(items) + 1, dtype=bool)
    chosen[rows] = True
    if items.kind is Kind.POST:
        return chosen[:-1]
    return np.asarray(chosen[items.owners])  # -1 is the last one, which is never chosen


def _modalities(items: ItemTable, rows: np.ndarray) -> tuple[LegendLine, ...]:
    present = items.modalities
    return tuple(
        LegendLine(m.value, int(present[rows, i].sum()), int(present[:, i].sum()))
        for i, m in enumerate(Modality)
        if present[:, i].any()
    )


def _over_represented(
    items: ItemTable, which: str, inside: np.ndarray, outside: np.ndarray
) -> tuple[list, int]:
    terms = getattr(items, which)
    return over_represented(
        terms.names, terms.counts(inside), terms.counts(outside), len(inside), len(outside)
    )

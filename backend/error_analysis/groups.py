"""Every group of posts in which errors are looked for."""

from __future__ import annotations

from collections import Counter
from typing import Protocol

import numpy as np

from backend.corpus import Corpus
from backend.domain import Kind, KindredError
from backend.error_analysis.candidates import FEWEST, Candidate, candidates
from backend.error_analysis.ground_truth import GroundTruth
from backend.error_analysis.regions import regions
from backend.maps import Column, Map


class MapSource(Protocol):
    """What is asked of the atlas."""

    def map(self, kind: Kind, corpus: str | None = None) -> Map:
        """A map."""
        ...

    def column(self, kind: Kind, name: str, corpus: str | None = None) -> Column:
        """A column of it."""
        ...


def groups(
    labelled: GroundTruth, corpus: Corpus, vectors: np.ndarray, maps: MapSource
) -> list[Candidate]:
    """Groups by metadata, texts, clusters and directions.

    Parameters
    ----------
    labelled : GroundTruth
    corpus : Corpus
    vectors : numpy.ndarray
        ``(n, dim)`` joint vectors, rows of NaN where there is none.
    maps : MapSource
        For the clusters of the map of posts, where the corpus has one.

    Returns
    -------
    list of Candidate
    """
    ids = sorted({user for user in labelled.table["user"].to_pylist() if user})
    called = {user.id: user.name for user in corpus.users(ids).values()}
    often = Counter(called.values())
    authors = {i: f"{name} ({i})" if often[name] > 1 else name for i, name in called.items()}
    named = _clusters(labelled, maps)
    return [*candidates(labelled, authors), *regions(labelled, vectors, named)]


def _clusters(labelled: GroundTruth, maps: MapSource) -> list[Candidate]:
    try:
        column = maps.column(Kind.POST, "cluster", labelled.corpus)
        ids = maps.map(Kind.POST, labelled.corpus).ids
    except KindredError:
        return []  # no map: clusters are found among the labelled posts
    place = {id_: i for i, id_ in enumerate(labelled.ids)}
    rows: dict[int, list[int]] = {}
    for id_, value in zip(ids, column.values, strict=True):
        if value >= 0 and id_ in place:
            rows.setdefault(int(value), []).append(place[id_])
    names = column.categories or ()
    return [
        Candidate("cluster", f"cluster {names[k]}", np.sort(np.array(found, dtype=np.int64)))
        for k, found in sorted(rows.items())
        if k < len(names) and FEWEST <= len(found) <= len(labelled) - FEWEST
    ]

"""Candidates for slices: groups of posts by metadata, texts, clusters and directions."""

from __future__ import annotations

from collections import Counter
from typing import Protocol

import numpy as np

from backend.corpus import Corpus
from backend.domain import Kind, KindredError
from backend.error_analysis.ground_truth import GroundTruth
from backend.error_analysis.metadata_groups import FEWEST, Candidate, candidates
from backend.error_analysis.vector_groups import regions
from backend.maps import Column, Map


class MapSource(Protocol):
    """Where clusters come from."""

    def map(self, kind: Kind, corpus: str | None = None) -> Map:
        """Return a map."""
        ...

    def column(self, kind: Kind, name: str, corpus: str | None = None) -> Column:
        """Return a column of a map."""
        ...


def groups(
    ground_truth: GroundTruth, corpus: Corpus, vectors: np.ndarray, maps: MapSource
) -> list[Candidate]:
    """Groups by metadata, texts, clusters and directions.

    Parameters
    ----------
    ground_truth : GroundTruth
    corpus : Corpus
    vectors : numpy.ndarray
        ``(n, dim)`` joint vectors, rows of NaN where there is none.
    maps : MapSource
        For the clusters of the map of posts, where the corpus has one.
    """
    ids = sorted({user for user in ground_truth.table["user"].to_pylist() if user})
    names = {user.id: user.name for user in corpus.users(ids).values()}
    counts = Counter(names.values())
    authors = {i: f"{name} ({i})" if counts[name] > 1 else name for i, name in names.items()}
    clusters = _clusters(ground_truth, maps)
    return [*candidates(ground_truth, authors), *regions(ground_truth, vectors, clusters)]


def _clusters(ground_truth: GroundTruth, maps: MapSource) -> list[Candidate]:
    try:
        column = maps.column(Kind.POST, "cluster", ground_truth.corpus)
        ids = maps.map(Kind.POST, ground_truth.corpus).ids
    except KindredError:
        return []  # no map: clusters are found among the labelled posts
    rows = {id_: i for i, id_ in enumerate(ground_truth.ids)}
    members: dict[int, list[int]] = {}
    for id_, value in zip(ids, column.values, strict=True):
        if value >= 0 and id_ in rows:
            members.setdefault(int(value), []).append(rows[id_])
    names = column.categories or ()
    return [
        Candidate("cluster", f"cluster {names[k]}", np.sort(np.array(posts, dtype=np.int64)))
        for k, posts in sorted(members.items())
        if k < len(names) and FEWEST <= len(posts) <= len(ground_truth) - FEWEST
    ]

"""The types of a map."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from backend.domain import Kind

UNCLUSTERED = -1


@dataclass(frozen=True, slots=True)
class Cluster:
    """A group of points that lie close together.

    Attributes
    ----------
    id : int
        Index within its level, largest first.
    label : str
        A few words that set its posts apart.
    words : tuple of str
        More such words, strongest first.
    size : int
    stability : float
        Mean Jaccard overlap with the best matching cluster of maps that are built
        from subsamples, 0 to 1; above .75 is stable, below .6 is unreliable
        (Hennig 2007). NaN when it was not measured.
    typical : tuple of str
        Ids of the posts most alike to all of its posts, those with an image first.
    near : tuple of str
        The nearest words of the joint space.
    """

    id: int
    label: str
    words: tuple[str, ...]
    size: int
    stability: float
    typical: tuple[str, ...] = ()
    near: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Level:
    """One granularity of clusters.

    Attributes
    ----------
    name : str
        ``broad``, ``medium`` or ``fine``.
    labels : numpy.ndarray
        ``(n,)`` int32: the cluster of each point, -1 for noise.
    clusters : tuple of Cluster
        In the order of their ids.
    """

    name: str
    labels: np.ndarray
    clusters: tuple[Cluster, ...]

    @property
    def unclustered(self) -> int:
        """Number of points in no cluster."""
        return int((self.labels == UNCLUSTERED).sum())


@dataclass(frozen=True, slots=True, eq=False)
class Map:
    """The points of all users or all posts, and their clusters.

    Attributes
    ----------
    kind : Kind
        `Kind.USER` or `Kind.POST`.
    ids : numpy.ndarray
        ``(n,)`` str objects, sorted.
    xy : numpy.ndarray
        ``(n, 2)`` float32.
    levels : tuple of Level
        Broadest first.
    quality : mapping of str to float
        ``trustworthiness`` (Venna & Kaski 2001) of the nearest 15, 0 to 1;
        ``stability``: mean over the clustered points of the medium level;
        ``unclustered``: share of the points in no cluster of that level;
        ``placed``: number of points that were added later, between their neighbours;
        ``named_from``: number of posts whose terms name the clusters, if not all do.
    bundle : str
        Whose vectors were used.
    total : int
        Posts or users of the corpus, with a vector or without.
    """

    kind: Kind
    ids: np.ndarray
    xy: np.ndarray
    levels: tuple[Level, ...]
    quality: Mapping[str, float]
    bundle: str
    total: int

    def level(self, name: str = "") -> Level:
        """Return the level of that name, or the middle one.

        Where the middle one has no clusters, as with a few users, it is the broadest with some.
        """
        named = {level.name: level for level in self.levels}
        if name in named:
            return named[name]
        middle = named.get("medium", self.levels[len(self.levels) // 2])
        return next((level for level in (middle, *self.levels) if level.clusters), middle)


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """A value for each point of a map, to colour it by.

    Attributes
    ----------
    name : str
    values : numpy.ndarray
        ``(n,)``: int32 codes into `categories`, -1 for missing; or float32, NaN for
        missing.
    categories : tuple of str or None
        None for numbers.
    """

    name: str
    values: np.ndarray
    categories: tuple[str, ...] | None = None

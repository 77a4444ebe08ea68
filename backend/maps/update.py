"""Bring a stored map up to date with its corpus."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from backend.corpus import Corpus
from backend.domain import Kind
from backend.maps import graph, place
from backend.maps.types import Level, Map
from backend.search import corpus_users


def current(stored: Map, corpus: Corpus, bundle: str) -> Map:
    """Remove deleted points from a map and place new ones.

    A new point lies between its neighbours and belongs to the cluster of most of them.

    Returns the same map when nothing has changed.
    """
    info = corpus.info()
    total = info.posts if stored.kind is Kind.POST else info.users
    stored = replace(stored, total=total)
    if info.bundles.get(bundle, {}).get(stored.kind, 0) == len(stored.ids) and not info.added:
        return stored
    ids = corpus_users.ids_of(corpus, bundle, stored.kind)
    in_corpus = np.isin(stored.ids.astype(str), ids.astype(str))
    if in_corpus.all() and len(ids) == len(stored.ids):
        return stored
    stored = _subset(stored, np.flatnonzero(in_corpus))
    on_map = np.isin(ids.astype(str), stored.ids.astype(str))
    if on_map.all() or not on_map.any():
        return stored
    ids, raw = corpus_users.vectors_of(corpus, bundle, stored.kind)
    mean = raw[on_map].mean(axis=0)
    xy, neighbours = place.place(
        graph.centred(raw[~on_map], mean), graph.centred(raw[on_map], mean), stored.xy
    )
    levels = [
        replace(level, labels=np.append(level.labels, place.majority(level.labels[neighbours])))
        for level in stored.levels
    ]
    all_ids = np.append(stored.ids, ids[~on_map])
    order = np.argsort(all_ids.astype(str), kind="stable")
    return replace(
        stored,
        ids=all_ids[order],
        xy=np.concatenate([stored.xy, xy])[order],
        levels=tuple(_with_sizes(replace(level, labels=level.labels[order])) for level in levels),
        quality={**stored.quality, "placed": float((~on_map).sum())},
    )


def _subset(stored: Map, rows: np.ndarray) -> Map:
    levels = tuple(_with_sizes(replace(x, labels=x.labels[rows])) for x in stored.levels)
    return replace(stored, ids=stored.ids[rows], xy=stored.xy[rows], levels=levels)


def _with_sizes(level: Level) -> Level:
    """Update the sizes of the clusters of a level."""
    sizes = np.bincount(level.labels[level.labels >= 0], minlength=len(level.clusters))
    clusters = tuple(replace(cluster, size=int(sizes[cluster.id])) for cluster in level.clusters)
    return replace(level, clusters=clusters)

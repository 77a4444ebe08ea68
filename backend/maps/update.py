"""A stored map brought up to what its corpus holds now."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from backend.corpus import Corpus
from backend.domain import Kind
from backend.maps import graph, place
from backend.maps.types import Cluster, Level, Map

# A post that was added lies where its neighbours do; it belongs to their cluster
# when most of them are in one.


def current(made: Map, corpus: Corpus, bundle: str) -> Map:
    """Take out what is gone and place what came after the map was made.

    Parameters
    ----------
    made : Map
    corpus : Corpus
    bundle : str

    Returns
    -------
    Map
        The same one when nothing has changed.
    """
    info = corpus.info()
    total = info.posts if made.kind is Kind.POST else info.users
    made = replace(made, total=total)
    if info.bundles.get(bundle, {}).get(made.kind, 0) == len(made.ids) and not info.added:
        return made
    ids, raw = corpus.vectors(bundle, made.kind)
    known = np.isin(made.ids.astype(str), ids.astype(str)) if len(ids) else np.zeros(0, bool)
    if known.all() and len(ids) == len(made.ids):
        return made
    if not known.any():
        return _taken(made, np.flatnonzero(known))
    made = _taken(made, np.flatnonzero(known))
    old = np.isin(ids.astype(str), made.ids.astype(str))
    if old.all():
        return made
    mean = raw[old].mean(axis=0)
    xy, near = place.place(graph.centred(raw[~old], mean), graph.centred(raw[old], mean), made.xy)
    levels = [
        replace(level, labels=np.append(level.labels, place.majority(level.labels[near])))
        for level in made.levels
    ]
    whole = np.append(made.ids, ids[~old])
    order = np.argsort(whole.astype(str), kind="stable")
    return replace(
        made,
        ids=whole[order],
        xy=np.concatenate([made.xy, xy])[order],
        levels=tuple(_sized(replace(level, labels=level.labels[order])) for level in levels),
        quality={**made.quality, "placed": float((~old).sum())},
    )


def _taken(made: Map, rows: np.ndarray) -> Map:
    levels = tuple(_sized(replace(x, labels=x.labels[rows])) for x in made.levels)
    return replace(made, ids=made.ids[rows], xy=made.xy[rows], levels=levels)


def _sized(level: Level) -> Level:
    """A level whose clusters say how many points they have now."""
    sizes = np.bincount(level.labels[level.labels >= 0], minlength=len(level.clusters))
    clusters: list[Cluster] = [
        replace(cluster, size=int(sizes[cluster.id])) for cluster in level.clusters
    ]
    return replace(level, clusters=tuple(clusters))

"""Maps as the pages draw them: arrays computed once for all visitors."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

import numpy as np
import pyarrow.compute as pc
import streamlit as st

from app.common.palette import counted, shortened
from app.data.map_colours import Paint, paint
from app.data.map_payload import MAX_POINTS, quantised
from app.data.session import corpus, workspace
from backend.domain import Kind
from backend.maps import Column, Map

P = ParamSpec("P")
T = TypeVar("T")


def stamp() -> str:
    """Identify the state of the corpus and the bundle: if either changes, so does the stamp."""
    opened = workspace().corpus(corpus())
    return f"{opened.name}|{opened.version}|{workspace().bundle_of(corpus())}"


def cached(max_entries: int) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Cache a function of the page's corpus until the corpus or the bundle changes.

    Parameters
    ----------
    max_entries : int
        Results kept, over all corpora.

    Returns
    -------
    callable
        A decorator for functions with hashable arguments. All visitors get the same
        object, which must not be changed.
    """

    def decorate(compute: Callable[P, T]) -> Callable[P, T]:
        def entry(stamp: str, corpus: str | None, *args: P.args, **kwargs: P.kwargs) -> T:
            return compute(*args, **kwargs)

        # Streamlit tells caches apart by these.
        entry.__module__, entry.__qualname__ = compute.__module__, compute.__qualname__
        lookup = st.cache_resource(max_entries=max_entries, show_spinner=False)(entry)

        @wraps(compute)
        def call(*args: P.args, **kwargs: P.kwargs) -> T:
            return lookup(stamp(), corpus(), *args, **kwargs)

        return call

    return decorate


def map_of(kind: Kind) -> Map:
    """Return the map of users or of posts of the page's corpus."""
    return workspace().maps.map(kind, corpus())


def column(kind: Kind, name: str) -> Column:
    """Return one column of the map."""
    return workspace().maps.column(kind, name, corpus())


@cached(20)
def columns(kind: Kind) -> list[str]:
    """Return the columns that the map can be coloured by: those with several values."""
    names = workspace().maps.columns(kind, corpus())
    if len(map_of(kind).ids) > MAX_POINTS:
        return names  # reading all of them would take too long
    return [name for name in names if _varies(np.asarray(column(kind, name).values))]


def _varies(values: np.ndarray) -> bool:
    known = values[np.isfinite(values)] if values.dtype.kind == "f" else values[values >= 0]
    return len(np.unique(known)) > 1


@cached(8)
def positions(kind: Kind) -> np.ndarray:
    """Return where each point is drawn, ``(n, 2)`` int16."""
    return quantised(map_of(kind).xy)


@cached(60)
def painted(kind: Kind, name: str) -> Paint:
    """Colour each point by its value in a column."""
    titles = {row.name: row.title for row in workspace().sources(corpus())}
    return paint(column(kind, name), titles)


@cached(8)
def point_names(kind: Kind) -> np.ndarray:
    """Return the name of each point, ``(n,)`` str."""
    ids = map_of(kind).ids
    if kind is Kind.USER:
        found = workspace().users(ids.tolist(), corpus()).values()
        names = {u.id: f"{u.name} · {counted(u.posts, Kind.POST)}" for u in found}
    else:
        table = workspace().corpus(corpus()).table(["id", "title", "text"])
        whole = pc.coalesce(table["title"], table["text"], table["id"])
        short = pc.utf8_slice_codeunits(whole, 0, 80)
        names = dict(zip(table["id"].to_pylist(), short.to_pylist(), strict=True))
    return np.array([names.get(id_, id_) for id_ in ids], dtype=object)


def place_of_name(members: np.ndarray) -> dict[str, object]:
    """Return where the name of a cluster stands on a map.

    Parameters
    ----------
    members : numpy.ndarray
        ``(n, 2)`` places of the points of the cluster, at least one.

    Returns
    -------
    dict of str to int
        ``x`` and ``y``, and ``reach``: how far most of it reaches above and below.
    """
    # The member nearest to the middle, which may lie outside a bent cluster.
    near = members[np.abs(members - np.median(members, axis=0)).sum(axis=1).argmin()]
    reach = np.quantile(np.abs(members[:, 1] - near[1]), 0.9)
    return {"x": int(near[0]), "y": int(near[1]), "reach": int(reach)}


@cached(24)
def cluster_labels(kind: Kind, level: str) -> list[dict[str, object]]:
    """Return where the names of clusters stand on the map, the largest cluster first."""
    clustering, at = map_of(kind).level(level), positions(kind)
    labels = []
    for cluster in sorted(clustering.clusters, key=lambda c: -c.size):
        members = at[clustering.labels == cluster.id]
        if len(members):
            text = shortened(cluster.label, 34)
            labels.append({**place_of_name(members), "text": text, "id": cluster.id})
    return labels


def matches(kind: Kind, text: str) -> np.ndarray:
    """Return which points the search box highlights, ``(n,)`` bool.

    Users match by name or id, posts by title, text or tags.
    """
    text = text.strip().casefold()
    if not text:
        return np.zeros(len(map_of(kind).ids), dtype=bool)
    return _matches(kind, text)


@cached(100)
def _matches(kind: Kind, text: str) -> np.ndarray:
    ids = map_of(kind).ids
    if kind is Kind.USER:
        users = workspace().users(ids.tolist(), corpus()).values()
        wanted = {u.id for u in users if text in u.name.casefold() or text in u.id.casefold()}
    else:
        table = workspace().corpus(corpus()).table(["id", "title", "text", "tags"])
        tags = pc.binary_join(table["tags"], "\n")
        joined = pc.binary_join_element_wise(
            table["title"], table["text"], tags, "\n", null_handling="replace"
        )
        hit = pc.match_substring(joined, text, ignore_case=True)
        wanted = set(table["id"].filter(hit).to_pylist())
    return np.fromiter((id_ in wanted for id_ in ids), dtype=bool, count=len(ids))

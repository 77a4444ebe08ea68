"""Maps and selections as the pages see them: arrays made once for every visitor."""

from __future__ import annotations

from collections import Counter
from hashlib import blake2b
from threading import Thread

import numpy as np
import pyarrow.compute as pc
import streamlit as st

from app.data.map_colours import Paint, paint
from app.data.map_payload import MOST, quantised
from app.data.session import corpus, overview, workspace
from backend.core.lru import LRU
from backend.domain import Kind, KindredError, Selection
from backend.maps import Column, Level, Map
from backend.selections import Comparison, LegendLine, Profile
from backend.workspace.map_jobs import State

LEVELS = ("broad", "medium", "fine")
_DRAWN = 64  # selections that were not saved but can still be opened by their address


def atlas_of(kind: Kind) -> Map:
    """The map of users or of posts of the corpus that is looked at."""
    return workspace().maps.map(kind, corpus())


def stamp(kind: Kind) -> str:
    """Names one state of a map: another corpus, bundle or addition, another stamp."""
    where = workspace().corpus(corpus())
    return f"{where.name}|{where.version}|{workspace().bundle.name}|{kind.value}"


def column(kind: Kind, name: str) -> Column:
    """One column of the map."""
    return workspace().maps.column(kind, name, corpus())


def columns(kind: Kind) -> list[str]:
    """What the map can be coloured by."""
    return _columns(kind, stamp(kind), corpus())


@st.cache_data(max_entries=20, show_spinner=False)
def _columns(kind: Kind, stamp: str, where: str | None) -> list[str]:
    """Those of its columns that tell points apart."""
    ws = workspace()
    if len(ws.maps.map(kind, where).ids) > MOST:
        return ws.maps.columns(kind, where)  # to look at all of them would take too long
    found = []
    for name in ws.maps.columns(kind, where):
        values = np.asarray(ws.maps.column(kind, name, where).values)
        there = values[np.isfinite(values)] if values.dtype.kind == "f" else values[values >= 0]
        if len(np.unique(there)) > 1:
            found.append(name)
    return found


def places(kind: Kind) -> np.ndarray:
    """Where each point is drawn, ``(n, 2)`` int16."""
    return _places(kind, stamp(kind), corpus())


@st.cache_resource(max_entries=8, show_spinner=False)
def _places(kind: Kind, stamp: str, where: str | None) -> np.ndarray:
    return quantised(workspace().maps.map(kind, where).xy)


def painted(kind: Kind, name: str) -> Paint:
    """Each point in the colour of its value."""
    return _painted(kind, name, stamp(kind), corpus())


@st.cache_resource(max_entries=60, show_spinner=False)
def _painted(kind: Kind, name: str, stamp: str, where: str | None) -> Paint:
    titles = {row.name: row.title for row in workspace().sources(where)}
    return paint(workspace().maps.column(kind, name, where), titles)


def names(kind: Kind) -> np.ndarray:
    """What each point is called, ``(n,)`` str."""
    return _names(kind, stamp(kind), corpus())


@st.cache_resource(max_entries=8, show_spinner=False)
def _names(kind: Kind, stamp: str, where: str | None) -> np.ndarray:
    ids = workspace().maps.map(kind, where).ids
    if kind is Kind.USER:
        people = workspace().users(ids.tolist(), where)
        told = {
            u.id: f"{u.name} · {u.posts:,} {'post' if u.posts == 1 else 'posts'}"
            for u in people.values()
        }
    else:
        table = workspace().corpus(where).table(["id", "title", "text"])
        said = pc.coalesce(table["title"], table["text"], table["id"])
        short = pc.utf8_slice_codeunits(said, 0, 80)
        told = dict(zip(table["id"].to_pylist(), short.to_pylist(), strict=True))
    return np.array([told.get(id_, id_) for id_ in ids], dtype=object)


def level(kind: Kind, name: str) -> Level:
    """The groups of one granularity."""
    return atlas_of(kind).level(name)


def labels(kind: Kind, name: str) -> list[dict[str, object]]:
    """Where the names of groups stand on the map, the largest first."""
    return _labels(kind, name, stamp(kind), corpus())


@st.cache_resource(max_entries=24, show_spinner=False)
def _labels(kind: Kind, name: str, stamp: str, where: str | None) -> list[dict[str, object]]:
    groups, at = workspace().maps.map(kind, where).level(name), _places(kind, stamp, where)
    made = []
    for cluster in sorted(groups.clusters, key=lambda c: -c.size):
        mine = at[groups.labels == cluster.id]
        if len(mine):
            x, y = np.median(mine, axis=0)
            # The member nearest to the middle: a bent group's middle may lie outside it.
            near = mine[np.abs(mine - (x, y)).sum(axis=1).argmin()]
            text = cluster.label if len(cluster.label) <= 34 else cluster.label[:33] + "…"
            made.append({"x": int(near[0]), "y": int(near[1]), "text": text, "id": cluster.id})
    return made


def found(kind: Kind, text: str) -> np.ndarray:
    """Which points a search box highlights, ``(n,)`` bool: their name contains the text."""
    if not text.strip():
        return np.zeros(len(atlas_of(kind).ids), dtype=bool)
    return _found(kind, text.strip().casefold(), stamp(kind), corpus())


@st.cache_data(max_entries=100, show_spinner=False)
def _found(kind: Kind, text: str, stamp: str, where: str | None) -> np.ndarray:
    ids = workspace().maps.map(kind, where).ids
    if kind is Kind.USER:
        hay = workspace().users(ids.tolist(), where).values()
        wanted = {u.id for u in hay if text in u.name.casefold() or text in u.id.casefold()}
    else:
        table = workspace().corpus(where).table(["id", "title", "text", "tags"])
        tags = pc.binary_join(table["tags"], "\n")
        joined = pc.binary_join_element_wise(
            table["title"], table["text"], tags, "\n", null_handling="replace"
        )
        hit = pc.match_substring(joined, text, ignore_case=True)
        wanted = set(table["id"].filter(hit).to_pylist())
    return np.fromiter((id_ in wanted for id_ in ids), dtype=bool, count=len(ids))


# ---- selections


class _Drawn:
    """Selections made but not saved, so that their address opens them for a while."""

    def __init__(self) -> None:
        self._selections: LRU[str, Selection] = LRU(_DRAWN)

    def put(self, selection: Selection) -> str:
        text = "\n".join((selection.corpus, selection.kind.value, *selection.ids))
        token = blake2b(text.encode(), digest_size=8).hexdigest()
        self._selections.put(token, selection)
        return token

    def get(self, token: str) -> Selection | None:
        return self._selections.peek(token)


@st.cache_resource(max_entries=8, show_spinner=False)
def warm(kind: Kind, stamp: str, where: str | None) -> Thread:
    """Begin to read what profiles need, so that the first selection need not wait for it."""
    thread = Thread(target=_read, args=(kind, where), daemon=True)
    thread.start()
    return thread


def _read(kind: Kind, where: str | None) -> None:
    try:
        workspace().selections.units(kind, where)
    except KindredError:
        return  # whoever selects something is told, with the reason


@st.cache_resource(show_spinner=False)
def drawn() -> _Drawn:
    """The selections of all visitors that were not saved."""
    return _Drawn()


def selection_of(kind: Kind, rows: np.ndarray, origin: str) -> Selection:
    """The points in some rows of the map as a selection."""
    ids = atlas_of(kind).ids[rows].tolist()
    return workspace().selections.of(kind, ids, origin, corpus())


def profile(selection: Selection) -> Profile:
    """What a selection has in common; computed once."""
    token = drawn().put(selection)
    return _profile(token, selection.name, stamp(selection.kind), selection)


@st.cache_resource(max_entries=40, show_spinner=False)
def _profile(token: str, name: str, stamp: str, _selection: Selection) -> Profile:
    return workspace().selections.profile(_selection)


def compared(one: Selection, two: Selection) -> Comparison:
    """Two selections, each held against the other; computed once."""
    tokens = f"{drawn().put(one)}|{one.name}|{drawn().put(two)}|{two.name}"
    return _compared(tokens, stamp(one.kind), one, two)


@st.cache_resource(max_entries=40, show_spinner=False)
def _compared(tokens: str, stamp: str, _one: Selection, _two: Selection) -> Comparison:
    return workspace().selections.compare(_one, _two)


def scoped(selection: Selection | None, kind: Kind, name: str) -> tuple[LegendLine, ...]:
    """So many of so many for each value of a column: ``47 / 412``.

    Without a selection the first number is that of all points.
    """
    made = column(kind, name)
    assert made.categories is not None
    codes = np.asarray(made.values)
    totals = Counter(codes.tolist())
    inside = totals
    if selection is not None:
        ids = atlas_of(kind).ids
        wanted = set(selection.ids)
        mask = np.fromiter((id_ in wanted for id_ in ids), dtype=bool, count=len(ids))
        inside = Counter(codes[mask].tolist())
    return tuple(
        LegendLine(category, inside[code], totals[code])
        for code, category in enumerate(made.categories)
        if totals[code]
    )


def saved_names() -> list[str]:
    """Names of the saved selections of the corpus that is looked at."""
    return workspace().selections.names(corpus())


def opened(name: str) -> Selection:
    """A saved selection."""
    return workspace().selections.open(name, corpus())


def sources() -> dict[str, str]:
    """How each source is called."""
    return {row.name: row.title for row in overview().sources}


def making() -> State:
    """How far the maps of the corpus that is looked at are."""
    return workspace().map_jobs.state(corpus())


def make() -> None:
    """Begin to make them."""
    workspace().map_jobs.start(corpus())


def stop_making() -> None:
    """End that."""
    workspace().map_jobs.stop(corpus())

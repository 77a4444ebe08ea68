"""Which selection a page shows: its address says it, whatever made the selection.

``sel`` and ``vs`` hold ``group:medium:3``, ``value:emotion=joy``, ``found:cat``,
``saved:NAME`` or ``drawn:TOKEN``; the last one opens as long as the app remembers
it, so what should last is saved under a name.
"""

from __future__ import annotations

import numpy as np
import streamlit as st

from app.data import url_state
from app.data.map_colours import title
from app.data.maps import atlas_of, column, drawn, found, level, opened, selection_of, stamp
from backend.core.urls import parse_int
from backend.domain import Kind, KindredError, Selection

SHAPES = {"lasso": "lasso", "box": "box", "look": "click", "pan": "click"}


def chosen(kind: Kind, parameter: str = "sel") -> Selection | None:
    """The selection that the address names.

    Parameters
    ----------
    kind : Kind
        What the page shows.
    parameter : str
        Of the address.

    Returns
    -------
    Selection or None

    Raises
    ------
    KindredError
        When it cannot be opened any more, or holds something else.
    """
    address = url_state.get(parameter)
    how, _, what = address.partition(":")
    if not address:
        return None
    if how == "drawn":
        selection = drawn().get(what)
        if selection is None:
            raise KindredError(
                "no_selection",
                "This selection was not saved and is forgotten by now. Make it again, "
                "and save it under a name to keep it.",
            )
    elif how == "saved":
        selection = opened(what)
    else:
        selection = _made(kind, how, what, stamp(kind))
    if selection.kind is not kind:
        raise KindredError(
            "selection", f"This is a selection of {selection.kind.value}s; open it on their page."
        )
    return selection


@st.cache_resource(max_entries=60, show_spinner=False)
def _made(kind: Kind, how: str, what: str, stamp: str) -> Selection:
    """A selection that its address describes in full."""
    if how == "group":
        name, _, raw = what.rpartition(":")
        groups, which = level(kind, name), parse_int(raw)
        if groups.name != name or which is None or which >= len(groups.clusters):
            raise KindredError("no_selection", "There is no such group on this map.")
        rows = np.flatnonzero(groups.labels == which)
        label = groups.clusters[which].label
        return selection_of(kind, rows, f"the group “{label}”")
    if how == "value":
        name, _, value = what.partition("=")
        values = column(kind, name)
        if values.categories is None or value not in values.categories:
            raise KindredError("no_selection", f"No {kind.value} here has this {name}.")
        rows = np.flatnonzero(values.values == values.categories.index(value))
        return selection_of(kind, rows, f"{title(name).lower()}: {value}")
    if how == "found":
        return selection_of(kind, np.flatnonzero(found(kind, what)), f"search for “{what}”")
    raise KindredError("no_selection", "The address names no selection that can be opened.")


def mask(kind: Kind, selection: Selection | None) -> np.ndarray:
    """Which points of the map are in a selection, ``(n,)`` bool."""
    ids = atlas_of(kind).ids
    if selection is None or selection.kind is not kind:
        return np.zeros(len(ids), dtype=bool)
    return np.isin(ids.astype(str), np.array(selection.ids, dtype=str))


def keep(selection: Selection) -> str:
    """The address of a selection that was drawn."""
    return f"drawn:{drawn().put(selection)}"


def choose(address: str | None) -> None:
    """Make a selection the page's selection."""
    url_state.put({"sel": address, "offset": None})


def address_of(selection: Selection, shown: str) -> str:
    """How to name a selection in an address; `shown` is what the page's address says."""
    return f"saved:{selection.name}" if selection.name else shown or keep(selection)

"""The selection that a page shows, as its address names it.

The parameters ``sel`` and ``vs`` hold ``group:medium:3`` (a cluster), ``value:emotion=joy``,
``when:2026-05-01..2026-05-08@medium:3`` (its posts of a week), ``found:cat``, ``saved:NAME``
or ``drawn:TOKEN``. The app remembers a drawn selection only for a while; it lasts if it is
saved under a name.
"""

from __future__ import annotations

from collections import Counter
from hashlib import blake2b
from threading import Thread

import numpy as np
import streamlit as st

from app.data import url_state
from app.data.map_colours import title
from app.data.maps import cached, column, map_of, matches, stamp
from app.data.session import corpus, workspace
from app.data.timeline import read_period
from app.sign_in import visitor
from backend.core.lru import LRU
from backend.core.urls import parse_int
from backend.domain import Kind, KindredError, Selection
from backend.selections import Comparison, LegendLine, Profile
from backend.trends.find import ALL

SHAPES = {"lasso": "lasso", "box": "box", "look": "click", "pan": "click"}
_UNSAVED = 64  # unsaved selections of one visitor that their address can still open
_MEMBERS = 200_000  # of them together
_VISITORS = 300


def title_of(selection: Selection) -> str:
    """Return the name of a selection; of one without, what it is, as a title begins."""
    return selection.name or selection.origin[:1].upper() + selection.origin[1:]


def chosen(kind: Kind, parameter: str = "sel") -> Selection | None:
    """Open the selection of users or posts that a parameter of the address names, if any.

    Raises
    ------
    KindredError
        If it cannot be opened any more or is of another kind.
    """
    address = url_state.get(parameter)
    how, _, what = address.partition(":")
    if not address:
        return None
    if how == "drawn":
        selection = unsaved().get(what)
        if selection is None:
            raise KindredError(
                "no_selection",
                "This selection has expired because it was not saved. Draw it again, "
                "and save it to keep it.",
            )
    elif how == "saved":
        selection = workspace().selections.open(what, corpus())
    else:
        selection = _described(kind, how, what)
    if selection.kind is not kind:
        raise KindredError(
            "selection",
            f"This is a selection of {selection.kind.value}s. "
            f"Open it on the page {selection.kind.value.capitalize()}s.",
        )
    return selection


@cached(60)
def _described(kind: Kind, how: str, what: str) -> Selection:
    """Make the selection that an address describes in full."""
    if how == "group":
        name, _, raw = what.rpartition(":")
        level, number = map_of(kind).level(name), parse_int(raw)
        if level.name != name or number is None or number >= len(level.clusters):
            raise KindredError("no_selection", "There is no such cluster on this map.")
        rows = np.flatnonzero(level.labels == number)
        return selection_of(kind, rows, f"cluster “{level.clusters[number].label}”")
    if how == "value":
        name, _, value = what.partition("=")
        values = column(kind, name)
        if values.categories is None or value not in values.categories:
            raise KindredError("no_selection", f"No {kind.value} here has this {name}.")
        rows = np.flatnonzero(values.values == values.categories.index(value))
        return selection_of(kind, rows, f"{title(name).lower()}: {value}")
    if how == "when" and kind is Kind.POST:
        return _of_period(what)
    if how == "found":
        return selection_of(kind, np.flatnonzero(matches(kind, what)), f"search for “{what}”")
    raise KindredError("no_selection", "This link does not lead to a selection.")


def _of_period(what: str) -> Selection:
    """Select the posts of a period, as in ``2026-05-01..2026-05-08@medium:3``."""
    written, _, where = what.partition("@")
    level, _, raw = where.rpartition(":")
    period, group = read_period(written), parse_int(raw) if raw else ALL
    if period is None or group is None:
        raise KindredError("no_selection", "This link names no period.")
    return workspace().trends.between(*period, group, level or "medium", corpus())


def mask(kind: Kind, selection: Selection | None) -> np.ndarray:
    """Return which points of the map are in a selection, ``(n,)`` bool."""
    ids = map_of(kind).ids
    if selection is None or selection.kind is not kind:
        return np.zeros(len(ids), dtype=bool)
    return np.isin(ids.astype(str), np.array(selection.ids, dtype=str))


def choose(address: str | None) -> None:
    """Make a selection the page's selection, or none; the one before can be compared with it."""
    if (before := url_state.get("sel")) and before != address:
        st.session_state[_before()] = before
    none = {} if address else {"vs": None}
    url_state.put({"sel": address, "offset": None, **none})


def selected_before() -> str:
    """Return the address of the selection that the page had before, if any."""
    before = st.session_state.get(_before(), "")
    return before if before != url_state.get("sel") else ""


def _before() -> str:
    return f"selected_before_{url_state.page()}_{corpus() or ''}"


def keep(selection: Selection) -> str:
    """Remember an unsaved selection and return its address."""
    return f"drawn:{unsaved().put(selection)}"


def address_of(selection: Selection, shown: str) -> str:
    """Return the address of a selection; `shown` is its address on this page, if it has one."""
    return f"saved:{selection.name}" if selection.name else shown or keep(selection)


def selection_of(kind: Kind, rows: np.ndarray, origin: str) -> Selection:
    """Make a selection of the points in some rows of the map."""
    ids = map_of(kind).ids[rows].tolist()
    return workspace().selections.of(kind, ids, origin, corpus())


def saved(kind: Kind) -> list[Selection]:
    """Open the saved selections of users or of posts."""
    selections = workspace().selections
    opened = (selections.open(name, corpus()) for name in selections.names(corpus()))
    return [selection for selection in opened if selection.kind is kind]


class _Unsaved:
    """Selections that were not saved, so that their address opens them for a while.

    One visitor's selections never evict another's. A link opens the selection of whoever drew
    it, also after the page was reloaded, which starts another visitor.
    """

    def __init__(self) -> None:
        self._by_visitor: LRU[str, LRU[str, Selection]] = LRU(_VISITORS)

    def put(self, selection: Selection) -> str:
        text = "\n".join((selection.corpus, selection.kind.value, *selection.ids))
        token = blake2b(text.encode(), digest_size=8).hexdigest()
        self._by_visitor.get_or_make(visitor(), _empty).put(token, selection)
        return token

    def get(self, token: str) -> Selection | None:
        found = (own.peek(token) for own in self._by_visitor.values())
        return next((selection for selection in found if selection is not None), None)


def _empty() -> LRU[str, Selection]:
    return LRU(_UNSAVED, max_bytes=_MEMBERS, size_of=len)


@st.cache_resource(show_spinner=False)
def unsaved() -> _Unsaved:
    """Return the unsaved selections of all visitors."""
    return _Unsaved()


@st.cache_resource(max_entries=8, show_spinner=False)
def warm(kind: Kind, stamp: str, where: str | None) -> Thread:
    """Start to read what profiles need, so that the first selection need not wait for it."""
    thread = Thread(target=_read, args=(kind, where), daemon=True)
    thread.start()
    return thread


def _read(kind: Kind, where: str | None) -> None:
    try:
        workspace().selections.item_table(kind, where)
    except KindredError:
        return  # the first profile fails with the same reason and shows it


def profile(selection: Selection) -> Profile:
    """Return what the members of a selection have in common; computed once."""
    token = unsaved().put(selection)
    return _profile(token, selection.name, stamp(), selection)


@st.cache_resource(max_entries=40, show_spinner=False)
def _profile(token: str, name: str, stamp: str, _selection: Selection) -> Profile:
    return workspace().selections.profile(_selection)


def compared(one: Selection, two: Selection) -> Comparison:
    """Compare two selections; computed once."""
    tokens = f"{unsaved().put(one)}|{one.name}|{unsaved().put(two)}|{two.name}"
    return _compared(tokens, stamp(), one, two)


@st.cache_resource(max_entries=40, show_spinner=False)
def _compared(tokens: str, stamp: str, _one: Selection, _two: Selection) -> Comparison:
    return workspace().selections.compare(_one, _two)


def legend_lines(inside: np.ndarray | None, kind: Kind, name: str) -> tuple[LegendLine, ...]:
    """Count each value of a column among some points and in all, as in ``47 / 412``.

    Parameters
    ----------
    inside : numpy.ndarray or None
        ``(n,)`` bool; None counts all points twice.
    kind : Kind
    name : str
        The column.
    """
    values = column(kind, name)
    assert values.categories is not None
    codes = np.asarray(values.values)
    totals = Counter(codes.tolist())
    counts = totals if inside is None else Counter(codes[inside].tolist())
    return tuple(
        LegendLine(category, counts[code], totals[code])
        for code, category in enumerate(values.categories)
        if totals[code]
    )

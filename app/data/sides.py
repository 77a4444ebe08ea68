"""The two sides of the page Compare, as its address names them.

``how`` says what sets them apart: ``time`` (before and after ``at``), ``column`` (``by`` with
the values ``a`` and ``b``) or ``corpus`` (this one and ``with``).
"""

from __future__ import annotations

import numpy as np

from app.data import url_state
from app.data.map_colours import title, value_name
from app.data.maps import cached, column, columns, map_of
from app.data.session import corpus, source_titles, workspace
from app.data.timeline import read_time
from backend.core.times import iso_day
from backend.domain import Kind, KindredError, Selection
from backend.settings import SYNTHETIC_CORPUS
from backend.workspace.sides import TwoSides

DAY = 86_400


def ways() -> dict[str, str]:
    """Return how the corpus can be split, with titles."""
    found = {}
    if len(workspace().trends.dated(corpus()).rows) > 1:
        found["time"] = "Before and after"
    if split_columns():
        found["column"] = "Two values of a column"
    if len(workspace().corpora()) > 1:
        found["corpus"] = "Two corpora"
    return found


@cached(8)
def split_columns() -> list[str]:
    """Return the columns with at least two values, other than clusters."""
    return [
        name
        for name in columns(Kind.POST)
        if not name.startswith("cluster") and len(column(Kind.POST, name).categories or ()) > 1
    ]


def default_day() -> int:
    """Return the day in the middle of the dated posts, in seconds since 1970."""
    seconds = workspace().trends.dated(corpus()).seconds
    return int(seconds[len(seconds) // 2]) // DAY * DAY


def day() -> int:
    """Return the day that the address names, or the middle."""
    return read_time(url_state.get("at")) or default_day()


def split_column() -> str:
    """Return the column that the address names, or the first that can split."""
    known, wanted = split_columns(), url_state.get("by")
    preferred = [n for n in ("source", "language") if n in known]
    return wanted if wanted in known else (preferred or known)[0]


def values(name: str) -> list[str]:
    """Return the values of a column that posts have, the most frequent first."""
    found = column(Kind.POST, name)
    codes = np.asarray(found.values)
    counts = np.bincount(codes[codes >= 0], minlength=len(found.categories or ()))
    return [(found.categories or ())[i] for i in np.argsort(-counts, kind="stable") if counts[i]]


def two_values(name: str) -> tuple[str, str]:
    """Return the two values that the address names, or the most frequent ones."""
    known = values(name)
    one = url_state.get("a") if url_state.get("a") in known else known[0]
    rest = [v for v in known if v != one]
    return one, url_state.get("b") if url_state.get("b") in rest else rest[0]


def other_corpus() -> str:
    """Return the other corpus that the address names, or the first one."""
    here = workspace().corpus(corpus()).name
    known = [name for name in workspace().corpora() if name != here]
    return url_state.get("with") if url_state.get("with") in known else known[0]


def selections(how: str) -> tuple[Selection, Selection]:
    """Return the two sides.

    Raises
    ------
    KindredError
        ``not_comparable``.
    """
    if how == "time":
        return _by_time(day())
    if how == "column":
        name = split_column()
        return _by_column(name, *two_values(name))
    return _all_of(corpus()), _all_of(other_corpus())


@cached(16)
def _by_time(at: int) -> tuple[Selection, Selection]:
    dated = workspace().trends.dated(corpus())
    first, last = int(dated.seconds[0]), int(dated.seconds[-1]) + 1
    if not first < at < last:
        raise KindredError("not_comparable", "All posts are on one side of this day.")
    name = iso_day(at)
    before = workspace().trends.between(first, at, corpus=corpus())
    after = workspace().trends.between(at, last, corpus=corpus())
    return _named(before, f"before {name}"), _named(after, f"from {name}")


@cached(16)
def _by_column(name: str, one: str, two: str) -> tuple[Selection, Selection]:
    found, ids = column(Kind.POST, name), map_of(Kind.POST).ids
    titles = source_titles() if name == "source" else {}
    selected = []
    for value in (one, two):
        rows = np.asarray(found.values) == (found.categories or ()).index(value)
        origin = f"{title(name).lower()}: {value_name(name, value, titles)}"
        selected.append(workspace().selections.of(Kind.POST, ids[rows].tolist(), origin, corpus()))
    return selected[0], selected[1]


def _all_of(name: str | None) -> Selection:
    opened = workspace().corpus(name)
    items = workspace().selections.item_table(Kind.POST, name)
    origin = f"{opened.name} (synthetic)" if opened.name == SYNTHETIC_CORPUS else opened.name
    return Selection(Kind.POST, tuple(items.ids.tolist()), origin, opened.name)


def _named(selection: Selection, origin: str) -> Selection:
    return Selection(selection.kind, selection.ids, origin, selection.corpus)


def compared(how: str, level: str) -> TwoSides:
    """Compare the two sides; computed once."""
    return workspace().sides.compare(*selections(how), level)

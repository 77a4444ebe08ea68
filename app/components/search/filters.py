"""Filters: which posts a search may return."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import streamlit as st

from app.common.markup import plain, with_commands
from app.common.palette import MODALITY_NAMES
from app.data import url_state
from app.data.session import corpus, overview, source_titles, users, workspace
from backend.domain import EMOTIONS_AND_NEUTRAL, SENTIMENTS, KindredError, Modality
from backend.search.filters import Filter
from backend.text.language_names import language

AUTHORS = 1000  # offered by name
NUMBERS = 5  # labels that are numbers, such as likes


def active(filters: Filter) -> int:
    """Count the filters that are set."""
    return len(filters.to_params())


def put_filters(filters: Filter) -> None:
    """Make these the filters of the page."""
    names = Filter.__dataclass_fields__
    url_state.put({**dict.fromkeys(names), **filters.to_params(), "k": None})


def _chosen(filters: Filter, name: str, widget: str) -> None:
    change: dict[str, Any] = {name: tuple(st.session_state[widget] or ())}
    put_filters(replace(filters, **change))


def _words(filters: Filter, widget: str) -> None:
    words = st.session_state[widget].strip()
    put_filters(replace(filters, words=(words,) if words else ()))


def _dated(filters: Filter, name: str, widget: str) -> None:
    day: date | None = st.session_state[widget]
    moment = datetime(day.year, day.month, day.day, tzinfo=UTC) if day else None
    change: dict[str, Any] = {name: moment}
    put_filters(replace(filters, **change))


def _clear() -> None:
    put_filters(Filter())


def _choose(
    filters: Filter, field: str, title: str, options: list[str], names: dict[str, str]
) -> None:
    widget = f"filter_{field}_{hash(filters)}"
    current = list(getattr(filters, field))
    st.multiselect(
        title,
        [*options, *(v for v in current if v not in options)],
        default=current,
        format_func=lambda value: names.get(value, value),
        placeholder="Any",
        key=widget,
        on_change=_chosen,
        args=(filters, field, widget),
    )


def _counted(filters: Filter, name: str, widget: str) -> None:
    least: int | None = st.session_state[widget]
    others = [one for one in filters.numbers if not one.startswith(f"{name}>=")]
    added = [f"{name}>={least}"] if least is not None else []
    put_filters(replace(filters, numbers=(*others, *added)))


def _at_least(filters: Filter, name: str) -> None:
    """Ask for the least of a number of a post, such as its likes."""
    widget = f"filter_number_{name}_{hash(filters)}"
    start = f"{name}>="
    current = [one.removeprefix(start) for one in filters.numbers if one.startswith(start)]
    value = float(current[0]) if current else None
    st.number_input(
        f"{plain(name[:40]).capitalize()}, at least",
        value=int(value) if value is not None else None,
        step=1,
        placeholder="Any",
        key=widget,
        on_change=_counted,
        args=(filters, name, widget),
    )


def show_filters() -> Filter:
    """Show the filters behind a button that counts them.

    Returns
    -------
    Filter
        Empty if the filters in the address cannot be read.
    """
    try:
        filters = Filter.from_params(st.query_params.to_dict())
    except KindredError as error:
        st.warning(with_commands(error.message), icon=":material/filter_alt_off:")
        filters = Filter()
    n = active(filters)
    with st.popover(
        f"Filters ({n})" if n else "Filters",
        icon=":material/tune:",
        key="filters",
        type="primary" if n else "secondary",
    ):
        _show(filters)
        if n:
            st.button("Clear filters", icon=":material/filter_alt_off:", on_click=_clear)
    return filters


def _show(filters: Filter) -> None:
    titles, loaded = source_titles(), overview()
    codes = [code for code in loaded.language_counts if code != "unknown"]
    authors = {u.id: u.name for u in workspace().find_users("", AUTHORS, corpus())}
    authors |= {u: found.name for u, found in users(filters.users).items()}
    _choose(
        filters,
        "modalities",
        "Contains",
        [m.value for m in Modality],
        {m.value: MODALITY_NAMES[m] for m in Modality},
    )
    _choose(filters, "emotions", "Strongest emotion", list(EMOTIONS_AND_NEUTRAL), {})
    _choose(filters, "sentiments", "Sentiment", list(SENTIMENTS), {})
    _choose(filters, "languages", "Language", codes, {c: language(c) for c in codes})
    _choose(filters, "sources", "Source", list(titles), titles)
    _choose(filters, "users", "Author", list(authors), authors)
    if loaded.tags or filters.tags:
        _choose(filters, "tags", "Tag", list(loaded.tags), {})
    for name in loaded.numbers[:NUMBERS]:
        _at_least(filters, name)
    widget = f"filter_words_{hash(filters)}"
    st.text_input(
        "Text or title contains",
        value=" ".join(filters.words),
        key=widget,
        on_change=_words,
        args=(filters, widget),
    )
    if loaded.timeline or filters.since or filters.until:
        for field, title in (("since", "From"), ("until", "Before")):
            widget = f"filter_{field}_{hash(filters)}"
            moment = getattr(filters, field)
            st.date_input(
                title,
                value=moment.date() if moment else None,
                key=widget,
                on_change=_dated,
                args=(filters, field, widget),
            )

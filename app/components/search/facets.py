"""Facets: how many hits each emotion, language, source, author and time has; a click filters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import streamlit as st

from app.common.markup import bar, plain, show
from app.common.palette import EMOTION_COLOURS
from app.components.search.filters import put_filters
from app.components.shared.charts import PLAIN
from app.data.session import corpus, source_titles, users, workspace
from backend.domain import KindredError
from backend.search.facets import Count, Facets
from backend.search.filters import Filter
from backend.text.language_names import language

_FIELDS = (
    ("emotions", "Strongest emotion"),
    ("languages", "Language"),
    ("sources", "Source"),
    ("users", "Author"),
)


def show_facets(ids: Sequence[str], filters: Filter) -> None:
    """Show what the posts among the hits have in common, with counts that filter."""
    try:
        found = workspace().facets(list(ids), corpus())
    except KindredError:
        return
    useful = [
        (name, title) for name, title in _FIELDS if _tells(getattr(found, name), name, filters)
    ]
    timed = len(found.periods) > 1 or bool(filters.since or filters.until)
    if not useful and not timed:
        return
    with (
        st.expander(f"Narrow down the best {found.hits:,}", icon=":material/filter_alt:"),
        st.grid(len(useful) + timed, min_column_width=190, gap="medium"),
    ):
        for name, title in useful:
            with st.container(gap="xsmall"):
                show(f'<div class="k-label">{title}</div>')
                _show_counts(getattr(found, name), name, filters)
        if timed:
            with st.container(gap="xsmall"):
                show('<div class="k-label">Time</div>')
                _show_periods(found, filters)


def _tells(counts: Sequence[Count], name: str, filters: Filter) -> bool:
    """Whether a facet can narrow anything down to several hits, or is set."""
    several = len(counts) > 1 and counts[0].hits > 1
    return several or bool(getattr(filters, name))


def _show_counts(counts: Sequence[Count], name: str, filters: Filter) -> None:
    names = _names(counts, name)
    set_ = getattr(filters, name)
    for count in counts:
        chosen = count.value in set_
        values = tuple(v for v in set_ if v != count.value) if chosen else (*set_, count.value)
        colour = EMOTION_COLOURS[count.value] if name == "emotions" else PLAIN
        _show_row(
            f"facet_{name}_{count.value}",
            names.get(count.value, count.value),
            (count.hits, counts[0].hits),
            replace(filters, **_change(name, values)),
            chosen=chosen,
            colour=colour,
        )


def _change(name: str, values: tuple[str, ...]) -> dict[str, Any]:
    return {name: values}


def _names(counts: Sequence[Count], name: str) -> dict[str, str]:
    values = [count.value for count in counts]
    if name == "languages":
        return {value: language(value) for value in values}
    if name == "sources":
        return source_titles()
    return {id_: user.name for id_, user in users(values).items()} if name == "users" else {}


def _show_periods(found: Facets, filters: Filter) -> None:
    most = max((period.hits for period in found.periods), default=1)
    for period in found.periods:
        chosen = (filters.since, filters.until) == (period.since, period.until)
        since, until = (None, None) if chosen else (period.since, period.until)
        _show_row(
            f"facet_time_{period.name}",
            period.name,
            (period.hits, most),
            replace(filters, since=since, until=until),
            chosen=chosen,
            colour=PLAIN,
        )


def _show_row(
    key: str, label: str, hits: tuple[int, int], after: Filter, *, chosen: bool, colour: str
) -> None:
    """Show a value as a button with its count and a bar as long as its share of the most."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.button(
            plain(label),
            key=key,
            type="primary" if chosen else "tertiary",
            icon=":material/close:" if chosen else None,
            help="Remove this filter" if chosen else "Only these",
            on_click=put_filters,
            args=(after,),
            width=120,
        )
        show(
            f'<div class="k-line">{bar(hits[0] / hits[1], colour)}<small>{hits[0]:,}</small></div>'
        )

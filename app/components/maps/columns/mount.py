"""Histograms of columns beside a map: ``columns.js`` draws them and reports what is clicked."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st

from app.data import filters, url_state
from app.data.filters import Condition, Conditions
from app.data.map_colours import GREY, Paint, no_value, title, value_name
from app.data.maps import column, columns, painted
from app.data.session import source_titles
from backend.domain import Kind
from backend.maps import Column

HERE = Path(__file__).resolve().parent
VALUES, BINS = 8, 24
_FIRST = ("emotion", "sentiment", "language", "source", "modalities", "reactions", "posts", "year")
_SHOWN = 6


@st.cache_resource(show_spinner=False)
def _component() -> Callable[..., Any]:
    """Register the component, once per process."""
    html, css, js = (
        (HERE / f"columns.{kind}").read_text("utf-8") for kind in ("html", "css", "js")
    )
    return st.components.v2.component("kindred_columns", html=html, css=css, js=js)


def show_columns(kind: Kind, colour: str, inside: np.ndarray | None, now: np.ndarray) -> None:
    """Show histograms of columns; a click filters the map.

    Parameters
    ----------
    kind : Kind
    colour : str
        The column that colours the map.
    inside : numpy.ndarray or None
        ``(n,)`` bool: the points of the selection; None without one.
    now : numpy.ndarray
        ``(n,)`` bool: the points in the brushed period.
    """
    known = columns(kind)
    conditions = filters.conditions(kind, colour)
    first = [n for n in _FIRST if n in known] + [n for n in known if n.startswith("label: ")]
    default = list(dict.fromkeys([*conditions, *first]))[: max(_SHOWN, len(conditions))]
    chosen = [n for n in url_state.get("columns").split("|") if n in known] or default
    key = f"{kind.value}_columns_{hash(tuple(chosen))}"
    st.multiselect(
        "Columns", known, default=chosen, format_func=title, key=key,
        on_change=_columns_changed, args=(key,), label_visibility="collapsed",
        placeholder="Choose columns",
    )  # fmt: skip
    base = now if inside is None else now & inside
    data = [
        _described(kind, name, conditions, filters.passing(kind, conditions, without=name) & base)
        for name in chosen
    ]
    mount = f"{kind.value}_columns"
    filtered = partial(_filtered, kind, colour, mount)
    _component()(key=mount, data={"columns": data}, on_filtered_change=filtered)
    what = "shown" if inside is None else "in the selection and shown"
    st.caption(f"Strong: {what}. Pale: all. Click values, or drag over numbers, to filter.")


def _columns_changed(key: str) -> None:
    url_state.put({"columns": "|".join(st.session_state[key])})
    st.rerun()


def _described(
    kind: Kind, name: str, conditions: Conditions, shown: np.ndarray
) -> dict[str, object]:
    found, one = column(kind, name), conditions.get(name)
    head: dict[str, object] = {"name": name, "title": title(name), "active": one is not None}
    if found.categories is None:
        return head | numbers_of(found, painted(kind, name), one, shown)
    return head | values_of(found, painted(kind, name), one, shown)


def values_of(
    found: Column, paint: Paint, one: Condition | None, shown: np.ndarray
) -> dict[str, object]:
    """Describe a column of categories: the most frequent values, and those filtered by."""
    categories = found.categories or ()
    codes = np.where(found.values < 0, len(categories), found.values)
    all_, some = (np.bincount(c, minlength=len(categories) + 1) for c in (codes, codes[shown]))
    order = [int(c) for c in np.argsort(-all_, kind="stable") if all_[c]]
    wanted = set(one.values) if one is not None else set()
    names = [*categories, ""]
    none = no_value(found.name)
    most = len(order) if len(order) <= VALUES + 2 else VALUES
    listed = [c for i, c in enumerate(order) if i < most or names[c] in wanted]
    titles = source_titles() if found.name == "source" else {}
    rest = len(order) - len(listed)
    return {
        "values": [
            {
                "value": names[c],
                "label": value_name(found.name, names[c], titles) if names[c] else none,
                "all": int(all_[c]),
                "shown": int(some[c]),
                "on": names[c] in wanted,
                "colour": paint.palette[c] if c < len(paint.palette) else GREY,
            }
            for c in listed
        ],
        "rest": f"{rest:,} more value{'s' * (rest > 1)}" if rest else "",
    }  # fmt: skip


def numbers_of(
    found: Column, paint: Paint, one: Condition | None, shown: np.ndarray
) -> dict[str, object]:
    """Describe a column of numbers: bins, on a logarithmic scale if most are small."""
    values = np.asarray(found.values, dtype=float)
    known = np.isfinite(values)
    low, high = float(values[known].min()), float(values[known].max())
    if found.name not in ("year",) and low >= 0 and high > 20 * max(np.median(values[known]), 1):
        edges = np.expm1(np.linspace(np.log1p(low), np.log1p(high), BINS + 1))
    else:
        edges = np.linspace(low, high if high > low else low + 1, BINS + 1)
    edges[0], edges[-1] = low, max(high, edges[-1])
    all_, some = (np.histogram(values[known & m], edges)[0] for m in (np.ones_like(known), shown))
    ranged = one is not None and not one.values
    missing = int((~known).sum())
    return {
        "bins": np.stack([some, all_], axis=1).tolist(),
        "edges": edges.tolist(),
        "low": one.low if one is not None and ranged else None,
        "high": one.high if one is not None and ranged else None,
        "colour": paint.palette[len(paint.palette) * 2 // 3],
        "rest": f"{missing:,} without a value" if missing else "",
    }


def _filtered(kind: Kind, colour: str, mount: str) -> None:
    event = st.session_state[mount].get("filtered")
    if not event:
        return
    conditions, name = filters.conditions(kind, colour), str(event["name"])
    if name not in columns(kind):
        return
    if event.get("clear"):
        conditions.pop(name, None)
    elif "value" in event:
        before = conditions.get(name, Condition()).values
        value = str(event["value"])
        after = tuple(v for v in before if v != value) if value in before else (*before, value)
        conditions.pop(name, None)
        if after:
            conditions[name] = Condition(after)
    else:
        conditions[name] = Condition(low=float(event["low"]), high=float(event["high"]))
    filters.put(conditions)
    st.rerun()

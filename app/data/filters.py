"""Filters of a map by its columns, as the parameter ``where`` of the address holds them.

``where=language=en|de~label%3A likes=10..50`` keeps the points whose language is English or
German and that have 10 to 50 likes. An empty value means no value. ``only`` holds values of
the column that colours the map, in links of earlier versions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote, unquote

import numpy as np

from app.data import url_state
from app.data.map_colours import no_value, title, value_name
from app.data.maps import cached, column, map_of
from app.data.session import source_titles
from backend.domain import Kind, KindredError


@dataclass(frozen=True, slots=True)
class Condition:
    """What the value of a column must be: one of some, or within a range."""

    values: tuple[str, ...] = ()
    low: float = -np.inf
    high: float = np.inf

    def __str__(self) -> str:
        if self.values:
            return "|".join(quote(v, safe=" ") for v in self.values)
        return f"{self.low:.6g}..{self.high:.6g}"


Conditions = Mapping[str, Condition]


def read(text: str) -> dict[str, Condition]:
    """Read the conditions of an address; what is not one is left out.

    Examples
    --------
    >>> read("language=en|de~joy=0.5..1")["language"].values
    ('en', 'de')
    >>> write(read("joy=0.5..1~label%3A a=x")), read("joy")
    ('joy=0.5..1~label%3A a=x', {})
    """
    found = {}
    for part in filter(None, text.split("~")):
        name, equals, raw = part.partition("=")
        low, dots, high = raw.partition("..")
        if not equals:
            continue
        try:
            limits = float(low), float(high)
        except ValueError:
            if not dots:
                found[unquote(name)] = Condition(tuple(unquote(v) for v in raw.split("|")))
            continue
        if np.isfinite(limits).all():
            found[unquote(name)] = Condition(low=limits[0], high=limits[1])
    return found


def write(conditions: Conditions) -> str:
    """Write conditions for an address."""
    return "~".join(
        f"{quote(name, safe=' ')}={condition}" for name, condition in conditions.items()
    )


def conditions(kind: Kind, colour: str) -> dict[str, Condition]:
    """Return the conditions of the address that a map has columns for."""
    chosen = read(url_state.get("where"))
    if (only := url_state.get("only")) and colour not in chosen:
        chosen[colour] = Condition(tuple(only.split("|")))
    return {name: one for name, one in chosen.items() if _mask(kind, name, one) is not None}


def put(chosen: Conditions) -> None:
    """Write conditions to the address."""
    url_state.put({"where": write(chosen), "only": None, "offset": None})


def passing(kind: Kind, chosen: Conditions, *, without: str = "") -> np.ndarray:
    """Return which points fulfil all conditions, ``(n,)`` bool.

    Parameters
    ----------
    kind : Kind
    chosen : mapping of str to Condition
    without : str
        A column whose own condition is left out.
    """
    keep = np.ones(len(map_of(kind).ids), dtype=bool)
    for name, one in chosen.items():
        mask = _mask(kind, name, one) if name != without else None
        if mask is not None:
            keep &= mask
    return keep


@cached(80)
def _mask(kind: Kind, name: str, condition: Condition) -> np.ndarray | None:
    """Return the points that fulfil a condition; None if it says nothing about the column."""
    try:
        found = column(kind, name)
    except KindredError:
        return None
    values = np.asarray(found.values)
    if found.categories is None:
        if condition.values:
            return None
        return (values >= condition.low) & (values <= condition.high)
    wanted = [found.categories.index(v) for v in condition.values if v in found.categories]
    wanted += [-1] if "" in condition.values else []
    return np.isin(values, wanted) if wanted else None


def describe(name: str, condition: Condition) -> str:
    """Name a condition for people.

    Returns
    -------
    str
        ``Language: English, German``.
    """
    if condition.values:
        titles = source_titles() if name == "source" else {}
        names = [value_name(name, v, titles) if v else no_value(name) for v in condition.values]
        few = names if len(names) <= 3 else [*names[:2], f"{len(names) - 2} more"]
        return f"{title(name)}: {', '.join(few)}"
    return f"{title(name)}: {condition.low:,.3g} to {condition.high:,.3g}"

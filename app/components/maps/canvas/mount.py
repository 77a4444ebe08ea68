"""The map in the browser: drawn by ``map.js``, told what to draw and asked what was picked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st

from app.data.map_colours import Paint
from app.data.map_payload import FOUND, MOST, NAMED, SELECTED, UNIT, Box, Shown, choose, pack

HERE = Path(__file__).resolve().parent


@st.cache_resource(show_spinner=False)
def _component() -> Callable[..., Any]:
    """Register the component, once a process."""
    html, css, js = ((HERE / f"map.{kind}").read_text("utf-8") for kind in ("html", "css", "js"))
    return st.components.v2.component("kindred_map", html=html, css=css, js=js)


def order(key: str) -> Shown | None:
    """What the map under a key draws now."""
    return st.session_state.get(f"{key}_shown")


def picked(key: str) -> tuple[np.ndarray, str] | None:
    """What was picked last, to be asked in the callback.

    Returns
    -------
    rows : numpy.ndarray
        ``(k,)`` int64 rows of the map.
    tool : str
        ``lasso``, ``box`` or another tool.

    None when the drawing has changed since, so that the bits mean other points.
    """
    event, shown = st.session_state[key].get("picked"), order(key)
    if not event or shown is None or event["version"] != shown.version:
        return None
    return shown.picked(event["bits"]), event["tool"]


def named(key: str) -> int | None:
    """The group whose name was clicked, to be asked in the callback."""
    event = st.session_state[key].get("named")
    return int(event["id"]) if event else None


def moved(key: str) -> Box | None:
    """The part of the map that is looked at, to be asked in the callback."""
    event = st.session_state[key].get("moved")
    if not event:
        return None
    left, bottom, right, top = (max(-4 * UNIT, min(4 * UNIT, int(v))) for v in event)
    return left, bottom, right, top


def draw(
    at: np.ndarray,
    paint: Paint,
    *,
    key: str,
    name: str,
    alt: str,
    visible: np.ndarray,
    selected: np.ndarray,
    found: np.ndarray,
    labels: Sequence[Mapping[str, object]] = (),
    names: np.ndarray | None = None,
    view: Box | None = None,
    drawn: bool = False,
    height: int = 640,
    most: int = MOST,
    quiet: bool = False,
    on_picked: Callable[[], None] | None = None,
    on_named: Callable[[], None] | None = None,
    on_moved: Callable[[], None] | None = None,
) -> Shown:
    """Draw the map.

    Parameters
    ----------
    at : numpy.ndarray
        ``(n, 2)`` int16, see `payload.quantised`.
    paint : Paint
    key : str
    name : str
        Of the map; drawings of the same map keep the place somebody zoomed to.
    alt : str
        What is seen, in a sentence.
    visible, selected, found : numpy.ndarray
        ``(n,)`` bool.
    labels : sequence of mapping
        ``x``, ``y``, ``text`` and ``id`` of each group, the most important first.
    names : numpy.ndarray, optional
        ``(n,)`` str, shown under the pointer where the map is small enough.
    view : Box, optional
        See `payload.choose`.
    drawn : bool
        Whether what is selected was drawn here, so that its outline stays.
    height : int
        In pixels.
    most : int
        Points that are drawn one by one.
    quiet : bool
        Without tools: only to be looked at.
    on_picked, on_named, on_moved : callable, optional

    Returns
    -------
    Shown
        What is drawn.
    """
    shown = choose(at, visible, view, most=most)
    st.session_state[f"{key}_shown"] = shown
    state = (SELECTED * selected + FOUND * found).astype(np.uint8)
    seen = at[visible] if visible.any() else np.array([[-UNIT, -UNIT], [UNIT, UNIT]])
    header: dict[str, object] = {
        "map": name,
        "alt": alt,
        "palette": paint.palette,
        "labels": list(labels),
        "bounds": [*seen.min(axis=0).tolist(), *seen.max(axis=0).tolist()],
        "size": _size(shown.marks),
        "alpha": 0.9 if shown.marks < 8000 else 0.7,
        "drawn": drawn,
        "height": height,
        "quiet": quiet,
        "follow": int(visible.sum()) > most,
    }
    if names is not None and shown.mark is None and shown.marks <= NAMED:
        header["names"] = names[shown.rows].tolist()
    nothing = _nothing
    _component()(
        key=key,
        data=pack(header, shown, at, paint.codes, state),
        on_picked_change=on_picked or nothing,
        on_named_change=on_named or nothing,
        on_moved_change=on_moved or nothing,
    )
    return shown


def _nothing() -> None:
    """For an event that nobody asks for."""


def _size(marks: int) -> float:
    """Diameter of a point in pixels: the more, the smaller."""
    return float(np.clip(11 - 1.75 * np.log10(max(marks, 1)), 2.6, 9))

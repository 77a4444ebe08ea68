"""Tables whose cells open the posts behind them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from app.data import url_state

Addresses = Sequence[Mapping[str, str]]
GOOD, BAD = "31, 127, 140", "179, 64, 47"
CLEARED = "errors_cleared"


def put_selection(address: str | None) -> None:
    """Show the posts behind a figure, by its address."""
    url_state.put({"sel": address, "cell": None, "offset": None})


def show_selection_button(label: str, address: str, *, key: str = "", **options: Any) -> None:
    """Show a button that opens the posts at an address; `options` are those of `st.button`."""
    key = key or f"errors_{address}"
    st.button(label, key=key, on_click=put_selection, args=(address,), **options)


def show_clickable(
    frame: pd.DataFrame | Any,
    addresses: Addresses,
    key: str,
    *,
    alt: str,
    config: Mapping[str, Any] | None = None,
) -> None:
    """Show a table; a click on a cell with an address shows its posts.

    Parameters
    ----------
    frame : pandas.DataFrame or pandas Styler
    addresses : sequence of mapping of str to str
        For each row, addresses by column; the key "" holds for all other columns.
    key : str
    alt : str
        Description for screen readers.
    config : mapping, optional
        Configuration of the columns.
    """
    # A new key after "Clear" forgets the selected cell: otherwise a click on the same cell
    # would only unselect it.
    key = f"{key}_{st.session_state.get(CLEARED, 0)}"
    st.dataframe(
        frame,
        hide_index=True,
        column_config=dict(config or {}),
        key=key,
        on_select=lambda: _chosen(key, addresses),
        selection_mode="single-cell",
        alt=alt,
    )


def _chosen(key: str, addresses: Addresses) -> None:
    cells = st.session_state[key]["selection"].get("cells", [])
    if not cells:
        return
    row, column = cells[0]
    address = addresses[row].get(column) or addresses[row].get("")
    if address:
        put_selection(address)


def tinted(share: float, good: bool) -> str:
    """Background of a cell for a share from 0 to 1."""
    return f"background-color: rgba({GOOD if good else BAD}, {0.06 + 0.6 * share:.2f})"


def ranged(value: float, low: float, high: float) -> str:
    """Format a value with its interval."""
    if value != value:
        return "–"
    return f"{value:.3f}  [{low:.3f}, {high:.3f}]"

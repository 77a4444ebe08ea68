"""Buttons and choices of several pages: actions on jobs, changes of the address, downloads."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Literal

import streamlit as st

from app.data import url_state

# label and MIME type of a file by its ending
FORMATS = {
    "csv": ("CSV", "text/csv"),
    "json": ("JSON", "application/json"),
    "parquet": ("Parquet", "application/vnd.apache.parquet"),
    "png": ("PNG", "image/png"),
    "svg": ("SVG", "image/svg+xml"),
    "html": ("HTML", "text/html"),
}


def show_action(
    label: str,
    icon: str,
    action: Callable[[str], object],
    id: str,
    *,
    prefix: str = "",
    type: Literal["primary", "secondary", "tertiary"] = "secondary",
) -> None:
    """Show a button that runs an action on the id of a job.

    `url_state.show_problem` shows a failure. The button's key begins with `prefix`.
    """
    key, icon = f"{prefix}{label.lower()}_{id}", f":material/{icon}:"
    st.button(label, key=key, icon=icon, type=type, on_click=url_state.attempt, args=(action, id))


def show_link_button(
    label: str,
    parameters: Mapping[str, object],
    *,
    icon: str | None = None,
    type: Literal["primary", "secondary", "tertiary"] = "tertiary",
    **options: Any,
) -> None:
    """Show a button that changes parameters of the address (see `url_state.put`).

    `icon` is the name of a Material icon; `options` are those of `st.button`.
    """
    options["icon"] = f":material/{icon}:" if icon else None
    st.button(label, type=type, on_click=url_state.put, args=(parameters,), **options)


def show_segments(
    label: str, options: Mapping[str, str], *, key: str, name: str, default: str, **layout: Any
) -> str:
    """Show a choice that a parameter of the address holds.

    Parameters
    ----------
    label : str
    options : mapping of str to str
        Titles of the options.
    key : str
        Of the widget.
    name : str
        The parameter of the address.
    default : str
        The option without the parameter, or with an unknown value.
    **layout
        Other options of `st.segmented_control`.
    """
    url_state.follow_choice(key, name, default, options)
    return str(
        st.segmented_control(
            label,
            list(options),
            format_func=lambda option: options[option],
            key=key,
            on_change=url_state.put_widget,
            args=(key, name, default),
            required=True,
            **layout,
        )
    )


def show_downloads(
    write: Callable[[str], bytes],
    name: str,
    endings: Sequence[str],
    *,
    key: str,
    help: Mapping[str, str] | None = None,
) -> None:
    """Show a download button for each file format; a file is written only when downloaded.

    Parameters
    ----------
    write : callable
        Takes one of `endings`, returns the file.
    name : str
        Name of the files without their ending.
    endings : sequence of str
        Keys of `FORMATS`.
    key : str
        Prefix of the buttons' keys.
    help : mapping of str to str, optional
        Tooltips by ending.
    """
    for ending in endings:
        label, mime = FORMATS[ending]
        st.download_button(
            label,
            partial(write, ending),
            f"{name}.{ending}",
            mime,
            help=(help or {}).get(ending),
            on_click="ignore",
            width="stretch",
            key=f"{key}_{ending}",
        )

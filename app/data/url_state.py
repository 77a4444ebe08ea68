"""Query parameters <-> page state: the address of a page is its state.

Widgets are filled from the address if it has changed from outside (a link, a
reload, back or forward), and write to it when they change. The address alone
decides what a page shows, so the same address always shows the same page.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

import streamlit as st

from app.common.markup import with_commands
from app.data.session import existing_corpus
from backend.domain import KindredError

# Servers refuse addresses with longer texts.
LINK_CHARACTERS = 1500

_SEEN = "address_seen"
_LAST = "address_by_page"
_PAGE = "address_page"
_CORPUS = "address_corpus"


def get(name: str) -> str:
    """Return one parameter of the address; empty if it is not there."""
    return st.query_params.get(name, "")


def put(values: Mapping[str, object], *, own: bool = False) -> None:
    """Write parameters to the address.

    Parameters
    ----------
    values : mapping of str to object
        None and empty text remove the parameter.
    own : bool
        Whether the widget that follows the parameter writes it. It then keeps what
        it shows, even if the address holds less of it.
    """
    seen = st.session_state.setdefault(_SEEN, {})
    before = st.query_params.to_dict()
    after = dict(before)
    for name, value in values.items():
        text = "" if value is None else str(value)
        if own:
            seen[name] = text
        after.pop(name, None)
        if text:
            after[name] = text
    if after != before:
        # All at once, so that one change is one step back.
        st.query_params.from_dict(after)


def put_widget(widget: str, name: str, default: str = "") -> None:
    """Write a widget's value to the address; a callback for the widget itself.

    Parameters
    ----------
    widget, name, default : str
        As for `follow`; the default value removes the parameter.
    """
    value = st.session_state[widget]
    put({name: None if value == default else value}, own=True)


def follow(widget: str, name: str, default: str = "") -> None:
    """Fill a widget from the address if the address has changed; call before the widget.

    Parameters
    ----------
    widget : str
        Key of the widget in the session state.
    name : str
        The parameter.
    default : str
        Value of the widget without the parameter.
    """
    seen = st.session_state.setdefault(_SEEN, {})
    now = get(name)
    if widget not in st.session_state or seen.get(name, "") != now:
        st.session_state[widget] = now or default
    seen[name] = now


def follow_choice(widget: str, name: str, default: str, options: Collection[str]) -> None:
    """Follow the address like `follow`, with the default in place of an unknown option."""
    follow(widget, name, default)
    if st.session_state[widget] not in options:
        st.session_state[widget] = default


def enter(page: str) -> None:
    """Start a page: restore its last address if it is entered again without one.

    Streamlit drops the address when visitors change pages in the navigation; they would lose
    the post, the query and the corpus. An address of another corpus is not restored.
    """
    last = st.session_state.setdefault(_LAST, {})
    if st.session_state.get(_PAGE) != page:
        st.session_state[_SEEN] = {}
        if not st.query_params.to_dict():
            corpus = existing_corpus(st.session_state.get(_CORPUS)) or ""
            address = last.get(page, {})
            if address.get("corpus", "") != corpus:
                address = {"corpus": corpus} if corpus else {}
            if address:
                st.query_params.from_dict(address)
    st.session_state[_PAGE] = page
    st.session_state[_CORPUS] = get("corpus")


def page() -> str:
    """Return the open page, by the name that it gave to `enter`."""
    return str(st.session_state.get(_PAGE, ""))


def leave(page: str) -> None:
    """End a page: remember its address."""
    st.session_state.setdefault(_LAST, {})[page] = st.query_params.to_dict()


def attempt(action: Callable[..., object], *args: Any) -> None:
    """Run an action of a callback; keep its failure for `show_problem`."""
    try:
        action(*args)
    except KindredError as error:
        problem(error)


def problem(error: KindredError) -> None:
    """Keep the failure of a callback for `show_problem`."""
    st.session_state["problem"] = error.message


def show_problem() -> None:
    """Show the failure of a callback, once."""
    message = st.session_state.pop("problem", None)
    if message:
        st.error(with_commands(message), icon=":material/error:")

"""Query parameters <-> page state: the address of a page is its state.

Widgets are filled from the address when it changed from outside (a deep link, a
reload, back or forward), and write to it when they change. What a page does is
decided by the address alone, so the same address always shows the same page.
"""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from app.common.markup import with_commands
from backend.domain import KindredError

# Longer texts would make addresses that servers refuse.
LINK_CHARACTERS = 1500

_SEEN = "address_seen"
_LAST = "address_by_page"
_PAGE = "address_page"
_CORPUS = "address_corpus"


def get(name: str) -> str:
    """One parameter of the address; empty when it is not there."""
    return st.query_params.get(name, "")


def put(values: Mapping[str, object], *, own: bool = False) -> None:
    """Write parameters to the address; empty ones are removed.

    Parameters
    ----------
    values : mapping of str to object
        None and empty text remove the parameter.
    own : bool
        Written by the widget that follows the parameter, which then keeps what
        it shows even where the address holds less of it.
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
        # At once, so that one change is one step back.
        st.query_params.from_dict(after)


def follow(widget: str, name: str, default: str = "") -> None:
    """Fill a widget from the address where the address changed; call before the widget.

    Parameters
    ----------
    widget : str
        Key of the widget in the session state.
    name : str
        The parameter.
    default : str
        Without the parameter.
    """
    seen = st.session_state.setdefault(_SEEN, {})
    now = get(name)
    if widget not in st.session_state or seen.get(name, "") != now:
        st.session_state[widget] = now or default
    seen[name] = now


def enter(page: str) -> None:
    """Start a page: bring its last state back when it is re-entered without one.

    Streamlit drops the address when someone changes pages in the navigation;
    without this a look at another page would cost them their post or query, and
    the corpus that they look at. What a page last showed of another corpus stays away.

    Parameters
    ----------
    page : str
    """
    last = st.session_state.setdefault(_LAST, {})
    if st.session_state.get(_PAGE) != page:
        st.session_state[_SEEN] = {}
        if not st.query_params.to_dict():
            corpus = _corpus()
            again = last.get(page, {})
            if again.get("corpus", "") != corpus:
                again = {"corpus": corpus} if corpus else {}
            if again:
                st.query_params.from_dict(again)
    st.session_state[_PAGE] = page
    st.session_state[_CORPUS] = get("corpus")


def _corpus() -> str:
    """The corpus that was looked at before; empty when it is the first one, or gone."""
    from app.data.session import here

    return here(st.session_state.get(_CORPUS)) or ""


def page() -> str:
    """The page that is open, as it called itself when it was entered."""
    return str(st.session_state.get(_PAGE, ""))


def leave(page: str) -> None:
    """End a page: remember its address."""
    st.session_state.setdefault(_LAST, {})[page] = st.query_params.to_dict()


def problem(error: KindredError) -> None:
    """Keep a failure of a callback, to be shown where the page says so."""
    st.session_state["problem"] = error.message


def show_problem() -> None:
    """Show the failure that a callback kept, once."""
    message = st.session_state.pop("problem", None)
    if message:
        st.error(with_commands(message), icon=":material/error:")

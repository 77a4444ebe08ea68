"""Where a corpus has no maps yet: why, a button that makes them, and how far that is."""

from __future__ import annotations

import streamlit as st

from app.common.markup import plain, with_commands
from app.data import url_state
from app.data.maps import make, making, stop_making
from app.data.session import demo
from backend.domain import KindredError

SECONDS = 1.0  # between two looks
NAMES = {"user": "map of users", "post": "map of posts", "words": "word spaces"}


def show_making(error: KindredError) -> None:
    """Say what is missing, and let it be made.

    Parameters
    ----------
    error : KindredError
        ``no_map`` or ``no_words``.
    """
    if making().stage == "making":
        st.fragment(_progress, run_every=SECONDS)()
        return
    st.info(with_commands(error.message), icon=":material/map:")
    if not demo():
        _offer()


def _offer() -> None:
    now = making()
    if now.stage in ("done", "failed") and now.error:
        st.warning(plain(now.error), icon=":material/error:")
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            "Make it here" if now.stage in ("none", "done") else "Try again",
            icon=":material/scatter_plot:",
            type="primary",
            on_click=_act,
            args=(make,),
            key="make_maps",
        )
        st.caption("Both maps and the word spaces, in the background.", width="content")


def _progress() -> None:
    now = making()
    if now.stage != "making":
        st.rerun()  # the map is there, or why it is not
    what = f"Making the {NAMES[now.part]}" if now.part in NAMES else "Waking up"
    st.progress(now.share, text=f"{what} · {now.share:.0%}")
    st.caption("You can go on elsewhere; it goes on without you.")
    st.button("Stop", icon=":material/stop:", on_click=_act, args=(stop_making,), key="stop_maps")


def _act(act) -> None:  # type: ignore[no-untyped-def]
    try:
        act()
    except KindredError as error:
        url_state.problem(error)

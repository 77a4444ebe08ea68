"""Views: the settings of a map page under a name, each with its link."""

from __future__ import annotations

from urllib.parse import urlencode

import streamlit as st

from app.common.markup import plain, with_commands
from app.common.palette import KIND_NAMES
from app.components.shared.links import query
from app.components.shared.saved_view import show_saved_view
from app.data import url_state
from app.data.selection import chosen
from app.data.session import corpus, workspace
from backend.domain import Kind, KindredError
from backend.selections.views import View


def show_views(kind: Kind) -> None:
    """Offer to save the settings of the page, and to open saved ones."""
    page = KIND_NAMES[kind][1]
    with st.popover("Views", icon=":material/bookmarks:"):
        with st.form(f"{page}_view_form", border=False):
            name = st.text_input("Save this view as", max_chars=60, key=f"{page}_view_name")
            if st.form_submit_button("Save view"):
                _save(kind, name)
        st.caption("Colour, clusters, filters, period, selection and zoom. Its link:")
        _show_link(page)
        for one in workspace().views.list(corpus()):
            if one.page == page:
                show_saved_view(one, _open)
    url_state.show_problem()


@st.fragment(key="view_link")
def _show_link(page: str) -> None:
    st.code(_link(page, _settings()), language=None, wrap_lines=True)


def _settings() -> dict[str, str]:
    parameters = st.query_params.to_dict()
    return {name: value for name, value in parameters.items() if name not in ("corpus", "offset")}


def _save(kind: Kind, name: str) -> None:
    settings, page = _settings(), KIND_NAMES[kind][1]
    try:
        if settings.get("sel", "").startswith("drawn:"):  # it would expire
            selection = chosen(kind)
            assert selection is not None, "the address names one"
            saved = workspace().selections.save(selection, name)
            settings["sel"] = f"saved:{saved.name}"
        saved_view = workspace().views.save(View(name, page, settings), corpus())
    except KindredError as error:
        st.error(with_commands(error.message), icon=":material/error:")
        return
    st.toast(f"Saved as “{plain(saved_view.name)}”.", icon=":material/bookmark_added:")


def _open(one: View) -> None:
    old = dict.fromkeys(_settings())
    url_state.put({**old, **one.settings})


def _link(page: str, settings: dict[str, str]) -> str:
    base = (st.context.url or "").split("?")[0].rstrip("/")
    if base.rpartition("/")[2] != page:
        base = f"/{page}"
    parameters = urlencode(query(**settings))
    return f"{base}?{parameters}" if parameters else base

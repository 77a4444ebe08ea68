"""The switch that folds families of copies, in results and on maps."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from app.data import url_state
from app.data.families import FOLD, can_fold
from app.data.session import corpus, workspace
from backend.domain import Hit, Kind

_OF_POSTS = (Kind.POST, Kind.TEXT, Kind.IMAGE, Kind.AUDIO)


def show_fold() -> None:
    """Let the visitor fold copies, where the corpus has any."""
    if not can_fold():
        return
    widget = f"{url_state.page()}_fold"
    st.session_state[widget] = bool(url_state.get(FOLD))
    st.toggle(
        "Fold copies",
        key=widget,
        help="Show one post of each family of copies",
        on_change=lambda: url_state.put({FOLD: "1" if st.session_state[widget] else None}),
    )


def folded(kind: Kind, hits: Sequence[Hit]) -> list[Hit]:
    """Return the best hit of each family, and all hits that are in none."""
    if kind not in _OF_POSTS or not url_state.get(FOLD) or not can_fold():
        return list(hits)
    found = workspace().families.of(corpus())
    family = dict(zip(found.ids, found.family, strict=True))
    seen: set[str] = set()
    kept = []
    for hit in hits:
        name = family.get(hit.id)
        if name is None or name not in seen:
            kept.append(hit)
        if name is not None:
            seen.add(name)
    return kept

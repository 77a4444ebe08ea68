"""Where a model fails: groups of posts with a higher error rate, and the hardest posts."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from app.common.markup import plain
from app.components.errors.posts import show_posts, show_selected_posts
from app.components.errors.tables import show_clickable, show_selection_button
from app.data import url_state
from app.data.error_analysis import ErrorPageState, errors
from backend.error_analysis.slices import Slices

TYPICAL = 4
OPEN = 3


def show_where(state: ErrorPageState) -> None:
    """Show the slices of the first model, the selected posts right below, and the hardest posts."""
    scored = state.predictions()
    slot = st.container()
    with slot.skeleton(height=200):
        found = errors().slices(scored)
    with slot:
        _show_slices(found, scored.model)
        show_selected_posts(state)
        if url_state.get("sel"):
            st.divider()
        for one in found.slices[:OPEN]:
            with st.expander(f"Typical errors of {plain(one.name)}"):
                show_posts(scored, one.typical[:TYPICAL], key=f"typical_{one.name}")
        hardest = errors().hardest(scored)
        with st.container(horizontal=True, vertical_alignment="center"):
            st.subheader("Hardest posts", anchor=False, width="content")
            text, key = f"See all {len(hardest):,}", "errors_all_hard"
            show_selection_button(text, "hardest", key=key, type="tertiary")
        st.caption("Wrong predictions that give the label the lowest probability.")
        show_posts(scored, hardest.ids[:TYPICAL], key="hardest")


def _show_slices(found: Slices, model: str) -> None:
    if not found.slices:
        st.info(
            f"None of {found.tested:,} groups of posts has a significantly higher error rate than "
            "the rest.",
            icon=":material/check:",
        )
        return
    st.caption(
        f"{found.tested:,} groups of posts were tested: by author, tag, word, source, language, "
        "length, modalities, clusters and directions of the joint space. "
        f"**{found.significant:,}** have a significantly higher error rate, corrected for multiple "
        f"tests. After merging groups with nearly the same posts, **{len(found.slices)}** remain."
    )
    rows, addresses = [], []
    for s in found.slices:
        interval = f"[{s.difference_low:+.0%}, {s.difference_high:+.0%}]"
        rows.append(
            {
                "group": s.name,
                "posts": len(s.ids),
                "errors": s.errors,
                "error rate": f"{s.rate:.0%}  [{s.low:.0%}, {s.high:.0%}]",
                "all other posts": f"{s.rest_rate:.0%}",
                "difference": f"{s.difference:+.0%}  {interval}",
                "corrected p": f"{s.q:.1e}",
                "overlapping groups": ", ".join(s.overlapping),
            }
        )
        wrong, rest = f"slicewrong:{s.name}", f"rest:{s.name}"
        addresses.append({"": f"slice:{s.name}", "errors": wrong, "all other posts": rest})
    show_clickable(
        pd.DataFrame(rows),
        addresses,
        f"errors_slices_{model}",
        alt="Groups of posts on which the model errs more than on the rest",
    )
    st.caption("Brackets hold 95 % intervals. Click a cell to see its posts.")

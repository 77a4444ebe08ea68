"""Where a model fails: slices that do worse than the rest, and the hardest posts."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from app.common.markup import plain
from app.components.errors.posts import show_behind, show_posts
from app.components.errors.tables import put_selection, show_clickable
from app.data import url_state
from app.data.error_analysis import ErrorPageState, errors

TYPICAL = 4
OPEN = 3


def show_where(of: ErrorPageState) -> None:
    """Show the slices of the model that is looked at, and the posts behind one at once below."""
    judged = of.judged()
    slot = st.container()
    with slot.skeleton(height=200):
        found = errors().slices(judged)
    with slot:
        if not found.found:
            st.info(
                f"None of {found.tried:,} groups of posts does worse than chance would have it.",
                icon=":material/check:",
            )
        else:
            st.caption(
                f"{found.tried:,} groups were tested: authors, tags, words, sources, languages, "
                "lengths, modalities, clusters and directions of the joint space. "
                f"**{found.worse:,}** do worse after correction for so many tests; of those that "
                f"say the same, one is shown: **{len(found.found)}**."
            )
            rows = [
                {
                    "slice": s.name,
                    "posts": len(s.ids),
                    "errors": s.errors,
                    "error rate": f"{s.rate:.0%}  [{s.low:.0%}, {s.high:.0%}]",
                    "rest": f"{s.rest:.0%}",
                    "more": f"{s.more:+.0%}  [{s.more_low:+.0%}, {s.more_high:+.0%}]",
                    "corrected p": f"{s.q:.1e}",
                    "nearly the same posts": ", ".join(s.also),
                }
                for s in found.found
            ]
            addresses = [
                {
                    "": f"slice:{s.name}",
                    "errors": f"slicewrong:{s.name}",
                    "rest": f"rest:{s.name}",
                }
                for s in found.found
            ]
            show_clickable(
                pd.DataFrame(rows),
                addresses,
                f"errors_slices_{judged.model}",
                alt="Groups of posts on which the model does worse than on the rest",
            )
        show_behind(of)
        if url_state.get("sel"):
            st.divider()
        if found.found:
            for s in found.found[:OPEN]:
                with st.expander(f"Typical errors of {plain(s.name)}"):
                    show_posts(judged, s.typical[:TYPICAL], key=f"typical_{s.name}")
        hard = errors().hardest(judged)
        with st.container(horizontal=True, vertical_alignment="center"):
            st.subheader("Hardest posts", anchor=False, width="content")
            st.button(
                f"All {len(hard):,}",
                key="errors_all_hard",
                type="tertiary",
                on_click=put_selection,
                args=("hardest",),
            )
        st.caption("Wrong, with the least probability on what their label says.")
        show_posts(judged, hard.ids[:TYPICAL], key="hardest")

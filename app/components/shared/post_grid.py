"""Posts of the corpus as a grid of cards."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from app.components.shared.post_card import show_post
from app.data.session import affects, posts, source_titles, users
from backend.domain import Hit, Post


def show_posts(
    ids: Sequence[str],
    *,
    columns: int = 6,
    hits: Sequence[Hit] = (),
    authors: bool = True,
    below: Callable[[Post], None] | None = None,
) -> None:
    """Show posts as cards; ids that are not in the corpus are left out.

    `hits` has rank and score of each post, in the order of `ids`; `below` draws the foot of a
    post's card.
    """
    found = posts(ids)
    named = users(sorted({p.user for p in found.values() if p.user})) if authors else {}
    predicted, titles = affects(list(found)), source_titles()
    with st.grid(columns, min_column_width=160 if columns > 3 else 150):
        for i, id_ in enumerate(ids):
            post = found.get(id_)
            if post is None:  # deleted since the index or the selection was made
                continue
            with st.container(border=True, height="stretch", gap="xsmall"):
                show_post(
                    post,
                    author=named.get(post.user or ""),
                    source_title=titles.get(post.source or ""),
                    hit=hits[i] if hits else None,
                    affect=predicted.get(id_),
                )
                if below:
                    st.space("stretch")
                    below(post)

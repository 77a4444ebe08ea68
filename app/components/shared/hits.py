"""Hits of a search as a grid of cards or words."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from app.common.markup import bar, esc, show
from app.components.shared.actions import show_link_button
from app.components.shared.charts import PLAIN
from app.components.shared.links import query, show_user_link
from app.components.shared.post_card import score_line, show_post, show_user
from app.components.shared.post_grid import show_posts
from app.data import url_state
from app.data.session import posts, users
from backend.domain import Hit, Kind, Post
from backend.search.query import Query, Term

_ALIKE = 12  # posts that are nearly the same as a hit, shown behind it


def similar_query(hit: Hit) -> str:
    """Return the query for what is similar to a hit."""
    kind = hit.kind if hit.kind in (Kind.USER, Kind.WORD) else Kind.POST
    return str(Query((Term(kind, hit.id),)))


def _more_button(hit: Hit, key: str) -> None:
    label, icon, similar = "More like this", "travel_explore", similar_query(hit)
    if url_state.page() == "search":
        key = f"{key}_{hit.kind.value}_{hit.id}"
        show_link_button(label, {"q": similar, "k": None}, icon=icon, key=key)
    else:
        link = query(q=similar)
        st.page_link("views/search.py", label=label, icon=f":material/{icon}:", query_params=link)


def show_grid(hits: Sequence[Hit], *, key: str, columns: int = 6) -> None:
    """Show posts, parts of posts or users as cards with their score and "More like this".

    `key` is the prefix of the buttons' keys; a narrow page has fewer than `columns` columns.
    """
    if not hits:
        st.caption("Nothing found.")
        return
    if hits[0].kind is Kind.USER:
        people = users([hit.id for hit in hits])
        with st.grid(columns, min_column_width=160):
            for hit in hits:
                if hit.id in people:
                    with st.container(border=True, height="stretch", gap="xsmall"):
                        show_user(people[hit.id], hit)
                        st.space("stretch")
                        show_user_link(hit.id, "Open page")
                        _more_button(hit, key)
        return
    by_id = {hit.id: hit for hit in hits}
    others = posts([id_ for hit in hits for id_ in hit.alike[:_ALIKE]])

    def below(post: Post) -> None:
        hit = by_id[post.id]
        if hit.alike:
            _show_alike(hit, [others[id_] for id_ in hit.alike if id_ in others], key)
        _more_button(hit, key)

    show_posts(list(by_id), columns=columns, hits=list(by_id.values()), below=below)


def _show_alike(hit: Hit, others: Sequence[Post], key: str) -> None:
    """Show posts that are nearly the same as a hit, behind a button that counts them."""
    with st.popover(
        f"and {len(hit.alike):,} like it",
        type="tertiary",
        key=f"{key}_alike_{hit.kind.value}_{hit.id}",
    ):
        for post in others:
            with st.container(border=True, gap="xsmall"):
                show_post(post)
        if len(hit.alike) > len(others):
            st.caption(f"{len(others):,} of {len(hit.alike):,}; the export has them all.")


def words_markup(hits: Sequence[Hit]) -> str:
    """Draw words with their scores as chips."""
    chips = "".join(f"<span>{esc(h.id)} <small>{h.score:.2f}</small></span>" for h in hits)
    return f'<div class="k-label">Nearest words</div><div class="k-chips">{chips}</div>'


def show_words(hits: Sequence[Hit], *, key: str) -> None:
    """Show words as a ranked list; each can become the query.

    `key` is the prefix of the buttons' keys.
    """
    top = max((h.score for h in hits), default=1.0) or 1.0
    with st.grid(6, min_column_width=160):
        for hit in hits:
            with st.container(border=True, gap="xsmall"):
                score_line(hit)
                word = f'<div class="k-word" dir="auto">{esc(hit.id)}</div>'
                show(word + bar(hit.score / top, PLAIN))
                _more_button(hit, key)

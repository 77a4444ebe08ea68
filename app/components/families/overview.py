"""All families of a corpus as cards, the largest first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import streamlit as st

from app.common.markup import esc, plain, post_text, show
from app.common.palette import KIND_NAMES, counted
from app.components.maps.map_missing import (
    SECONDS,
    show_button,
    show_map_missing,
    show_progress,
)
from app.components.shared.actions import show_link_button, show_segments
from app.components.shared.pager import page_start, show_pager
from app.components.shared.post_card import show_media
from app.data import url_state
from app.data.families import families, lasted, moment, sorted_by
from app.data.session import corpus, posts, users, workspace
from backend.domain import Kind, KindredError, Modality, Post, User
from backend.settings import settings

if TYPE_CHECKING:
    from backend.families.types import Families, Family

PAGE = 12
FLAT = (480, 200)  # px of a picture: higher ones leave much empty in the cards of texts
KINDS = {"all": "All", "image": "Pictures", "text": "Texts", "audio": "Sounds"}
ORDERS = {"largest": "Largest", "newest": "Newest", "variants": "Most variants"}


def show_overview(found: Families) -> None:
    """Show the families in pages."""
    url_state.show_problem()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        by = show_segments("Copies of", KINDS, key="families_by", name="by", default="all")
        order = show_segments(
            "Order", ORDERS, key="families_order", name="order", default="largest"
        )
    shown = sorted_by(found.all, by, order)
    members = sum(family.posts for family in shown)
    noun = "family" if len(shown) == 1 else "families"
    st.caption(
        f"{len(shown):,} {noun} with {counted(members, Kind.POST)}, of {found.looked_at:,} that "
        "were compared"
    )
    show_unseen(found)
    if not shown:
        st.info("No post of this corpus is a copy of another.", icon=":material/check:")
        return
    start = page_start(len(shown))
    page = shown[start : start + PAGE]
    firsts = posts([family.id for family in page])
    authors = users(sorted({p.user for p in firsts.values() if p.user}))
    with st.grid(3, min_column_width=260):
        for family in page:
            with st.container(border=True, height="stretch", gap="xsmall"):
                _card(family, firsts, authors)
    show_pager(start, PAGE, len(shown), more="More families")


def _card(family: Family, firsts: Mapping[str, Post], authors: Mapping[str, User]) -> None:
    show(f"<b>{esc(counted(family.posts, Kind.POST))}</b> {esc(facts(family))}")
    post = firsts.get(family.id)
    if post is not None:
        if post.image and "image" in family.by:
            show_media(post, Modality.IMAGE, FLAT)
        if post.text:
            post_text(post.text, 3 if set(family.by) & {"image", "audio"} else 6)
        if post.audio and "audio" in family.by:
            show_media(post, Modality.AUDIO)
        author = authors.get(post.user or "")
        show(f'<div class="k-meta">{esc(first_seen(family, author.name if author else ""))}</div>')
    st.space("stretch")
    show_link_button(
        "Open family",
        {"family": family.id, "offset": None},
        icon="account_tree",
        key=f"family_{family.id}",
    )


def facts(family: Family) -> str:
    """Say how many users and variants a family has, and of what it has copies."""
    parts = [counted(family.users, Kind.USER)] if family.users else []
    parts.append(counted(family.variants, "variant"))
    named = " and ".join(KIND_NAMES[Kind(name)][0] for name in family.by)
    return f"{'by ' if family.users else 'in '}{' in '.join(parts)}; same {named}"


def first_seen(family: Family, name: str) -> str:
    """Say when and by whom the first post was, and how long the family has spread."""
    when = moment(family.first)
    by = f" by {name}" if name else ""
    if not when:
        return f"First posted{by}; no dates" if by else "No dates"
    spread = family.last - family.first
    return f"First on {when}{by}; {f'spread over {lasted(spread)}' if spread else 'all at once'}"


def show_unseen(found: Families) -> None:
    """Offer to look again if posts were added since."""
    if not found.unseen:
        return
    if workspace().map_jobs.state(corpus()).stage == "making":
        st.fragment(show_progress, run_every=SECONDS)()
        return
    st.info(
        f"{counted(found.unseen, Kind.POST)} came since and were not compared.",
        icon=":material/update:",
    )
    if not settings().demo:
        show_button("families")


def found_families() -> Families | None:
    """Return the families of the page's corpus, or show why there are none."""
    try:
        return families()
    except KindredError as error:
        if error.code != "no_families":
            st.error(plain(error.message), icon=":material/error:")
        else:
            url_state.show_problem()
            show_map_missing(error)
        return None

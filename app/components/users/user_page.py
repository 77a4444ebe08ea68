"""A user's page: the user, emotions over time, interests, similar users, place on the map."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

import numpy as np
import streamlit as st

from app.common.markup import esc, plain, show, with_commands
from app.common.palette import EMOTION_COLOURS, counted
from app.components.analyse.affect import legend
from app.components.maps.canvas.mount import MapView, draw
from app.components.maps.profile import contrasts_markup, overrepresented_markup, sentiment_markup
from app.components.shared.links import query, show_user_link
from app.components.shared.pager import page_start, page_words, show_pager
from app.components.shared.post_card import score_line, show_image, show_user
from app.components.shared.post_grid import show_posts as show_post_grid
from app.data import url_state
from app.data.map_payload import UNIT
from app.data.maps import cluster_labels, map_of, painted, point_names, positions, stamp
from app.data.selection import keep
from app.data.session import corpus, overview, posts, source_titles, users, workspace
from app.data.users import interests, nearest, post_ids
from backend.domain import EMOTIONS, Kind, KindredError, Post, User
from backend.maps.columns import cluster_column
from backend.search.query import Query, Term
from backend.text.search_tokens import fold
from backend.workspace.users import Affinity, Moment, Timeline

PAGE = 12
SHOWN = 24  # users in the finder


def show_finder() -> None:
    """Let the visitor find a user by name; the users with the most posts come first."""
    st.text_input(
        "Find a user",
        type="search",
        live="300ms",
        key="user_name",
        placeholder="Name or id",
        width=340,
    )
    name = st.session_state["user_name"]
    found = workspace().find_users(name, SHOWN + 1, corpus())
    st.caption(finder_caption(len(found), name, overview().counts["users"]))
    with st.grid(4, min_column_width=200):
        for user in found[:SHOWN]:
            with st.container(border=True, height="stretch", gap="xsmall"):
                # Found by its id alone, a user would seem to be there by mistake.
                show_user(user, with_id=fold(name.strip()) not in fold(user.name))
                st.space("stretch")
                show_user_link(user.id, "Open", icon="arrow_forward")


def finder_caption(found: int, name: str, users: int) -> str:
    """Say which users the finder shows; `found` is more than `SHOWN` if some are left out."""
    if not found:
        return "No user has this name. Try a part of the name."
    if found <= SHOWN:
        return f"{counted(found, Kind.USER)}, most posts first"
    if name.strip():
        return f"The {SHOWN} matches with the most posts. Type more of the name to find others."
    return (
        f"{SHOWN} of {counted(users, Kind.USER)}, most posts first. Search by name above to find "
        "others."
    )


def show_header(user: User) -> None:
    """Show number of posts, source and tags, and links."""
    source = source_titles().get(user.source or "", user.source)
    facts = [counted(user.posts, Kind.POST), *([source] if source else [])]
    facts += [user.id] if user.id != user.name else []
    tags = "".join(f"<span>{esc(tag)}</span>" for tag in user.tags[:8])
    show(
        f'<div class="k-meta" style="margin-top:-.6rem">{esc(" · ".join(facts))}</div>'
        f'<div class="k-chips" style="margin-top:.5rem">{tags}</div>'
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        term = str(Query((Term(Kind.USER, user.id),)))
        st.page_link(
            "views/search.py",
            label="Search with this user",
            icon=":material/search:",
            query_params=query(q=term),
        )
        if st.button("Find another user", icon=":material/person_search:", type="tertiary"):
            url_state.put({"user": None, "offset": None})
            st.rerun()


def show_time(timeline: Timeline, name: str) -> None:
    """Show a user's emotions overall, and over time if posts are dated."""
    dated = sum(m.posts for m in timeline.moments)
    if len(timeline.moments) == 1:
        period = timeline.moments[0].period
        st.caption(f"{dated_posts(dated)} from {period}, so there is no timeline.")
    elif timeline.moments:
        show(_months(timeline.moments))
        if timeline.undated:
            st.caption(
                f"{timeline.undated:,} of {dated + timeline.undated:,} posts "
                f"{'has' if timeline.undated == 1 else 'have'} no date."
            )
    else:
        st.caption("These posts have no dates, so there is no timeline.")
    show(
        contrasts_markup("Mean probability over all posts", timeline.emotions, EMOTION_COLOURS)
        + sentiment_markup(timeline.sentiment)
        + f'<p class="k-note">Bar and whisker: {esc(name)}, with the 95 % interval. Vertical mark: '
        "all other users. Bold: a significant difference (p below .05 after correction).</p>"
    )


def dated_posts(dated: int) -> str:
    """Begin the sentence about dated posts that are all of one period."""
    if dated == 1:
        return "The only dated post is"
    return f"All {dated:,} dated posts are"


def _months(moments: Sequence[Moment]) -> str:
    """Draw a column for each period: its height is the number of posts, its colours emotions."""
    peak = max(m.posts for m in moments)
    columns = []
    for m in moments:
        total = sum(m.emotions.values()) or 1.0
        parts = "".join(
            f'<i style="flex:{m.emotions[e] / total:.3f};background:{EMOTION_COLOURS[e]}"></i>'
            for e in EMOTIONS
        )
        top = max(EMOTIONS, key=lambda e: m.emotions[e])
        tooltip = (
            f"{m.period}: {counted(m.posts, Kind.POST)}, mostly {top}, {m.positive:.0%} positive"
        )
        columns.append(
            f'<span class="k-moment" title="{esc(tooltip)}" style="height:'
            f'{max(100 * m.posts / peak, 4):.0f}%">{parts}</span>'
        )
    first, last = esc(moments[0].period), esc(moments[-1].period)
    return (
        f'<div class="k-label">Posts and their emotions, {first} to {last}</div>'
        f'<div class="k-moments" role="img" aria-label="Posts over time with their emotions">'
        f'{"".join(columns)}</div><div class="k-ends"><span>{first}</span><span>{last}</span></div>'
        f"{legend()}"
    )


def show_interests(user: User) -> None:
    """Show tags and words that a user uses more than others, and the nearest words."""
    found = interests(user.id)
    markup = overrepresented_markup({"Tags": found.tags, "Words": found.words})
    if not markup:
        markup = '<p class="k-note">Too few posts for a significant word or tag.</p>'
    if found.near:
        chips = "".join(f"<span>{esc(h.id)}</span>" for h in found.near)
        markup += (
            '<div class="k-label">Nearest words, whether this user uses them or not</div>'
            f'<div class="k-chips">{chips}</div>'
        )
    show(markup)


def show_near(user: User) -> None:
    """Show similar users, and why they are similar."""
    near = nearest(user.id)
    people = users([a.hit.id for a in near])
    wanted = [p for a in near for pair in a.pairs[:2] for p in (pair.own, pair.other)]
    known = posts(list(dict.fromkeys(wanted)))
    with st.grid(3, min_column_width=270):
        for affinity in near:
            if affinity.hit.id in people:
                with st.container(border=True, height="stretch", gap="small"):
                    _show_affinity(affinity, people[affinity.hit.id], known)


def _show_affinity(affinity: Affinity, other: User, known: Mapping[str, Post]) -> None:
    score_line(affinity.hit)
    show_user_link(other.id, f"{other.name} · {counted(other.posts, Kind.POST)}")
    if affinity.words:
        chips = "".join(f"<span>{esc(w)}</span>" for w in affinity.words[:6])
        show(f'<div class="k-label">Both use</div><div class="k-chips">{chips}</div>')
    pairs = [p for p in affinity.pairs[:2] if p.own in known and p.other in known]
    if pairs:
        show(f'<div class="k-label">Similar images; {esc(other.name)}’s on the right</div>')
        for pair in pairs:
            with st.container(horizontal=True, gap="small", vertical_alignment="center"):
                for id_ in (pair.own, pair.other):
                    _show_still(known[id_])
                show(f'<span class="k-meta">{pair.score:.2f}</span>')
    if affinity.reactions:
        times = "once" if affinity.reactions == 1 else f"{affinity.reactions} times"
        show(f'<div class="k-label">Reacted to each other’s posts {times}</div>')
    elif not affinity.words and not pairs:
        st.caption("No shared word and no similar image; only their posts as a whole are similar.")


def _show_still(post: Post) -> None:
    try:
        show_image(post, (140, 105), width=92)
    except (KindredError, OSError):
        st.caption("This image is missing.")


def show_place(user: User) -> None:
    """Show a user's place on the map of users."""
    try:
        user_map = map_of(Kind.USER)
    except KindredError as error:
        st.caption(with_commands(error.message))
        return
    me = user_map.ids == user.id
    if not me.any():
        st.caption("This user is not on the map: none of their posts could be encoded.")
        return
    level, at = user_map.level(), positions(Kind.USER)
    # Names of clusters must not cover the user.
    x, y = at[int(np.flatnonzero(me)[0])].tolist()
    labels = [
        label
        for label in cluster_labels(Kind.USER, level.name)
        if abs(cast(int, label["x"]) - x) > 0.5 * UNIT
        or abs(cast(int, label["y"]) - y) > 0.1 * UNIT
    ]
    draw(
        MapView(
            at=at,
            paint=painted(Kind.USER, cluster_column(level.name)),
            name=f"place|{stamp()}",
            alt=f"Map of users with {user.name} marked",
            visible=np.ones(len(me), dtype=bool),
            selected=np.zeros(len(me), dtype=bool),
            found=me,
            labels=labels,
            names=point_names(Kind.USER),
            height=340,
            quiet=True,
        ),
        key="map_place",
    )
    number = int(level.labels[int(np.flatnonzero(me)[0])])
    cluster = next((c for c in level.clusters if c.id == number), None)
    with st.container(horizontal=True, vertical_alignment="center"):
        if cluster:
            st.caption(f"In the cluster **{plain(cluster.label)}**", width="content")
            target = f"group:{level.name}:{number}"
        else:
            st.caption("In no cluster", width="content")
            target = ""
        st.page_link(
            "views/users.py",
            label="Open the map",
            icon=":material/group:",
            query_params=query(sel=target, find=user.name),
        )


def show_posts(user: User) -> None:
    """Show a user's posts in pages, and offer them as a selection."""
    ids = post_ids(user.id)
    start = page_start(len(ids))
    with st.container(horizontal=True, vertical_alignment="center"):
        st.header("Posts", anchor=False, width="content")
        st.caption(page_words(start, PAGE, len(ids)))
        st.space("stretch")
        if st.button("Select these posts", icon=":material/select_all:", type="tertiary"):
            selection = workspace().selections.of(Kind.POST, ids, f"posts by {user.name}", corpus())
            st.switch_page("views/posts.py", query_params=query(sel=keep(selection)))
    show_post_grid(ids[start : start + PAGE], authors=False)
    show_pager(start, PAGE, len(ids))

"""A user's page in parts: who it is, how they feel over time, what they are about, who is near."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import streamlit as st

from app.common.markup import esc, plain, show, with_commands
from app.common.palette import EMOTION_COLOURS, counted
from app.components.maps.canvas.mount import draw
from app.components.maps.profile import contrast_markup, over_markup
from app.components.shared.charts import PLAIN
from app.components.shared.links import query, show_user_link
from app.components.shared.pager import page_start, page_words, show_pager
from app.components.shared.pictures import tile
from app.components.shared.post_card import alt_text, score_line, show_post, show_user
from app.data import url_state
from app.data.maps import atlas_of, labels, names, painted, places, sources, stamp
from app.data.selection import keep
from app.data.session import affects, corpus, media, overview, posts, users, workspace
from app.data.users import interests, nearest, post_ids
from backend.domain import EMOTIONS, Kind, KindredError, Modality, Post, User
from backend.search.query import Query, Term
from backend.workspace.users import Affinity, Moment, Timeline

PAGE = 12
FOUND = 24  # users that are shown before one is chosen


def show_finder() -> None:
    """Let find a user by name, and show those with the most posts."""
    st.text_input(
        "Find a user",
        type="search",
        live="300ms",
        key="user_name",
        placeholder="Name or id",
        width=340,
    )
    name = st.session_state["user_name"]
    found = workspace().find_users(name, FOUND + 1, corpus())
    st.caption(finder_words(len(found), name, overview().counts["users"]))
    with st.grid(4, min_column_width=200):
        for user in found[:FOUND]:
            with st.container(border=True, height="stretch", gap="xsmall"):
                show_user(user)
                st.space("stretch")
                show_user_link(user.id, "Open", icon=":material/arrow_forward:")


def finder_words(found: int, name: str, users: int) -> str:
    """Say which of all users are shown; more than `FOUND` of them means that some are not."""
    if not found:
        return "Nobody here is called that."
    if found <= FOUND:
        return f"{counted(found, Kind.USER)}, most posts first"
    if name.strip():
        return f"The {FOUND} with the most posts of those called so; type more to find the others."
    return (
        f"{FOUND} of {counted(users, Kind.USER)}, most posts first; the field above finds "
        "the others."
    )


def show_header(user: User) -> None:
    """Show number of posts, source, tags, and ways on."""
    source = sources().get(user.source or "", user.source)
    facts = [counted(user.posts, Kind.POST), *([source] if source else []), user.id]
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
            query_params=query(q=f"{term}"),
        )
        if st.button("Find another", icon=":material/person_search:", type="tertiary"):
            url_state.put({"user": None, "offset": None})
            st.rerun()


def show_time(told: Timeline, name: str) -> None:
    """Show emotions over time where posts carry times, and overall."""
    dated = sum(m.posts for m in told.moments)
    if len(told.moments) == 1:
        period = told.moments[0].period
        st.caption(f"{time_words(dated)} of {period}, so there is nothing to show over time.")
    elif told.moments:
        show(_months(told.moments))
        if told.undated:
            st.caption(
                f"{told.undated:,} of {dated + told.undated:,} posts "
                f"{'carries' if told.undated == 1 else 'carry'} no time."
            )
    else:
        st.caption("These posts carry no times, so there is nothing to show over time.")
    full = max((max(c.mean, c.rest) for c in told.emotions), default=1.0) * 1.1 or 1.0
    rows = "".join(contrast_markup(c, EMOTION_COLOURS[c.name], full) for c in told.emotions)
    rows += contrast_markup(told.sentiment, PLAIN, 1.0)
    show(
        '<div class="k-label">Mean probability over all posts</div>'
        f'<div class="k-contrasts">{rows}</div>'
        f'<p class="k-note">Bar and whisker: {esc(name)} with the 95 % interval; upright mark: '
        "everybody else. Bold: more apart than chance would have it.</p>"
    )


def time_words(dated: int) -> str:
    """Begin the sentence on posts that are all of one period."""
    if dated == 1:
        return "The only post that carries a time is"
    return f"All {dated:,} posts that carry a time are"


def _months(moments: Sequence[Moment]) -> str:
    """Columns as high as posts are many, in the colours of what they feel."""
    peak = max(m.posts for m in moments)
    columns = []
    for m in moments:
        total = sum(m.emotions.values()) or 1.0
        parts = "".join(
            f'<i style="flex:{m.emotions[e] / total:.3f};background:{EMOTION_COLOURS[e]}"></i>'
            for e in EMOTIONS
        )
        top = max(EMOTIONS, key=lambda e: m.emotions[e])
        said = f"{m.period}: {counted(m.posts, Kind.POST)}, most {top}, {m.positive:.0%} positive"
        columns.append(
            f'<span class="k-moment" title="{esc(said)}" style="height:'
            f'{max(100 * m.posts / peak, 4):.0f}%">{parts}</span>'
        )
    first, last = esc(moments[0].period), esc(moments[-1].period)
    key = "".join(
        f'<span><span class="k-dot" style="background:{EMOTION_COLOURS[e]}"></span>{e}</span>'
        for e in EMOTIONS
    )
    return (
        f'<div class="k-label">Posts and what they feel, {first} to {last}</div>'
        f'<div class="k-moments" role="img" aria-label="Posts over time with their emotions">'
        f'{"".join(columns)}</div><div class="k-ends"><span>{first}</span><span>{last}</span></div>'
        f'<div class="k-legend">{key}</div>'
    )


def show_interests(user: User) -> None:
    """Show tags and words that they use more than others, and words near them."""
    told = interests(user.id)
    made = over_markup("Tags", told.tags, user.posts, 8)
    made += over_markup("Words", told.words, user.posts, 8)
    if not made:
        made = '<p class="k-note">Too few posts for a word to stand out by more than chance.</p>'
    if told.near:
        chips = "".join(f"<span>{esc(h.id)}</span>" for h in told.near)
        made += (
            '<div class="k-label">Nearest words, used by them or not</div>'
            f'<div class="k-chips">{chips}</div>'
        )
    show(made)


def show_near(user: User) -> None:
    """Show users who post alike, with the reasons."""
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
        show('<div class="k-label">Similar images: theirs on the right</div>')
        for pair in pairs:
            with st.container(horizontal=True, gap="small", vertical_alignment="center"):
                for id_ in (pair.own, pair.other):
                    _show_still(known[id_])
                show(f'<span class="k-meta">{pair.score:.2f}</span>')
    if not affinity.words and not pairs:
        st.caption("No shared word and no similar image: only the sum of their posts is near.")


def _show_still(post: Post) -> None:
    try:
        path = media(post, Modality.IMAGE)
        st.image(tile(str(path), (140, 105)), width=92, alt=alt_text(post))
    except (KindredError, OSError):
        st.caption("image not found")


def show_place(user: User) -> None:
    """Show where a user lies on the map of users."""
    try:
        made = atlas_of(Kind.USER)
    except KindredError as error:
        st.caption(with_commands(error.message))
        return
    me = np.array([id_ == user.id for id_ in made.ids])
    if not me.any():
        st.caption("Not on the map: nothing they posted could be encoded.")
        return
    draw(
        places(Kind.USER),
        painted(Kind.USER, "cluster"),
        key="map_place",
        name=f"place|{stamp(Kind.USER)}",
        alt=f"Map of users with {user.name} marked",
        visible=np.ones(len(me), dtype=bool),
        selected=np.zeros(len(me), dtype=bool),
        found=me,
        labels=labels(Kind.USER, made.level().name),
        names=names(Kind.USER),
        height=340,
        quiet=True,
    )
    group = made.level().labels[int(np.flatnonzero(me)[0])]
    clusters = {c.id: c for c in made.level().clusters}
    with st.container(horizontal=True, vertical_alignment="center"):
        if int(group) in clusters:
            st.caption(f"In the group **{plain(clusters[int(group)].label)}**", width="content")
            target = f"group:{made.level().name}:{int(group)}"
        else:
            st.caption("In no group: between them.", width="content")
            target = ""
        st.page_link(
            "views/users.py",
            label="Open on the map",
            icon=":material/group:",
            query_params=query(sel=target, find=user.name),
        )


def show_posts(user: User) -> None:
    """Show their posts, page by page, and offer them as a selection."""
    ids = post_ids(user.id)
    start = page_start(len(ids))
    with st.container(horizontal=True, vertical_alignment="center"):
        st.header("Posts", anchor=False, width="content")
        st.caption(page_words(start, PAGE, len(ids)))
        st.space("stretch")
        if st.button("As a selection", icon=":material/select_all:", type="tertiary"):
            made = workspace().selections.of(Kind.POST, ids, f"posts by {user.name}", corpus())
            st.switch_page("views/posts.py", query_params=query(sel=keep(made)))
    found = posts(ids[start : start + PAGE])
    felt, titles = affects(list(found)), sources()
    with st.grid(6, min_column_width=160):
        for post in found.values():
            with st.container(border=True, height="stretch", gap="xsmall"):
                show_post(
                    post,
                    source_title=titles.get(post.source or ""),
                    affect=felt.get(post.id),
                )
    show_pager(start, PAGE, len(ids))

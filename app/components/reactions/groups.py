"""Communities of users, the bridges between them, and what draws reactions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from math import isnan
from typing import TYPE_CHECKING

import streamlit as st

from app.common.markup import bar, dot, esc, show
from app.common.palette import EMOTION_COLOURS, counted, shortened
from app.components.shared.links import query
from app.components.shared.post_card import user_anchor
from app.data.reactions import (
    NAMED,
    TITLES,
    by_emotion,
    community_name,
    palette,
    short_name,
)
from app.data.selection import keep
from app.data.session import corpus, users, workspace
from backend.domain import Kind, User

if TYPE_CHECKING:
    from backend.reactions.communities import Community
    from backend.workspace.reactions import ReactionNetwork

SHOWN, BRIDGES, NAMES = 8, 8, 5
CLEAR = 0.3  # modularity from which communities are clear


def show_communities(whole: ReactionNetwork) -> None:
    """List the communities: size, how much stays inside, what they post about."""
    found = whole.communities
    st.header("Communities", anchor=False)
    if not found.all:
        st.caption("No three users react to each other.")
        return
    clear = "clear" if found.modularity >= CLEAR else "not clear"
    noun = "community" if len(found.all) == 1 else "communities"
    same = ""
    if not isnan(whole.agreement):
        same = (
            f" They agree with the clusters of content by {whole.agreement:.2f} "
            "(adjusted mutual information; 0 is chance, 1 the same)."
        )
    st.caption(
        "Users who react to each other more than to others, by the Louvain method: "
        f"{len(found.all):,} {noun}, {clear} (modularity {found.modularity:.2f}).{same}"
    )
    people = users([user for one in found.all[:SHOWN] for user in one.users[:NAMES]])
    colours = palette([community_name(whole, c.id) for c in found.all[:NAMED]])
    for community in found.all[:SHOWN]:
        colour = colours[community.id] if community.id < len(colours) else "#8C8A84"
        with st.container(border=True, gap="xsmall"):
            _show_community(whole, community, people, colour)
    if len(found.all) > SHOWN:
        st.caption(f"The largest {SHOWN} of {len(found.all):,}.")


def _show_community(
    whole: ReactionNetwork, community: Community, people: Mapping[str, User], colour: str
) -> None:
    name = community_name(whole, community.id)
    names = ", ".join(user_anchor(people[u]) for u in community.users[:NAMES] if u in people)
    show(
        f"{dot(colour)}<b>{esc(name)}</b> · "
        f"{esc(counted(len(community.users), Kind.USER))}"
        f"{bar(community.share_inside, colour)}"
        f'<div class="k-meta">{community.share_inside:.0%} of their reactions stay inside '
        f"({community.inside:,} inside, {community.outside:,} with others)</div>"
        f'<div class="k-meta">Most active: {names}</div>'
        f'<div class="k-meta">{esc(_words(whole, community.id))}</div>'
        f'<div class="k-meta">{esc(_content(whole, community.id))}</div>'
    )
    selection = workspace().selections.of(
        Kind.USER, list(community.users), f"{name} (by reactions)", corpus()
    )
    st.page_link(
        "views/users.py",
        label="What they post",
        icon=":material/group:",
        query_params=query(sel=keep(selection)),
    )


def _words(whole: ReactionNetwork, number: int) -> str:
    """Name the words that set the posts of a community apart."""
    words = whole.words[number] if number < len(whole.words) else ()
    return f"Words that set their posts apart: {', '.join(words)}" if words else ""


def _content(whole: ReactionNetwork, number: int) -> str:
    """Say in which cluster of content most users of a community are."""
    clusters = whole.clusters[whole.communities.labels == number]
    known = Counter(int(c) for c in clusters if c >= 0)
    if not known:
        return "In no cluster of content"
    most, n = known.most_common(1)[0]
    name = shortened(whole.cluster_names[most], 60)
    return f"{n:,} of {len(clusters):,} are in the content cluster “{name}”"


def show_bridges(whole: ReactionNetwork) -> None:
    """List the users who join two communities."""
    st.header("Bridges", anchor=False)
    bridges = whole.communities.bridges[:BRIDGES]
    if not bridges:
        st.caption("No user reacts with two communities.")
        return
    st.caption(
        "Users who join two communities. Share: how much of what passes between the two goes "
        "through them; those with a large share of many reactions come first."
    )
    people = users([bridge.user for bridge in bridges])
    rows = "".join(
        f"<tr><td>{user_anchor(people[b.user]) if b.user in people else esc(b.user)}</td>"
        f"<td>{esc(short_name(whole, b.communities[0]))} "
        f"<small class='k-wide'>{b.reactions[0]:,} reactions</small></td>"
        f"<td>{esc(short_name(whole, b.communities[1]))} "
        f"<small class='k-wide'>{b.reactions[1]:,} reactions</small></td>"
        f'<td class="k-number">{min(b.carried, 1.0):.0%}</td></tr>'
        for b in bridges
    )
    head = (
        "<tr><th>User</th><th>Joins community</th><th>with</th><th class='k-number'>Share</th></tr>"
    )
    show(
        f'<div class="k-scroll"><table class="k-table"><thead>{head}</thead>'
        f"<tbody>{rows}</tbody></table></div>"
    )


def show_by_emotion() -> None:
    """Show how many reactions the posts of each emotion draw."""
    st.header("Which emotion draws which reaction", anchor=False)
    found = by_emotion()
    if not found:
        st.caption("The posts of this corpus have no predictions yet.")
        return
    kinds = list(dict.fromkeys(one.kind for one in found))
    emotions = list(dict.fromkeys(one.emotion for one in found))
    cells = {(one.emotion, one.kind): one for one in found}
    most = {kind: max(one.mean for one in found if one.kind == kind) or 1.0 for kind in kinds}
    rows = ""
    for emotion in emotions:
        columns = ""
        for kind in kinds:
            one = cells[emotion, kind]
            share, colour = one.mean / most[kind], EMOTION_COLOURS[emotion]
            columns += (
                f"<td><b>{one.mean:.2f}</b> <small>[{one.low:.2f}, {one.high:.2f}]</small>"
                f"{bar(share, colour)}</td>"
            )
        posts = cells[emotion, kinds[0]].posts
        rows += (
            f"<tr><th>{dot(EMOTION_COLOURS[emotion])}{emotion} <small>{posts:,}</small></th>"
            f"{columns}</tr>"
        )
    head = "".join(f"<th>{TITLES[kind]} a post</th>" for kind in kinds)
    show(
        f'<div class="k-scroll"><table class="k-table"><thead><tr><th>Strongest emotion '
        f"<small>posts</small></th>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
    )
    st.caption(
        "Mean number of reactions to a post with its 95 % interval (normal approximation); a full "
        "bar is the largest mean of its column. The emotions are predicted. What draws a reaction "
        "may also be its topic or its author."
    )

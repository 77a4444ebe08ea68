"""The network of users: on their map, with the links between them."""

from __future__ import annotations

import base64
from collections.abc import Collection
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import numpy as np
import streamlit as st

from app.common.markup import dot, esc, show
from app.common.palette import counted, shortened
from app.components.shared.actions import show_segments
from app.components.shared.links import query
from app.data import url_state
from app.data.map_colours import GREY
from app.data.reactions import LINKED, MOST_LINKS, TITLES, Drawing, drawing, kinds, palette
from backend.domain import Kind

if TYPE_CHECKING:
    from backend.workspace.reactions import ReactionNetwork

COLOURS = {"community": "Community", "cluster": "Content cluster"}
_KINDS = "reaction_kinds"
NAMED_BRIDGES = 1
BREADTH, HEIGHT, PADDING = 640, 512, 0.03  # of the picture; the last as a share
LEAST, MOST = 5, 22  # breadth of a point
THIN, WIDE = 0.3, 4.0  # of a link


def show_controls(counts: dict[str, int]) -> str:
    """Let the visitor choose kinds of reactions and what colours mean; return the latter."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        offered = [kind for kind in TITLES if kind in counts]
        st.session_state[_KINDS] = [kind for kind in kinds() if kind in offered]
        st.segmented_control(
            "Reactions",
            offered,
            key=_KINDS,
            selection_mode="multi",
            format_func=lambda kind: f"{TITLES[kind]} ({counts[kind]:,})",
            on_change=_kinds_changed,
            args=(len(offered),),
            wrap=True,
        )
        return show_segments(
            "Colours", COLOURS, key="reaction_colour", name="colour", default="community"
        )


def _kinds_changed(offered: int) -> None:
    chosen = st.session_state[_KINDS]
    url_state.put({"kinds": "|".join(chosen) if 0 < len(chosen) < offered else None})


def show_network(whole: ReactionNetwork, colour: str) -> None:
    """Draw the users where they lie on their map, and the strongest links."""
    drawn = drawing(colour, kinds())
    if not drawn.users:
        st.info(
            "None of these users lies on a map of users. Build the maps on the page Users.",
            icon=":material/map:",
        )
        return
    named = {bridge.user for bridge in whole.communities.bridges[:NAMED_BRIDGES]}
    show(_network(drawn, colour, named) + _legend(drawn))
    st.caption(_describe(whole, len(drawn.users), len(drawn.links)))


def _network(drawn: Drawing, colour: str, named: Collection[str]) -> str:
    """Return the markup: a picture, and over it links to the pages of the most active users.

    Each of them is in a list below as well, or found by name, so that keys and screen readers are
    spared some hundred links.
    """
    description = (
        f"Network of {len(drawn.users):,} users with {len(drawn.links):,} links, coloured by "
        f"{COLOURS[colour].lower()}"
    )
    at = PADDING + (1 - 2 * PADDING) * drawn.xy
    most = np.sqrt(max(int(drawn.reactions.max()), 1))
    sizes = LEAST + (MOST - LEAST) * np.sqrt(drawn.reactions) / most
    places = []
    for i, user in enumerate(drawn.users[:LINKED]):
        about = f"{drawn.names[i]} · {drawn.titles[drawn.groups[i]]} · "
        about += counted(int(drawn.reactions[i]), "reaction")
        name = f"<b>{esc(drawn.names[i])}</b>" if user in named else ""
        places.append(
            f'<a href="user?{esc(urlencode(query(user=user)))}" target="_self" tabindex="-1" '
            f'title="{esc(about)}" style="left:{at[i, 0]:.2%};top:{at[i, 1]:.2%};'
            f'width:{sizes[i] / BREADTH:.2%}">{name}</a>'
        )
    picture = base64.b64encode(_picture(drawn, at * (BREADTH, HEIGHT), sizes).encode()).decode()
    return (
        f'<div class="k-network"><img alt="{esc(description)}" '
        f'src="data:image/svg+xml;base64,{picture}">'
        f'<div aria-hidden="true">{"".join(places)}</div></div>'
    )


def _picture(drawn: Drawing, at: np.ndarray, sizes: np.ndarray) -> str:
    """Draw the links, the more reactions the wider, and the users as points over them.

    It is a picture because Streamlit removes SVG from markup, and because a chart library would
    first have to be fetched and started.
    """
    most = max(int(drawn.weights.max(initial=1)), 2)
    widths = THIN + (WIDE - THIN) * (drawn.weights - 1) / (most - 1)
    lines = "".join(
        f'<path d="M{at[one, 0]:.1f} {at[one, 1]:.1f}L{at[other, 0]:.1f} {at[other, 1]:.1f}" '
        f'stroke-width="{width:.1f}"/>'
        for (one, other), width in zip(drawn.links, widths, strict=True)
    )
    colours = palette(drawn.titles)
    # The most active ones first, which would hide smaller ones.
    points = "".join(
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{size / 2:.1f}" fill="{colours[group]}"/>'
        for (x, y), size, group in zip(at, sizes, drawn.groups, strict=True)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {BREADTH} {HEIGHT}">'
        f'<g stroke="{GREY}" stroke-opacity=".24">{lines}</g>'
        f'<g stroke="#fff" stroke-width=".7">{points}</g></svg>'
    )


def _legend(drawn: Drawing) -> str:
    used = np.unique(drawn.groups)
    colours = palette(drawn.titles)
    names = "".join(
        f"<span>{dot(colours[i])}{esc(shortened(drawn.titles[i], 60))}</span>" for i in used
    )
    return f'<div class="k-legend">{names}</div>'


def _describe(whole: ReactionNetwork, points: int, links: int) -> str:
    net = whole.network
    unplaced = int(np.isnan(whole.xy[:, 0]).sum())
    parts = [f"{points:,} of {counted(len(net.users), Kind.USER)}"]
    strongest = "the strongest " if links == MOST_LINKS else ""
    parts.append(f"{strongest}{links:,} of {whole.communities.links:,} links between them")
    if unplaced:
        parts.append(f"{unplaced:,} have no place on the map of users")
    if net.outside:
        parts.append(f"{net.outside:,} reactions are to posts or users outside this corpus")
    opened = "a point" if points <= LINKED else f"a point of the {LINKED} most active users"
    return (
        f"{'; '.join(parts)}. Who posts alike lies close together; lines are reactions; the first "
        f"bridge is named. Click {opened} for the user's page."
    )

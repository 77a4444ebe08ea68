"""Two selections side by side."""

from __future__ import annotations

from collections.abc import Sequence
from math import isnan

import numpy as np
import streamlit as st

from app.common.markup import dot, esc, show, signed, with_commands
from app.common.palette import counted
from app.components.maps.profile import SIGNIFICANT, overrepresented_markup, scale_end
from app.components.maps.shown import MapState
from app.components.maps.story import show_comparison_report
from app.components.shared.actions import show_link_button
from app.components.shared.post_card import show_image
from app.data.map_colours import CATEGORIES, NONE
from app.data.maps import painted
from app.data.selection import compared, mask
from app.data.session import posts
from backend.domain import KindredError, Selection
from backend.selections import Profile
from backend.selections.types import Contrast, OverRepresented

ONE, TWO = CATEGORIES[0], CATEGORIES[2]
TERMS = 8


def colours_of(state: MapState, one: Selection, two: Selection) -> tuple[str, str]:
    """Return the colours of two selections: those that their points have on the map, if any."""
    first, second = (_on_map(state, selection) for selection in (one, two))
    return (first, second) if first and second and first != second else (ONE, TWO)


def _on_map(state: MapState, selection: Selection) -> str:
    """Return the colour that all points of a selection have; empty if they have several."""
    drawn = painted(state.kind, state.colour)
    codes = np.unique(drawn.codes[mask(state.kind, selection)])
    return drawn.palette[codes[0]] if len(codes) == 1 and codes[0] != NONE else ""


def show_comparison(one: Selection, two: Selection, colours: tuple[str, str]) -> None:
    """Show how two selections of one kind and one corpus differ, each in its colour."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown("**Comparison**", width="content")
        st.space("stretch")
        show_link_button("Stop comparing", {"vs": None}, icon="close", key="stop_comparing")
    try:
        result = compared(one, two)
    except KindredError as error:
        st.info(with_commands(error.message), icon=":material/compare_arrows:")
        return
    names = (one.name or "This selection", two.name or two.origin)
    alike = (
        "nearly the same" if result.similarity > 0.8
        else "similar" if result.similarity > 0.3
        else "opposite" if result.similarity < -0.3
        else "unrelated"
    )  # fmt: skip
    show(
        '<div class="k-facts">'
        + "".join(
            f"<span>{dot(c)}<b>{esc(n)}</b> {counted(len(s), s.kind)}</span>"
            for c, n, s in zip(colours, names, (one, two), strict=True)
        )
        + f"</div><p class='k-note'>{result.common:,} in both; these are not compared. The "
        f"contents are {alike} (centred cosine similarity {signed(result.similarity)}).</p>"
    )
    show_comparison_report(one, two, result)
    show(_emotions(result.one, result.two, colours))
    sides = (result.one, result.two)
    every = [t for s in sides for ts in (s.words, s.tags) for t in ts[:TERMS]]
    for side, colour, name, column in zip(sides, colours, names, st.columns(2), strict=True):
        with column:
            _show_side(side, colour, name, every)


def _emotions(one: Profile, two: Profile, colours: tuple[str, str]) -> str:
    """Draw both means of each emotion, and of positive sentiment, each with its scale."""
    emotions = list(zip(one.emotions, two.emotions, strict=True))
    sentiment = [(one.sentiment, two.sentiment)]
    known = [c for pair in emotions for c in pair if not isnan(c.mean)]
    return (
        _pairs("Mean probability of each emotion", emotions, scale_end(known), colours)
        + _pairs("Mean probability of positive sentiment", sentiment, 1.0, colours)
        + '<p class="k-note">Bold: a significant difference (p below .05 after correction).</p>'
    )


def _pairs(
    title: str,
    pairs: Sequence[tuple[Contrast, Contrast]],
    full: float,
    colours: tuple[str, str],
) -> str:
    rows = ""
    for a, b in pairs:
        if isnan(a.mean) or isnan(b.mean):
            continue
        bars = "".join(
            f'<i style="width:{100 * min(c.mean / full, 1):.1f}%;background:{colour}"></i>'
            for c, colour in zip((a, b), colours, strict=True)
        )
        differs = " k-differs" if not isnan(a.p) and a.p < SIGNIFICANT else ""
        text = f"{a.name}: {a.mean:.0%} [{a.low:.0%}, {a.high:.0%}] and {b.mean:.0%}"
        rows += (
            f'<div class="k-contrast{differs}" title="{esc(text)}"><span>{esc(a.name)}</span>'
            f'<span class="k-pairbar" role="img" aria-label="{esc(text)}">{bars}</span>'
            f"<b>{a.mean:.0%}</b><small>{b.mean:.0%}</small></div>"
        )
    return (
        f'<div class="k-label k-apart">{title}; bars from 0 to {full:.0%}</div>'
        f'<div class="k-contrasts">{rows}</div>'
    )


def _show_side(profile: Profile, colour: str, name: str, every: Sequence[OverRepresented]) -> None:
    show(f'<div class="k-side" style="border-color:{colour}"><b>{esc(name)}</b></div>')
    parts = {"Words": profile.words, "Tags": profile.tags}
    markup = overrepresented_markup(parts, most=TERMS, also=every)
    show(markup or '<p class="k-note">No word or tag is significantly more frequent here.</p>')
    pictures = posts(profile.images[:4])
    if pictures:
        with st.grid(2, min_column_width=80, gap="small"):
            for post in pictures.values():
                show_image(post)

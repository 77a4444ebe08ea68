"""Two selections side by side."""

from __future__ import annotations

from math import isnan

import streamlit as st

from app.common.markup import dot, esc, show, with_commands
from app.common.palette import counted
from app.components.maps.profile import SIGNIFICANT, overrepresented_markup
from app.components.maps.story import show_comparison_report
from app.components.shared.actions import show_link_button
from app.components.shared.post_card import show_image
from app.data.map_colours import CATEGORIES
from app.data.selection import compared
from app.data.session import posts
from backend.domain import KindredError, Selection
from backend.selections import Profile

ONE, TWO = CATEGORIES[0], CATEGORIES[2]


def show_comparison(one: Selection, two: Selection) -> None:
    """Show how two selections of one kind and one corpus differ."""
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
            for c, n, s in zip((ONE, TWO), names, (one, two), strict=True)
        )
        + f"</div><p class='k-note'>{result.common:,} in both; these are not compared. The "
        f"contents are {alike} (centred cosine similarity {result.similarity:.2f}).</p>"
    )
    show_comparison_report(names, result)
    show(_emotions(result.one, result.two))
    sides = (result.one, result.two)
    for side, colour, name, column in zip(sides, (ONE, TWO), names, st.columns(2), strict=True):
        with column:
            _show_side(side, colour, name)


def _emotions(one: Profile, two: Profile) -> str:
    pairs = [*zip(one.emotions, two.emotions, strict=True), (one.sentiment, two.sentiment)]
    full = max((max(a.mean, b.mean) for a, b in pairs[:-1] if not isnan(a.mean)), default=1.0)
    rows = ""
    for a, b in pairs:
        if isnan(a.mean) or isnan(b.mean):
            continue
        scale = 1.0 if a is one.sentiment else full * 1.05
        differs = " k-differs" if not isnan(a.p) and a.p < SIGNIFICANT else ""
        text = f"{a.name}: {a.mean:.0%} [{a.low:.0%}, {a.high:.0%}] and {b.mean:.0%}"
        rows += (
            f'<div class="k-contrast{differs}" title="{esc(text)}"><span>{esc(a.name)}</span>'
            f'<span class="k-pairbar" role="img" aria-label="{esc(text)}">'
            f'<i style="width:{100 * min(a.mean / scale, 1):.1f}%;background:{ONE}"></i>'
            f'<i style="width:{100 * min(b.mean / scale, 1):.1f}%;background:{TWO}"></i></span>'
            f"<b>{a.mean:.0%}</b><small>{b.mean:.0%}</small></div>"
        )
    return (
        '<div class="k-label">Mean probability of each emotion and of positive sentiment</div>'
        f'<div class="k-contrasts">{rows}</div>'
        '<p class="k-note">Bold: a significant difference '
        "(p below .05 after correction).</p>"
    )


def _show_side(profile: Profile, colour: str, name: str) -> None:
    show(f'<div class="k-side" style="border-color:{colour}"><b>{esc(name)}</b></div>')
    markup = overrepresented_markup("Words", profile.words, 8) + overrepresented_markup(
        "Tags", profile.tags, 8
    )
    show(markup or '<p class="k-note">No word or tag is significantly more frequent here.</p>')
    pictures = posts(profile.images[:4])
    if pictures:
        with st.grid(2, min_column_width=80, gap="small"):
            for post in pictures.values():
                show_image(post)

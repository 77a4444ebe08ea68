"""Two selections side by side, each held against the other."""

from __future__ import annotations

from math import isnan

import streamlit as st

from app.common.markup import dot, esc, show, with_commands
from app.common.palette import counted
from app.components.maps.profile import SURE, over_markup
from app.components.shared.pictures import tile
from app.components.shared.post_card import alt_text
from app.data import url_state
from app.data.map_colours import CATEGORIES
from app.data.maps import compared
from app.data.session import media, posts
from backend.domain import KindredError, Modality, Selection
from backend.selections import Contrast, Profile

ONE, TWO = CATEGORIES[0], CATEGORIES[2]


def show_comparison(one: Selection, two: Selection) -> None:
    """Show what sets two selections apart.

    Parameters
    ----------
    one, two : Selection
        Of one kind and one corpus.
    """
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown("**Compared**", width="content")
        st.space("stretch")
        st.button(
            "Stop comparing", icon=":material/close:", type="tertiary", on_click=_stop,
            key="stop_comparing",
        )  # fmt: skip
    try:
        told = compared(one, two)
    except KindredError as error:
        st.info(with_commands(error.message), icon=":material/compare_arrows:")
        return
    names = (one.name or "This selection", two.name or two.origin)
    alike = (
        "nearly the same" if told.similarity > 0.8
        else "alike" if told.similarity > 0.3
        else "opposite" if told.similarity < -0.3
        else "unrelated"
    )  # fmt: skip
    show(
        '<div class="k-facts">'
        + "".join(
            f"<span>{dot(c)}<b>{esc(n)}</b> {counted(len(s), s.kind)}</span>"
            for c, n, s in zip((ONE, TWO), names, (one, two), strict=True)
        )
        + f"</div><p class='k-note'>{told.common:,} in both, left out here. Their contents are "
        f"{alike} (cosine {told.similarity:.2f} around the mean of the corpus).</p>"
    )
    show(_feelings(told.one.emotions, told.two.emotions, told.one.sentiment, told.two.sentiment))
    columns = st.columns(2)
    for side, colour, name, column in zip(
        (told.one, told.two), (ONE, TWO), names, columns, strict=True
    ):
        with column:
            _show_side(side, colour, name)


def _feelings(
    left: tuple[Contrast, ...], right: tuple[Contrast, ...], mood: Contrast, other: Contrast
) -> str:
    pairs = [*zip(left, right, strict=True), (mood, other)]
    full = max((max(a.mean, b.mean) for a, b in pairs[:-1] if not isnan(a.mean)), default=1.0)
    rows = ""
    for a, b in pairs:
        if isnan(a.mean) or isnan(b.mean):
            continue
        scale = 1.0 if a is mood else full * 1.05
        differs = " k-differs" if not isnan(a.p) and a.p < SURE else ""
        said = f"{a.name}: {a.mean:.0%} [{a.low:.0%}, {a.high:.0%}] against {b.mean:.0%}"
        rows += (
            f'<div class="k-contrast{differs}" title="{esc(said)}"><span>{esc(a.name)}</span>'
            f'<span class="k-pairbar" role="img" aria-label="{esc(said)}">'
            f'<i style="width:{100 * min(a.mean / scale, 1):.1f}%;background:{ONE}"></i>'
            f'<i style="width:{100 * min(b.mean / scale, 1):.1f}%;background:{TWO}"></i></span>'
            f"<b>{a.mean:.0%}</b><small>{b.mean:.0%}</small></div>"
        )
    return (
        '<div class="k-label">Mean probability of each emotion, and of being positive</div>'
        f'<div class="k-contrasts">{rows}</div>'
        '<p class="k-note">Bold: they differ by more than chance would '
        "(p below .05 after correction).</p>"
    )


def _show_side(told: Profile, colour: str, name: str) -> None:
    show(f'<div class="k-side" style="border-color:{colour}"><b>{esc(name)}</b></div>')
    made = over_markup("Words", told.words, told.posts, 8)
    made += over_markup("Tags", told.tags, told.posts, 8)
    show(made or '<p class="k-note">No word or tag of its own.</p>')
    pictures = posts(told.images[:4])
    if pictures:
        with st.grid(2, min_column_width=80, gap="small"):
            for post in pictures.values():
                st.image(tile(str(media(post, Modality.IMAGE))), alt=alt_text(post))


def _stop() -> None:
    url_state.put({"vs": None})

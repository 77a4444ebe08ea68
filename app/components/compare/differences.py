"""What differs between two sides: clusters, feelings, words and pictures."""

from __future__ import annotations

from math import isnan

import streamlit as st

from app.common.markup import dot, esc, show
from app.common.palette import EMOTION_COLOURS, SENTIMENT_COLOURS
from app.components.compare.maps import STATES
from app.components.maps.profile import SIGNIFICANT, overrepresented_markup
from app.components.shared.pictures import tile
from app.components.shared.post_card import alt_text
from app.data.session import workspace
from backend.domain import KindredError, Modality
from backend.trends.growth import Growth
from backend.workspace.sides import Side, TwoSides

FEW, TERMS = 12, 8


def show_growth(found: TwoSides, level: str) -> None:
    """Show the clusters that are new, grew, shrank or are gone, and those that moved."""
    names = [c.label for c in found.map.level(level).clusters]
    changed = [g for g in found.growth if g.state != "same"]
    st.header("What grew and shrank", anchor=False)
    if not changed:
        st.caption("No cluster has a significantly larger or smaller share on one side.")
    else:
        left, right = _names(found)
        rows = "".join(_row(g, names[g.group]) for g in changed[:FEW])
        show(
            '<div class="k-scroll"><table class="k-table"><thead><tr><th>Cluster</th>'
            f'<th class="k-number">{left}</th><th class="k-number">{right}</th>'
            f'<th class="k-number">Difference</th></tr></thead><tbody>{rows}</tbody></table></div>'
            '<p class="k-note">Share of the posts of each side. In brackets: 95 % interval of the '
            "difference, in points. Shown: p below .05 after correction for all clusters"
            + (f"; {len(changed) - FEW} more.</p>" if len(changed) > FEW else ".</p>")
        )
    st.header("What moved", anchor=False)
    if not found.moved:
        st.caption("In no cluster do the posts of the two sides differ significantly in content.")
        return
    rows = "".join(
        f"<tr><td>{esc(names[m.group])}</td><td class='k-number'>{m.distance:.2f}</td>"
        f"<td class='k-number'>{m.usual:.2f}</td><td class='k-number'>{m.p:.1g}</td></tr>"
        for m in found.moved[:FEW]
    )
    show(
        '<table class="k-table"><thead><tr><th>Cluster</th><th class="k-number">Distance</th>'
        '<th class="k-number">Random halves</th><th class="k-number">p</th></tr></thead><tbody>'
        f"{rows}</tbody></table>"
        '<p class="k-note">Distance of the mean contents of the cluster’s posts on both sides (1 '
        "minus the cosine), and of random halves of them; permutation test, corrected.</p>"
    )


def _names(found: TwoSides) -> list[str]:
    """Name both sides in a head; a date stays in one piece where the column is narrow."""
    names = (side.selection.origin for side in (found.one, found.two))
    return [esc(name).replace("-", "\N{NON-BREAKING HYPHEN}") for name in names]


def _row(g: Growth, name: str) -> str:
    return (
        f"<tr><td>{dot(STATES[g.state])}{esc(name)} <small>{g.state}</small></td>"
        f'<td class="k-number">{g.before:.1%} <small>{g.before_count:,}</small></td>'
        f'<td class="k-number">{g.share:.1%} <small>{g.count:,}</small></td>'
        f'<td class="k-number">{100 * g.difference:+.1f} '
        f"<small>[{100 * g.low:+.1f}, {100 * g.high:+.1f}]</small></td></tr>"
    )


def show_feelings(found: TwoSides) -> None:
    """Show the mean of each emotion on both sides."""
    st.header("Feelings", anchor=False)
    known = [c for c in found.emotions if not isnan(c.mean) and not isnan(c.rest)]
    if not known:
        st.caption("The posts have no predictions.")
        return
    left, right = _names(found)
    rows = ""
    for c in known:
        colour = EMOTION_COLOURS.get(c.name, SENTIMENT_COLOURS["positive"])
        bold = ("<b>", "</b>") if not isnan(c.p) and c.p < SIGNIFICANT else ("", "")
        rows += (
            f"<tr><td>{dot(colour)}{bold[0]}{esc(c.name)}{bold[1]}</td>"
            f'<td class="k-number">{c.rest:.0%} <small>[{c.rest_low:.0%}, {c.rest_high:.0%}]'
            f'</small></td><td class="k-number">{bold[0]}{c.mean:.0%}{bold[1]} '
            f"<small>[{c.low:.0%}, {c.high:.0%}]</small></td></tr>"
        )
    show(
        f'<table class="k-table"><thead><tr><th>Mean probability</th><th class="k-number">{left}'
        f'</th><th class="k-number">{right}</th></tr></thead><tbody>{rows}</tbody></table>'
        '<p class="k-note">In brackets: 95 % intervals. Bold: p below .05 after correction.</p>'
    )


def show_words(found: TwoSides) -> None:
    """Show the words and pictures that each side has more often than the other."""
    st.header("Words and pictures", anchor=False)
    every = [t for s in (found.one, found.two) for ts in (s.tags, s.words) for t in ts[:TERMS]]
    for side, place in zip((found.one, found.two), st.columns(2, gap="large"), strict=True):
        with place:
            name = side.selection.origin
            show(f"<b>{esc(name[:1].upper() + name[1:])}</b>")
            parts = {"Tags": side.tags, "Words": side.words}
            markup = overrepresented_markup(parts, most=TERMS, also=every)
            none = '<p class="k-note">No word or tag is significantly more frequent here.</p>'
            show(markup or none)
            _show_pictures(side)


def _show_pictures(side: Side) -> None:
    where = side.selection.corpus  # which may not be the page's corpus
    opened, found = workspace().corpus(where), workspace().posts(list(side.images), where)
    with st.grid(4, min_column_width=80, gap="small"):
        for post in found.values():
            try:
                st.image(tile(str(opened.media_of(post, Modality.IMAGE))), alt=alt_text(post))
            except (KindredError, OSError):
                continue

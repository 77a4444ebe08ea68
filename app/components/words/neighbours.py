"""Words, images and sounds near a sum of words and images in one space."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from app.common.markup import bar, esc, plain, show, with_commands
from app.common.palette import KIND_NAMES, shortened
from app.components.search.add_term import put_query
from app.components.search.example_queries import show_cards
from app.components.shared.charts import PLAIN
from app.components.shared.post_card import name_of, show_image, show_media
from app.data.session import corpus, examples, posts, shipped, workspace
from backend.domain import Hit, Kind, KindredError, Modality
from backend.search.query import Query, Term
from backend.word_spaces.space import Space

WORDS, IMAGES, SOUNDS = 12, 6, 3
KINDS = (Kind.WORD, Kind.IMAGE, Kind.AUDIO)


def show_space(space: Space, query: Query, kinds: Sequence[Kind], *, wide: bool) -> None:
    """Show the nearest words, images and sounds in one space.

    `wide` tells whether it is the only space on the page, which then shows twice as many.
    """
    st.subheader(space.title, anchor=False, help=space.about)
    st.caption(f"{space.words:,} words")
    factor = 2 if wide else 1
    present = [k for k in kinds if k in space.kinds]
    try:
        k = max(WORDS, IMAGES) * factor
        result = workspace().words.neighbours(query, present, k, space.name, corpus())
    except KindredError as error:
        st.info(with_commands(error.message), icon=":material/help:")
        return
    for kind in present:
        hits = list(result.hits.get(kind, ()))
        total = result.candidates.get(kind, 0)
        if kind is Kind.WORD:
            _show_words(hits[: WORDS * factor], total, space.name, columns=factor)
        elif kind is Kind.IMAGE:
            _show_images(hits[: IMAGES * factor], total, columns=3 * factor)
        else:
            _show_sounds(hits[: SOUNDS * factor], total)
    for kind in kinds:
        if kind not in space.kinds:
            st.caption(f"This space has no {KIND_NAMES[kind][1]}.")


def _head(name: str, shown: int, total: int) -> None:
    show(
        f'<div class="k-label">{esc(name)} '
        f"<small>{shown:,} of {total:,}, nearest first</small></div>"
    )


def _show_words(hits: Sequence[Hit], total: int, space: str, *, columns: int) -> None:
    _head("Words", len(hits), total)
    top = max((h.score for h in hits), default=1.0) or 1.0
    key = f"words_{space.replace('+', '_')}"
    with st.container(key=key), st.grid(columns, min_column_width=220, gap=("xsmall", "medium")):
        for hit in hits:
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                st.button(
                    plain(hit.id),
                    key=f"word_{space}_{hit.id}",
                    type="tertiary",
                    on_click=put_query,
                    args=(str(Query((Term(Kind.WORD, hit.id),))),),
                    help="Show the neighbours of this word",
                    width=130,
                )
                score = f"{bar(hit.score / top, PLAIN)}<small>{hit.score:.2f}</small>"
                show(f'<div class="k-line">{score}</div>')


def _show_images(hits: Sequence[Hit], total: int, *, columns: int) -> None:
    if not hits:
        return
    _head("Images", len(hits), total)
    known = posts([h.id for h in hits])
    with st.grid(columns, min_column_width=90, gap="small"):
        for hit in hits:
            post = known.get(hit.id)
            if post is None:
                continue
            with st.container(gap="xsmall"):
                try:
                    show_image(post, (240, 180))
                except (KindredError, OSError) as error:
                    st.caption(plain(getattr(error, "message", "The image cannot be read.")))
                short = shortened(name_of(post), 28)
                show(f'<div class="k-meta">{esc(short)} · {hit.score:.2f}</div>')


def _show_sounds(hits: Sequence[Hit], total: int) -> None:
    if not hits:
        return
    _head("Sounds", len(hits), total)
    known = posts([h.id for h in hits])
    for hit in hits:
        if hit.id in known:
            show(f'<div class="k-meta">{esc(name_of(known[hit.id]))} · {hit.score:.2f}</div>')
            show_media(known[hit.id], Modality.AUDIO)


def starters() -> list[tuple[str, str]]:
    """Return example sums with what they ask; of an own corpus, of its most frequent words."""
    own = [] if shipped() else workspace().words.frequent(3, corpus())
    if len(own) == 3:
        first, second, third = own
        return [
            (first, "Words, images and sounds near a word that many posts have"),
            (f"{first} + {second}", "Near two words"),
            (f"{first} - {third}", "Near one word, but not where it stands for another"),
        ]
    sums = [
        ("king - man + woman", "King is to man as what is to woman?"),
        ("cat", "Words, images and sounds near one word"),
        ("piano + drum", "Near two words"),
        ("flag + africa - europe", "Add one word, subtract another"),
    ]
    pictured = next((e for e in examples() if e.image), None)
    if pictured and shipped():
        sums.append((f"post:{pictured.image} + winter", "An image plus a word"))
    return sums


def show_starters() -> None:
    """Show example sums on an empty page."""
    st.markdown(
        "Write a word, or several with **+** or **−** between them; you can add images and sounds. "
        "The page shows what is near their sum."
    )
    show_cards(starters(), key="sum", width=240)

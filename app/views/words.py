"""Words: words, images and sounds near a word or near a sum of words and images."""

from __future__ import annotations

from collections.abc import Collection

import streamlit as st

from app.common.markup import with_commands
from app.common.palette import KIND_NAMES
from app.components.maps.map_missing import show_map_missing
from app.components.search.query_builder import show_query
from app.components.shared.actions import show_segments
from app.components.shared.corpus_picker import show_corpora
from app.components.words.neighbours import KINDS, show_space, show_starters
from app.data import url_state
from app.data.session import corpus, shipped, workspace
from backend.domain import Kind, KindredError
from backend.workspace.words import ADAPTED

SIDE_BY_SIDE = "beside"


def _first(names: Collection[str]) -> str:
    """The space that opens: of an own corpus the one that knows words without learning them."""
    return ADAPTED if ADAPTED in names and not shipped() else SIDE_BY_SIDE


st.set_page_config(page_title="Words · Kindred")
url_state.enter("words")

st.title("Words", anchor=False)
query = show_query(
    "A word, or a sum of words, images and sounds",
    placeholder="king - man + woman",
    help="Write + or − between words; 2*snow gives a word twice the weight. "
    "The buttons below add images, sounds and posts.",
)
if query is None:
    show_corpora()
    show_starters()
else:
    try:
        spaces = workspace().words.spaces(corpus())
        missing = workspace().words.unavailable(corpus())
    except KindredError as error:
        st.error(with_commands(error.message), icon=":material/error:")
        spaces, missing = [], None
    names = {SIDE_BY_SIDE: "Side by side"} | {space.name: space.title for space in spaces}
    kinds = {"all": "Everything"} | {k.value: KIND_NAMES[k][1].capitalize() for k in KINDS}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = show_segments(
            "Space", names, key="words_space", name="space", default=_first(names), wrap=True
        )
        kind = show_segments("Show", kinds, key="words_kind", name="to", default="all", wrap=True)
        show_corpora()
    shown = [s for s in spaces if chosen in (SIDE_BY_SIDE, s.name)]
    shown_kinds = KINDS if kind == "all" else (Kind(kind),)
    for space, column in zip(shown, st.columns(max(len(shown), 1), gap="large"), strict=False):
        with column:
            show_space(space, query, shown_kinds, wide=len(shown) == 1)

    if missing is not None:
        url_state.show_problem()
        show_map_missing(missing)

url_state.leave("words")

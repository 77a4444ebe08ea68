"""The corpora as cards: contents, folder, deletion."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from app.common.markup import bar, esc, plain, show
from app.common.palette import MODALITY_NAMES, counted
from app.components.corpora.encoded import show_encoded
from app.components.corpora.read_media import show_unread
from app.components.shared.damage import show_set_aside
from app.components.shared.synthetic import MADE, corpus_title
from app.data import url_state
from app.data.session import in_address, workspace
from backend.domain import Modality
from backend.settings import SYNTHETIC_CORPUS, settings

if TYPE_CHECKING:
    from backend.workspace.corpora import CorpusCard

COLOURS = {Modality.TEXT: "#4540A0", Modality.IMAGE: "#1F7F8C", Modality.AUDIO: "#B5612F"}


def in_bytes(size: int) -> str:
    """Write a size in bytes.

    Examples
    --------
    >>> in_bytes(61_000_000), in_bytes(2_000)
    ('61 MB', '2 kB')
    """
    for unit, scale in (("GB", 1e9), ("MB", 1e6)):
        if size >= scale:
            return f"{size / scale:.3g} {unit}"
    return f"{max(1, round(size / 1e3))} kB"


def show_cards() -> None:
    """Show every corpus."""
    url_state.show_problem()
    with st.grid("auto", min_column_width=300):
        for card in workspace().corpus_admin.cards():
            with st.container(border=True, height="stretch", key=f"corpus_{card.name}"):
                _card(card)


def _card(card: CorpusCard) -> None:
    st.subheader(plain(corpus_title(card.name)), anchor=False)
    if card.problem:
        st.error(plain(card.problem), icon=":material/error:")
    else:
        facts = [counted(card.posts, "post"), counted(card.users, "user")]
        if card.reactions:
            facts.append(counted(card.reactions, "reaction"))
        facts.append(in_bytes(card.bytes))
        show(f'<div class="k-meta">{" · ".join(map(esc, facts))}</div>')
        _shares(card)
    if card.name == SYNTHETIC_CORPUS:
        st.caption(f"Comes with Kindred: {MADE}")
    elif card.shipped:
        st.caption("Comes with Kindred: posts of open communities, with their licences.")
    elif card.sources:
        first = card.sources[0]
        more = f" and {len(card.sources) - 1} more" if len(card.sources) > 1 else ""
        st.caption(f"Imported from {plain(first[0])}{more}, last on {first[2]:%-d %B %Y}.")
    if not card.problem:
        show_encoded(card.name)
    if not card.problem and not card.shipped:
        show_unread(card.name)
    st.space("stretch")
    with st.container(horizontal=True):
        if not card.problem and st.button(
            "Open", key=f"open_{card.name}", icon=":material/arrow_forward:"
        ):
            where = {"corpus": name} if (name := in_address(card.name)) else {}
            st.switch_page("views/overview.py", query_params=where)
        if card.problem and not card.shipped:
            show_set_aside(workspace().set_aside.corpus, card.name)
        if not card.shipped and not settings().demo:
            _more(card)


def _shares(card: CorpusCard) -> None:
    rows = []
    for modality, n in (card.modalities or {}).items():
        share = n / card.posts if card.posts else 0.0
        rows.append(
            f"<b>{esc(MODALITY_NAMES[modality])}</b>"
            f"{bar(share, COLOURS[modality])}<span>{n:,}</span>"
        )
    show(f'<div class="k-rows k-narrow">{"".join(rows)}</div>')


def _more(card: CorpusCard) -> None:
    with st.popover("Move or delete", icon=":material/more_horiz:", type="tertiary"):
        st.markdown("**Move it:** copy its folder into the folder `corpora` of another workspace.")
        st.code(card.path, language=None, wrap_lines=True)
        st.markdown("**Delete it** with all its posts, vectors and media. This cannot be undone.")
        typed = st.text_input(
            f"Type {plain(card.name)} to confirm", key=f"confirm_{card.name}", placeholder=card.name
        )
        st.button(
            "Delete permanently",
            key=f"delete_{card.name}",
            icon=":material/delete:",
            disabled=typed.strip() != card.name,
            on_click=url_state.attempt,
            args=(workspace().corpus_admin.delete, card.name),
        )

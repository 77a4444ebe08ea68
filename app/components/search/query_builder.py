"""A query as chips: one a term, with its sign and weight, and a button to add more."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from app.common.markup import plain, with_commands
from app.components.search.add_term import LINE, put_query, show_adder
from app.components.shared.links import show_user_link
from app.components.shared.pictures import still, tile, wav
from app.components.shared.post_card import name_of
from app.data import url_state
from app.data.session import media, posts, users
from backend.domain import Kind, KindredError, Modality
from backend.search.query import Query, Term, parse

ICONS = {
    Kind.TEXT: ":material/format_quote:",
    Kind.WORD: ":material/abc:",
    Kind.IMAGE: ":material/image:",
    Kind.AUDIO: ":material/graphic_eq:",
    Kind.USER: ":material/person:",
    Kind.POST: ":material/article:",
}
WEIGHTS = (0.1, 3.0)


def _line_changed() -> None:
    url_state.put({"q": st.session_state[LINE].strip(), "k": None})


def _replace(terms: tuple[Term, ...], at: int, by: Term | None) -> None:
    kept = [by if i == at else term for i, term in enumerate(terms)]
    put_query(str(Query(tuple(term for term in kept if term is not None))))


def _signed(terms: tuple[Term, ...], at: int, widget: str) -> None:
    size = abs(terms[at].weight)
    minus = st.session_state[widget] == "Take away"
    _replace(terms, at, replace(terms[at], weight=-size if minus else size))


def _weighed(terms: tuple[Term, ...], at: int, widget: str) -> None:
    sign = -1 if terms[at].weight < 0 else 1
    _replace(terms, at, replace(terms[at], weight=sign * st.session_state[widget]))


def label(term: Term) -> str:
    """What a chip says about its term."""
    value = term.value
    if term.kind is Kind.USER:
        found = users([value])
        name = found[value].name if value in found else value
        value = f"@{name}"
    elif term.kind is Kind.POST:
        known = posts([value])
        value = f"post {name_of(known[value])}" if value in known else f"post {value}"
    elif term.kind is Kind.IMAGE:
        value = "your image"
    elif term.kind is Kind.AUDIO:
        value = "your sound"
    elif term.kind is Kind.TEXT:
        value = f"“{value}”"
    return value if len(value) <= 34 else value[:33] + "…"


def _preview(term: Term) -> None:
    """Show what a term without words stands for."""
    try:
        if term.kind is Kind.IMAGE:
            st.image(still(term.value) or b"", width=160, alt="The image in the query")
        elif term.kind is Kind.AUDIO:
            st.audio(wav(term.value) or b"", alt="The sound in the query")
        elif term.kind is Kind.POST:
            post = posts([term.value]).get(term.value)
            if post and post.image:
                path = media(post, Modality.IMAGE)
                st.image(tile(str(path)), width=160, alt="The image of the post in the query")
            if post and post.text:
                st.text(post.text[:200])
        elif term.kind is Kind.USER:
            show_user_link(term.value, "Open the user’s page")
    except KindredError as error:
        st.caption(with_commands(error.message))


def show_chips(query: Query) -> None:
    """Show one chip a term, each opening its settings.

    Parameters
    ----------
    query : Query
    """
    for i, term in enumerate(query.terms):
        minus = term.weight < 0
        size = abs(term.weight)
        sign = "−" if minus else "+"
        times = "" if abs(size - 1) < 1e-9 else f"{size:g} × "
        name = f"{sign} {times}{label(term)}"
        # Keys carry the whole query: a chip is rebuilt from the address when it changes.
        key = f"{i}_{hash(query.terms)}"
        with st.popover(plain(name), icon=ICONS[term.kind], key=f"chip_{i}"):
            _preview(term)
            st.segmented_control(
                "This term",
                ["Add", "Take away"],
                default="Take away" if minus else "Add",
                required=True,
                key=f"sign_{key}",
                on_change=_signed,
                args=(query.terms, i, f"sign_{key}"),
            )
            st.slider(
                "Weight",
                *WEIGHTS,
                value=min(max(size, WEIGHTS[0]), WEIGHTS[1]),
                step=0.1,
                key=f"weight_{key}",
                on_change=_weighed,
                args=(query.terms, i, f"weight_{key}"),
            )
            st.button(
                "Remove",
                icon=":material/close:",
                type="tertiary",
                key=f"remove_{key}",
                on_click=_replace,
                args=(query.terms, i, None),
            )


def show_query(
    label: str = "What are you looking for?",
    *,
    placeholder: str = '"lonely" + sunset - people',
    help: str = "Words, “quoted texts”, @users and post:ids, with + and −. "
    "A number before a star is a weight: 2*sunset.",
) -> Query | None:
    """Show the line and the chips.

    Parameters
    ----------
    label, placeholder, help : str
        Of the line.

    Returns
    -------
    Query or None
        None while there is none, or none that can be read.
    """
    url_state.follow(LINE, "q")
    st.text_input(
        label,
        key=LINE,
        type="search",
        placeholder=placeholder,
        on_change=_line_changed,
        help=help,
    )
    line = url_state.get("q").strip()
    query, problem = None, None
    if line:
        try:
            query = parse(line)
        except KindredError as error:
            problem = error.message
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if query:
            show_chips(query)
        show_adder(line)
    if problem:
        st.error(plain(problem), icon=":material/error:")
    url_state.show_problem()
    return query

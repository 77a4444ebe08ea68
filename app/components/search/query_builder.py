"""A query as chips, one for each term with its sign and weight, and buttons to add terms."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from app.common.markup import plain, with_commands
from app.common.palette import KIND_NAMES, shortened
from app.components.search.add_term import LINE, put_query, show_adder
from app.components.shared.links import show_user_link
from app.components.shared.pictures import still, wav
from app.components.shared.post_card import name_of, show_image
from app.data import url_state
from app.data.session import posts, users
from backend.domain import Kind, KindredError
from backend.search.query import Query, Term, parse

ICONS = {kind: icon for kind, (_, _, icon) in KIND_NAMES.items()}
ICONS[Kind.TEXT] = ":material/format_quote:"
WEIGHTS = (0.1, 3.0)


def _line_changed() -> None:
    url_state.put({"q": st.session_state[LINE].strip(), "k": None})


def _replace(terms: tuple[Term, ...], at: int, by: Term | None) -> None:
    changed = [by if i == at else term for i, term in enumerate(terms)]
    put_query(str(Query(tuple(term for term in changed if term is not None))))


def _signed(terms: tuple[Term, ...], at: int, widget: str) -> None:
    size = abs(terms[at].weight)
    minus = st.session_state[widget] == "Subtract"
    _replace(terms, at, replace(terms[at], weight=-size if minus else size))


def _weighed(terms: tuple[Term, ...], at: int, widget: str) -> None:
    sign = -1 if terms[at].weight < 0 else 1
    _replace(terms, at, replace(terms[at], weight=sign * st.session_state[widget]))


def label(term: Term) -> str:
    """Return the text of a term's chip."""
    value = term.value
    if term.kind is Kind.USER:
        user = users([value]).get(value)
        value = f"@{user.name if user else value}"
    elif term.kind is Kind.POST:
        post = posts([value]).get(value)
        value = f"post {name_of(post) if post else value}"
    elif term.kind is Kind.IMAGE:
        value = "your image"
    elif term.kind is Kind.AUDIO:
        value = "your sound"
    elif term.kind is Kind.TEXT:
        value = f"“{value}”"
    return shortened(value, 34)


def _preview(term: Term) -> None:
    """Show the image, sound, post or user that a term stands for."""
    try:
        if term.kind is Kind.IMAGE:
            st.image(still(term.value) or b"", width=160, alt="The image in the query")
        elif term.kind is Kind.AUDIO:
            st.audio(wav(term.value) or b"", alt="The sound in the query")
        elif term.kind is Kind.POST:
            post = posts([term.value]).get(term.value)
            if post and post.image:
                show_image(post, width=160, alt="The image of the post in the query")
            if post and post.text:
                st.text(post.text[:200])
        elif term.kind is Kind.USER:
            show_user_link(term.value, "Open the user’s page")
    except KindredError as error:
        st.caption(with_commands(error.message))


def show_chips(query: Query) -> None:
    """Show one chip for each term; it opens the term's settings."""
    for i, term in enumerate(query.terms):
        minus = term.weight < 0
        size = abs(term.weight)
        sign = "−" if minus else "+"
        times = "" if abs(size - 1) < 1e-9 else f"{size:g} × "
        name = f"{sign} {times}{label(term)}"
        # Keys contain the whole query: a chip is rebuilt whenever the query changes.
        key = f"{i}_{hash(query.terms)}"
        with st.popover(plain(name), icon=ICONS[term.kind], key=f"chip_{i}"):
            _preview(term)
            st.segmented_control(
                "This term",
                ["Add", "Subtract"],
                default="Subtract" if minus else "Add",
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
    help: str = "Words, “quoted texts”, @users and post:ids, with + or − between them. "
    "2*sunset gives a term twice the weight.",
) -> Query | None:
    """Show the search field and the chips; return the query if there is a readable one."""
    url_state.follow(LINE, "q")
    st.text_input(
        label, key=LINE, type="search", placeholder=placeholder, on_change=_line_changed, help=help
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

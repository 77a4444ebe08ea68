"""What Search answers: hits of each kind, or places to start from."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from app.common.markup import plain, with_commands
from app.common.palette import KIND_NAMES, counted
from app.components.search.example_queries import show_cards
from app.components.search.filters import active
from app.components.shared.export import show_export
from app.components.shared.hits import show_grid, show_words
from app.data import url_state
from app.data.selection import chosen
from app.data.session import corpus, examples, shipped, workspace
from backend.core.urls import parse_int
from backend.domain import Hit, Kind, KindredError, Selection
from backend.search.filters import Filter
from backend.search.query import Query

TARGET = "search_target"
ALL = "everything"
FEW, PAGE, MOST = 6, 24, 480


def _target_changed() -> None:
    chosen = st.session_state[TARGET]
    url_state.put({"to": None if chosen == ALL else chosen, "k": None})


def show_targets() -> Kind | None:
    """Let choose what to look for.

    Returns
    -------
    Kind or None
        None for a few of every kind.
    """
    url_state.follow(TARGET, "to", ALL)
    kinds = [k.value for k in KIND_NAMES]
    if st.session_state[TARGET] not in kinds:
        st.session_state[TARGET] = ALL
    names = {k.value: KIND_NAMES[k][1].capitalize() for k in KIND_NAMES}
    chosen = st.segmented_control(
        "Find",
        [ALL, *kinds],
        format_func=lambda name: names.get(name, "Everything"),
        key=TARGET,
        on_change=_target_changed,
        required=True,
        wrap=True,
    )
    return None if chosen in (ALL, None) else Kind(chosen)


def _more(k: int) -> None:
    url_state.put({"k": k})


def _narrow(kind: Kind) -> None:
    url_state.put({"to": kind.value, "k": None})


def show_within() -> Selection | None:
    """Say that only a selection is searched, where the address names one.

    Returns
    -------
    Selection or None
    """
    if not url_state.get("within"):
        return None
    kind = Kind.USER if url_state.get("of") == Kind.USER.value else Kind.POST
    try:
        selection = chosen(kind, "within")
    except KindredError as error:
        st.warning(with_commands(error.message), icon=":material/deselect:")
        return None
    if selection is None:
        return None
    with st.container(horizontal=True, vertical_alignment="center"):
        name = plain(selection.name or selection.origin)
        posts = "" if kind is Kind.POST else " and their posts"
        st.markdown(
            f":material/select_all: Within **{name}**: {counted(len(selection), kind)}{posts}",
            width="content",
        )
        st.button("Search everything", type="tertiary", icon=":material/close:", on_click=_widen)
    return selection


def _widen() -> None:
    url_state.put({"within": None, "of": None, "k": None})


def show_found(query: Query, target: Kind | None, filters: Filter) -> None:
    """Search and show what was found.

    Parameters
    ----------
    query : Query
    target : Kind or None
        None shows a few of every kind.
    filters : Filter
    """
    asked = parse_int(url_state.get("k"))
    k = PAGE if asked is None else min(max(asked, 1), MOST)
    kinds = [target] if target else list(KIND_NAMES)
    within = show_within()
    with st.spinner("Searching …" if workspace().ready else "Waking the encoders …"):
        try:
            many = k if target else FEW
            if within is None:
                result = workspace().search(query, kinds, many, filters, corpus())
            else:
                result = workspace().selections.search(within, query, kinds, many, filters)
        except KindredError as error:
            st.error(with_commands(error.message), icon=":material/error:")
            return
    absent = [kind for kind in kinds if not result.totals.get(kind)]
    for kind in kinds:
        if kind in absent:
            continue
        _show_kind(
            kind,
            list(result.hits.get(kind, ())),
            result.candidates.get(kind, 0),
            query,
            alone=target is not None,
            filtered=active(filters) > 0 or within is not None,
        )

    if absent:
        st.caption(absent_words(absent))


def absent_words(kinds: Sequence[Kind]) -> str:
    """Name the kinds of which a corpus has nothing, in place of empty sections."""
    *first, last = (KIND_NAMES[kind][1] for kind in kinds)
    listed = f"{', '.join(first)} or {last}" if first else last
    return f"This corpus has no {listed} that could be found."


def _show_kind(
    kind: Kind, hits: list[Hit], candidates: int, query: Query, *, alone: bool, filtered: bool
) -> None:
    many = KIND_NAMES[kind][1]
    more = candidates > len(hits) > 0
    with st.container(horizontal=True, vertical_alignment="center"):
        if not alone:
            st.header(many.capitalize(), anchor=False, width="content")
        passing = " that pass the filters" if filtered else ""
        st.caption(f"{len(hits):,} of {counted(candidates, kind)}{passing}, best first")
        if hits and alone:
            st.space("stretch")
            show_export(hits, kind, str(query))
        elif more:
            st.button(
                f"All {many}",
                type="tertiary",
                icon=":material/arrow_forward:",
                key=f"narrow_{kind.value}",
                on_click=_narrow,
                args=(kind,),
            )
    if hits and kind is Kind.WORD:
        show_words(hits, key="hit")
    elif hits:
        show_grid(hits, key="hit")
    elif filtered:
        st.info(
            f"No {many} pass the filters. Remove one to see more.",
            icon=":material/filter_alt_off:",
        )
    if alone and more and len(hits) < MOST:
        st.button("Show more", on_click=_more, args=(len(hits) + PAGE,), width="stretch")


def starters() -> list[tuple[str, str]]:
    """Queries to begin with, each with what it shows.

    Returns
    -------
    list of (str, str)
        The query and its explanation.
    """
    ws = workspace()
    found = [
        ('"lonely" + sunset - people', "A feeling and a scene, with something taken away"),
        ("night + 2*music", "Two words, the second twice as strong"),
        ('"la mer en hiver"', "A text in another language"),
        ('winter + 0.5*"something to eat"', "A word, and a text at half its weight"),
    ]
    example = next((e for e in examples() if e.image), None)
    if example and shipped():
        found.append((f"post:{example.image} + winter", "A post that is here, moved by a word"))
    users = ws.find_users("", 1, corpus())
    if users:
        found.append((f"@{users[0].id} + joy", "What a user posts, where it is joyful"))
    return found


def show_starters() -> None:
    """Show the examples to click on an empty page."""
    st.subheader("Ask with anything, find anything", anchor=False)
    st.markdown(
        "Words, pictures, sounds, posts and people live in one space here. "
        "Add what you want, take away what you do not."
    )
    show_cards(starters(), key="starter", width=260)

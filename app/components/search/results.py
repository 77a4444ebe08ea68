"""The results of Search: hits of each kind, or example queries."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from app.common.markup import plain, with_commands
from app.common.palette import KIND_NAMES, counted
from app.components.search.example_queries import show_cards
from app.components.search.facets import show_facets
from app.components.search.filters import active
from app.components.search.index_progress import show_index_progress
from app.components.search.sorting import OF_POSTS, orders
from app.components.shared.actions import show_link_button
from app.components.shared.export import show_export
from app.components.shared.fold import folded
from app.components.shared.hits import show_grid, show_words
from app.data import url_state
from app.data.selection import chosen
from app.data.session import corpus, examples, posts, shipped, workspace
from backend.core.urls import parse_int
from backend.domain import Hit, Kind, KindredError, Selection
from backend.search.filters import Filter
from backend.search.query import Query
from backend.search.ranking import SearchResult
from backend.search.sorting import BEST, in_order

TARGET = "search_target"
ALL = "everything"
HITS_PER_KIND, PAGE, MAX_HITS = 6, 24, 480
EXPORTED = 10_000


def _target_changed() -> None:
    target = st.session_state[TARGET]
    url_state.put({"to": None if target == ALL else target, "k": None})


def show_targets() -> Kind | None:
    """Let the visitor choose what to find; None for a few of every kind."""
    names = {ALL: "Everything"}
    names |= {kind.value: plural.capitalize() for kind, (_, plural, _) in KIND_NAMES.items()}
    url_state.follow_choice(TARGET, "to", ALL, names)
    target = st.segmented_control(
        "Find",
        list(names),
        format_func=lambda name: names[name],
        key=TARGET,
        on_change=_target_changed,
        required=True,
        wrap=True,
    )
    return None if target in (ALL, None) else Kind(target)


def show_within() -> Selection | None:
    """Show the selection that the search is limited to, if the address names one."""
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
        unlimited = {"within": None, "of": None, "k": None}
        show_link_button("Search everything", unlimited, icon="close")
    return selection


def show_results(query: Query, target: Kind | None, filters: Filter, order: str = BEST) -> None:
    """Search, and show the hits: a few of every kind if `target` is None.

    In an order other than the best first, the best `MAX_HITS` of a kind are put in it.
    """
    requested = parse_int(url_state.get("k"))
    k = PAGE if requested is None else min(max(requested, 1), MAX_HITS)
    kinds = [target] if target else list(KIND_NAMES)
    within = show_within()
    where = corpus()

    def find(kinds: Sequence[Kind], k: int, *, distinct: bool = True) -> SearchResult:
        if within is None:
            return workspace().search(query, kinds, k, filters, where, distinct=distinct)
        return workspace().selections.search(within, query, kinds, k, filters, distinct=distinct)

    with st.spinner("Searching …" if workspace().ready else "Loading the models …"):
        try:
            result = find(kinds, k if target else HITS_PER_KIND)
            counted_in = target if target in OF_POSTS else Kind.POST
            best = find([counted_in], MAX_HITS).hits[counted_in]
        except KindredError as error:
            st.error(with_commands(error.message), icon=":material/error:")
            return
    show_index_progress()
    absent = [kind for kind in kinds if not result.totals.get(kind)]
    filtered = active(filters) > 0 or within is not None
    show_facets([hit.id for hit in best if hit.relevance != "hardly"], filters)
    sequence = "best first"
    if target in OF_POSTS and order != BEST:
        sequence = f"{orders()[order].lower()} among the best matches"
    for kind in kinds:
        if kind not in absent:
            hits, candidates = list(result.hits.get(kind, ())), result.candidates.get(kind, 0)
            if target in OF_POSTS and order != BEST:
                ordered = in_order(best, posts([hit.id for hit in best]), order)
                hits, candidates = ordered[:k], len(ordered)
            every = (
                (lambda: find(kinds, EXPORTED, distinct=False).hits[kinds[0]]) if target else None
            )
            _show_kind(
                kind, hits, candidates, query, every=every, filtered=filtered, sequence=sequence
            )
    if absent:
        st.caption(absence(absent))


def absence(kinds: Sequence[Kind]) -> str:
    """Name the kinds that a corpus has none of."""
    *first, last = (KIND_NAMES[kind][1] for kind in kinds)
    listed = f"{', '.join(first)} or {last}" if first else last
    return f"This corpus has no {listed} to search."


def _show_kind(
    kind: Kind,
    hits: list[Hit],
    candidates: int,
    query: Query,
    *,
    every: Callable[[], list[Hit]] | None,
    filtered: bool,
    sequence: str,
) -> None:
    """Show the hits of a kind; `every` finds all of them, where the kind is the only one shown."""
    alone = every is not None
    plural = KIND_NAMES[kind][1]
    more = candidates > len(hits) > 0
    kept = folded(kind, hits)
    with st.container(horizontal=True, vertical_alignment="center"):
        if not alone:
            st.header(plural.capitalize(), anchor=False, width="content")
        passing = " that match the filters" if filtered else ""
        copies = f", {len(hits) - len(kept):,} copies folded" if len(kept) < len(hits) else ""
        st.caption(f"{len(hits):,} of {counted(candidates, kind)}{passing}, {sequence}{copies}")
        if hits and every:
            st.space("stretch")
            show_export(every, kind, str(query), best=EXPORTED if candidates > EXPORTED else None)
        elif more:
            change, key = {"to": kind.value, "k": None}, f"narrow_{kind.value}"
            show_link_button(f"All {plural}", change, icon="arrow_forward", key=key)
    if hits and {hit.relevance for hit in hits} == {"hardly"}:
        st.info(
            f"Nothing here is close to this. These are the {plural} that come nearest.",
            icon=":material/search_off:",
        )
    if hits and kind is Kind.WORD:
        show_words(hits, key="hit")
    elif hits:
        show_grid(kept, key="hit")
    elif filtered:
        st.info(
            f"No {plural} match the filters. Remove a filter to see more.",
            icon=":material/filter_alt_off:",
        )
    if alone and more and len(hits) < MAX_HITS:
        larger = {"k": len(hits) + PAGE}
        show_link_button("Show more", larger, type="secondary", width="stretch")


def starters() -> list[tuple[str, str]]:
    """Return example queries, each with its explanation."""
    ws = workspace()
    queries = [
        ('"lonely" + sunset - people', "A feeling plus a scene, minus people"),
        ("night + 2*music", "Two words, the second with twice the weight"),
        ('"la mer en hiver"', "A text in another language"),
        ('winter + 0.5*"something to eat"', "A word, and a text with half the weight"),
    ]
    example = next((e for e in examples() if e.image), None)
    if example and shipped():
        queries.append((f"post:{example.image} + winter", "A post of this corpus plus a word"))
    users = ws.find_users("", 1, corpus())
    if users:
        explained = f"{plain(users[0].name)} plus joy: like their posts, and joyful"
        queries.append((f"@{users[0].id} + joy", explained))
    return queries


def show_starters() -> None:
    """Show the example queries on an empty page."""
    st.subheader("Search with anything, find anything", anchor=False)
    st.markdown(
        "Words, images, sounds, posts and users share one space, so any of them can be a query. "
        "Add what you want, subtract what you do not want, or try an example."
    )
    show_cards(starters(), key="starter", width=260)

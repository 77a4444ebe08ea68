"""Label issues: probably wrong labels, corrections, near-duplicates with different labels."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from app.common.markup import esc, show
from app.components.errors.posts import show_explain
from app.components.errors.tables import show_clickable, show_selection_button
from app.components.shared.pager import page_start, show_pager
from app.components.shared.post_card import show_post
from app.data import url_state
from app.data.error_analysis import ErrorPageState, errors
from app.data.session import corpus, posts
from backend.error_analysis.label_issues import LabelIssue
from backend.settings import settings

PAGE = 8
PAIRS = 4


def show_labels(state: ErrorPageState) -> None:
    """Show doubtful labels and a way to correct them, then near-duplicates that disagree."""
    slot = st.container()
    with slot.skeleton(height=200):
        issues = errors().rank_label_issues(state.all_predictions())
    flagged = sum(issue.flagged for issue in issues)
    changes = errors().relabels(state.label, corpus())
    st.subheader("Probably wrong labels", anchor=False)
    url_state.show_problem()
    if not issues:
        st.info(
            "This view needs held-out predictions. Add the probe under Models.",
            icon=":material/info:",
        )
    else:
        st.caption(
            f"Confident learning flags **{flagged:,}** of {len(issues):,} labels as probably "
            "wrong, from held-out predictions of the chosen models and the probe. The most "
            f"doubtful come first. {_where_stored()}"
        )
        with st.container(horizontal=True):
            show_selection_button(f"See all {flagged:,} flagged", "doubted", type="tertiary")
            by_doubt = f"See all {len(issues):,}, most doubtful first"
            show_selection_button(by_doubt, "doubtable", type="tertiary")
        _show_suspects(state, issues)
    if changes:
        with st.container(horizontal=True, vertical_alignment="center"):
            title = f"{len(changes):,} correction{'s' * (len(changes) > 1)}"
            st.subheader(title, anchor=False, width="content")
            key = "errors_see_corrected"
            show_selection_button("See the posts", "corrected", key=key, type="tertiary")
        for change in list(changes.values())[::-1][:20]:
            with st.container(horizontal=True, vertical_alignment="center"):
                labels = f"{esc(change.was)} → <b>{esc(change.label)}</b>"
                show(f"<code>{esc(change.id)}</code> {labels}")
                undo = partial(_relabel, change.id, state.label, change.was)
                st.button("Undo", key=f"undo_{change.id}", type="tertiary", on_click=undo)
    _show_conflicts(state)


def _where_stored() -> str:
    if settings().demo:
        return "Corrections last for your visit to this demo, and only you see them."
    return "Corrections are stored next to the corpus, which does not change."


def _show_suspects(state: ErrorPageState, issues: Sequence[LabelIssue]) -> None:
    start = page_start(len(issues), "from")
    shown = issues[start : start + PAGE]
    found = posts([issue.id for issue in shown])
    changes = errors().relabels(state.label, corpus())
    with st.grid(4, min_column_width=190):
        for issue in shown:
            if issue.id not in found:
                continue
            with st.container(border=True, height="stretch", gap="xsmall"):
                show(
                    f'<div class="k-meta">labelled <b>{esc(issue.label)}</b>, more likely '
                    f"<b>{esc(issue.suggested)}</b> ({issue.probability:.0%})</div>"
                )
                show_post(found[issue.id], lines=5)
                st.space("stretch")
                now = changes[issue.id].label if issue.id in changes else issue.label
                options = list(state.ground_truth.classes)
                widget: dict[str, Any] = {
                    "label": "Label",
                    "options": options,
                    "key": f"relabel_{issue.id}",
                    "on_change": _chosen,
                    "args": (issue.id, state.label),
                    "label_visibility": "collapsed",
                }
                if len(options) <= 3:
                    default = now if now in options else None
                    st.segmented_control(**widget, default=default, required=True)
                else:
                    st.selectbox(**widget, index=options.index(now) if now in options else None)
                show_explain(issue.id, f"why_suspect_{issue.id}")
    show_pager(start, PAGE, len(issues), name="from", more="More", caption=True)


def _show_conflicts(state: ErrorPageState) -> None:
    pairs = errors().conflicts(state.ground_truth)
    st.subheader("Near-duplicates with different labels", anchor=False)
    if not pairs:
        st.caption("No near-duplicates have different labels.")
        return
    show_selection_button(f"See all {len(pairs):,} pairs", "twins", type="tertiary")
    found = posts([id_ for pair in pairs[:PAIRS] for id_ in pair.ids])
    for number, pair in enumerate(pairs[:PAIRS]):
        with st.container(border=True):
            show(f'<div class="k-meta">{esc(pair.reason)}, similarity {pair.similarity:.3f}</div>')
            for id_, label, column in zip(pair.ids, pair.labels, st.columns(2), strict=True):
                with column:
                    show(f"labelled <b>{esc(label)}</b>")
                    if id_ in found:
                        show_post(found[id_], lines=3)
                    show_explain(id_, f"why_pair_{number}_{id_}", icon=None)
    if len(pairs) > PAIRS:
        with st.expander(f"{len(pairs) - PAIRS:,} more"):
            rows = [
                {
                    "first post": p.ids[0],
                    "first label": p.labels[0],
                    "second post": p.ids[1],
                    "second label": p.labels[1],
                    "duplicates by": p.reason,
                }
                for p in pairs[PAIRS:]
            ]
            show_clickable(
                pd.DataFrame(rows),
                [{"": f"twins:{i}"} for i in range(PAIRS, len(pairs))],
                f"errors_twins_{state.label}",
                alt="More pairs of near-duplicates with different labels",
            )
            st.caption("Click a pair to see its posts.")


def _chosen(id_: str, label: str) -> None:
    _relabel(id_, label, st.session_state[f"relabel_{id_}"])


def _relabel(id_: str, label: str, value: str) -> None:
    url_state.attempt(errors().relabel, id_, label, value, corpus())

"""What has been labelled: counts, the learning curve, export and use."""

from __future__ import annotations

from functools import partial
from urllib.parse import quote

import altair as alt
import pandas as pd
import streamlit as st

from app.common.markup import plain, with_commands
from app.common.palette import counted
from app.components.shared.actions import show_downloads
from app.components.shared.charts import show_shares
from app.components.shared.links import query
from app.data import url_state
from app.data.selection import keep
from app.data.session import corpus, workspace
from backend.domain import Kind, KindredError
from backend.labelling.queue import LEAST, Point
from backend.settings import settings

BLUE = "#6C66BE"


def show_progress(name: str) -> None:
    """Show counts and the learning curve of a label, and what to do with it."""
    counts = workspace().labelling.counts(name, corpus())
    total = sum(counts.values())
    if total:
        show_shares(f"{counted(total, Kind.POST)} labelled", counts, total, most=12)
    _show_curve(name, total)
    if not total:
        return
    with st.container(horizontal=True, gap="small"):
        with st.popover("Export", icon=":material/download:"):
            write = partial(workspace().labelling.export, name, corpus=corpus())
            file = f"kindred-label-{quote(name, safe='')[:40]}"
            show_downloads(write, file, ("csv", "json"), key="labels")
        if st.button("See them on the map", icon=":material/scatter_plot:", key="label_map"):
            ids = tuple(workspace().labelling.values(name, corpus()))
            selection = workspace().selections.of(Kind.POST, ids, f"labelled {name}", corpus())
            st.switch_page("views/posts.py", query_params=query(sel=keep(selection)))
    _show_use(name)


def _show_curve(name: str, total: int) -> None:
    try:
        points = workspace().labelling.curve(name, corpus())
    except KindredError as error:
        st.caption(with_commands(error.message))
        return
    if not points:
        st.caption(f"The learning curve starts with {LEAST} labels of at least two values.")
        return
    last = points[-1]
    st.markdown(
        f"**Learning curve** · accuracy {last.accuracy:.0%} [{last.low:.0%}, {last.high:.0%}] with "
        f"{last.labels:,} labels; the most frequent value alone {last.majority:.0%}"
    )
    st.altair_chart(_chart(points), alt=f"Accuracy by number of labels, {last.accuracy:.0%} now")
    st.caption(
        "Cross-validated on the labelled posts, which the queue chose because they are hard: on "
        "other posts it is usually better. Band: 95 % interval; dashed: the most frequent value."
    )


def _chart(points: list[Point]) -> alt.LayerChart | alt.FacetChart:
    frame = pd.DataFrame(
        [
            {"labels": p.labels, "accuracy": p.accuracy, "low": p.low, "high": p.high,
             "majority": p.majority}
            for p in points
        ]
    )  # fmt: skip
    x = alt.X("labels:Q", title="labels", axis=alt.Axis(tickMinStep=1, format="d", grid=False))
    y = alt.Y("low:Q", title=None, axis=alt.Axis(format="%"), scale=alt.Scale(domain=[0, 1]))
    base = alt.Chart(frame).encode(x=x)
    return alt.layer(
        base.mark_area(opacity=0.2, color=BLUE).encode(y=y, y2="high:Q"),
        base.mark_line(color=BLUE, point=alt.OverlayMarkDef(size=24, color=BLUE)).encode(
            y="accuracy:Q",
            tooltip=["labels", alt.Tooltip("accuracy:Q", format=".0%")],
        ),
        base.mark_line(color="#8C8A84", strokeDash=[5, 4]).encode(y="majority:Q"),
    ).properties(height=200)


def _show_use(name: str) -> None:
    if settings().demo:
        st.caption("Labels last for your visit to this demo, and only you see them.")
        return
    st.button(
        "Use in Errors, Train and maps",
        icon=":material/publish:",
        key="label_use",
        on_click=url_state.attempt,
        args=(_use, name),
        help="Stores the label with the posts of the corpus, as if it had been imported.",
    )
    if (used := st.session_state.pop("label_used", None)) is not None:
        st.success(
            f"{used:,} posts of the corpus now have the label {plain(name)}. Train needs ten posts "
            "of each of two values, Errors twenty in all.",
            icon=":material/check:",
        )
        with st.container(horizontal=True):
            for page, label, icon in (
                ("train", "Train on it", "model_training"),
                ("errors", "See where models fail", "troubleshoot"),
            ):
                link = query(label=name)
                st.page_link(
                    f"views/{page}.py", label=label, icon=f":material/{icon}:", query_params=link
                )


def _use(name: str) -> None:
    st.session_state["label_used"] = workspace().labelling.put_into_corpus(name, corpus())

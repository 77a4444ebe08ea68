"""The finished table: figures with intervals, files to take home, and the bundle."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from app.common.markup import plain
from app.common.palette import subset_title
from app.data import url_state
from app.data.session import demo, in_address
from app.data.training import trainer, use
from backend.classifiers import MODELS, Job, State
from backend.domain import KindredError

if TYPE_CHECKING:
    from backend.metrics.result import Measurement, ResultTable

ORDER = ("F1", "weighted AUC", "precision", "accuracy")
TITLES = {"weighted AUC": "AUC"}


def show_table(job: Job, now: State) -> None:
    """Show what a finished training came to."""
    result = job.result()
    if result is None:
        st.warning("The table of this training cannot be read. Cancel it and train again.")
        return
    frame = _frame(result)
    config = {
        column: st.column_config.TextColumn(help="The same model when it may look at these alone.")
        for column in frame.columns
        if column.startswith("F1, ")
    }
    st.dataframe(
        frame, hide_index=True, column_config=config, alt="Figures of each model with intervals"
    )
    st.caption(
        "Best F1 first; in brackets the 95 % interval. " + " ".join(map(plain, result.notes))
    )
    name = f"kindred-train-{job.id[:8]}"
    with st.container(horizontal=True):
        for form, mime, text in (
            ("csv", "text/csv", result.as_csv()),
            ("json", "application/json", json.dumps(result.as_json(), ensure_ascii=False)),
        ):
            st.download_button(
                form.upper(),
                text,
                f"{name}.{form}",
                mime,
                icon=":material/download:",
                on_click="ignore",
                key=f"train_{form}_{job.id}",
            )
        if st.button("Where models fail", key=f"errors_{job.id}", icon=":material/troubleshoot:"):
            st.switch_page("views/errors.py", query_params=_errors(job, now))
    show_bundle(job, now)


def _errors(job: Job, now: State) -> dict[str, str]:
    """Where the Errors page looks at the same label, at the trained model beside a probe."""
    models = [now.bundle] if trainer().trained(now.bundle) else []
    corpus = in_address(job.request.corpus)
    where = {"corpus": corpus} if corpus else {}
    return {"label": job.request.label, "models": ",".join([*models, "probe"]), **where}


def _frame(result: ResultTable) -> pd.DataFrame:
    rows: dict[str, dict[str, Measurement]] = {}
    for figure in result.figures:
        rows.setdefault(figure.system, {})[figure.metric] = figure
    ranked = sorted(rows, key=lambda name: -rows[name]["F1"].value)
    parts = list(dict.fromkeys(f.metric for f in result.figures if f.metric not in ORDER))
    groups = {m.name: m.group for m in MODELS}
    table = []
    for name in ranked:
        mine = rows[name]
        group = groups.get(name, "")
        reads = {"audio": "sound", "fusion": "any", "joint": "any"}.get(group, group)
        row = {"Model": name, "Reads": reads, "Posts": mine["F1"].n}
        row |= {TITLES.get(m, m.capitalize() if m != "F1" else m): _said(mine.get(m))
                for m in ORDER}  # fmt: skip
        row |= {f"F1, {subset_title(m.partition(', ')[2]).lower()}": _said(mine.get(m))
                for m in parts}  # fmt: skip
        table.append(row)
    return pd.DataFrame(table)


def _said(figure: Measurement | None) -> str:
    if figure is None or figure.low is None or figure.high is None:
        return "–"
    return f"{figure.value:.3f}  [{figure.low:.3f}, {figure.high:.3f}]"


def show_bundle(job: Job, now: State) -> None:
    """Offer the bundle of the best fusion model."""
    if not now.bundle or not trainer().trained(now.bundle):
        st.caption(
            "To use a result in the app, train a fusion model too: it answers whatever a post "
            "is made of, and the best one is kept as a bundle."
        )
        return
    label, best = plain(job.request.label), plain(now.best)
    with st.container(border=True, key=f"bundle_{job.id}"):
        st.markdown(
            f"**{best}** is the best fusion here, kept as the bundle `{now.bundle}`. In use, "
            f"**Analyse a post** also says which *{label}* a post has; search, maps and emotions "
            "stay as they are."
        )
        if demo():
            st.caption("In a demo the bundle in use cannot be changed.")
            return
        with st.container(horizontal=True, vertical_alignment="center"):
            if trainer().active == now.bundle:
                st.badge("In use", icon=":material/check:", color="green")
                st.button(
                    "Stop using it",
                    key=f"unuse_{job.id}",
                    type="tertiary",
                    on_click=_use,
                    args=(None,),
                )
                if st.button("Try it", key=f"try_{job.id}", icon=":material/psychology_alt:"):
                    st.switch_page("views/analyse.py")
            else:
                st.button(
                    "Use this bundle",
                    key=f"use_{job.id}",
                    icon=":material/check:",
                    type="primary",
                    on_click=_use,
                    args=(now.bundle,),
                    help="For everybody who uses this Kindred, until it is taken back.",
                )


def _use(name: str | None) -> None:
    try:
        use(name)
    except KindredError as error:
        url_state.problem(error)

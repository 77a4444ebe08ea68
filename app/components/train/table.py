"""The results of a training run: metrics with intervals, downloads, and the bundle."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from app.common.markup import plain
from app.common.palette import subset_title
from app.data import url_state
from app.data.session import in_address, workspace
from backend.classifiers import MODELS, TrainingJob, TrainingState
from backend.settings import settings

if TYPE_CHECKING:
    from backend.metrics.result import Measurement, ResultTable

ORDER = ("F1", "weighted AUC", "precision", "accuracy")
TITLES = {"weighted AUC": "AUC"}


def show_table(job: TrainingJob, now: TrainingState) -> None:
    """Show the results of a finished training run."""
    result = job.result()
    if result is None:
        st.warning("The results of this training run cannot be read. Delete it and train again.")
        return
    frame = _frame(result)
    config = {
        column: st.column_config.TextColumn(help="The same model, given only these modalities.")
        for column in frame.columns
        if column.startswith("F1, ")
    }
    st.dataframe(
        frame, hide_index=True, column_config=config, alt="Metrics of each model with intervals"
    )
    st.caption("Best F1 first; 95 % intervals in brackets. " + " ".join(map(plain, result.notes)))
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
        if st.button("Analyse errors", key=f"errors_{job.id}", icon=":material/troubleshoot:"):
            st.switch_page("views/errors.py", query_params=_errors(job, now))
    show_bundle(job, now)


def _errors(job: TrainingJob, now: TrainingState) -> dict[str, str]:
    """Return the address of the Errors page for this label, with the trained model and a probe."""
    models = [now.bundle] if workspace().training.has_bundle(now.bundle) else []
    corpus = in_address(job.request.corpus)
    address = {"label": job.request.label, "models": ",".join([*models, "probe"])}
    return address | ({"corpus": corpus} if corpus else {})


def _frame(result: ResultTable) -> pd.DataFrame:
    rows: dict[str, dict[str, Measurement]] = {}
    for measurement in result.measurements:
        rows.setdefault(measurement.system, {})[measurement.metric] = measurement
    ranked = sorted(rows, key=lambda name: -rows[name]["F1"].value)
    parts = list(dict.fromkeys(f.metric for f in result.measurements if f.metric not in ORDER))
    groups = {m.name: m.group for m in MODELS}
    table = []
    for name in ranked:
        metrics = rows[name]
        group = groups.get(name, "")
        reads = {"audio": "sound", "fusion": "any", "joint": "any"}.get(group, group)
        row = {"Model": name, "Reads": reads, "Posts": metrics["F1"].n}
        row |= {TITLES.get(m, m.capitalize() if m != "F1" else m): _interval(metrics.get(m))
                for m in ORDER}  # fmt: skip
        row |= {f"F1, {subset_title(m.partition(', ')[2]).lower()}": _interval(metrics.get(m))
                for m in parts}  # fmt: skip
        table.append(row)
    return pd.DataFrame(table)


def _interval(measurement: Measurement | None) -> str:
    if measurement is None or measurement.low is None or measurement.high is None:
        return "–"
    return f"{measurement.value:.3f}  [{measurement.low:.3f}, {measurement.high:.3f}]"


def show_bundle(job: TrainingJob, now: TrainingState) -> None:
    """Offer the bundle of the best fusion model."""
    if not now.bundle or not workspace().training.has_bundle(now.bundle):
        st.caption(
            "To use a trained model in the app, include a fusion model: it can read any post. "
            "The best one is saved as a bundle."
        )
        return
    label, best = plain(job.request.label), plain(now.best)
    with st.container(border=True, key=f"bundle_{job.id}"):
        st.markdown(
            f"**{best}** is the best fusion model here and is saved as the bundle `{now.bundle}`. "
            f"If you use this bundle, **Analyse a post** also predicts *{label}*. Search, maps and "
            "emotions stay the same."
        )
        if settings().demo:
            st.caption("The bundle cannot be changed in a demo.")
            return
        with st.container(horizontal=True, vertical_alignment="center"):
            if workspace().training.active == now.bundle:
                st.badge("In use", icon=":material/check:", color="green")
                st.button(
                    "Stop using it",
                    key=f"unuse_{job.id}",
                    type="tertiary",
                    on_click=url_state.attempt,
                    args=(workspace().training.activate_bundle, None),
                )
                if st.button("Try it", key=f"try_{job.id}", icon=":material/psychology_alt:"):
                    st.switch_page("views/analyse.py")
            else:
                st.button(
                    "Use this bundle",
                    key=f"use_{job.id}",
                    icon=":material/check:",
                    type="primary",
                    on_click=url_state.attempt,
                    args=(workspace().training.activate_bundle, now.bundle),
                    help="This affects everyone who uses this installation, until you stop "
                    "using it.",
                )

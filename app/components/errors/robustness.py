"""The accuracy that corrupted posts cost."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from app.common.markup import with_commands
from app.components.errors.tables import show_clickable
from app.components.shared.actions import show_link_button
from app.components.shared.progress import show_share
from app.data import url_state
from app.data.error_analysis import ErrorPageState, errors
from app.data.session import corpus
from backend.domain import KindredError
from backend.error_analysis import CORRUPTIONS, AccuracyDrop, display_name


def show_robustness(state: ErrorPageState) -> None:
    """Show the accuracy that each corruption of posts costs, measured on demand."""
    st.subheader("Accuracy on corrupted posts", anchor=False)
    known = errors().robustness_known(state.models, state.label, corpus=corpus())
    if not known and not url_state.get("measure"):
        st.markdown(
            "A sample of posts is corrupted in nine ways: modalities removed, emoji removed, "
            "images blurred, cropped or compressed, sounds muted or overlaid with noise. The "
            "models predict each version again, which takes about a minute."
        )
        change, icon = {"measure": "1"}, "play_arrow"
        key = "errors_measure"
        show_link_button("Measure robustness", change, icon=icon, type="primary", key=key)
        return
    drops = _measured(state, show_bar=not known)
    if drops is None:
        return
    if not drops:
        st.info(
            "None of the nine corruptions applies: these posts have no emoji, image or sound that "
            "the models read, and a modality is removed only where another one remains.",
            icon=":material/blur_off:",
        )
        return
    _show_drops(drops)
    st.caption(
        "*Newly wrong*: correct before the corruption and wrong after it; *newly correct*: the "
        "reverse. Brackets hold 95 % intervals (paired bootstrap). Click a number to see its "
        "posts. "
        "The probe's predictions are held out; a bundle may have been trained on these posts."
    )


def _measured(state: ErrorPageState, *, show_bar: bool) -> Sequence[AccuracyDrop] | None:
    """Return what is known, or measure it; None where that fails, which is shown."""
    bar = st.empty()
    if show_bar:
        with bar:
            show_share(0.0, "Predicting corrupted posts …")

    def on_progress(done: int, total: int) -> None:
        with bar:
            show_share(done / total, f"{done} of {total} corruptions")

    try:
        return errors().robustness(state.models, state.label, progress=on_progress, corpus=corpus())
    except KindredError as error:
        st.error(with_commands(error.message), icon=":material/error:")
        return None
    finally:
        bar.empty()


def _show_drops(drops: Sequence[AccuracyDrop]) -> None:
    rows = [
        {
            "corruption": d.corruption,
            "model": display_name(d.model),
            "tested": len(d.posts["tried"]),
            "of": d.eligible,
            "before": d.before,
            "after": d.after,
            "drop": f"{d.drop:+.3f}  [{d.low:+.3f}, {d.high:+.3f}]",
            "newly wrong": len(d.posts["broken"]),
            "newly correct": len(d.posts["mended"]),
        }
        for d in drops
    ]
    addresses = [_addresses(d) for d in drops]
    config = {
        name: st.column_config.NumberColumn(format="%.3f", help="accuracy on the tested posts")
        for name in ("before", "after")
    }
    config["of"] = st.column_config.NumberColumn(help="labelled posts that have the modality")
    show_clickable(
        pd.DataFrame(rows), addresses, "errors_drops",
        alt="Accuracy drop of each model for each corruption",
        config=config,
    )  # fmt: skip


def _addresses(drop: AccuracyDrop) -> dict[str, str]:
    start = f"drop:{drop.model}|{drop.corruption}|"
    modality = next(c.modality for c in CORRUPTIONS if c.name == drop.corruption)
    return {
        "": f"{start}tried",
        "of": f"with:{modality}",
        "before": f"{start}before",
        "after": f"{start}after",
        "drop": f"{start}broken",
        "newly wrong": f"{start}broken",
        "newly correct": f"{start}mended",
    }

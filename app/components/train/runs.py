"""Trainings at work and finished: how far, curves, time left; pause, resume, cancel."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from app.common.markup import plain
from app.components.corpora.import_progress import lasting
from app.components.train.curves import show_curves
from app.components.train.table import show_table
from app.data import url_state
from app.data.session import demo, in_address
from app.data.training import ACTIVE, ahead, cancel, found, jobs, pause, resume, stepless
from backend.classifiers import MODELS, Job, State
from backend.domain import KindredError

SECONDS = 1.0  # between two looks
ICONS = {
    "done": ":material/check_circle:",
    "failed": ":material/error:",
    "paused": ":material/pause_circle:",
}
_KEYS = {m.name: m.key for m in MODELS}


def show_run(id: str) -> None:
    """Show the training that the address names."""
    one = found(id)
    if one is None:
        st.warning(
            "This training is not here any more. Start it again below.", icon=":material/info:"
        )
        return
    every = SECONDS if one[1].stage in ACTIVE else None
    st.fragment(_run, run_every=every)(id)


def _run(id: str) -> None:
    one = found(id)
    was = st.session_state.get("train_busy")
    busy = one is not None and one[1].stage in ACTIVE
    st.session_state["train_busy"] = id if busy else None
    if was == id and not busy:  # it has ended: the rest of the page has changed
        st.rerun()
    if one is None:
        return
    job, now = one
    with st.container(border=True, key=f"train_{id}"):
        st.subheader(_title(job), anchor=False)
        _progress(job, now)
        if now.stage != "done" and not demo():
            _buttons(job, now)
        points = job.curves()
        show_curves(points, id, live=now.stage in ACTIVE)
        flat = stepless(job, points)
        if flat and points:
            st.caption(f"Fitted in one step, without a curve: {plain(', '.join(flat))}.")
        if now.stage == "done":
            show_table(job, now)
            if not demo():
                _button("Forget", "delete", job.id, _forget, quiet=True)


def _title(job: Job) -> str:
    asked = job.request
    return f"{plain(asked.label)} of {plain(asked.corpus)}, {asked.budget}"


def _progress(job: Job, now: State) -> None:
    if now.stage == "waiting":
        before = ahead(now)
        said = (
            f"Waiting for {before} other training{'' if before == 1 else 's'}; two at once would "
            "only slow each other down"
            if before
            else "Waking up"
        )
        st.progress(0.0, text=f"{said} …")
    elif now.stage in ACTIVE:
        facts = [f"{min(now.done + 1, now.total):,} of {now.total:,}" if now.total else ""]
        facts += [plain(now.model), now.doing]
        facts += [lasting(now.left) if now.left is not None else ""]
        st.progress(now.share, text=" · ".join(filter(None, facts)))
    elif now.stage == "failed":
        st.error(plain(now.error), icon=":material/error:")
    elif now.stage == "paused":
        st.progress(
            now.share, text="Paused. What it has learnt is kept: resume, and it ends the same."
        )
    else:
        names = len(job.request.models)
        st.caption(f"{names} model{'' if names == 1 else 's'} trained in {_spent(now.spent)}.")


def _spent(seconds: float) -> str:
    """Name a time that was spent.

    Examples
    --------
    >>> _spent(42.3), _spent(400)
    ('42 s', '7 min')
    """
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"


def _buttons(job: Job, now: State) -> None:
    with st.container(horizontal=True):
        if now.stage in ACTIVE:
            _button("Pause", "pause", job.id, pause)
        else:
            _button("Resume", "play_arrow", job.id, resume, primary=True)
        _button("Cancel", "close", job.id, _forget, quiet=True)


def _button(
    label: str,
    icon: str,
    id: str,
    act: Callable[[str], None],
    *,
    primary: bool = False,
    quiet: bool = False,
) -> None:
    st.button(
        label,
        key=f"train_{label.lower()}_{id}",
        icon=f":material/{icon}:",
        type="primary" if primary else "tertiary" if quiet else "secondary",
        on_click=_act,
        args=(act, id),
    )


def _act(act: Callable[[str], None], id: str) -> None:
    try:
        act(id)
    except KindredError as error:
        url_state.problem(error)


def _forget(id: str) -> None:
    cancel(id)
    if url_state.get("run") == id:
        url_state.put({"run": None})


def show_runs(but: str) -> None:
    """List the other trainings, each with a way to open it."""
    rows = [(job, now) for job, now in jobs() if job.id != but]
    if not rows:
        return
    st.header("Other trainings" if but else "Trainings", anchor=False)
    busy = any(now.stage in ACTIVE for _, now in rows)
    st.fragment(_runs, run_every=3 * SECONDS if busy else None)(but)


def _runs(but: str) -> None:
    for job, now in jobs():
        if job.id == but:
            continue
        with st.container(horizontal=True, vertical_alignment="center", key=f"trained_{job.id}"):
            icon = ICONS.get(now.stage, ":material/pending:")
            stage = f"{now.share:.0%}" if now.stage in ACTIVE else now.stage
            names = ", ".join(job.request.models)
            st.markdown(f"{icon} **{_title(job)}**, {stage}: {plain(names)}", width="stretch")
            st.button("Open", key=f"train_open_{job.id}", on_click=_open, args=(job,))


def _open(job: Job) -> None:
    asked = job.request
    url_state.put(
        {
            "corpus": in_address(asked.corpus),
            "label": asked.label,
            "models": ",".join(_KEYS[m] for m in asked.models if m in _KEYS),
            "budget": None if asked.budget == "quick" else asked.budget,
            "run": job.id,
        }
    )

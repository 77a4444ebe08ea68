"""Training runs: progress, curves, time left; pause, resume, cancel."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from app.common.markup import plain
from app.common.palette import counted
from app.components.corpora.import_progress import time_left
from app.components.shared.actions import show_action
from app.components.shared.progress import show_share
from app.components.train.curves import show_curves
from app.components.train.table import show_table
from app.data import url_state
from app.data.session import in_address, workspace
from backend.classifiers import ACTIVE, MODELS, EpochPoint, TrainingJob, TrainingState
from backend.domain import KindredError
from backend.settings import settings

SECONDS = 1.0  # between updates
ICONS = {
    "done": ":material/check_circle:",
    "failed": ":material/error:",
    "paused": ":material/pause_circle:",
}
_KEYS = {m.name: m.key for m in MODELS}


def show_run(id: str) -> None:
    """Show the training run that the address names."""
    run = _find(id)
    if run is None:
        st.warning(
            "This training run no longer exists. You can start it again below.",
            icon=":material/info:",
        )
        return
    active = run[1].stage in ACTIVE
    st.session_state["train_busy"] = active
    st.fragment(_run, run_every=SECONDS if active else None)(id)


def _run(id: str) -> None:
    run = _find(id)
    busy = run is not None and run[1].stage in ACTIVE
    if st.session_state["train_busy"] != busy:  # updates must start, or the page changes
        st.rerun()
    if run is None:
        return
    job, now = run
    with st.container(border=True, key=f"train_{id}"):
        st.subheader(_title(job), anchor=False)
        _progress(job, now)
        if now.stage != "done" and not settings().demo:
            _buttons(job, now)
        points = job.curves()
        show_curves(points, id, live=now.stage in ACTIVE)
        without = _without_curve(job, points)
        if without and points:
            st.caption(f"Trained in one step, without a curve: {plain(', '.join(without))}.")
        if now.stage == "done":
            show_table(job, now)
            if not settings().demo:
                show_action("Delete", "delete", _delete, job.id, prefix="train_", type="tertiary")


def _title(job: TrainingJob) -> str:
    request = job.request
    return f"{plain(request.label)} of {plain(request.corpus)}, {request.budget}"


def _progress(job: TrainingJob, now: TrainingState) -> None:
    if now.stage == "waiting":
        before = _runs_before(now)
        waiting = f"Waiting for {counted(before, 'other training run')}" if before else "Starting"
        show_share(0.0, f"{waiting} …")
    elif now.stage in ACTIVE:
        show_share(now.share, step(now))
    elif now.stage == "failed":
        st.error(plain(now.error), icon=":material/error:")
    elif now.stage == "paused":
        st.progress(now.share, text="Paused. Nothing is lost: resume to continue where it stopped.")
    else:
        models = counted(len(job.request.models), "model")
        st.caption(f"{models} trained in {_duration(now.spent)}.")


def step(now: TrainingState) -> str:
    """Say what a run is doing, as a line begins.

    Examples
    --------
    >>> step(TrainingState(doing="opening the corpus"))
    'Opening the corpus'
    >>> step(TrainingState(model="n-grams", doing="epoch 2 of 8", done=1, total=2))
    '2 of 2 · n-grams · epoch 2 of 8'
    """
    facts = [f"{min(now.done + 1, now.total):,} of {now.total:,}" if now.total else ""]
    line = " · ".join(filter(None, [*facts, plain(now.model), now.doing, time_left(now.left)]))
    return line[:1].upper() + line[1:]


def _duration(seconds: float) -> str:
    """Write a duration.

    Examples
    --------
    >>> _duration(42.3), _duration(400)
    ('42 s', '7 min')
    """
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"


def _buttons(job: TrainingJob, now: TrainingState) -> None:
    runs = workspace().training.runs
    with st.container(horizontal=True):
        if now.stage in ACTIVE:
            show_action("Pause", "pause", runs.pause, job.id, prefix="train_")
        else:
            show_action(
                "Resume", "play_arrow", runs.resume, job.id, prefix="train_", type="primary"
            )
        show_action("Cancel", "close", _delete, job.id, prefix="train_", type="tertiary")


def _delete(id: str) -> None:
    workspace().training.runs.cancel(id)
    if url_state.get("run") == id:
        url_state.put({"run": None})


def _find(id: str) -> tuple[TrainingJob, TrainingState] | None:
    """Return a training run and its state; None if it no longer exists."""
    runs = workspace().training.runs
    try:
        job = runs.job(id)
    except KindredError:
        return None
    return job, runs.state(job)


def _runs_before(waiting: TrainingState) -> int:
    """Count the training runs before one that waits."""
    states = [now for _, now in workspace().training.runs.jobs()]
    queued = sum(now.stage == "waiting" and now.queued < waiting.queued for now in states)
    return queued + sum(now.stage in ACTIVE and now.stage != "waiting" for now in states)


def _without_curve(job: TrainingJob, points: Sequence[EpochPoint]) -> list[str]:
    """Name the models of a training run that are fitted in one step."""
    drawn = {point.model for point in points}
    flat = [m.name for m in MODELS if not m.epochs and m.name not in drawn]
    return [name for name in flat if name in job.request.models]


def show_runs(except_: str) -> None:
    """List the other training runs, each with a button that opens it."""
    rows = [(job, now) for job, now in workspace().training.runs.jobs() if job.id != except_]
    if not rows:
        return
    st.header("Other training runs" if except_ else "Training runs", anchor=False)
    busy = any(now.stage in ACTIVE for _, now in rows)
    st.session_state["others_busy"] = busy
    st.fragment(_runs, run_every=3 * SECONDS if busy else None)(except_)


def _runs(except_: str) -> None:
    rows = [(job, now) for job, now in workspace().training.runs.jobs() if job.id != except_]
    if any(now.stage in ACTIVE for _, now in rows) != st.session_state["others_busy"]:
        st.rerun()
    for job, now in rows:
        with st.container(horizontal=True, vertical_alignment="center", key=f"trained_{job.id}"):
            icon = ICONS.get(now.stage, ":material/pending:")
            stage = f"{now.share:.0%}" if now.stage in ACTIVE else now.stage
            names = ", ".join(job.request.models)
            st.markdown(f"{icon} **{_title(job)}**, {stage}: {plain(names)}", width="stretch")
            st.button("Open", key=f"train_open_{job.id}", on_click=_open, args=(job,))


def _open(job: TrainingJob) -> None:
    request = job.request
    url_state.put(
        {
            "corpus": in_address(request.corpus),
            "label": request.label,
            "models": ",".join(_KEYS[m] for m in request.models if m in _KEYS),
            "budget": None if request.budget == "quick" else request.budget,
            "run": job.id,
        }
    )

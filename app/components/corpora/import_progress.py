"""Imports: progress, speed, time left; pause, resume, cancel."""

from __future__ import annotations

import streamlit as st

from app.common.markup import plain
from app.common.palette import counted
from app.components.shared.actions import show_action
from app.components.shared.progress import show_share
from app.data.session import workspace
from backend.ingest import ImportJob, ImportState

SECONDS = 1.0  # between updates
ACTIVE = ("encoding", "finishing")


def time_left(seconds: float | None) -> str:
    """Write the time left.

    Examples
    --------
    >>> time_left(None), time_left(42.3), time_left(400), time_left(9000)
    ('', 'about 42 s left', 'about 7 min left', 'about 2.5 h left')
    """
    if seconds is None:
        return ""
    if seconds < 90:
        return f"about {seconds:.0f} s left"
    return (
        f"about {seconds / 60:.0f} min left"
        if seconds < 5400
        else f"about {seconds / 3600:.1f} h left"
    )


def show_jobs() -> None:
    """Show every import that was not dismissed."""
    jobs = workspace().imports.jobs()
    if not jobs:
        return
    busy = _busy(jobs)
    st.session_state["imports_busy"] = busy
    st.fragment(_all, run_every=SECONDS if busy else None)()


def _busy(jobs: list[tuple[ImportJob, ImportState]]) -> set[str]:
    return {job.id for job, now in jobs if now.stage in ACTIVE}


def _all() -> None:
    jobs = workspace().imports.jobs()
    before = st.session_state.get("imports_busy", set())
    busy = _busy(jobs)
    for job, now in jobs:
        with st.container(border=True, key=f"import_{job.id}"):
            _job(job, now)
    if before != busy:  # the corpora below have changed, or updates must start
        st.rerun()


def _job(job: ImportJob, now: ImportState) -> None:
    name = f"**{plain(job.source.name)}** into **{plain(job.corpus)}**"
    share = min(1.0, now.done / now.total) if now.total else 0.0
    if now.stage in ACTIVE:
        rate = f"{now.rate:,.0f} posts/s" if now.rate >= 10 else f"{now.rate:.1f} posts/s"
        facts = [_done(now)]
        if now.stage == "finishing":
            facts.append("writing the corpus")
        elif now.rate:
            facts += [rate, time_left(now.left)]
        else:
            facts.append("loading the models")
        show_share(share, f"Importing {name}: {' · '.join(filter(None, facts))}")
    elif now.stage == "done":
        facts = [f"{counted(now.posts, 'post')} imported"]
        facts += [f"{now.same:,} unchanged"] if now.same else []
        facts += [f"{now.lost:,} skipped"] if now.lost else []
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f":material/check_circle: {name}: {', '.join(facts)}.")
            _buttons(job, now)
        _notices(job)
        return
    elif now.stage == "failed":
        st.markdown(f":material/error: {name} stopped at {_done(now)}.")
        st.error(plain(now.error))
    else:
        st.progress(share, text=f"Paused: {name}, {_done(now)}")
    _buttons(job, now)


def _done(now: ImportState) -> str:
    """Say how far an import is; how many rows there are is not always known before."""
    return f"{now.done:,} of {now.total:,}" if now.total else counted(now.done, "row")


def _notices(job: ImportJob) -> None:
    notices = workspace().imports.notices(job.id)
    if notices:
        with st.expander(f"{counted(len(notices), 'note')} about single rows"):
            st.dataframe(
                {"Row": [n.number for n in notices], "Note": [n.message for n in notices]},
                hide_index=True,
                alt="Rows with notes",
            )


def _buttons(job: ImportJob, now: ImportState) -> None:
    imports = workspace().imports
    with st.container(horizontal=True):
        if now.stage in ACTIVE:
            show_action("Pause", "pause", imports.pause, job.id)
        elif now.stage != "done":
            show_action("Resume", "play_arrow", imports.resume, job.id, type="primary")
        elif st.button("Open", key=f"open_import_{job.id}", icon=":material/arrow_forward:"):
            st.switch_page("views/overview.py", query_params={"corpus": job.corpus})
        end = "Dismiss" if now.stage == "done" else "Cancel"
        show_action(end, "close", imports.cancel, job.id, type="tertiary")

"""Imports at work: how far, how fast, how long; pause, resume, cancel."""

from __future__ import annotations

import streamlit as st

from app.common.markup import plain
from app.components.corpora.corpus_cards import counted
from app.data import url_state
from app.data.imports import ACTIVE, cancel, jobs, notices, pause, resume
from backend.domain import KindredError
from backend.ingest import Job, State

SECONDS = 1.0  # between two looks


def lasting(seconds: float | None) -> str:
    """Name a time that is left.

    Examples
    --------
    >>> lasting(None), lasting(42.3), lasting(400), lasting(9000)
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
    found = jobs()
    if not found:
        return
    busy = _busy(found)
    st.session_state["imports_busy"] = busy
    st.fragment(_all, run_every=SECONDS if busy else None)()


def _busy(found: list[tuple[Job, State]]) -> set[str]:
    return {job.id for job, now in found if now.stage in ACTIVE}


def _all() -> None:
    found = jobs()
    before = st.session_state.get("imports_busy", set())
    busy = _busy(found)
    for job, now in found:
        with st.container(border=True, key=f"import_{job.id}"):
            _job(job, now)
    if before != busy:  # the cards below have changed, or it is time to look again and again
        st.rerun()


def _job(job: Job, now: State) -> None:
    name = f"**{plain(job.source.name)}** into **{plain(job.corpus)}**"
    share = min(1.0, now.done / now.total) if now.total else 0.0
    if now.stage in ACTIVE:
        rate = f"{now.rate:,.0f} posts/s" if now.rate >= 10 else f"{now.rate:.1f} posts/s"
        facts = [f"{now.done:,} of {now.total:,}"]
        if now.stage == "finishing":
            facts.append("writing the corpus")
        elif now.rate:
            facts += [rate, lasting(now.left)]
        else:
            facts.append("waking the encoders")
        st.progress(share, text=f"Importing {name}: {' · '.join(filter(None, facts))}")
    elif now.stage == "done":
        said = [counted(now.posts, "post", "posts") + " imported"]
        said += [f"{now.same:,} unchanged"] if now.same else []
        said += [f"{now.lost:,} left out"] if now.lost else []
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f":material/check_circle: {name}: {', '.join(said)}.")
            _buttons(job, now)
        _notices(job)
        return
    elif now.stage == "failed":
        st.markdown(f":material/error: {name} stopped at {now.done:,} of {now.total:,}.")
        st.error(plain(now.error))
    else:
        st.progress(share, text=f"Paused: {name}, {now.done:,} of {now.total:,}")
    _buttons(job, now)


def _notices(job: Job) -> None:
    told = notices(job.id)
    if told:
        with st.expander(f"{counted(len(told), 'note', 'notes')} on single rows"):
            st.dataframe(
                {"Row": [n for n, _ in told], "What": [said for _, said in told]},
                hide_index=True,
                alt="Rows with what there was to say of them",
            )


def _buttons(job: Job, now: State) -> None:
    with st.container(horizontal=True):
        if now.stage in ACTIVE:
            _button("Pause", "pause", job, pause)
        elif now.stage != "done":
            _button("Resume", "play_arrow", job, resume, primary=True)
        elif st.button("Open", key=f"open_import_{job.id}", icon=":material/arrow_forward:"):
            st.switch_page("views/overview.py", query_params={"corpus": job.corpus})
        if now.stage == "done":
            _button("Dismiss", "close", job, cancel, quiet=True)
        else:
            _button("Cancel", "close", job, cancel, quiet=True)


def _button(label, icon, job, act, *, primary=False, quiet=False) -> None:  # type: ignore[no-untyped-def]
    st.button(
        label,
        key=f"{label}_{job.id}",
        icon=f":material/{icon}:",
        type="primary" if primary else "tertiary" if quiet else "secondary",
        on_click=_act,
        args=(act, job.id),
    )


def _act(act, id: str) -> None:  # type: ignore[no-untyped-def]
    try:
        act(id)
    except KindredError as error:
        url_state.problem(error)

"""Imports and corpora of the one workspace, as the pages see them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from app.data.session import workspace
from backend.ingest import Job, Options, Report, State

if TYPE_CHECKING:
    from backend.workspace.corpora import CorpusCard

ACTIVE = ("encoding", "finishing")


def cards() -> list[CorpusCard]:
    """All corpora, with what is in them."""
    return workspace().corpus_admin.cards()


def delete(name: str) -> None:
    """Delete a corpus."""
    workspace().corpus_admin.delete(name)


def offered() -> list[str]:
    """What lies in the inbox on the server."""
    return workspace().imports.offered()


def inbox() -> Path:
    """The inbox."""
    return workspace().imports.inbox


def from_inbox(name: str) -> Path:
    """One of what lies there."""
    return workspace().imports.from_inbox(name)


def bring(files: Sequence[tuple[str, bytes]]) -> Path:
    """Keep uploaded files as a source."""
    return workspace().imports.bring(files)


def drop(source: Path) -> None:
    """Forget an uploaded source."""
    workspace().imports.drop(source)


def check(source: Path, corpus: str, options: Options, format_: str) -> Report:
    """What an import would bring."""
    place = st.empty()

    def count(rows: int) -> None:
        place.caption(f"{rows:,} rows read …")

    try:
        return workspace().imports.check(source, corpus, options, format=format_, progress=count)
    finally:
        place.empty()


def begin(source: Path, corpus: str, report: Report, options: Options) -> Job:
    """Import in the background."""
    ws = workspace()
    job = ws.imports.plan(source, corpus, report, options)
    ws.warm()
    ws.imports.start(job)
    return job


def jobs() -> list[tuple[Job, State]]:
    """All imports that were not dismissed, newest first."""
    return workspace().imports.jobs()


def notices(id: str) -> list[tuple[int, str]]:
    """Rows of a finished import with what there was to say of them."""
    return [(notice.number, notice.message) for notice in workspace().imports.notices(id)]


def pause(id: str) -> None:
    """Stop an import for now."""
    workspace().imports.pause(id)


def resume(id: str) -> None:
    """Go on with an import."""
    workspace().imports.resume(id)


def cancel(id: str) -> None:
    """Forget an import, finished or not."""
    workspace().imports.cancel(id)

"""Work that has begun never looks as if it stood still."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tests.app.pages import shown

APP = Path(__file__).resolve().parents[3] / "app"


@pytest.mark.parametrize(("share", "stands"), [(0.0, False), (0.004, False), (0.3, True)])
def test_a_bar_moves_until_something_is_done(share: float, stands: bool) -> None:
    def page(share: float) -> None:
        from app.components.shared.progress import show_share

        show_share(share, "Loading the models …")

    at = AppTest.from_function(page, kwargs={"share": share}).run()
    assert not at.exception
    assert bool(at.get("progress")) == stands
    assert ("k-busy" in shown(at, "html")) != stands
    assert stands or "Loading the models …" in shown(at, "markdown")


def test_what_is_encoded_is_named() -> None:
    def page() -> None:
        from types import SimpleNamespace

        from app.components.corpora.job_progress import show_job_progress
        from backend.workspace.reindex_jobs import ReindexState

        state = ReindexState("encoding", part="words", done=600, total=1_200)
        jobs = SimpleNamespace(state=lambda corpus: state, pause=None)
        show_job_progress(jobs, "mine", "pause", "Encoding", "Starting")  # type: ignore[arg-type]

    (bar,) = AppTest.from_function(page).run().get("progress")
    assert bar.proto.text == "Encoding: 600 of 1,200 words"  # type: ignore[attr-defined]


def test_every_job_uses_it() -> None:
    bars = {
        path.name: line.strip()
        for path in APP.rglob("*.py")
        for line in path.read_text().splitlines()
        if ".progress(" in line and "Paused" not in line
    }
    assert list(bars) == ["progress.py"], bars

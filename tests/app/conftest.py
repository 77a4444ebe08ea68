"""The app over the shipped corpus and bundle, in a workspace of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

import tests.scanned_once  # noqa: F401
from tests.waiting import PATIENCE

MAIN = str(Path(__file__).resolve().parents[2] / "app" / "main.py")


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where this run's workspace lies; the one of the person who tests is not touched."""
    from backend.settings import settings

    path = tmp_path_factory.mktemp("kindred")
    patch = pytest.MonkeyPatch()
    patch.setenv("KINDRED_HOME", str(path))
    settings.cache_clear()
    st.cache_resource.clear()
    yield path
    patch.undo()
    settings.cache_clear()
    st.cache_resource.clear()


@pytest.fixture
def open_page(home: Path) -> Callable[..., AppTest]:
    """Open a page by its file name with query parameters."""

    def open_page(name: str, **params: str) -> AppTest:
        at = AppTest.from_file(MAIN, default_timeout=PATIENCE)
        at.switch_page(f"views/{name}.py")
        # Changing pages drops the address, as in the browser; a link brings it along.
        for key, value in params.items():
            at.query_params[key] = value
        return at.run()

    return open_page

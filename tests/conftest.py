"""One workspace for all tests of a run that only read it."""

from __future__ import annotations

import pytest

from backend.workspace.workspace import Workspace


@pytest.fixture(scope="session")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A new workspace on the shipped corpus and bundle."""
    return Workspace(tmp_path_factory.mktemp("home"))

"""One workspace for all tests of a run that only read it, and the order of test files."""

from __future__ import annotations

from pathlib import Path

import pytest

from backend.core.process_tuning import tune_process
from backend.workspace.workspace import Workspace

tune_process()  # as every entry point does

# Half a minute or more each. Two processes share the files: the longest go first, so that
# neither waits at the end while the other works through a long one.
LONGEST = (
    "backend/workspace/test_other_encoders.py",
    "browser/test_corpora.py",
    "backend/ingest/test_hostile.py",
    "backend/maps/test_layout.py",
    "backend/classifiers/test_papers_data.py",
    "backend/workspace/test_training.py",
    "app/test_access.py",
    "app/views/test_train.py",
    "browser/test_analyse.py",
    "backend/workspace/test_map_jobs.py",
    "browser/test_search.py",
    "browser/test_train.py",
    "backend/workspace/test_training_runs.py",
    "browser/test_maps.py",
    "backend/workspace/test_batch.py",
    "app/views/test_pages.py",
    "browser/test_pages.py",
    "backend/encoders/test_server.py",
    "browser/test_errors.py",
    "browser/test_record_and_keep.py",
    "backend/bundles/test_embedder.py",
    "backend/maps/test_storage.py",
)
HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest files first; `--no-loadscope-reorder` keeps this order."""
    rank = {HERE / name: i for i, name in enumerate(LONGEST)}
    items.sort(key=lambda item: rank.get(item.path, len(rank)))


@pytest.fixture(scope="session")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A new workspace on the shipped corpus and bundle."""
    return Workspace(tmp_path_factory.mktemp("home"))

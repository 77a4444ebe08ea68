"""One workspace for all tests of a run that only read it, and the order of test files."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling

from backend.core.process_tuning import tune_process
from backend.workspace.workspace import Workspace

tune_process()  # as every entry point does

# Examples take what time they take, and are the same in every run: what fails has to do with
# what was changed. `--hypothesis-profile random` looks for others.
hypothesis_settings.register_profile(
    "random", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
hypothesis_settings.register_profile(
    "same", hypothesis_settings.get_profile("random"), derandomize=True
)
hypothesis_settings.load_profile("same")

# The slowest, slowest first. Two processes share the tests: what is long goes first, so that
# neither waits at the end while the other works through it.
LONGEST = (
    "browser",
    "backend/classifiers/test_papers_data.py",
    "backend/ingest/test_hostile.py",
    "app/views/test_pages.py",
    "app/views/test_errors.py",
    "backend/workspace/test_map_jobs.py",
    "app/views/test_train.py",
    "backend/classifiers/test_multimodal.py",
    "backend/workspace/test_other_encoders.py",
    "backend/workspace/test_model_setup.py",
    "app/test_access.py",
    "backend/workspace/test_training.py",
    "app/test_demo.py",
    "backend/ingest/readers/test_parquet.py",
    "backend/workspace/test_training_runs.py",
    "backend/encoders/test_server.py",
    "app/serving/test_lifetime.py",
    "backend/evaluation/test_reactions.py",
    "backend/workspace/test_read_corpus.py",
    "backend/affect/test_text.py",
    "backend/core/test_jobs.py",
    "backend/encoders/test_e5.py",
    "backend/maps/test_layout.py",
    "backend/bundles/test_embedder.py",
    "backend/maps/test_storage.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest first; `--no-loadscope-reorder` keeps this order."""
    rank = {name: i for i, name in enumerate(LONGEST)}
    items.sort(key=lambda item: rank.get(_group(item.nodeid), len(rank)))


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadFileScheduling:
    """Give a process whole files, and one of them all that needs the browser and its server."""
    return _Scheduling(config, log)


class _Scheduling(LoadFileScheduling):
    def _split_scope(self, nodeid: str) -> str:
        return _group(nodeid)


def _group(nodeid: str) -> str:
    """The name in `LONGEST`: the file's, or one for all of the browser."""
    name = nodeid.partition("::")[0].removeprefix("tests/")
    return "browser" if name.startswith("browser/") else name


@pytest.fixture(scope="session")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A new workspace on the shipped corpus and bundle."""
    return Workspace(tmp_path_factory.mktemp("home"))

from __future__ import annotations

from pathlib import Path

import pytest

from backend.corpus import Corpus
from tests.backend.corpus.samples import make_shipped


@pytest.fixture(scope="session")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_shipped(tmp_path_factory.mktemp("shipped"))


@pytest.fixture
def corpus(shipped: Path, tmp_path: Path) -> Corpus:
    return Corpus.import_shipped(shipped, tmp_path / "commons")

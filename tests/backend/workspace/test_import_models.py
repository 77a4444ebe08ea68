"""Words of an import get vectors, whether or not the shipped corpus has some to reuse."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from backend.bundles.active import choose_bundle
from backend.bundles.writing import write_bundle
from backend.workspace.import_models import BundleModels
from backend.workspace.workspace import Workspace

WORDS = ["lighthouse", "cat", "zyxxqhouse"]


@pytest.fixture
def fitted_elsewhere(workspace: Workspace, tmp_path: Path) -> Workspace:
    """A workspace whose bundle has vectors in a corpus of its own only, not in the shipped one."""
    workspace.corpus()  # else there is nothing to link to
    (tmp_path / "corpora").symlink_to(workspace.home / "corpora")
    bundle = workspace.bundle
    write_bundle(
        tmp_path / "bundles" / "other",
        name="other",
        encoders=bundle.encoders,
        tensors={stem: bundle.tensors(stem) for stem in ("joint_space", "affect")},
        config=bundle.config,
        metrics=bundle.metrics,
        card=bundle.card,
    )
    choose_bundle(tmp_path, "other")
    return Workspace(tmp_path)


def test_words_without_any_stored_vector_are_encoded(
    workspace: Workspace, fitted_elsewhere: Workspace
) -> None:
    names, vectors = BundleModels(fitted_elsewhere).word_vectors(WORDS)
    assert sorted(names) == sorted(WORDS)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    reused, stored = BundleModels(workspace).word_vectors(WORDS)
    same = dict(zip(reused, stored, strict=True))
    # Those that are stored were encoded on another processor, which rounds otherwise.
    assert (vectors * [same[name] for name in names]).sum(axis=1).min() > 0.999


def test_no_words_at_all(fitted_elsewhere: Workspace) -> None:
    names, vectors = BundleModels(fitted_elsewhere).word_vectors([])
    assert names == [] and len(vectors) == 0


def test_words_that_are_all_known(workspace: Workspace) -> None:
    names, vectors = BundleModels(workspace).word_vectors(["cat"])
    assert names == ["cat"] and vectors.shape == (1, workspace.embedder.space.dim)

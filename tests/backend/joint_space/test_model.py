"""The joint space of the shipped bundle: what does not depend on a post's neighbours."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from backend.domain import Modality
from backend.joint_space.model import CHUNK_ROWS, JointSpace
from backend.workspace.workspace import Workspace


@pytest.fixture(scope="module")
def space(workspace: Workspace) -> JointSpace:
    found = workspace.embedder.space
    assert isinstance(found, JointSpace)
    return found


def drawn(space: JointSpace, modality: Modality, count: int) -> np.ndarray:
    rng = np.random.default_rng(count)
    return rng.normal(size=(count, space.config.inputs[modality.value])).astype(np.float32)


@pytest.mark.parametrize("modality", list(Modality))
@pytest.mark.parametrize("count", [1, 2, 7, CHUNK_ROWS, CHUNK_ROWS + 1, 3 * CHUNK_ROWS - 1])
def test_a_vector_is_the_same_to_the_bit_in_whatever_company(
    space: JointSpace, modality: Modality, count: int
) -> None:
    raw = drawn(space, modality, count)
    together = space.project(modality, raw)
    alone = np.concatenate([space.project(modality, row[None]) for row in raw])
    assert together.tobytes() == alone.tobytes()


@pytest.mark.parametrize("modality", list(Modality))
def test_projecting_is_what_was_trained(space: JointSpace, modality: Modality) -> None:
    raw = drawn(space, modality, 5)
    with torch.inference_mode():
        trained = space(modality.value, torch.from_numpy(raw)).numpy()
    np.testing.assert_allclose(space.project(modality, raw), trained, atol=1e-5)


def test_posts_are_the_same_in_whatever_company(space: JointSpace) -> None:
    parts = {m: space.project(m, drawn(space, m, 9)) for m in Modality}
    together = space.posts(parts)
    alone = [space.posts({m: rows[i : i + 1] for m, rows in parts.items()}) for i in range(9)]
    assert together.tobytes() == np.concatenate(alone).tobytes()


def test_nothing_is_placed_nowhere(space: JointSpace) -> None:
    empty = np.empty((0, space.config.inputs["text"]), np.float32)
    assert space.project(Modality.TEXT, empty).shape == (0, space.dim)

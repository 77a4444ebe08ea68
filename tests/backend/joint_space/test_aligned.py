"""Encoders that share a space keep it: what they find elsewhere is still found after training."""

from __future__ import annotations

import numpy as np
import pytest

from backend.domain import Modality
from backend.joint_space import fit
from backend.joint_space.model import JointSpace, JointSpaceConfig, load, save
from backend.joint_space.numpy_model import NumpyJointSpace
from backend.joint_space.pairs import Pairs
from tests.backend.joint_space.reference import unit

DIM, POSTS = 64, 400
SCHEDULE = fit.Schedule(steps=40, batch=128)


def domain(subjects: slice, seed: int, noise: float = 0.6) -> dict[str, np.ndarray]:
    """Images and texts of one space with a gap between them, on some of its directions only."""
    rng = np.random.default_rng(seed)
    meaning = np.zeros((POSTS, DIM))
    meaning[:, subjects] = rng.normal(size=(POSTS, DIM // 2))
    gap = np.random.default_rng(9).normal(size=(2, DIM))
    return {
        name: unit(meaning + 3 * gap[i] + noise * rng.normal(size=meaning.shape)).astype("f4")
        for i, name in enumerate(("image", "text"))
    }


def trained(data: dict[str, np.ndarray], aligned: dict[str, int]) -> JointSpace:
    pairs = Pairs(
        ids=np.arange(POSTS).astype(str),
        users=np.full(POSTS, -1),
        groups=np.arange(POSTS),
        sources=np.full(POSTS, "made"),
        image=data["image"],
        audio=np.full((POSTS, 8), np.nan, dtype=np.float32),
        texts=data["text"],
        text_post=np.arange(POSTS),
        text_whole=np.arange(POSTS),
    )
    inputs = {"text": DIM, "image": DIM, "audio": 8}
    config = JointSpaceConfig(inputs, member_dim=32, members=1, linear=32, aligned=aligned)
    return fit.train(pairs, config=config, schedule=SCHEDULE)


def recall(texts: np.ndarray, images: np.ndarray) -> float:
    """Share of texts whose own image is nearest, each kind around its mean, as search does."""
    texts, images = (unit(x - x.mean(axis=0)) for x in (texts, images))
    return float(((texts @ images.T).argmax(axis=1) == np.arange(len(texts))).mean())


@pytest.fixture(scope="module")
def first() -> dict[str, np.ndarray]:
    return domain(slice(0, DIM // 2), seed=0)


def test_another_domain_is_found_as_well_as_by_the_encoders(first: dict) -> None:
    other = domain(slice(DIM // 2, DIM), seed=1)
    raw = recall(other["text"], other["image"])
    spaces = {name: trained(first, aligned) for name, aligned in ALIGNED.items()}
    found = {
        name: recall(space.project("text", other["text"]), space.project("image", other["image"]))
        for name, space in spaces.items()
    }
    assert found["aligned"] >= raw - 1.5 / POSTS > 0.9  # one text of 400: means are estimates
    assert found["trained alone"] < raw - 0.1
    own = spaces["aligned"]
    kept = recall(own.project("text", first["text"]), own.project("image", first["image"]))
    assert kept >= recall(first["text"], first["image"])


ALIGNED = {"aligned": {"text": DIM, "image": DIM}, "trained alone": {}}


def test_it_is_stored_and_the_same_without_torch(first: dict) -> None:
    space = trained(first, ALIGNED["aligned"])
    tensors, config = save(space)
    again, plain = load(tensors, config), NumpyJointSpace(tensors, config)
    image = space.project("image", first["image"][:5])
    audio = space.project("audio", np.ones((5, 8), np.float32))
    np.testing.assert_allclose(np.linalg.norm(image, axis=1), 1, atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(audio, axis=1), 1, atol=1e-5)
    np.testing.assert_array_equal(again.project("image", first["image"][:5]), image)
    np.testing.assert_allclose(plain.project("image", first["image"][:5]), image, atol=1e-5)
    assert plain.dim == space.dim == 32 + 32 + DIM + 3
    both = {Modality.IMAGE: image, Modality.AUDIO: audio}
    np.testing.assert_allclose(plain.posts(both), space.posts(both), atol=1e-5)
    np.testing.assert_allclose(plain.users(image), space.users(image), atol=1e-5)

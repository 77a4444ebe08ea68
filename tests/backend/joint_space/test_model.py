"""The joint space: its equations, and that a vector does not depend on a post's neighbours."""

from __future__ import annotations

from collections.abc import Callable
from math import erf

import numpy as np
import pytest
import torch

from backend.domain import Modality
from backend.joint_space.model import CHUNK_ROWS, JointSpace, JointSpaceConfig, load, save
from backend.joint_space.numpy_model import NumpyJointSpace
from backend.workspace.workspace import Workspace
from tests.backend.joint_space.reference import unit

AnySpace = JointSpace | NumpyJointSpace
Drawn = Callable[[Modality, int], np.ndarray]


@pytest.fixture(scope="module")
def trained(workspace: Workspace) -> JointSpace:
    bundle = workspace.bundle
    return load(bundle.tensors("joint_space"), bundle.config["joint_space"])


@pytest.fixture(scope="module", params=["as trained", "as served"])
def space(request: pytest.FixtureRequest, workspace: Workspace, trained: JointSpace) -> AnySpace:
    return trained if request.param == "as trained" else workspace.embedder.space


@pytest.fixture(scope="module")
def drawn(trained: JointSpace) -> Drawn:
    def draw(modality: Modality, count: int) -> np.ndarray:
        rng = np.random.default_rng(count)
        return rng.normal(size=(count, trained.config.inputs[modality.value])).astype(np.float32)

    return draw


@pytest.mark.parametrize("modality", list(Modality))
@pytest.mark.parametrize("count", [1, 2, 7, CHUNK_ROWS, CHUNK_ROWS + 1, 3 * CHUNK_ROWS - 1])
def test_a_vector_is_the_same_to_the_bit_in_whatever_company(
    space: AnySpace, drawn: Drawn, modality: Modality, count: int
) -> None:
    raw = drawn(modality, count)
    together = space.project(modality, raw)
    alone = np.concatenate([space.project(modality, row[None]) for row in raw])
    assert together.tobytes() == alone.tobytes()


@pytest.mark.parametrize("modality", list(Modality))
def test_projecting_is_what_was_trained(
    space: AnySpace, trained: JointSpace, drawn: Drawn, modality: Modality
) -> None:
    raw = drawn(modality, 5)
    with torch.inference_mode():
        wanted = trained(modality.value, torch.from_numpy(raw)).numpy()
    np.testing.assert_allclose(space.project(modality, raw), wanted, atol=1e-5)


def test_posts_are_the_same_in_whatever_company(space: AnySpace, drawn: Drawn) -> None:
    parts = {m: space.project(m, drawn(m, 9)) for m in Modality}
    together = space.posts(parts)
    alone = [space.posts({m: rows[i : i + 1] for m, rows in parts.items()}) for i in range(9)]
    assert together.tobytes() == np.concatenate(alone).tobytes()


def test_nothing_is_placed_nowhere(space: AnySpace, drawn: Drawn) -> None:
    empty = drawn(Modality.TEXT, 0)
    assert space.project(Modality.TEXT, empty).shape == (0, space.dim)


CONFIG = JointSpaceConfig(
    {"text": 4, "image": 6, "audio": 3}, member_dim=5, members=2, linear=3, hidden=7, classes=4
)


def heads_by_hand(small: JointSpace, modality: str, raw: np.ndarray) -> list[np.ndarray]:
    """The unit vectors of each member and of the linear part."""
    tensors = {k: v.double().numpy() for k, v in small.state_dict().items()}
    if modality == "image":
        odds = np.exp(raw @ tensors["class_weight"].T + tensors["class_bias"])
        names = odds / odds.sum(1, keepdims=True) @ tensors["class_text"]  # ConSE
        raw = np.hstack([raw, names])
    x = (raw - tensors[f"mean_{modality}"]) * tensors[f"scale_{modality}"]
    parts = []
    for member in range(2):
        layers = f"heads.{member}.{modality}"

        def layer(name: str, rows: np.ndarray, layers: str = layers) -> np.ndarray:
            weight, bias = (tensors[f"{layers}.{name}.{part}"] for part in ("weight", "bias"))
            return rows @ weight.T + bias

        hidden = layer("hidden", x)
        bent = hidden * (1 + np.vectorize(erf)(hidden / np.sqrt(2))) / 2
        parts.append(unit(layer("linear", x) + layer("out", bent)))
    return [*parts, unit(x @ tensors[f"canonical_{modality}"])]


def small_space() -> JointSpace:
    torch.manual_seed(0)
    made = JointSpace(CONFIG).eval()
    with torch.no_grad():
        for tensor in (*made.parameters(), *made.buffers()):
            tensor.normal_()
    return made


@pytest.mark.parametrize("modality", list(Modality))
def test_a_joint_vector_is_every_head_and_the_linear_part(modality: Modality) -> None:
    made = small_space()
    raw = np.random.default_rng(0).normal(size=(6, CONFIG.inputs[modality.value]))
    wanted = np.hstack(heads_by_hand(made, modality.value, raw)) / np.sqrt(3)
    np.testing.assert_allclose(made.project(modality, raw), wanted, atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(wanted, axis=1), 1.0)


def test_posts_are_sums_of_their_modalities_and_new_users_means_of_their_posts() -> None:
    made, rows = small_space(), np.random.default_rng(1)
    each = {m: made.project(m, rows.normal(size=(4, CONFIG.inputs[m.value]))) for m in Modality}

    def by_part(total: np.ndarray) -> list[np.ndarray]:
        return [unit(part) for part in np.split(total.astype(np.float64), [5, 10], axis=1)]

    posts = made.posts({m: each[m] for m in (Modality.TEXT, Modality.AUDIO)})
    wanted = np.hstack(by_part(each[Modality.TEXT] + each[Modality.AUDIO])) / np.sqrt(3)
    np.testing.assert_allclose(posts, wanted, atol=1e-5)
    parts = by_part(posts.sum(axis=0, keepdims=True))
    for i in range(2):
        change = made.get_submodule(f"heads.{i}.user.change")
        weight, bias = (getattr(change, name).detach().numpy() for name in ("weight", "bias"))
        parts[i] = unit(parts[i] + parts[i] @ weight.T + bias)
    users = made.users(posts.sum(axis=0, keepdims=True))
    np.testing.assert_allclose(users, np.hstack(parts) / np.sqrt(3), atol=1e-5)


def test_the_space_in_numpy_is_the_same() -> None:
    made = small_space()
    plain = NumpyJointSpace(*save(made))
    raw = np.random.default_rng(2).normal(size=(3, 6)).astype(np.float32)
    images = made.project(Modality.IMAGE, raw)
    np.testing.assert_allclose(plain.project(Modality.IMAGE, raw), images, atol=1e-5)
    np.testing.assert_allclose(plain.users(images), made.users(images), atol=1e-5)

"""Fusion models: any subset works, and what is missing cannot speak."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file, save_file
from torch import Tensor

from backend.classifiers.networks.cmfap import CMFAP
from backend.classifiers.networks.fusion import (
    EarlyFusion,
    Fusion,
    FusionConfig,
    LateFusion,
    pooled,
)
from backend.classifiers.networks.joint_fusion import (
    CommonSpaceFusion,
    JointFusion,
    common_space_loss,
)

INPUTS = {"text": 6, "image": 9, "audio": 5}
SYSTEMS: dict[str, tuple[type[Fusion], dict[str, object]]] = {
    "early": (EarlyFusion, {}),
    "early, hidden layer": (EarlyFusion, {"hidden": 7}),
    "late": (LateFusion, {}),
    "joint, mean": (JointFusion, {"pooling": "mean", "size": 6}),
    "joint, max": (JointFusion, {"pooling": "max"}),
    "joint, product": (JointFusion, {"pooling": "product"}),
    "common space": (CommonSpaceFusion, {}),
    "CMF-AP": (CMFAP, {}),
}


def build(name: str, seed: int = 0) -> Fusion:
    torch.manual_seed(seed)
    kind, more = SYSTEMS[name]
    network = kind(FusionConfig(INPUTS, **{"classes": 3, "size": 8, **more}))  # type: ignore[arg-type]
    some = {k: v.numpy() for k, v in draw(20, 1).items()}
    network.standardise(some, np.ones((20, 3), dtype=bool))
    return network.eval()


def draw(n: int, seed: int) -> dict[str, Tensor]:
    noise = torch.Generator().manual_seed(seed)
    return {k: torch.randn(n, size, generator=noise) * 3 + 1 for k, size in INPUTS.items()}


@pytest.mark.parametrize(("n", "size"), [(200, 40), (40, 40), (30, 90), (6, 90)])
def test_components_are_those_of_the_covariance(n: int, size: int) -> None:
    """Few rows or many: a singular value decomposition tells the same, up to signs."""
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(n, size)) @ rng.normal(size=(size, size)) + 5
    network = EarlyFusion(FusionConfig({"text": size}, classes=2, reduced=8))
    network.standardise({"text": rows}, np.ones((n, 1), dtype=bool))
    found = network.get_buffer("basis_text").numpy().astype(float)
    scaled = (rows - rows.mean(0)) * network.get_buffer("scale_text").numpy()
    _, singular, axes = np.linalg.svd(scaled, full_matrices=False)
    count = min(8, n - 1)  # as many as centred rows can have
    spread = np.sqrt((singular[:8] ** 2 / n)[:count].sum() / 8)
    cosine = np.abs((found[:, :count] * axes[:count].T).sum(0)) * spread
    np.testing.assert_allclose(cosine, 1.0, atol=1e-5)
    assert not found[:, count:].any()


masks = st.lists(st.tuples(st.booleans(), st.booleans(), st.booleans()), min_size=1, max_size=4)
content = st.sampled_from([0.0, 1.0, -7.5, 1e30, float("nan"), float("inf"), -float("inf")])


@pytest.mark.parametrize("name", SYSTEMS)
@settings(max_examples=40)
@given(mask=masks, stuff=content, seed=st.integers(0, 99))
def test_a_missing_modality_cannot_change_the_output(
    name: str, mask: list[tuple[bool, ...]], stuff: float, seed: int
) -> None:
    network, present = build(name), torch.tensor(mask)
    given_ = draw(len(mask), seed)
    other = {
        k: torch.where(present[:, i, None], v, torch.full_like(v, stuff))
        for i, (k, v) in enumerate(given_.items())
    }
    wanted = network(given_, present)
    assert torch.isfinite(wanted).all()
    assert torch.equal(network(other, present), wanted)


@pytest.mark.parametrize("name", SYSTEMS)
def test_nor_a_gradient(name: str) -> None:
    present = torch.tensor([[True, False, True], [False, True, True], [True, False, False]])
    grads = []
    for stuff in (0.0, float("nan")):
        network = build(name)
        given_ = {
            k: torch.where(present[:, i, None], v, torch.full_like(v, stuff))
            for i, (k, v) in enumerate(draw(3, 2).items())
        }
        network(given_, present).square().sum().backward()
        grads.append([p.grad.clone() for p in network.parameters() if p.grad is not None])
    for one, other in zip(*grads, strict=True):
        assert torch.isfinite(one).all()
        assert torch.equal(one, other)


@pytest.mark.parametrize("name", SYSTEMS)
def test_what_is_there_does_change_it(name: str) -> None:
    network = build(name)
    for column, key in enumerate(INPUTS):
        present = torch.zeros(4, 3, dtype=torch.bool)
        present[:, column] = True
        one, other = draw(4, 3), draw(4, 3)
        other[key] = other[key] + 1.0
        assert not torch.allclose(network(one, present), network(other, present))


@pytest.mark.parametrize("name", SYSTEMS)
def test_shape_gradient_and_file(name: str, tmp_path: Path) -> None:
    network, given_ = build(name), draw(4, 5)
    present = torch.ones(4, 3, dtype=torch.bool)
    scores = network(given_, present)
    assert scores.shape == (4, 3)
    scores.square().sum().backward()
    for key, weight in network.named_parameters():
        if key != "absent":  # all are there, so nobody stands in
            assert weight.grad is not None and torch.isfinite(weight.grad).all(), key
    save_file(network.state_dict(), tmp_path / "net.safetensors")
    again = build(name, seed=9)
    again.load_state_dict(load_file(tmp_path / "net.safetensors"))
    assert torch.equal(again(given_, present), scores)


def test_late_fusion_is_the_mean_of_the_decisions() -> None:
    network, given_ = build("late"), draw(2, 6)
    assert isinstance(network, LateFusion)
    present = torch.tensor([[True, True, False], [False, False, False]])
    shares = network.represent(given_, present)
    each = network.decisions(given_, present).exp()
    torch.testing.assert_close(shares[0], each[0, :2].mean(0))
    torch.testing.assert_close(shares[1], torch.full((3,), 1 / 3))


def test_pooling() -> None:
    rows = torch.tensor([[[1.0, -2.0], [3.0, 4.0], [9.0, 9.0]]])
    present = torch.tensor([[True, True, False]])
    assert pooled(rows, present, "mean").tolist() == [[2.0, 1.0]]
    assert pooled(rows, present, "max").tolist() == [[3.0, 4.0]]
    assert pooled(rows, present, "product").tolist() == [[3.0, -8.0]]
    nothing = torch.zeros(1, 3, dtype=torch.bool)
    for how in ("mean", "max", "product"):
        assert pooled(rows, nothing, how).tolist() == [[0.0, 0.0]]
    with pytest.raises(ValueError, match="pooling"):
        pooled(rows, present, "sum")


def test_the_auxiliary_task_pulls_posts_together_and_classes_apart() -> None:
    labels = torch.tensor([0, 1])
    present = torch.ones(2, 2, dtype=torch.bool)
    apart = torch.tensor([[[1.0, 0.0], [1.0, 0.0]], [[0.0, 1.0], [0.0, 1.0]]])
    crossed = torch.stack([apart[:, 0], apart[:, 0].flip(0)], dim=1)
    assert common_space_loss(apart, present, labels) == 0.0
    assert common_space_loss(crossed, present, labels) == pytest.approx(1.5)
    assert common_space_loss(crossed, present, torch.tensor([1, 1])) == 0.0
    assert common_space_loss(crossed, torch.eye(2, dtype=torch.bool), labels) == 0.0


def test_older_bundles_call_the_modality_weights_trust() -> None:
    config = FusionConfig({"text": 3, "image": 2})
    tensors = CommonSpaceFusion(config).state_dict()
    del tensors["modality_weights"]
    tensors["trust"] = torch.tensor([0.5, 2.0])
    module = CommonSpaceFusion(config)
    module.load_state_dict(tensors)
    assert module.get_buffer("modality_weights").tolist() == [0.5, 2.0]

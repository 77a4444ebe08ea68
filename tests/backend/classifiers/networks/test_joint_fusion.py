"""Emotion fusion (2017): joint fusion, the common space and its auxiliary task in NumPy."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from backend.classifiers.networks.fusion import EarlyFusion, Fusion, FusionConfig, LateFusion
from backend.classifiers.networks.joint_fusion import (
    CommonSpaceFusion,
    JointFusion,
    common_space_loss,
)
from tests.backend.classifiers.networks.reference import (
    array,
    linear,
    randomise,
    softmax,
    standardised,
)

INPUTS = {"text": 5, "image": 7, "audio": 3}
PRESENT = np.array([[1, 1, 1], [1, 0, 1], [0, 1, 0], [0, 0, 0]], dtype=bool)
NOISE = np.random.default_rng(0)
ROWS = {name: NOISE.normal(size=(len(PRESENT), n)) for name, n in INPUTS.items()}
GIVEN = {
    k: torch.from_numpy(np.where(PRESENT[:, [i]], v, np.nan))
    for i, (k, v) in enumerate(ROWS.items())
}
POOL = {"mean": np.mean, "max": np.max, "product": np.prod}


def scored(network: Fusion) -> tuple[np.ndarray, np.ndarray]:
    present = torch.from_numpy(PRESENT)
    return array(network.represent(GIVEN, present)), array(network(GIVEN, present))


def inputs(network: Fusion, post: int) -> dict[int, np.ndarray]:
    """The standardised vectors that a post has, by column."""
    return {
        i: standardised(network, name, ROWS[name][post])
        for i, name in enumerate(INPUTS)
        if PRESENT[post, i]
    }


@pytest.mark.parametrize("how", POOL)
def test_joint_fusion_maps_to_one_size_and_pools(how: str) -> None:
    network = randomise(JointFusion(FusionConfig(INPUTS, 3, size=4, pooling=how)), 1)
    weights = array(network.get_buffer("modality_weights"))
    wanted = np.zeros((len(PRESENT), 4))
    for post in range(len(PRESENT)):
        rows = inputs(network, post)
        mapped = [weights[i] * linear(network.maps[i], x) for i, x in rows.items()]
        if mapped:
            wanted[post] = POOL[how](np.array(mapped), axis=0)
    got, scores = scored(network)
    np.testing.assert_allclose(got, wanted, atol=1e-9)
    np.testing.assert_allclose(scores, linear(network.classifier, wanted), atol=1e-9)


def test_the_common_space_is_read_as_the_sum_of_what_is_there() -> None:
    network = randomise(CommonSpaceFusion(FusionConfig(INPUTS, 3, size=4)), 2)
    weights = array(network.get_buffer("modality_weights"))
    wanted = np.zeros((len(PRESENT), 4))
    common = array(network.common(GIVEN, torch.from_numpy(PRESENT)))
    for post in range(len(PRESENT)):
        for i, x in inputs(network, post).items():
            mapped = np.tanh(linear(network.maps[i][1], x))
            np.testing.assert_allclose(common[post, i], mapped, atol=1e-9)
            wanted[post] += weights[i] * mapped
    got, scores = scored(network)
    np.testing.assert_allclose(got, wanted, atol=1e-9)
    np.testing.assert_allclose(scores, linear(network.classifier, wanted), atol=1e-9)


def test_early_fusion_concatenates_and_late_fusion_averages_decisions() -> None:
    early = randomise(EarlyFusion(FusionConfig(INPUTS, 3)), 3)
    late = randomise(LateFusion(FusionConfig(INPUTS, 3)), 4)
    for post, there in enumerate(PRESENT):
        rows = inputs(early, post)
        whole = np.concatenate([rows.get(i, np.zeros(n)) for i, n in enumerate(INPUTS.values())])
        np.testing.assert_allclose(scored(early)[0][post], whole, atol=1e-9)
        np.testing.assert_allclose(
            scored(early)[1][post], linear(early.classifier, whole), atol=1e-9
        )
        decisions = [softmax(linear(late.heads[i], x)) for i, x in inputs(late, post).items()]
        mean = np.mean(decisions, axis=0) if there.any() else np.full(3, 1 / 3)
        np.testing.assert_allclose(np.exp(scored(late)[1][post]), mean, atol=1e-9)


def ranking(
    common: np.ndarray, present: np.ndarray, classes: np.ndarray, margin: float
) -> tuple[float, int]:
    """Margin ranking: a mean for each ordered pair of modalities, and the mean of those."""
    terms = []
    unit = common / np.linalg.norm(common, axis=-1, keepdims=True)
    count = common.shape[1]
    for anchor in range(count):
        for target in range(count):
            if anchor == target:
                continue
            losses = []
            for i in range(len(common)):
                if not (present[i, anchor] and present[i, target]):
                    continue
                true = unit[i, anchor] @ unit[i, target]
                for j in range(len(common)):
                    if classes[j] != classes[i] and present[j, target]:
                        wrong = unit[i, anchor] @ unit[j, target]
                        losses.append(max(0.0, margin - true + wrong))
            if losses:
                terms.append(np.mean(losses))
    return (float(np.mean(terms)) if terms else 0.0), len(terms)


@pytest.mark.parametrize("seed", range(4))
def test_posts_rank_above_posts_of_other_classes_in_both_directions(seed: int) -> None:
    noise = np.random.default_rng(seed)
    common = noise.normal(size=(9, 3, 4))
    present = noise.random((9, 3)) > 0.35
    present[:, 2] &= np.arange(9) < 5
    classes = noise.integers(0, 3, 9)
    for margin in (0.5, 0.1):
        wanted, terms = ranking(common, present, classes, margin)
        assert terms >= 4 and wanted > 0
        got = common_space_loss(
            torch.from_numpy(common), torch.from_numpy(present), torch.from_numpy(classes), margin
        )
        assert float(got) == pytest.approx(wanted, abs=1e-9)
    default = common_space_loss(*map(torch.from_numpy, (common, present, classes)))
    assert float(default) == pytest.approx(ranking(common, present, classes, 0.5)[0], abs=1e-9)

"""The losses of the joint space, term by term in NumPy."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from backend.joint_space.losses import (
    MAX_TEMPERATURE,
    MIN_TEMPERATURE,
    PairwiseContrast,
    hardest_triplet,
)
from tests.backend.joint_space.reference import contrast, unit


def drawn(seed: int, n: int, m: int, share: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    noise = np.random.default_rng(seed)
    left, right = unit(noise.normal(size=(n, 4))), unit(noise.normal(size=(m, 4)))
    return left, right, noise.random((n, m)) < share


def measured(
    loss: PairwiseContrast, pair: str, given: tuple[np.ndarray, np.ndarray, np.ndarray]
) -> float:
    return float(loss(pair, *map(torch.from_numpy, given)).detach())


@pytest.mark.parametrize("seed", range(4))
def test_contrast_is_symmetric_and_takes_many_positives(seed: int) -> None:
    loss = PairwiseContrast(["image-text"], start=0.2).double()
    given = drawn(seed, 6, 8, 0.3)
    given[2][2], given[2][:, 5] = False, False  # without any positive, left out
    assert (given[2].sum(1) > 1).any() and (given[2].sum(0) > 1).any()
    wanted = contrast(*given, 0.2)
    assert measured(loss, "image-text", given) == pytest.approx(wanted, abs=1e-6)
    swapped = (given[1], given[0], given[2].T.copy())
    assert measured(loss, "image-text", swapped) == pytest.approx(wanted, abs=1e-6)
    one_way = contrast(*given, 0.2, ways=(0,))
    assert one_way != pytest.approx(wanted, abs=1e-3)
    given[2][:] = False
    assert measured(loss, "image-text", given) == 0.0


@pytest.mark.parametrize("seed", range(4))
def test_positives_have_weights_and_some_pairs_are_neither(seed: int) -> None:
    loss = PairwiseContrast(["reactor-post"], start=0.2).double()
    left, right, positive = drawn(seed, 6, 8, 0.4)
    noise = np.random.default_rng(seed + 50)
    weight = positive * noise.choice([0.5, 1.0], positive.shape)
    ignored = (noise.random(positive.shape) < 0.2) & ~positive
    assert ignored.any()
    tensors = [torch.from_numpy(x) for x in (left, right, weight, ignored)]
    wanted = contrast(left, right, weight, 0.2, ignored=ignored)
    assert float(loss("reactor-post", *tensors).detach()) == pytest.approx(wanted, abs=1e-6)
    for other in (contrast(left, right, positive, 0.2, ignored=ignored),
                  contrast(left, right, weight, 0.2)):  # fmt: skip
        assert other != pytest.approx(wanted, abs=1e-4)


def test_each_pair_of_kinds_learns_a_temperature_of_its_own() -> None:
    loss = PairwiseContrast(["image-text", "user-text"], start=0.1).double()
    with torch.no_grad():
        loss.log_temperature["user-text"].fill_(float(np.log(0.3)))
    given = drawn(9, 5, 5, 0.3)
    assert given[2].any()
    for pair, temperature in (("image-text", 0.1), ("user-text", 0.3)):
        wanted = contrast(*given, temperature)
        assert measured(loss, pair, given) == pytest.approx(wanted, abs=1e-6)
    loss("user-text", *map(torch.from_numpy, given)).backward()
    assert loss.log_temperature["image-text"].grad is None
    assert float(loss.log_temperature["user-text"].grad) != 0.0
    with torch.no_grad():
        loss.log_temperature["image-text"].fill_(-9.0)
        loss.log_temperature["user-text"].fill_(9.0)
    assert float(loss.temperature("image-text").detach()) == pytest.approx(MIN_TEMPERATURE)
    assert float(loss.temperature("user-text").detach()) == pytest.approx(MAX_TEMPERATURE)


@pytest.mark.parametrize("seed", range(4))
def test_the_triplet_takes_the_hardest_negative_of_both_directions(seed: int) -> None:
    left, right, positive = drawn(seed, 6, 6, 0.2)
    positive |= np.eye(6, dtype=bool)
    wanted = 0.0
    for a, b, same in ((left, right, positive), (right, left, positive.T)):
        for i in range(6):
            hardest = max((a[i] @ b[j] for j in range(6) if not same[i, j]), default=-1.0)
            wanted += max(0.0, 0.2 + hardest - a[i] @ b[i]) / 6
    got = hardest_triplet(*map(torch.from_numpy, (left, right, positive)))
    assert float(got) == pytest.approx(wanted, abs=1e-9)

"""JTAV, Eq. 3: CMF-AP equals its equations, with all modalities and without some."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import torch
from torch import nn

from backend.classifiers.networks.cmfap import CMFAP
from backend.classifiers.networks.fusion import FusionConfig
from tests.backend.classifiers.networks.reference import (
    array,
    linear,
    randomise,
    softmax,
    standardised,
)

INPUTS = {"text": 5, "image": 6, "audio": 4}
PRESENT = np.array([[1, 1, 1], [1, 0, 1], [0, 1, 1], [1, 1, 0], [0, 0, 1], [0, 0, 0]], dtype=bool)


def pool(part: nn.Module, matrix: np.ndarray) -> np.ndarray:
    """The three lines of Eq. 3 for `m`, of one matrix ``(rows, columns)``."""
    inner, out = part.get_submodule("inner"), part.get_submodule("out")
    seen = np.tanh(array(inner.weight) @ matrix + array(inner.bias)[:, None])
    weights = softmax(seen.T @ array(part.get_parameter("context")))
    return np.tanh(array(out.weight) @ (matrix @ weights) + array(out.bias))


def unified(network: CMFAP, rows: dict[str, np.ndarray], present: np.ndarray) -> np.ndarray:
    """`u` of one post: the reconstructions of every pair, one after the other."""
    each = []
    for i, (name, row) in enumerate(rows.items()):
        reduced = np.tanh(linear(network.reduce[i][1], standardised(network, name, row)))
        weight = array(network.get_buffer("modality_weights"))[i]
        each.append(weight * reduced if present[i] else array(network.absent)[i])
    found = []
    for place, (m, n) in enumerate(combinations(range(len(rows)), 2)):
        matrix = np.outer(each[m], each[n])
        found.append(pool(network.rows[place], matrix) * present[m])
        found.append(pool(network.columns[place], matrix.T) * present[n])
    return np.concatenate(found)


def test_equation_three_with_and_without_modalities() -> None:
    network = randomise(CMFAP(FusionConfig(INPUTS, 3, size=4)), 0, 1.0)
    noise = np.random.default_rng(0)
    rows = {name: noise.normal(size=(len(PRESENT), n)) for name, n in INPUTS.items()}
    wanted = np.array(
        [
            unified(network, {k: v[i] for k, v in rows.items()}, there)
            for i, there in enumerate(PRESENT)
        ]
    )
    given = {
        k: torch.from_numpy(np.where(PRESENT[:, [i]], v, np.nan))
        for i, (k, v) in enumerate(rows.items())
    }
    present = torch.from_numpy(PRESENT)
    got = network.represent(given, present)
    assert got.shape == (6, 2 * 4 * 3)
    np.testing.assert_allclose(array(got), wanted, atol=1e-9)
    dense = np.maximum(linear(network.dense[1], wanted), 0.0)
    scores = linear(network.classifier, dense)
    np.testing.assert_allclose(array(network(given, present)), scores, atol=1e-9)


def test_both_sides_of_a_pair_have_weights_of_their_own() -> None:
    network = CMFAP(FusionConfig(INPUTS, 2, size=4))
    pools = [*network.rows, *network.columns]
    assert len(pools) == 6 == len({id(part.get_parameter("context")) for part in pools})
    assert network.pairs == [(0, 1), (0, 2), (1, 2)]

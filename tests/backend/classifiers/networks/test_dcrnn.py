"""JTAV, Eq. 2 and Fig. 4: the DCRNN equals its equations."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from backend.classifiers.networks.dcrnn import DCRNN, ConvNormPool, DCRNNConfig, DenseBlock
from tests.backend.classifiers.networks.reference import array, bigru, linear, randomise

CONFIG = DCRNNConfig(classes=3, bins=72, blocks=2, channels=2, hidden=3, layers=2, size=5)


def convolution(layer: nn.Module, x: np.ndarray) -> np.ndarray:
    """3 x 3 with zeros around, of ``(n, c, f, t)``."""
    assert isinstance(layer, nn.Conv2d) and layer.bias is not None
    padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(2, 3))
    out = np.einsum("ncftij,ocij->noft", windows, array(layer.weight))
    return out + array(layer.bias)[:, None, None]


def normalised(layer: nn.Module, x: np.ndarray, axis: int = 1) -> np.ndarray:
    """Batch normalisation by the running statistics."""
    shape = [-1 if i == axis else 1 for i in range(x.ndim)]
    mean, var, weight, bias = (
        array(getattr(layer, name)).reshape(shape)
        for name in ("running_mean", "running_var", "weight", "bias")
    )
    return (x - mean) / np.sqrt(var + 1e-5) * weight + bias


def pooled(x: np.ndarray, pool: tuple[int, int]) -> np.ndarray:
    """Largest of each window; windows of three with stride one where nothing may shrink."""
    if pool == (1, 1):
        padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)), constant_values=-np.inf)
        windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(2, 3))
        return windows.max((-1, -2))
    f, t = pool
    n, c, high, wide = x.shape
    cut = x[:, :, : high // f * f, : wide // t * t]
    return cut.reshape(n, c, high // f, f, wide // t, t).max((3, 5))


def cnn_bn_mp(part: ConvNormPool, x: np.ndarray, pool: tuple[int, int]) -> np.ndarray:
    return pooled(np.maximum(normalised(part[1], convolution(part[0], x)), 0.0), pool)


def dense_block(block: DenseBlock, x: np.ndarray) -> np.ndarray:
    """Eq. 2."""
    one = cnn_bn_mp(block.first, x, (2, 2))
    two = cnn_bn_mp(block.second, one, (1, 1))
    three = cnn_bn_mp(block.third, two, (1, 1))
    return cnn_bn_mp(block.last, np.concatenate([one, three], axis=1), (3, 2))


@pytest.mark.parametrize("pool", [(1, 1), (2, 2), (3, 2)])
def test_a_sub_block_is_convolution_normalisation_and_pooling(pool: tuple[int, int]) -> None:
    part = randomise(ConvNormPool(2, 3, pool))
    x = np.random.default_rng(0).normal(size=(2, 2, 7, 9))
    np.testing.assert_allclose(
        array(part(torch.from_numpy(x))), cnn_bn_mp(part, x, pool), atol=1e-9
    )


def test_equation_two() -> None:
    block = randomise(DenseBlock(2, 3), 1)
    x = np.random.default_rng(1).normal(size=(2, 2, 13, 9))
    got = array(block(torch.from_numpy(x)))
    assert got.shape == (2, 3, 2, 2)
    np.testing.assert_allclose(got, dense_block(block, x), atol=1e-9)


def test_time_runs_through_the_recurrent_network_and_both_ends_are_kept() -> None:
    network = randomise(DCRNN(CONFIG), 2)
    x = np.random.default_rng(2).normal(size=(2, 72, 80))
    maps = normalised(network.norm, x)[:, None]
    for block in network.blocks:
        assert isinstance(block, DenseBlock)
        maps = dense_block(block, maps)
    frames = maps.shape[3]
    assert maps.shape[1:] == (4, 2, 5)
    ends = []
    for one in maps:
        time_major = np.array([one[:, :, t].reshape(-1) for t in range(frames)])
        forward, backward = bigru(network.rnn, time_major)
        ends.append(np.concatenate([forward[-1], backward[0]]))
    wanted = np.maximum(linear(network.dense[1], np.array(ends)), 0.0)
    got = network.represent(torch.from_numpy(x))
    np.testing.assert_allclose(array(got), wanted, atol=1e-9)
    scores = linear(network.classifier[1], wanted)
    np.testing.assert_allclose(array(network(torch.from_numpy(x))), scores, atol=1e-9)


def test_the_papers_shape() -> None:
    network = DCRNN()
    assert (network.config.bins, len(network.blocks)) == (96, 2)
    assert network.rnn.bidirectional and network.rnn.num_layers == 2
    assert network.rnn.input_size == 24 * 2  # channels and bins that are left

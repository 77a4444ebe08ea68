"""JTAV, Eq. 1: BiGRU, AttBiGRU and lyricsHAN equal their equations."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from backend.classifiers.networks.attention import ContextAttention
from backend.classifiers.networks.bigru import AttBiGRU, BiGRU, BiGRUConfig
from backend.classifiers.networks.han import LyricsHAN
from tests.backend.classifiers.networks.reference import (
    array,
    attention,
    bigru,
    linear,
    randomise,
)

WORDS = np.array([[5, 6, 7, 3, 9], [8, 2, 0, 0, 0], [4, 0, 0, 0, 0], [0, 0, 0, 0, 0]])
SUPPORT = np.array([[3, 2, 6], [9, 0, 0], [0, 0, 0], [4, 5, 0]])
SHAPE = {"words": 10, "size": 4, "classes": 3, "hidden": 3}


def read(network: BiGRU | LyricsHAN, words: np.ndarray) -> np.ndarray:
    return array(network.embedding.weight)[words[words != 0]]


def encode(network: BiGRU, rows: np.ndarray) -> np.ndarray:
    """`t` of the word vectors ``(l, d)`` of one text."""
    if not len(rows):
        return np.zeros(network.dim)
    return attention(network.attention, np.concatenate(bigru(network.gru, rows), axis=1))


def test_equation_one() -> None:
    layer = randomise(ContextAttention(6, 4), 1, 1.0)
    states = np.random.default_rng(0).normal(size=(2, 5, 6))
    mask = np.array([[True] * 5, [True, True, False, True, False]])
    got = layer(torch.from_numpy(states), torch.from_numpy(mask))
    wanted = [attention(layer, s[m]) for s, m in zip(states, mask, strict=True)]
    np.testing.assert_allclose(array(got), wanted, atol=1e-9)
    weights = layer.weights(torch.from_numpy(states), torch.from_numpy(mask))
    assert not weights[1, ~torch.from_numpy(mask[1])].any()
    np.testing.assert_allclose(array(weights.sum(1)), 1.0)
    assert np.ptp(array(weights[0])) > 0.1  # these weights are not uniform
    nothing = layer(torch.from_numpy(states), torch.zeros(2, 5, dtype=torch.bool))
    assert not nothing.any()


def test_the_context_vector_begins_with_length_one() -> None:
    torch.manual_seed(0)
    lengths = [float(ContextAttention(64).context.norm().detach()) for _ in range(9)]
    assert np.mean(lengths) == pytest.approx(1.0, abs=0.1)


def test_bigru_is_attention_over_the_states_of_both_directions() -> None:
    network = randomise(BiGRU(BiGRUConfig(**SHAPE)))
    wanted = np.array([encode(network, read(network, text)) for text in WORDS])
    words = torch.from_numpy(WORDS)
    np.testing.assert_allclose(array(network.represent(words)), wanted, atol=1e-9)
    scores = linear(network.classifier, wanted)
    np.testing.assert_allclose(array(network(words)), scores, atol=1e-9)


def test_supporting_words_are_averaged_and_multiply_each_word_of_the_protagonist() -> None:
    network = randomise(AttBiGRU(BiGRUConfig(**SHAPE)), 2)
    wanted = []
    for text, support in zip(WORDS, SUPPORT, strict=True):
        rows, others = read(network, text), read(network, support)
        mean = others.mean(0) if len(others) else np.zeros(4)
        factor = 1.0 + array(network.scale) * mean
        wanted.append(encode(network, np.array([row * factor for row in rows]).reshape(-1, 4)))
    got = network.represent(torch.from_numpy(WORDS), torch.from_numpy(SUPPORT))
    np.testing.assert_allclose(array(got), wanted, atol=1e-9)
    alone = [encode(network, read(network, text)) for text in WORDS]
    np.testing.assert_allclose(array(network.represent(torch.from_numpy(WORDS))), alone, atol=1e-9)


def test_the_scale_of_the_supporting_text_begins_at_one_and_is_learnt() -> None:
    network = AttBiGRU(BiGRUConfig(**SHAPE))
    assert network.scale.tolist() == [1.0] * 4
    network(torch.from_numpy(WORDS), torch.from_numpy(SUPPORT)).square().sum().backward()
    assert network.scale.grad is not None and bool(network.scale.grad.any())


def test_lyrics_are_words_in_lines_and_lines_in_a_text() -> None:
    network = randomise(LyricsHAN(BiGRUConfig(**SHAPE)), 3)
    texts = np.array([[[5, 6, 7], [8, 0, 0], [0, 0, 0]], [[4, 2, 0], [9, 3, 1], [1, 7, 0]]])
    wanted = []
    for text in texts:
        lines = np.zeros((3, 6))
        for i, line in enumerate(text):
            rows = read(network, line)
            if len(rows):
                states = np.concatenate(bigru(network.word_gru, rows), axis=1)
                lines[i] = attention(network.word_attention, states)
        states = np.concatenate(bigru(network.line_gru, lines), axis=1)
        wanted.append(attention(network.line_attention, states[text.any(1)]))
    got = network.represent(torch.from_numpy(texts))
    np.testing.assert_allclose(array(got), wanted, atol=1e-9)

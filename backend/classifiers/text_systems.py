"""The text systems of the papers' tables."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from backend.classifiers.context import Context, seed_networks
from backend.classifiers.dataset import Fold, LabelledDataset
from backend.classifiers.systems import FrozenEncoder, NetworkSystem, System
from backend.domain import Modality

if TYPE_CHECKING:
    from torch import nn

    from backend.training.loop import LoopConfig
    from backend.word_spaces.vocabulary import Vocabulary

    Network = Callable[[Fold, Vocabulary, np.ndarray], tuple[nn.Module, list[np.ndarray]]]


class Doc2VecSystem(System):
    """doc2vec vectors of the training texts, learnt without their labels."""

    def fit(self, fold: Fold, context: Context) -> tuple[np.ndarray, None]:
        """Learn from the training texts and infer the vectors of all."""
        from backend.classifiers.networks.doc2vec import Doc2Vec

        texts = fold.dataset.texts
        model = Doc2Vec().fit([texts[i] for i in fold.train_rows])
        return model.transform([texts[i] for i in fold.present(self.modality)]), None


def _on_words(network: Network) -> Callable[..., tuple[nn.Module, list[np.ndarray], LoopConfig]]:
    """Return a builder that gives a network the vocabulary and its pretrained vectors."""

    def build(fold: Fold, context: Context) -> tuple[nn.Module, list[np.ndarray], LoopConfig]:
        from backend.training.loop import LoopConfig
        from backend.word_spaces.vocabulary import Vocabulary, read_vectors

        dataset = fold.dataset
        # The words of all posts: their vectors are pretrained, and no label is read.
        vocabulary = Vocabulary.of([*dataset.texts, *dataset.supports])
        matrix = vocabulary.matrix(read_vectors(context.words, vocabulary.rows))
        seed_networks(fold.run)
        module, inputs = network(fold, vocabulary, matrix)
        return module, inputs, LoopConfig(epochs=15, batch=64, rate=3e-3, patience=3)

    return build


def _ngrams(
    fold: Fold, vocabulary: Vocabulary, matrix: np.ndarray
) -> tuple[nn.Module, list[np.ndarray]]:
    from backend.classifiers.networks.ngrams import Ngrams, NgramsConfig, bags

    config = NgramsConfig(len(vocabulary), matrix.shape[1], fold.classes)
    return Ngrams(config, matrix), [bags(fold.dataset.texts, vocabulary, config)]


def _lyrics_han(
    fold: Fold, vocabulary: Vocabulary, matrix: np.ndarray
) -> tuple[nn.Module, list[np.ndarray]]:
    from backend.classifiers.networks.bigru import BiGRUConfig
    from backend.classifiers.networks.han import LyricsHAN

    lines = vocabulary.encode_lines(fold.dataset.texts)
    lines = lines[:, : max(1, int(lines.any((0, 2)).sum()))]  # no line that is always empty
    config = BiGRUConfig(len(vocabulary), matrix.shape[1], fold.classes)
    return LyricsHAN(config, matrix), [lines]


def _bigru(
    fold: Fold, vocabulary: Vocabulary, matrix: np.ndarray
) -> tuple[nn.Module, list[np.ndarray]]:
    from backend.classifiers.networks.bigru import BiGRU, BiGRUConfig

    config = BiGRUConfig(len(vocabulary), matrix.shape[1], fold.classes)
    return BiGRU(config, matrix), [vocabulary.encode(fold.dataset.texts)]


def _att_bigru(
    fold: Fold, vocabulary: Vocabulary, matrix: np.ndarray
) -> tuple[nn.Module, list[np.ndarray]]:
    from backend.classifiers.networks.bigru import AttBiGRU, BiGRUConfig
    from backend.word_spaces.vocabulary import SUPPORT

    config = BiGRUConfig(len(vocabulary), matrix.shape[1], fold.classes)
    dataset: LabelledDataset = fold.dataset
    texts, supports = vocabulary.encode(dataset.texts), vocabulary.encode(dataset.supports, SUPPORT)
    return AttBiGRU(config, matrix), [texts, supports]


TEXT_SYSTEMS: tuple[System, ...] = (
    FrozenEncoder("text encoder", Modality.TEXT),
    Doc2VecSystem("doc2vec", Modality.TEXT),
    NetworkSystem("n-grams", Modality.TEXT, _on_words(_ngrams)),
    NetworkSystem("lyricsHAN", Modality.TEXT, _on_words(_lyrics_han)),
    NetworkSystem("BiGRU", Modality.TEXT, _on_words(_bigru)),
    NetworkSystem("attBiGRU", Modality.TEXT, _on_words(_att_bigru)),
)

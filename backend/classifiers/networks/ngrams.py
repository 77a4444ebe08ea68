"""fastText-style classifier: a bag of words and their n-grams.

The text baseline of the emotion-fusion article (2017), there fastText (Joulin et al.
2016): vectors of words and hashed n-grams are averaged and classified linearly.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from backend.text.tokens import tokens
from backend.word_spaces.vocabulary import PADDING, Vocabulary


@dataclass(frozen=True, slots=True)
class NgramsConfig:
    """Shape of the network.

    Attributes
    ----------
    words : int
        Rows of the words.
    size, classes : int
    buckets : int
        Further rows, of hashed n-grams.
    longest : int
        Number of words of the longest n-gram.
    dropout : float
    """

    words: int
    size: int = 50
    classes: int = 2
    buckets: int = 2**14
    longest: int = 2
    dropout: float = 0.3


class Ngrams(nn.Module):
    """Linear classifier on the mean vector of words and n-grams (Joulin et al. 2016, sec. 2).

    Parameters
    ----------
    config : NgramsConfig
    vectors : numpy.ndarray, optional
        ``(words, size)`` float32; n-grams start at zero.
    """

    def __init__(self, config: NgramsConfig, vectors: np.ndarray | None = None) -> None:
        super().__init__()
        self.config = config
        rows = config.words + config.buckets
        self.bag = nn.EmbeddingBag(rows, config.size, mode="mean", padding_idx=PADDING)
        with torch.no_grad():
            self.bag.weight[config.words :] = 0.0
            if vectors is not None:
                self.bag.weight[: config.words] = torch.from_numpy(np.ascontiguousarray(vectors))
        self.dropout = nn.Dropout(config.dropout)
        self.classifier = nn.Linear(config.size, config.classes)

    @property
    def dim(self) -> int:
        """Length of the representation."""
        return self.config.size

    def represent(self, bag: Tensor) -> Tensor:
        """Average the vectors of ``(n, l)`` int64 indexes, padded with 0, to ``(n, size)``."""
        return self.bag(bag)

    def forward(self, bag: Tensor) -> Tensor:
        """Return scores ``(n, classes)`` before the softmax."""
        return self.classifier(self.dropout(self.represent(bag)))


def bags(texts: Sequence[str], vocabulary: Vocabulary, config: NgramsConfig) -> np.ndarray:
    """Return the indexes of each text's words and n-grams, ``(n, l)`` int64, padded with 0."""
    rows = []
    for text in texts:
        words = tokens(text)
        row = [place for w in words if (place := vocabulary.rows.get(w)) is not None]
        for n in range(2, config.longest + 1):
            grams = (" ".join(words[i : i + n]) for i in range(len(words) - n + 1))
            row += [config.words + zlib.crc32(g.encode()) % config.buckets for g in grams]
        rows.append(row)
    padded = np.full((len(rows), max([1, *map(len, rows)])), PADDING, dtype=np.int64)
    for i, row in enumerate(rows):
        padded[i, : len(row)] = row
    return padded

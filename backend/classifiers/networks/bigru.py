"""BiGRU and AttBiGRU: JTAV (Liang et al. 2018), sec. 3.1.1 and Eq. 1."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from backend.classifiers.networks.attention import ContextAttention
from backend.word_spaces.vocabulary import PADDING


@dataclass(frozen=True, slots=True)
class BiGRUConfig:
    """Shape of a network of bidirectional GRUs.

    Attributes
    ----------
    words : int
        Rows of the embedding matrix.
    size : int
        Length of a word vector.
    classes : int
    hidden : int
        Units per direction; 50 in the paper.
    dropout : float
    tuned : bool
        Whether the word vectors are trained too.
    """

    words: int
    size: int = 50
    classes: int = 2
    hidden: int = 50
    dropout: float = 0.3
    tuned: bool = False


class BiGRU(nn.Module):
    """A bidirectional GRU with attention (JTAV, Eq. 1), without supporting text.

    Parameters
    ----------
    config : BiGRUConfig
    vectors : numpy.ndarray, optional
        ``(words, size)`` float32, the pretrained `W_e`.
    """

    def __init__(self, config: BiGRUConfig, vectors: np.ndarray | None = None) -> None:
        super().__init__()
        self.config = config
        self.embedding = embedding(config.words, config.size, vectors, tuned=config.tuned)
        self.gru = nn.GRU(config.size, config.hidden, batch_first=True, bidirectional=True)
        self.attention = ContextAttention(2 * config.hidden)
        self.dropout = nn.Dropout(config.dropout)
        self.classifier = nn.Linear(2 * config.hidden, config.classes)

    @property
    def dim(self) -> int:
        """Length of the representation."""
        return 2 * self.config.hidden

    def embed(self, words: Tensor, support: Tensor | None = None) -> Tensor:
        """Return the word vectors ``(n, l, size)`` that the GRU reads."""
        return self.embedding(words)

    def represent(self, words: Tensor, support: Tensor | None = None) -> Tensor:
        """Return the text vector `t`.

        Parameters
        ----------
        words : Tensor
            ``(n, l)`` int64 indexes of the protagonist's words, padded with 0.
        support : Tensor, optional
            ``(n, s)`` int64, the same of the supporting text; `BiGRU` ignores it.

        Returns
        -------
        Tensor
            ``(n, 2 * hidden)``; zeros for a text without words.
        """
        rows = self.dropout(self.embed(words, support))
        return attended(self.gru, self.attention, rows, words != PADDING)

    def forward(self, words: Tensor, support: Tensor | None = None) -> Tensor:
        """Return scores ``(n, classes)`` before the softmax; inputs as for `represent`."""
        return self.classifier(self.dropout(self.represent(words, support)))


class AttBiGRU(BiGRU):
    """BiGRU whose word vectors are weighted by the supporting text (JTAV, sec. 3.1.1).

    ``t_att`` is the mean of the supporting words' vectors; each of the protagonist's
    word vectors is multiplied by it element by element. The paper does not give the
    scale: here it is ``1 + W_s t_att`` with a learnt diagonal `W_s` that starts at one,
    because the plain product of two centred vectors nearly cancels the words. Without
    supporting text the factor is one, and AttBiGRU is BiGRU.
    """

    def __init__(self, config: BiGRUConfig, vectors: np.ndarray | None = None) -> None:
        super().__init__(config, vectors)
        self.scale = nn.Parameter(torch.ones(config.size))

    def embed(self, words: Tensor, support: Tensor | None = None) -> Tensor:
        """Return word vectors ``(n, l, size)`` times the supporting text's attention vector."""
        rows = self.embedding(words)
        if support is None:
            return rows
        mask = (support != PADDING)[..., None]
        mean = (self.embedding(support) * mask).sum(1) / mask.sum(1).clamp(min=1)
        return rows * (1.0 + self.scale * mean)[:, None]


def attended(gru: nn.GRU, attention: ContextAttention, rows: Tensor, mask: Tensor) -> Tensor:
    """Return the attended sums of a GRU's states; padding is not computed.

    Parameters
    ----------
    gru : torch.nn.GRU
    attention : ContextAttention
    rows : Tensor
        ``(n, l, size)`` float, padded at the end.
    mask : Tensor
        ``(n, l)`` bool; false where it is padding.

    Returns
    -------
    Tensor
        ``(n, states)``; zeros for an empty sequence.
    """
    lengths = mask.sum(1).clamp(min=1).cpu()
    packed = pack_padded_sequence(rows, lengths, batch_first=True, enforce_sorted=False)
    states, _ = pad_packed_sequence(gru(packed)[0], batch_first=True, total_length=rows.shape[1])
    return attention(states, mask)


def embedding(
    words: int, size: int, vectors: np.ndarray | None, *, tuned: bool = False
) -> nn.Embedding:
    """Return an embedding that starts with pretrained vectors and pads with zeros."""
    layer = nn.Embedding(words, size, padding_idx=PADDING)
    if vectors is not None:
        with torch.no_grad():
            layer.weight.copy_(torch.from_numpy(np.ascontiguousarray(vectors)))
    layer.weight.requires_grad_(tuned)
    return layer

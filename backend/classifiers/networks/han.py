"""Hierarchical attention: lyricsHAN (Tsaptsinos 2017), after Yang et al. 2016, sec. 2.

Baseline of JTAV's Table 1: a bidirectional GRU with attention (JTAV, Eq. 1) encodes the
words of each line, and another one the lines of the text.
"""

from __future__ import annotations

import numpy as np
from torch import Tensor, nn

from backend.classifiers.networks.attention import ContextAttention
from backend.classifiers.networks.bigru import BiGRUConfig, attended, embedding
from backend.word_spaces.vocabulary import PADDING


class LyricsHAN(nn.Module):
    """A GRU with attention over the words of a line, and one over the lines of a text.

    Parameters
    ----------
    config : BiGRUConfig
    vectors : numpy.ndarray, optional
        ``(words, size)`` float32.
    """

    def __init__(self, config: BiGRUConfig, vectors: np.ndarray | None = None) -> None:
        super().__init__()
        self.config = config
        wide = 2 * config.hidden
        self.embedding = embedding(config.words, config.size, vectors, tuned=config.tuned)
        self.word_gru = nn.GRU(config.size, config.hidden, batch_first=True, bidirectional=True)
        self.word_attention = ContextAttention(wide)
        self.line_gru = nn.GRU(wide, config.hidden, batch_first=True, bidirectional=True)
        self.line_attention = ContextAttention(wide)
        self.dropout = nn.Dropout(config.dropout)
        self.classifier = nn.Linear(wide, config.classes)

    @property
    def dim(self) -> int:
        """Length of the representation."""
        return 2 * self.config.hidden

    def represent(self, lines: Tensor) -> Tensor:
        """Return the text vectors.

        Parameters
        ----------
        lines : Tensor
            ``(n, lines, l)`` int64 indexes of words, padded with 0.

        Returns
        -------
        Tensor
            ``(n, 2 * hidden)``.
        """
        mask = lines != PADDING
        # Most lines are padding, which would cost as much as the others.
        used = mask.any(2)
        rows = self.embedding.weight.new_zeros(*used.shape, self.dim)
        if used.any():
            words = self.dropout(self.embedding(lines[used]))
            encoded = attended(self.word_gru, self.word_attention, words, mask[used])
            rows[used] = encoded.to(rows.dtype)
        states, _ = self.line_gru(rows)
        return self.line_attention(states, used)

    def forward(self, lines: Tensor) -> Tensor:
        """Return scores ``(n, classes)`` before the softmax; input as for `represent`."""
        return self.classifier(self.dropout(self.represent(lines)))

"""Hierarchical attention: lyricsHAN (Tsaptsinos 2017), after Yang et al. 2016.

Baseline of JTAV's Table 1: words make lines, lines make the text; both by a
bidirectional GRU and attention with context (JTAV, Eq. 1).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from backend.models.attention import ContextAttention
from backend.models.bigru import embedding
from backend.models.words import PADDING


@dataclass(frozen=True, slots=True)
class LyricsHANConfig:
    """Shape of the network; as `backend.models.bigru.BiGRUConfig`."""

    words: int
    size: int = 50
    classes: int = 2
    hidden: int = 50
    dropout: float = 0.3
    tuned: bool = False


class LyricsHAN(nn.Module):
    """A text as attended lines of attended words.

    Parameters
    ----------
    config : LyricsHANConfig
    vectors : numpy.ndarray, optional
        ``(words, size)`` float32.
    """

    def __init__(self, config: LyricsHANConfig, vectors: np.ndarray | None = None) -> None:
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
        """The text vector.

        Parameters
        ----------
        lines : Tensor
            ``(n, lines, l)`` int64 places of words, padded with 0.

        Returns
        -------
        Tensor
            ``(n, 2 * hidden)``.
        """
        there = lines != PADDING
        # Lines of padding are most of the lines, and cost as much as the others.
        some = there.any(2)
        rows = self.embedding.weight.new_zeros(*some.shape, self.dim)
        if some.any():
            rows[some] = self._attend(lines[some], there[some]).to(rows.dtype)
        states, _ = self.line_gru(rows)
        return self.line_attention(states, some)

    def _attend(self, words: Tensor, there: Tensor) -> Tensor:
        """Lines ``(n, l)`` with a word at least, as vectors ``(n, 2 * hidden)``."""
        packed = pack_padded_sequence(
            self.dropout(self.embedding(words)),
            there.sum(1).cpu(),
            batch_first=True,
            enforce_sorted=False,
        )
        states, _ = pad_packed_sequence(
            self.word_gru(packed)[0], batch_first=True, total_length=words.shape[1]
        )
        return self.word_attention(states, there)

    def forward(self, lines: Tensor) -> Tensor:
        """Scores ``(n, classes)`` before the softmax; input as for `represent`."""
        return self.classifier(self.dropout(self.represent(lines)))

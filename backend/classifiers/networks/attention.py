"""Attention with context: JTAV (Liang et al. 2018), Eq. 1, after Yang et al. 2016."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class ContextAttention(nn.Module):
    r"""Weighted sum of a sequence, the weights by a learnt context vector.

    ``h^_i = tanh(W_u h_i + b_u); a_i = softmax(h^_i . h^_c); t = sum a_i h_i`` (Eq. 1).

    Parameters
    ----------
    size : int
        Length of each `h_i`.
    hidden : int, optional
        Length of `h^_i`; `size` when not given.
    """

    def __init__(self, size: int, hidden: int | None = None) -> None:
        super().__init__()
        hidden = hidden or size
        self.inner = nn.Linear(size, hidden)
        self.context = nn.Parameter(torch.randn(hidden) / hidden**0.5)

    def weights(self, states: Tensor, there: Tensor) -> Tensor:
        """Shares ``(n, l)`` of states ``(n, l, size)``; zero where `there` ``(n, l)`` is not."""
        scores = torch.tanh(self.inner(states)) @ self.context
        shares = scores.masked_fill(~there, torch.finfo(scores.dtype).min).softmax(-1)
        return shares * there  # a sequence with nothing in it gets no weight at all

    def forward(self, states: Tensor, there: Tensor) -> Tensor:
        """``(n, l, size)`` and ``(n, l)`` bool -> ``(n, size)``."""
        return (self.weights(states, there)[..., None] * states).sum(-2)

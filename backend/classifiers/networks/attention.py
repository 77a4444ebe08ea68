"""Attention with a context vector: JTAV (Liang et al. 2018), Eq. 1; Yang et al. 2016, Eq. 5-7."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class ContextAttention(nn.Module):
    """Weighted sum of a sequence, with weights by a learnt context vector (JTAV, Eq. 1).

    ``h^_i = tanh(W_u h_i + b_u); a_i = softmax(h^_i . h^_c); t = sum a_i h_i``

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

    def weights(self, states: Tensor, mask: Tensor) -> Tensor:
        """Return the weights ``(n, l)`` of states ``(n, l, size)``; zero where `mask` is false."""
        scores = torch.tanh(self.inner(states)) @ self.context
        weights = scores.masked_fill(~mask, torch.finfo(scores.dtype).min).softmax(-1)
        return weights * mask  # all zero for an empty sequence

    def forward(self, states: Tensor, mask: Tensor) -> Tensor:
        """Sum states ``(n, l, size)`` with `mask` ``(n, l)`` bool to ``(n, size)``."""
        return (self.weights(states, mask)[..., None] * states).sum(-2)

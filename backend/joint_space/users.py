"""Users in the joint space: learned vectors, and sets of post vectors.

Sikka, van Bramer and Divakaran 2019 (arXiv:1905.07075) embed users next to images and text by a
vector for each user: `UserVectors`. One vector cannot represent several interests, so a user is
also scored by the set of their posts (`score_by_posts`).
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F


class UserVectors(nn.Module):
    """A vector for each known user, ``(users, dim)``, of unit length."""

    def __init__(self, users: int, dim: int) -> None:
        super().__init__()
        self.table = nn.Parameter(torch.randn(users, dim) * 0.02)

    def forward(self) -> Tensor:
        """Return all user vectors, ``(users, dim)``."""
        return F.normalize(self.table, dim=-1)


def score_by_posts(
    posts: np.ndarray,
    vectors: np.ndarray,
    owners: np.ndarray,
    users: int,
    *,
    temperature: float = 0.05,
) -> np.ndarray:
    """Score users, each represented by several vectors, for posts.

    Log of ``exp(cosine / temperature)`` summed over the vectors of a user and normalised over
    users: a user with one similar post scores high, whatever their other posts are.

    Parameters
    ----------
    posts : numpy.ndarray
        ``(n, d)`` float32, unit length.
    vectors : numpy.ndarray
        ``(m, d)`` float32, unit length.
    owners : numpy.ndarray
        ``(m,)`` int64: user of each vector.
    users : int
    temperature : float

    Returns
    -------
    numpy.ndarray
        ``(n, users)`` float32 log probabilities; very low for users without a vector.
    """
    similarity = np.exp((posts @ vectors.T - 1.0) / temperature)
    ownership = np.zeros((len(vectors), users), dtype=np.float32)
    ownership[np.arange(len(vectors)), owners] = 1.0
    total = similarity @ ownership
    probabilities = total / np.maximum(total.sum(axis=1, keepdims=True), 1e-30)
    return np.log(np.maximum(probabilities, 1e-12)).astype(np.float32)

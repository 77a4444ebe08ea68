"""Users in the joint space: a learned vector each, several vectors each, and new ones.

Sikka, van Bramer and Divakaran 2019 (arXiv:1905.07075) embed users beside images and text by a
vector for each user. `UserVectors` is that table. One vector cannot stand between two habits, so
a user is also the set of their posts' vectors (`several`); and a user that training never saw is
the mean of theirs, drawn to everybody's mean while there are few (`place`).
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F


class UserVectors(nn.Module):
    """A vector for each known user, ``(users, dim)``, of unit length.

    Parameters
    ----------
    users, dim : int
    """

    def __init__(self, users: int, dim: int) -> None:
        super().__init__()
        self.table = nn.Parameter(torch.randn(users, dim) * 0.02)

    def forward(self) -> Tensor:
        """All users, ``(users, dim)``."""
        return F.normalize(self.table, dim=-1)


def several(
    posts: np.ndarray,
    vectors: np.ndarray,
    owners: np.ndarray,
    users: int,
    *,
    temperature: float = 0.05,
) -> np.ndarray:
    """How well posts fit users who are each given by several vectors.

    The log of the summed ``exp(cosine / temperature)``, as the share of all users: a post fits
    who has made something like it, however much else they make.

    Parameters
    ----------
    posts : numpy.ndarray
        ``(n, d)`` float32, unit length.
    vectors : numpy.ndarray
        ``(m, d)`` float32, unit length.
    owners : numpy.ndarray
        ``(m,)`` int64: whose each vector is.
    users : int
    temperature : float

    Returns
    -------
    numpy.ndarray
        ``(n, users)`` float32 log shares; very low for users without a vector.
    """
    near = np.exp((posts @ vectors.T - 1.0) / temperature)
    owned = np.zeros((len(vectors), users), dtype=np.float32)
    owned[np.arange(len(vectors)), owners] = 1.0
    total = near @ owned
    shares = total / np.maximum(total.sum(axis=1, keepdims=True), 1e-30)
    return np.log(np.maximum(shares, 1e-12)).astype(np.float32)


def place(
    vectors: np.ndarray,
    everybody: np.ndarray,
    *,
    weights: np.ndarray | None = None,
    pull: float = 1.0,
) -> np.ndarray:
    """Place a user without training, from their posts and what they reacted to.

    Parameters
    ----------
    vectors : numpy.ndarray
        ``(n, d)`` float32: posts of theirs, and posts that they liked or shared.
    everybody : numpy.ndarray
        ``(d,)``: the mean of all users.
    weights : numpy.ndarray, optional
        ``(n,)``: what each counts; a reaction less than a post of one's own. Ones when not given.
    pull : float
        How many posts the mean of everybody counts for.

    Returns
    -------
    numpy.ndarray
        ``(d,)`` float32, unit length.
    """
    counts = np.ones(len(vectors)) if weights is None else weights
    mixed = counts @ vectors + pull * everybody
    return (mixed / max(float(np.linalg.norm(mixed)), 1e-9)).astype(np.float32)

"""A space of one corpus in which posts lie near their authors.

In the joint space users lie where their posts lie, whatever tells them from others. Here,
directions in which the posts of one user vary are shortened, and those that tell users apart
are kept: within-class covariance normalisation (Hatch et al. 2006) followed by Fisher's linear
discriminants. In it the vectors of users are trained as in Sikka et al. 2019, by the contrast
of posts with all users; each starts at the mean of their posts and keeps half of it. A post with
known reactions belongs to its author and, in part, to those who reacted.
``python -m backend evaluate user-space reactions`` measures it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

from backend.core.vectors import normalize
from backend.settings import SEED

if TYPE_CHECKING:
    from scipy import sparse

DIM = 256
RIDGE = 0.3  # of the mean variance; with DIM chosen on a part of the training posts
LEAST = 5  # users with two posts or more
MOST = 5_000  # users that are contrasted, those with most posts
TEMPERATURE, RATE, EPOCHS, BATCH = 0.05, 0.02, 16, 2_048
REACTED = 0.1  # of a post belongs to those who reacted to it, by weight
_SPREAD_POSTS = 2_000

Parts = Mapping[str, np.ndarray]  # vectors of posts by input, rows of NaN where one has none


@dataclass(frozen=True, slots=True, eq=False)
class UserSpace:
    """Maps posts to vectors that are near those of their users.

    Attributes
    ----------
    centres : mapping of str to numpy.ndarray
        ``(d,)`` of each input.
    maps : mapping of str to numpy.ndarray
        ``(d, dim)`` of each input.
    spread : float
        Standard deviation of the cosines of posts and users that are not their authors.
    """

    centres: Mapping[str, np.ndarray]
    maps: Mapping[str, np.ndarray]
    spread: float

    @property
    def dim(self) -> int:
        """Length of its vectors."""
        return int(next(iter(self.maps.values())).shape[1])

    def reads(self, parts: Mapping[str, np.ndarray]) -> bool:
        """Whether any of the parts of a post is an input, of the length that was fitted."""
        return any(
            name in self.maps and rows.shape[-1] == len(self.maps[name])
            for name, rows in parts.items()
        )

    def part(self, name: str, rows: np.ndarray) -> np.ndarray:
        """Return what one input, ``(n, d)``, adds to the vectors of posts, ``(n, dim)``."""
        present = ~np.isnan(rows[:, :1])
        centred = np.where(present, rows - self.centres[name], 0.0)
        return np.asarray(centred @ self.maps[name], dtype=np.float32)

    def posts(self, parts: Parts) -> np.ndarray:
        """Return the vectors of posts, ``(n, dim)`` float32, not of unit length."""
        known = [self.part(name, rows) for name, rows in parts.items() if name in self.maps]
        return np.asarray(np.sum(known, axis=0), dtype=np.float32)

    @classmethod
    def fit(cls, parts: Parts, owners: np.ndarray) -> Self | None:
        """Fit a space to posts and their users; None where too few users have two posts.

        Parameters
        ----------
        parts : mapping of str to numpy.ndarray
            ``(n, d)`` each, rows of NaN where a post has none.
        owners : numpy.ndarray
            ``(n,)`` int64.
        """
        _, owners, counts = np.unique(owners, return_inverse=True, return_counts=True)
        if (counts > 1).sum() < LEAST:
            return None
        centres, scales, inputs = {}, [], []
        for name, rows in parts.items():
            known = rows[~np.isnan(rows[:, 0])].astype(np.float64)
            if len(known) < 2:
                continue
            centres[name] = known.mean(axis=0).astype(np.float32)
            # So that the rows of every input have a length of about one.
            scales.append(1 / ((known.std(axis=0) + 1e-6) * rows.shape[1] ** 0.5))
            inputs.append(np.nan_to_num(rows - centres[name]) * scales[-1])
        x = np.concatenate(inputs, axis=1)
        directions = np.concatenate(scales)[:, None] * _discriminants(x, owners, counts)
        ends = np.cumsum([len(scale) for scale in scales])[:-1]
        maps = dict(zip(centres, np.split(directions.astype(np.float32), ends), strict=True))
        space = cls(centres, maps, 1.0)
        return cls(centres, maps, _spread(space.posts(parts), owners))


def user_vectors(posts: np.ndarray, owners: np.ndarray, users: int) -> np.ndarray:
    """Return the vectors of users, ``(users, dim)`` of unit length: the mean of their posts'.

    Parameters
    ----------
    posts : numpy.ndarray
        ``(n, dim)``, of `UserSpace.posts`.
    owners : numpy.ndarray
        ``(n,)`` int64 in ``[0, users)``.
    users : int
    """
    sums = np.zeros((users, posts.shape[1]), dtype=np.float32)
    np.add.at(sums, owners, posts)
    return normalize(sums)


def contrasted(
    posts: np.ndarray,
    owners: np.ndarray,
    means: np.ndarray,
    reactions: sparse.csr_matrix | None = None,
) -> np.ndarray:
    """Train the vectors of users by the contrast of their posts with all users.

    Cross-entropy of the softmax of cosines over a temperature, by Adam.

    Parameters
    ----------
    posts : numpy.ndarray
        ``(n, dim)``, of `UserSpace.posts`.
    owners : numpy.ndarray
        ``(n,)`` int64 in ``[0, users)``.
    means : numpy.ndarray
        ``(users, dim)`` of `user_vectors`.
    reactions : scipy.sparse.csr_matrix, optional
        ``(n, users)`` float32: how much each user reacted to each post.

    Returns
    -------
    numpy.ndarray
        ``(users, dim)`` of unit length: the mean of what is trained and `means`.
    """
    chosen = np.sort(np.argsort(-np.bincount(owners, minlength=len(means)), kind="stable")[:MOST])
    row = np.full(len(means), -1)
    row[chosen] = np.arange(len(chosen))
    kept = np.flatnonzero(row[owners] >= 0)
    posts, owners = normalize(posts[kept]), row[owners[kept]]
    if reactions is not None:
        reactions = reactions[kept][:, chosen]
    users, rng = means[chosen].copy(), np.random.default_rng(SEED)
    first, second, steps = np.zeros_like(users), np.zeros_like(users), 0
    for _ in range(EPOCHS):
        order = rng.permutation(len(posts))
        for rows in np.array_split(order, max(1, round(len(posts) / BATCH))):
            steps += 1
            towards = None if reactions is None else reactions[rows].toarray()
            gradient = _gradient(users, posts[rows], _belonging(owners[rows], towards, len(users)))
            first += 0.1 * (gradient - first)
            second += 0.001 * (gradient**2 - second)
            rate = RATE * (1 - 0.999**steps) ** 0.5 / (1 - 0.9**steps)
            users -= rate * first / (np.sqrt(second) + 1e-8)
    trained = means.copy()
    trained[chosen] = normalize(normalize(users) + means[chosen])
    return trained


def _belonging(owners: np.ndarray, reactions: np.ndarray | None, users: int) -> np.ndarray:
    """Return to whom posts belong, ``(n, users)``; each row sums to one."""
    author = np.zeros((len(owners), users), dtype=np.float32)
    author[np.arange(len(owners)), owners] = 1.0
    if reactions is None:
        return author
    others = np.where(author > 0, 0.0, reactions)
    total = others.sum(axis=1, keepdims=True)
    shared = (1 - REACTED) * author + REACTED * others / np.maximum(total, 1e-9)
    return np.asarray(np.where(total > 0, shared, author), dtype=np.float32)


def _gradient(users: np.ndarray, posts: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Return the gradient of the cross-entropy with what is `wanted`, by vectors of any length."""
    lengths = np.maximum(np.linalg.norm(users, axis=1, keepdims=True), 1e-9)
    unit = users / lengths
    scores = posts @ unit.T / TEMPERATURE
    scores = np.exp(scores - scores.max(axis=1, keepdims=True))
    scores /= scores.sum(axis=1, keepdims=True)
    scores -= wanted
    towards = scores.T @ posts / (TEMPERATURE * len(posts))
    return np.asarray((towards - (towards * unit).sum(axis=1, keepdims=True) * unit) / lengths)


def _discriminants(x: np.ndarray, owners: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Return the directions ``(d, dim)`` that tell users apart, by their variation within."""
    means = np.zeros((len(counts), x.shape[1]))
    np.add.at(means, owners, x)
    means /= counts[:, None]
    several = counts > 1
    rest = (x - means[owners])[several[owners]]
    within = rest.T @ rest / max(len(rest) - int(several.sum()), 1)
    values, basis = np.linalg.eigh(within)
    white = basis / np.sqrt(values.clip(0) + RIDGE * values.mean())
    between = (means @ white) * np.sqrt(counts)[:, None]
    _, axes = np.linalg.eigh(between.T @ between)
    axes = axes[:, ::-1][:, : min(DIM, len(counts) - 1)]
    # Signs are arbitrary: fixed, so that equal data give equal spaces everywhere.
    axes = axes * np.sign(axes[np.abs(axes).argmax(0), np.arange(axes.shape[1])])
    return np.asarray(white @ axes)


def _spread(posts: np.ndarray, owners: np.ndarray) -> float:
    users = user_vectors(posts, owners, int(owners.max()) + 1)
    rng = np.random.default_rng(SEED)
    rows = rng.permutation(len(posts))[:_SPREAD_POSTS]
    cosines = normalize(posts[rows]) @ users.T
    others = owners[rows][:, None] != np.arange(len(users))
    return float(np.clip(cosines[others].std(), 0.02, 1.0))

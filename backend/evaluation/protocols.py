"""Splits, pools and rank metrics of the retrieval tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from backend.joint_space.pairs import Pairs
from backend.metrics.result import Measurement

POOL = 100  # candidates of a query, the true one among them


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """Training and test pairs.

    Attributes
    ----------
    train : numpy.ndarray
        ``(n,)`` bool: the pairs to train on.
    test : numpy.ndarray
        Rows of the pairs to test, one for each duplicate group.
    """

    train: np.ndarray
    test: np.ndarray


def authors_held_out(
    pairs: Pairs, source: str, posted: np.ndarray, *, seed: int, share: float = 0.2
) -> Split:
    """Hold out authors with all their pairs and the near-duplicates of these.

    Parameters
    ----------
    pairs : Pairs
    source : str
        Only posts of this source are tested.
    posted : numpy.ndarray
        ``(n,)`` bool: which pairs are posts; the others are only trained on.
    seed : int
    share : float
        Fraction of the source's posts to test on.
    """
    rng = np.random.default_rng(seed)
    mine = posted & (pairs.sources == source) & pairs.has_text & pairs.has_image
    users, counts = np.unique(pairs.users[mine & (pairs.users >= 0)], return_counts=True)
    order = rng.permutation(len(users))
    before = np.cumsum(counts[order]) - counts[order]
    chosen = users[order[before < share * mine.sum()]]
    out = np.isin(pairs.users, chosen)
    return _without(pairs, np.flatnonzero(out & mine), out, rng)


def groups_held_out(
    pairs: Pairs, mine: np.ndarray, *, seed: int, fold: int = 0, folds: int = 5
) -> Split:
    """Hold out one of several equal folds of the duplicate groups.

    Parameters
    ----------
    pairs : Pairs
    mine : numpy.ndarray
        ``(n,)`` bool: the pairs that are split; the others are trained on, except for
        near-duplicates of held-out pairs.
    seed, fold, folds : int
    """
    rng = np.random.default_rng(seed)
    groups = rng.permutation(np.unique(pairs.groups[mine]))[fold::folds]
    test = np.flatnonzero(mine & np.isin(pairs.groups, groups))
    return _without(pairs, test, np.zeros(len(pairs), dtype=bool), rng)


def _without(pairs: Pairs, test: np.ndarray, out: np.ndarray, rng: np.random.Generator) -> Split:
    train = ~(out | np.isin(pairs.groups, np.unique(pairs.groups[test])))
    test = rng.permutation(test)
    _, first = np.unique(pairs.groups[test], return_index=True)
    return Split(train, test[np.sort(first)])


def pool_ranks(
    queries: np.ndarray, targets: np.ndarray, *, size: int | None = POOL, seed: int = 0
) -> np.ndarray:
    """Return the rank of each query's true target within a random pool.

    Parameters
    ----------
    queries, targets : numpy.ndarray
        ``(n, dim)``; row `i` of one belongs to row `i` of the other.
    size : int, optional
        Candidates in a pool; all `n` when None or when there are fewer.
    seed : int

    Returns
    -------
    numpy.ndarray
        ``(m,)`` int, from 1; a tie counts against the query.
    """
    count = len(queries)
    size = min(size or count, count)
    order = np.random.default_rng(seed).permutation(count)
    ranks = []
    for start in range(0, count - size + 1, size):
        rows = order[start : start + size]
        scores = queries[rows] @ targets[rows].T
        # Ties and NaN count against the query.
        ranks.append(size - (scores < np.diag(scores)[:, None]).sum(axis=1))
    return np.concatenate(ranks)


def rank_measurements(
    task: str, system: str, ranks: np.ndarray, ks: Sequence[int] = (1, 10)
) -> list[Measurement]:
    """Return recall at each `k` and the median of ranks ``(n,)`` from 1."""
    recalls = [
        Measurement.of_mean(task, system, f"R@{k}", (ranks <= k).astype(np.float64)) for k in ks
    ]
    return [*recalls, Measurement(task, system, "Med r", float(np.median(ranks)), n=len(ranks))]


def chance_measurements(task: str, pool: int, ks: Sequence[int] = (1, 10)) -> list[Measurement]:
    """Return recall and median rank of a random order of `pool` candidates."""
    recalls = [Measurement(task, "chance", f"R@{k}", min(k / pool, 1.0)) for k in ks]
    return [*recalls, Measurement(task, "chance", "Med r", (pool + 1) / 2)]

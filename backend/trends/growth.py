"""How much of the posts each cluster has, in one set of posts and in another."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from backend.metrics.proportions import newcombe
from backend.metrics.significance import ALPHA, corrected


@dataclass(frozen=True, slots=True)
class Growth:
    """The share of a cluster in a set of posts and in an earlier or other one.

    Attributes
    ----------
    group : int
    count, before_count : int
    share, before : float
    low, high : float
        95 % interval of the difference (Newcombe 1998, method 10).
    p : float
        Of the two-sided test of two shares, adjusted over all clusters.
    """

    group: int
    count: int
    before_count: int
    share: float
    before: float
    low: float
    high: float
    p: float

    @property
    def difference(self) -> float:
        """Share minus the share before."""
        return self.share - self.before

    @property
    def state(self) -> str:
        """``new``, ``grew``, ``shrank`` or ``gone``; ``same`` where it is not significant."""
        if self.p >= ALPHA:
            return "same"
        if self.difference > 0:
            return "grew" if self.before_count else "new"
        return "shrank" if self.count else "gone"


def growth_of(labels: np.ndarray, before: np.ndarray) -> tuple[Growth, ...]:
    """Compare the shares of all clusters.

    Parameters
    ----------
    labels, before : numpy.ndarray
        ``(n,)`` and ``(m,)`` int: the cluster of each post, -1 for none.

    Returns
    -------
    tuple of Growth
        The largest difference first.
    """
    groups = np.unique(np.concatenate([labels, before]))
    groups = groups[groups >= 0]
    if not len(groups) or not len(labels) or not len(before):
        return ()
    counts = np.array([(labels == g).sum() for g in groups])
    others = np.array([(before == g).sum() for g in groups])
    n, m = len(labels), len(before)
    one, two = counts / n, others / m
    low, high = newcombe(counts, n, others, m)
    pooled = (counts + others) / (n + m)
    with np.errstate(all="ignore"):
        z = np.abs(one - two) / np.sqrt(pooled * (1 - pooled) * (1 / n + 1 / m))
    p = corrected(2 * ndtr(-np.nan_to_num(z)))
    found = [
        Growth(int(g), int(c), int(o), *(float(v[i]) for v in (one, two, low, high, p)))
        for i, (g, c, o) in enumerate(zip(groups, counts, others, strict=True))
    ]
    return tuple(sorted(found, key=lambda g: (-abs(g.difference), g.group)))

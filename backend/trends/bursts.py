"""Bursts: periods in which a group posts far more than otherwise.

Kleinberg (2002), "Bursty and hierarchical structure in streams", sec. 4: an automaton with two
states for batched arrivals. In its base state a post of a step belongs to the group with the
overall share, in the burst state with twice that; entering the burst state costs the logarithm
of the number of steps. The cheapest sequence of states is found by dynamic programming. As
every group has some cheapest sequence, a burst is kept only where as many posts in any period
would be unlikely: the binomial (for all posts, Poisson) tail, times the number of periods,
adjusted over all bursts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from scipy.special import bdtrc, gammaln, pdtrc

from backend.trends.steps import Steps
from backend.trends.types import Burst

SCALE = 2.0  # how much larger the share is in a burst
ALPHA = 0.05
LEAST = 5  # posts of a burst
TIMES = 1.5  # as many posts as expected, at least


def of_counts(
    group: int, counts: np.ndarray, totals: np.ndarray | None, steps: Steps
) -> list[Burst]:
    """Find the bursts of a group; their `p` is not adjusted yet.

    Parameters
    ----------
    group : int
    counts : numpy.ndarray
        ``(steps,)``: posts of the group.
    totals : numpy.ndarray or None
        ``(steps,)``: all posts; None to compare with a constant rate.
    steps : Steps
    """
    if counts.sum() < LEAST or len(counts) < 3:
        return []
    base, burst = _costs(counts, totals)
    states = _cheapest(base, burst, float(np.log(len(counts))))
    edges = np.flatnonzero(np.diff(np.concatenate([[0], states, [0]])))
    found = []
    for start, end in zip(edges[::2], edges[1::2], strict=True):
        posts = int(counts[start:end].sum())
        expected, p = _tail(counts, totals, int(start), int(end))
        if posts < LEAST or posts < TIMES * expected:
            continue
        windows = len(counts) * (len(counts) + 1) / 2
        found.append(
            Burst(
                group=group,
                start=int(steps.edges[start]),
                end=int(steps.edges[end]),
                posts=posts,
                expected=expected,
                weight=float((base - burst)[start:end].sum()),
                p=min(p * windows, 1.0),
            )
        )
    return found


def kept(bursts: Sequence[Burst], corrected: np.ndarray) -> tuple[Burst, ...]:
    """Return the bursts whose adjusted p is small enough, the strongest first."""
    significant = [
        replace(b, p=float(p)) for b, p in zip(bursts, corrected, strict=True) if p < ALPHA
    ]
    return tuple(sorted(significant, key=lambda b: (-b.weight, b.start)))


def _costs(counts: np.ndarray, totals: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
    """Return the cost of each step in the base state and in the burst state."""
    r = counts.astype(float)
    if totals is None:
        rate = r.mean()

        def poisson(mean: float) -> np.ndarray:
            return np.asarray(mean - r * np.log(mean) + gammaln(r + 1))

        return poisson(rate), poisson(SCALE * rate)
    d = totals.astype(float)
    base = min(r.sum() / d.sum(), 0.5)

    def binomial(p: float) -> np.ndarray:
        ways = gammaln(d + 1) - gammaln(r + 1) - gammaln(d - r + 1)
        return np.asarray(-(ways + r * np.log(p) + (d - r) * np.log1p(-p)))

    return binomial(base), binomial(min(SCALE * base, 0.9999))


def _cheapest(base: np.ndarray, burst: np.ndarray, enter: float) -> np.ndarray:
    """Return the cheapest states, ``(steps,)`` of 0 and 1: Viterbi's algorithm."""
    cost = np.array([0.0, enter])
    came = np.empty((len(base), 2), dtype=np.int8)
    for t in range(len(base)):
        stay, leave = cost[0], cost[1]  # leaving a burst is free
        came[t, 0] = leave < stay
        came[t, 1] = cost[1] <= cost[0] + enter
        into = (min(stay, leave), min(cost[1], cost[0] + enter))
        cost = np.array([into[0] + base[t], into[1] + burst[t]])
    states = np.empty(len(base), dtype=np.int8)
    state = int(cost[1] < cost[0])
    for t in range(len(base) - 1, -1, -1):
        states[t] = state
        state = int(came[t, state])
    return states


def _tail(
    counts: np.ndarray, totals: np.ndarray | None, start: int, end: int
) -> tuple[float, float]:
    """Return how many posts are expected in a period, and the chance of so many or more."""
    inside, outside = int(counts[start:end].sum()), int(counts.sum() - counts[start:end].sum())
    if totals is None:
        rest = max(len(counts) - (end - start), 1)
        expected = (outside + 0.5) / rest * (end - start)
        return expected, float(pdtrc(inside - 1, expected))
    here, elsewhere = int(totals[start:end].sum()), int(totals.sum() - totals[start:end].sum())
    share = min((outside + 0.5) / (elsewhere + 1), 0.9999)
    return share * here, float(bdtrc(inside - 1, here, share))

"""Slices: named groups of posts on which a model errs more, tested and without repetitions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse
from scipy.stats import false_discovery_control, hypergeom

from backend.error_analysis.metadata_groups import FEWEST, Candidate
from backend.error_analysis.predictions import ScoredPredictions
from backend.metrics.proportions import newcombe, wilson

LEVEL = 0.05  # false discovery rate
MAX_SLICES = 30
ALIKE = 0.7  # Jaccard index from which two groups count as one slice
TYPICAL = 6


@dataclass(frozen=True, slots=True, eq=False)
class Slice:
    """A group of posts on which a model errs more than on the rest.

    Attributes
    ----------
    name, kind : str
    ids : tuple of str
        The posts, errors first.
    errors : int
    rate, low, high : float
        Error rate with its 95 % interval (Wilson).
    rest_rate : float
        Error rate of all other posts.
    difference, difference_low, difference_high : float
        `rate` minus `rest_rate` with its 95 % interval (Newcombe 1998, method 10).
    p, q : float
        One-sided exact test, and corrected for all groups that were tested.
    overlapping : tuple of str
        Other groups of nearly the same posts.
    typical : tuple of str
        Ids of the errors nearest to the centroid of the slice's errors.
    """

    name: str
    kind: str
    ids: tuple[str, ...]
    errors: int
    rate: float
    low: float
    high: float
    rest_rate: float
    difference: float
    difference_low: float
    difference_high: float
    p: float
    q: float
    overlapping: tuple[str, ...] = ()
    typical: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Slices:
    """The slices of one model.

    Attributes
    ----------
    slices : tuple of Slice
        In the order in which `find` chose them.
    tested, significant : int
        How many groups were tested, and how many have a significantly higher error rate.
    """

    slices: tuple[Slice, ...]
    tested: int
    significant: int


def find(
    scored: ScoredPredictions,
    candidates: Sequence[Candidate],
    vectors: np.ndarray | None = None,
    *,
    limit: int = MAX_SLICES,
) -> Slices:
    """Find the groups on which a model errs more than on the rest.

    Every group is tested with Fisher's exact test (one-sided) and corrected by
    Benjamini and Hochberg (1995). Many significant groups name the same errors,
    so they are chosen greedily: each step takes the group whose error rate (lower
    end of the Wilson interval) most exceeds what the groups chosen before let
    expect, times the square root of its size.

    Parameters
    ----------
    scored : ScoredPredictions
    candidates : sequence of Candidate
    vectors : numpy.ndarray, optional
        ``(len(scored.ground_truth), dim)``, for the typical posts.
    limit : int
    """
    wrong = (~scored.correct).astype(np.float64)
    total, errors = len(scored), wrong.sum()
    member = _members(scored, candidates)
    sizes = np.asarray(member.sum(axis=1)).ravel()
    # A group of nearly all posts, or of exactly one class, does not locate errors.
    usable = (sizes >= FEWEST) & (total - sizes >= FEWEST)
    for k in range(len(scored.classes)):
        in_class = (scored.truth == k).astype(np.float64)
        usable &= ~((member @ in_class == sizes) & (sizes == in_class.sum()))
    rows = np.flatnonzero(usable)
    if not len(rows) or not errors:
        return Slices((), len(rows), 0)
    member, sizes = member[rows], sizes[rows]
    errors_inside = member @ wrong
    p = hypergeom.sf(errors_inside - 1, total, int(errors), sizes.astype(np.int64))
    q = false_discovery_control(np.clip(p, 0.0, 1.0))
    significant = np.flatnonzero((q <= LEVEL) & (errors_inside / sizes > errors / total))
    found = []
    for chosen, others in _choose(member[significant], wrong, limit):
        row = significant[chosen]
        inside = np.asarray(member[row].todense()).ravel() > 0
        one = _slice(scored, candidates[rows[row]], inside, (float(p[row]), float(q[row])))
        found.append(
            replace(
                one,
                overlapping=tuple(candidates[rows[significant[i]]].name for i in others)[:4],
                typical=_typical(scored, np.flatnonzero(inside & ~scored.correct), vectors),
            )
        )
    return Slices(tuple(found), len(rows), len(significant))


def _members(scored: ScoredPredictions, candidates: Sequence[Candidate]) -> sparse.csr_matrix:
    """``(candidates, len(scored))``: 1 where a post is in a group."""
    place = np.full(len(scored.ground_truth), -1, dtype=np.int64)
    place[scored.rows] = np.arange(len(scored))
    columns = [place[c.rows][place[c.rows] >= 0] for c in candidates]
    rows = np.repeat(np.arange(len(columns)), [len(c) for c in columns])
    flat = np.concatenate(columns) if columns else np.zeros(0, np.int64)
    shape = (len(candidates), len(scored))
    return sparse.csr_matrix((np.ones(len(flat)), (rows, flat)), shape=shape)


def _choose(
    member: sparse.csr_matrix, wrong: np.ndarray, limit: int
) -> list[tuple[int, tuple[int, ...]]]:
    """Rows of the slices to show, each with the rows of groups of nearly the same posts."""
    sizes = np.asarray(member.sum(axis=1)).ravel()
    rates = member @ wrong / sizes
    floor, _ = wilson(rates * sizes, sizes)
    open_ = np.ones(len(sizes), dtype=bool)
    covered = np.zeros(len(wrong), dtype=bool)  # by the slices chosen so far
    explained = np.zeros(len(wrong))  # highest error rate of the chosen slices that hold a post
    chosen: list[tuple[int, tuple[int, ...]]] = []
    while len(chosen) < limit and open_.any():
        rest = wrong[~covered].mean() if (~covered).any() else 0.0
        expected = member @ np.where(covered, explained, rest) / sizes
        weight = np.where(open_, (floor - expected) * sizes**0.5, -np.inf)
        best = int(weight.argmax())
        if weight[best] <= 0:
            break
        inside = np.asarray(member[best].todense()).ravel() > 0
        shared = member @ inside.astype(np.float64)
        alike = shared / (sizes + inside.sum() - shared) >= ALIKE
        others = tuple(int(i) for i in np.flatnonzero(alike) if i != best)
        chosen.append((best, others))
        open_[[best, *others]] = False
        explained = np.where(inside, np.maximum(explained, rates[best]), explained)
        covered |= inside
    return chosen


def _slice(
    scored: ScoredPredictions, candidate: Candidate, inside: np.ndarray, p_q: tuple[float, float]
) -> Slice:
    """A slice without its typical posts and overlapping groups."""
    wrong = ~scored.correct
    size, errors = int(inside.sum()), int((inside & wrong).sum())
    other_size, other_errors = int((~inside).sum()), int((~inside & wrong).sum())
    low, high = map(float, wilson(errors, size))
    difference = newcombe(errors, size, other_errors, other_size)
    difference_low, difference_high = map(float, difference)
    rows = np.flatnonzero(inside)
    rows = rows[np.lexsort((scored.label_probability[rows], scored.correct[rows]))]
    return Slice(
        name=candidate.name,
        kind=candidate.kind,
        ids=tuple(scored.ids[rows]),
        errors=errors,
        rate=errors / size,
        low=low,
        high=high,
        rest_rate=other_errors / other_size,
        difference=errors / size - other_errors / other_size,
        difference_low=difference_low,
        difference_high=difference_high,
        p=p_q[0],
        q=p_q[1],
    )


def _typical(
    scored: ScoredPredictions, places: np.ndarray, vectors: np.ndarray | None
) -> tuple[str, ...]:
    """Ids of the errors nearest to their centroid; without vectors, of the worst errors."""
    if vectors is None or not vectors.size:
        order = np.argsort(scored.label_probability[places], kind="stable")
        return tuple(scored.ids[places[order][:TYPICAL]])
    rows = vectors[scored.rows[places]]
    known = np.isfinite(rows[:, 0])
    if not known.any():
        return tuple(scored.ids[places[:TYPICAL]])
    centroid = rows[known].mean(axis=0)
    score = np.where(known, np.nan_to_num(rows) @ centroid, -np.inf)
    return tuple(scored.ids[places[np.argsort(-score, kind="stable")[:TYPICAL]]])

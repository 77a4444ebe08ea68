"""Where a model fails more than elsewhere: named groups of posts, tested and thinned out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.stats import false_discovery_control, hypergeom

from backend.error_analysis.candidates import FEWEST, Candidate
from backend.error_analysis.figures import wilson
from backend.error_analysis.judgements import ScoredPredictions

LEVEL = 0.05  # share of false finds among the slices shown
MOST = 30
ALIKE = 0.7  # share of posts in common from which two slices are told as one
TYPICAL = 6


@dataclass(frozen=True, slots=True, eq=False)
class Slice:
    """A group of posts on which a model errs more than on the rest.

    Attributes
    ----------
    name, kind : str
    ids : tuple of str
        The posts, those judged wrongly first.
    errors : int
    rate, low, high : float
        Error rate with its 95 % interval (Wilson).
    rest : float
        Error rate of all other posts.
    more, more_low, more_high : float
        `rate` minus `rest` with its 95 % interval (Newcombe 1998, method 10).
    p, q : float
        One-sided exact test, and corrected for all groups that were tried
        (Benjamini and Hochberg 1995).
    also : tuple of str
        Names of groups of nearly the same posts.
    typical : tuple of str
        Ids of errors in the middle of the slice.
    """

    name: str
    kind: str
    ids: tuple[str, ...]
    errors: int
    rate: float
    low: float
    high: float
    rest: float
    more: float
    more_low: float
    more_high: float
    p: float
    q: float
    also: tuple[str, ...]
    typical: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Slices:
    """What was found, and among how many.

    Attributes
    ----------
    found : tuple of Slice
        The surest first; one that the slices before it explain is left out.
    tried, worse : int
        Groups tested, and those that are worse after correction.
    """

    found: tuple[Slice, ...]
    tried: int
    worse: int


def find(
    judged: ScoredPredictions,
    candidates: Sequence[Candidate],
    vectors: np.ndarray | None = None,
    *,
    most: int = MOST,
) -> Slices:
    """Find the groups that do worse than the rest.

    Every group is tested; those that stay after correction are taken one by
    one, and after each the others are held against what the slices taken so far
    let expect of their posts, so that ten names for the same errors make one
    slice. First comes the one whose error rate is most surely above that, times
    the root of its size: a few posts that all fail and many that fail a little
    more are both worth a look.

    Parameters
    ----------
    judged : ScoredPredictions
    candidates : sequence of Candidate
    vectors : numpy.ndarray, optional
        ``(len(judged.labelled), dim)``, for the typical posts.
    most : int

    Returns
    -------
    Slices
    """
    wrong = (~judged.right).astype(np.float64)
    total, errors = len(judged), wrong.sum()
    member = _members(judged, candidates)
    sizes = np.asarray(member.sum(axis=1)).ravel()
    # A group that holds everything, or is one class and no more, says nothing of where.
    usable = (sizes >= FEWEST) & (total - sizes >= FEWEST)
    for k in range(len(judged.classes)):
        mine = (judged.truth == k).astype(np.float64)
        usable &= ~((member @ mine == sizes) & (sizes == mine.sum()))
    rows = np.flatnonzero(usable)
    if not len(rows) or not errors:
        return Slices((), len(rows), 0)
    member, sizes = member[rows], sizes[rows]
    hits = member @ wrong
    p = hypergeom.sf(hits - 1, total, int(errors), sizes.astype(np.int64))
    q = false_discovery_control(np.clip(p, 0.0, 1.0))
    worse = np.flatnonzero((q <= LEVEL) & (hits / sizes > errors / total))
    chosen = _thin(member[worse], wrong, most)
    found = []
    for place, others in chosen:
        row = worse[place]
        mine = np.asarray(member[row].todense()).ravel() > 0
        of = candidates[rows[row]]
        names = tuple(candidates[rows[worse[o]]].name for o in others)[:4]
        found.append(_slice(judged, of, mine, float(p[row]), float(q[row]), names, vectors))
    return Slices(tuple(found), len(rows), len(worse))


def difference(hits: float, of: float, others: float, rest: float) -> tuple[float, float]:
    """95 % interval of the difference of two shares (Newcombe 1998, method 10)."""
    one, two = hits / of, others / rest
    low_one, high_one = wilson(hits, of)
    low_two, high_two = wilson(others, rest)
    low = one - two - np.hypot(one - low_one, high_two - two)
    high = one - two + np.hypot(high_one - one, two - low_two)
    return float(low), float(high)


def _members(judged: ScoredPredictions, candidates: Sequence[Candidate]) -> sparse.csr_matrix:
    """``(candidates, judged posts)``: 1 where a post is in a group."""
    place = np.full(len(judged.labelled), -1, dtype=np.int64)
    place[judged.rows] = np.arange(len(judged))
    columns = [place[c.rows][place[c.rows] >= 0] for c in candidates]
    rows = np.repeat(np.arange(len(columns)), [len(c) for c in columns])
    flat = np.concatenate(columns) if columns else np.zeros(0, np.int64)
    shape = (len(candidates), len(judged))
    return sparse.csr_matrix((np.ones(len(flat)), (rows, flat)), shape=shape)


def _thin(
    member: sparse.csr_matrix, wrong: np.ndarray, most: int
) -> list[tuple[int, tuple[int, ...]]]:
    """Places of the slices to show, each with those of about the same posts."""
    sizes = np.asarray(member.sum(axis=1)).ravel()
    rates = member @ wrong / sizes
    floor = np.array([wilson(rate * n, n)[0] for rate, n in zip(rates, sizes, strict=True)])
    open_ = np.ones(len(sizes), dtype=bool)
    inside = np.zeros(len(wrong), dtype=bool)
    told = np.zeros(len(wrong))  # the error rate that slices chosen so far give each post
    chosen: list[tuple[int, tuple[int, ...]]] = []
    while len(chosen) < most and open_.any():
        rest = wrong[~inside].mean() if (~inside).any() else 0.0
        expected = member @ np.where(inside, told, rest) / sizes
        weight = np.where(open_, (floor - expected) * sizes**0.5, -np.inf)
        best = int(weight.argmax())
        if weight[best] <= 0:
            break
        mine = np.asarray(member[best].todense()).ravel() > 0
        shared = member @ mine.astype(np.float64)
        alike = shared / (sizes + mine.sum() - shared) >= ALIKE
        others = tuple(int(i) for i in np.flatnonzero(alike) if i != best)
        chosen.append((best, others))
        open_[[best, *others]] = False
        told = np.where(mine, np.maximum(told, rates[best]), told)
        inside |= mine
    return chosen


def _slice(
    judged: ScoredPredictions,
    candidate: Candidate,
    mine: np.ndarray,
    p: float,
    q: float,
    also: tuple[str, ...],
    vectors: np.ndarray | None,
) -> Slice:
    wrong = ~judged.right
    size, errors = int(mine.sum()), int((mine & wrong).sum())
    rest, other = int((~mine).sum()), int((~mine & wrong).sum())
    low, high = wilson(errors, size)
    more_low, more_high = difference(errors, size, other, rest)
    places = np.flatnonzero(mine)
    places = places[np.lexsort((judged.on_truth[places], judged.right[places]))]
    return Slice(
        name=candidate.name,
        kind=candidate.kind,
        ids=tuple(judged.ids[places]),
        errors=errors,
        rate=errors / size,
        low=low,
        high=high,
        rest=other / rest,
        more=errors / size - other / rest,
        more_low=more_low,
        more_high=more_high,
        p=p,
        q=q,
        also=also,
        typical=_typical(judged, np.flatnonzero(mine & wrong), vectors),
    )


def _typical(
    judged: ScoredPredictions, places: np.ndarray, vectors: np.ndarray | None
) -> tuple[str, ...]:
    """Errors nearest to the middle of all errors of a slice; without vectors the worst ones."""
    if vectors is None or not vectors.size:
        order = np.argsort(judged.on_truth[places], kind="stable")
        return tuple(judged.ids[places[order][:TYPICAL]])
    rows = vectors[judged.rows[places]]
    known = np.isfinite(rows[:, 0])
    if not known.any():
        return tuple(judged.ids[places[:TYPICAL]])
    middle = rows[known].mean(axis=0)
    score = np.where(known, np.nan_to_num(rows) @ middle, -np.inf)
    return tuple(judged.ids[places[np.argsort(-score, kind="stable")[:TYPICAL]]])

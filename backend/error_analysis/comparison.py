"""Two models side by side on the same posts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import binomtest

from backend.error_analysis.figures import Measure, resamples
from backend.error_analysis.judgements import ScoredPredictions, same_posts


@dataclass(frozen=True, slots=True, eq=False)
class ModelComparison:
    """What two models make of the posts that both could read.

    Attributes
    ----------
    one, two : ScoredPredictions
        Cut to the same posts, in the same order.
    p : float
        McNemar's exact test (McNemar 1947): how often two equally good models
        would differ at least so much.
    difference : Measure
        Accuracy of `one` minus that of `two`.
    """

    one: ScoredPredictions
    two: ScoredPredictions
    p: float
    difference: Measure

    @property
    def masks(self) -> dict[str, np.ndarray]:
        """``(n,)`` bool of each of: ``both right``, ``only first``, ``only second``,
        ``both wrong``, ``differ``.
        """
        return masks(self.one, self.two)

    @property
    def gives(self) -> np.ndarray:
        """Counts ``(classes, classes)``: a row is what `one` gives, a column `two`."""
        k = len(self.one.classes)
        return np.bincount(self.one.guess * k + self.two.guess, minlength=k * k).reshape(k, k)


def masks(one: ScoredPredictions, two: ScoredPredictions) -> dict[str, np.ndarray]:
    """As `Versus.masks`, of judgements of the same posts."""
    a, b = one.right, two.right
    return {
        "both right": a & b,
        "only first": a & ~b,
        "only second": b & ~a,
        "both wrong": ~a & ~b,
        "differ": one.guess != two.guess,
    }


def versus(one: ScoredPredictions, two: ScoredPredictions, draws: int = 500) -> ModelComparison:
    """Compare two models.

    Parameters
    ----------
    one, two : ScoredPredictions
        Of the same label.
    draws : int

    Returns
    -------
    ModelComparison
    """
    one, two = same_posts(one, two)
    only_one = int((one.right & ~two.right).sum())
    only_two = int((two.right & ~one.right).sum())
    both = only_one + only_two
    p = float(binomtest(only_one, both, 0.5).pvalue) if both else 1.0
    gain = one.right.astype(np.float64) - two.right
    drawn = [gain[rows].mean() for rows in resamples(one, draws)]
    low, high = np.quantile(drawn, [0.025, 0.975])
    says = f"accuracy of {one.model} minus that of {two.model}, on the same posts"
    measure = Measure("difference", float(gain.mean()), float(low), float(high), says)
    return ModelComparison(one, two, p, measure)

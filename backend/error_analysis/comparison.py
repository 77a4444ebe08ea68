"""Comparison of two models on the same posts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from backend.error_analysis.figures import Measure, resamples
from backend.error_analysis.predictions import ScoredPredictions, same_posts


@dataclass(frozen=True, slots=True, eq=False)
class ModelComparison:
    """Two models on the posts that both can read.

    Attributes
    ----------
    one, two : ScoredPredictions
        Cut to the same posts, in the same order.
    p : float
        Exact McNemar test (McNemar 1947): the probability of a difference at least as
        large between two models of equal accuracy.
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
    def cross_table(self) -> np.ndarray:
        """Counts ``(classes, classes)``: rows are predictions of `one`, columns of `two`."""
        k = len(self.one.classes)
        return np.bincount(self.one.predicted * k + self.two.predicted, minlength=k * k).reshape(
            k, k
        )


def masks(one: ScoredPredictions, two: ScoredPredictions) -> dict[str, np.ndarray]:
    """As `ModelComparison.masks`, of predictions for the same posts."""
    a, b = one.correct, two.correct
    return {
        "both right": a & b,
        "only first": a & ~b,
        "only second": b & ~a,
        "both wrong": ~a & ~b,
        "differ": one.predicted != two.predicted,
    }


def compare(one: ScoredPredictions, two: ScoredPredictions, draws: int = 500) -> ModelComparison:
    """Compare two models on the posts that both can read.

    Parameters
    ----------
    one, two : ScoredPredictions
        Of the same label.
    draws : int
    """
    from scipy.stats import binomtest  # large: not before it is needed

    one, two = same_posts(one, two)
    only_one = int((one.correct & ~two.correct).sum())
    only_two = int((two.correct & ~one.correct).sum())
    discordant = only_one + only_two
    p = float(binomtest(only_one, discordant, 0.5).pvalue) if discordant else 1.0
    difference = one.correct.astype(np.float64) - two.correct
    samples = [difference[rows].mean() for rows in resamples(one, draws)]
    low, high = np.quantile(samples, [0.025, 0.975])
    description = f"accuracy of {one.model} minus that of {two.model}, on the same posts"
    measure = Measure("difference", float(difference.mean()), float(low), float(high), description)
    return ModelComparison(one, two, p, measure)

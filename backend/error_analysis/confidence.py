"""Calibration curve, calibration error, and what it costs to answer only when confident."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from backend.domain import Modality, subset_name
from backend.error_analysis.figures import resamples
from backend.error_analysis.predictions import ScoredPredictions
from backend.metrics.calibration_error import BINS, around, by_chance, calibration_error
from backend.metrics.proportions import wilson

DRAWS = 500


@dataclass(frozen=True, slots=True)
class Bin:
    """The posts whose confidence lies in one interval.

    Attributes
    ----------
    low, high : float
        The interval; the last one includes its end.
    posts, correct : int
    confidence : float
        Mean; NaN without posts.
    accuracy, accuracy_low, accuracy_high : float
        With the 95 % interval.
    """

    low: float
    high: float
    posts: int
    correct: int
    confidence: float
    accuracy: float
    accuracy_low: float
    accuracy_high: float


@dataclass(frozen=True, slots=True)
class CalibrationError:
    """The calibration error of all posts or of those with some modalities.

    Attributes
    ----------
    name : str
        A subset of modalities, or ``all``.
    posts : int
    error, low, high : float
    chance, chance_low, chance_high : float
        Mean calibration error of perfectly calibrated models on as many posts, and
        the range of 95 % of them: an error within it may be chance alone.
    """

    name: str
    posts: int
    error: float
    low: float
    high: float
    chance: float
    chance_low: float
    chance_high: float


@dataclass(frozen=True, slots=True)
class Threshold:
    """The outcome of answering only from a confidence on.

    Attributes
    ----------
    at : float
    answered, wrong : int
        Posts answered, and how many of these wrongly.
    withheld_wrong, withheld_correct : int
        Answers not given that would have been wrong, or correct.
    """

    at: float
    answered: int
    wrong: int
    withheld_wrong: int
    withheld_correct: int

    def cost(self, wrong: float, withheld: float) -> float:
        """Total cost, given the cost of a wrong answer and of an answer withheld."""
        return wrong * self.wrong + withheld * (self.withheld_wrong + self.withheld_correct)


def bin_of(scored: ScoredPredictions, bins: int = BINS) -> np.ndarray:
    """``(n,)`` int64: the bin of each post's confidence."""
    return np.minimum((scored.confidence * bins).astype(np.int64), bins - 1)


def curve(scored: ScoredPredictions, bins: int = BINS) -> tuple[Bin, ...]:
    """The calibration curve; its counts are the histogram of confidence."""
    bin_index = bin_of(scored, bins)
    found = []
    for i in range(bins):
        mask = bin_index == i
        posts, correct = int(mask.sum()), int(scored.correct[mask].sum())
        low, high = map(float, wilson(correct, posts))
        found.append(
            Bin(
                i / bins,
                (i + 1) / bins,
                posts,
                correct,
                float(scored.confidence[mask].mean()) if posts else float("nan"),
                correct / posts if posts else float("nan"),
                low,
                high,
            )
        )
    return tuple(found)


def gaps(scored: ScoredPredictions, draws: int = DRAWS) -> tuple[CalibrationError, ...]:
    """Calibration error of all posts and by modalities, with bootstrap intervals."""
    names = modalities(scored)
    parts = [("all", np.ones(len(scored), dtype=bool))]
    parts += [(name, names == name) for name in sorted({str(name) for name in names})]
    found = []
    for name, mask in parts[:1] if len(parts) == 2 else parts:
        part = scored.take(mask)
        samples = [
            calibration_error(part.confidence[rows], part.correct[rows])
            for rows in resamples(part, draws)
        ]
        value = calibration_error(part.confidence, part.correct)
        low, high = around(value, np.array(samples))
        noise = by_chance(part.confidence, draws)
        least, most = np.quantile(noise, [0.025, 0.975])
        chance = (float(noise.mean()), float(least), float(most))
        title = name if len(parts) > 2 else parts[1][0]
        found.append(CalibrationError(title, len(part), value, low, high, *chance))
    return tuple(found)


def modalities(scored: ScoredPredictions) -> np.ndarray:
    """Modalities of each post, ``(n,)`` str, as `backend.domain.subset_name` writes them."""
    table = scored.ground_truth.table
    present = {m: np.array([bool(v) for v in table[m.value].to_pylist()]) for m in Modality}
    names = [
        subset_name(tuple(m for m in Modality if present[m][row])) or "nothing"
        for row in scored.rows
    ]
    return np.array(names)


def answered(scored: ScoredPredictions, at: float) -> np.ndarray:
    """Whether each post is answered from a confidence of `at` on, ``(n,)`` bool."""
    # Rounding must not withhold a post whose confidence is the threshold itself.
    return scored.confidence >= at - 1e-9


def thresholds(scored: ScoredPredictions, steps: int = 101) -> tuple[Threshold, ...]:
    """The outcome of each of `steps` thresholds from 0 to 1."""
    found = []
    for at in np.linspace(0.0, 1.0, steps):
        answered_mask = answered(scored, float(at))
        wrong = int((answered_mask & ~scored.correct).sum())
        withheld_correct = int((~answered_mask & scored.correct).sum())
        posts = int(answered_mask.sum())
        withheld_wrong = len(scored) - posts - withheld_correct
        found.append(Threshold(round(float(at), 4), posts, wrong, withheld_wrong, withheld_correct))
    return tuple(found)

"""Expected calibration error, and how large it is by chance alone."""

from __future__ import annotations

import numpy as np

from backend.settings import SEED

BINS = 10


def calibration_error(confidence: np.ndarray, right: np.ndarray, bins: int = BINS) -> float:
    """Expected calibration error over bins of equal width (Guo et al. 2017, eq. 3).

    Parameters
    ----------
    confidence : numpy.ndarray
        ``(n,)`` in [0, 1].
    right : numpy.ndarray
        ``(n,)`` bool.
    bins : int

    Examples
    --------
    >>> round(calibration_error(np.array([0.75, 0.75, 0.95]), np.array([True, False, True])), 3)
    0.183
    """
    place = np.minimum((confidence * bins).astype(np.int64), bins - 1)
    gap = np.bincount(place, weights=right.astype(np.float64) - confidence, minlength=bins)
    return float(np.abs(gap).sum() / max(len(right), 1))


def around(value: float, drawn: np.ndarray) -> tuple[float, float]:
    """95 % interval of a calibration error from bootstrap draws.

    Resampling adds the sampling noise a second time, so the draws lie above the value
    itself; that bias (Efron and Tibshirani 1993, ch. 10) is subtracted.

    Parameters
    ----------
    value : float
    drawn : numpy.ndarray
        ``(draws,)``.

    Returns
    -------
    tuple of float
        Low and high.
    """
    low, high = np.quantile(drawn - drawn.mean() + value, [0.025, 0.975])
    return max(float(low), 0.0), float(high)


def by_chance(confidence: np.ndarray, draws: int = 100, bins: int = BINS) -> np.ndarray:
    """Calibration errors if every confidence were the true probability of being right.

    The error is a mean of absolute gaps, so it is positive on any finite sample even
    where the confidences are exactly right.

    Parameters
    ----------
    confidence : numpy.ndarray
        ``(n,)`` in [0, 1].
    draws, bins : int

    Returns
    -------
    numpy.ndarray
        ``(draws,)``, one for each draw of which predictions are right.
    """
    rng = np.random.default_rng(SEED)
    return np.array(
        [
            calibration_error(confidence, rng.random(len(confidence)) < confidence, bins)
            for _ in range(draws)
        ]
    )

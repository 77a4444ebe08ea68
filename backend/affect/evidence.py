"""Evidence of one modality, in log-odds; the fusion adds the modalities up."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from backend.domain import EMOTIONS_AND_NEUTRAL

# The columns of every emotion array: Plutchik's eight, then "neutral".
OUTPUTS = EMOTIONS_AND_NEUTRAL
LARGEST = 4.5  # log-odds of a prediction: a probability of .989


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """Evidence of one modality of `n` posts.

    Attributes
    ----------
    emotion : numpy.ndarray
        ``(n, 9)`` float64, columns as in `OUTPUTS`: log-odds relative to the prior; 0 is
        no evidence.
    sentiment : numpy.ndarray
        ``(n,)`` float64: log-odds of positive against negative; 0 is no evidence.
    neutral : numpy.ndarray, optional
        ``(n,)`` float64: log-odds of neutral against either pole; None and 0 are no
        evidence.
    caption : numpy.ndarray, optional
        ``(n,)`` float64: probability that a text only names things, as a caption or a list
        of tags does. What such a text means for a post is less certain.
    """

    emotion: np.ndarray
    sentiment: np.ndarray
    neutral: np.ndarray | None = None
    caption: np.ndarray | None = None


def sigmoid(x: np.ndarray) -> np.ndarray:
    """Probability of log-odds, without overflow."""
    return 0.5 * (1.0 + np.tanh(0.5 * np.asarray(x, dtype=np.float64)))


def bound(odds: np.ndarray) -> np.ndarray:
    """Log-odds drawn in smoothly to within `LARGEST` of 0: no reading of a post is certain."""
    return LARGEST * np.tanh(np.asarray(odds, dtype=np.float64) / LARGEST)


def logit(p: np.ndarray | float) -> np.ndarray:
    """Log-odds of a probability, clipped to be finite."""
    clipped = np.clip(p, 1e-6, 1 - 1e-6)
    return np.log(clipped / (1 - clipped))

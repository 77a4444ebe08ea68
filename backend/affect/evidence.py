"""What one modality says, in log-odds; several modalities are added up."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from backend.domain import EMOTIONS

# The columns of every emotion array: Plutchik's eight, then "neutral".
OUTPUTS = (*EMOTIONS, "neutral")


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """What one modality of several posts says.

    Attributes
    ----------
    emotion : numpy.ndarray
        ``(n, 9)`` float64, columns as in `OUTPUTS`: change of log-odds against
        what is expected of a post of which nothing is known; 0 says nothing.
    sentiment : numpy.ndarray
        ``(n,)`` float64: log-odds of positive against negative; 0 says nothing.
    """

    emotion: np.ndarray
    sentiment: np.ndarray


def sigmoid(x: np.ndarray) -> np.ndarray:
    """Log-odds -> probability, without overflow."""
    return 0.5 * (1.0 + np.tanh(0.5 * np.asarray(x, dtype=np.float64)))


def logit(p: np.ndarray | float) -> np.ndarray:
    """Probability -> log-odds, kept finite."""
    clipped = np.clip(p, 1e-6, 1 - 1e-6)
    return np.log(clipped / (1 - clipped))

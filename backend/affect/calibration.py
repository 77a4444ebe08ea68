"""Calibration: probabilities, labels and confidence from log-odds, by subset of modalities."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from backend.affect.evidence import bound, sigmoid
from backend.domain import SENTIMENTS


@dataclass(frozen=True, slots=True, eq=False)
class Calibration:
    """Platt scaling (Platt 1999, section 2.2) and the neutral band of one subset.

    Attributes
    ----------
    slope, shift : float
        Of the log-odds of positive; the slope is positive, so the order stays.
    low, high : float
        The neutral band: the label is negative for a probability of positive below it,
        positive above it.
    right : numpy.ndarray
        ``(3, 2)`` float64: shift and slope of the log-odds that a label is correct, given
        its distance from the nearer edge of the band; a row each of `SENTIMENTS`.
    """

    slope: float
    shift: float
    low: float
    high: float
    right: np.ndarray

    def positive(self, odds: np.ndarray) -> np.ndarray:
        """Probability of positive against negative, from log-odds ``(n,)``."""
        return sigmoid(bound(self.slope * odds + self.shift))

    def label(self, positive: np.ndarray) -> np.ndarray:
        """Indices in `SENTIMENTS`, from probabilities of positive ``(n,)``."""
        return np.where(positive < self.low, 0, np.where(positive > self.high, 2, 1))

    def confidence(self, positive: np.ndarray) -> np.ndarray:
        """Probability that the label is correct ``(n,)``."""
        label = self.label(positive)
        margin = distance(positive, self.low, self.high)
        return sigmoid(self.right[label, 0] + self.right[label, 1] * margin)

    def as_config(self) -> dict[str, object]:
        """Plain JSON."""
        return {
            "slope": self.slope,
            "shift": self.shift,
            "low": self.low,
            "high": self.high,
            "right": {
                n: [float(v) for v in r] for n, r in zip(SENTIMENTS, self.right, strict=True)
            },
        }


def distance(positive: np.ndarray, low: float, high: float) -> np.ndarray:
    """Distance of probabilities from the nearer edge of the neutral band, in log-odds."""
    odds = np.log(np.clip(positive, 1e-6, 1 - 1e-6) / np.clip(1 - positive, 1e-6, 1 - 1e-6))
    edges = np.log(np.array([low, high]) / (1 - np.array([low, high])))
    return np.minimum(np.abs(odds - edges[0]), np.abs(odds - edges[1]))


def from_config(raw: dict) -> Calibration:
    """Read what `Calibration.as_config` wrote."""
    right = np.array([raw["right"][name] for name in SENTIMENTS], dtype=np.float64)
    return Calibration(raw["slope"], raw["shift"], raw["low"], raw["high"], right)

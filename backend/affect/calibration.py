"""From log-odds to probabilities that mean what they say, for each subset of modalities."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from backend.affect.evidence import sigmoid
from backend.domain import SENTIMENTS


@dataclass(frozen=True, slots=True, eq=False)
class Calibration:
    """How one subset's log-odds are read.

    Platt scaling (Platt 1999), one for each subset.

    Attributes
    ----------
    slope, shift : float
        Of the sentiment's log-odds; the slope is positive, so the order stays.
    low, high : float
        Probability of positive below which the label is negative, above which
        it is positive; neutral between.
    right : numpy.ndarray
        ``(3, 2)``: shift and slope of the log-odds that the label is right, for
        each of `SENTIMENTS`, against the distance from the band's nearer edge.
    """

    slope: float
    shift: float
    low: float
    high: float
    right: np.ndarray

    def positive(self, odds: np.ndarray) -> np.ndarray:
        """Log-odds ``(n,)`` -> probability of positive against negative."""
        return sigmoid(self.slope * odds + self.shift)

    def label(self, positive: np.ndarray) -> np.ndarray:
        """Probabilities ``(n,)`` -> places in `SENTIMENTS`."""
        return np.where(positive < self.low, 0, np.where(positive > self.high, 2, 1))

    def confidence(self, positive: np.ndarray) -> np.ndarray:
        """Probability that the label is right, ``(n,)``."""
        label = self.label(positive)
        away = distance(positive, self.low, self.high)
        return sigmoid(self.right[label, 0] + self.right[label, 1] * away)

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
    """How far a probability lies from the nearer edge of the neutral band, in log-odds."""
    odds = np.log(np.clip(positive, 1e-6, 1 - 1e-6) / np.clip(1 - positive, 1e-6, 1 - 1e-6))
    edges = np.log(np.array([low, high]) / (1 - np.array([low, high])))
    return np.minimum(np.abs(odds - edges[0]), np.abs(odds - edges[1]))


def from_config(raw: dict) -> Calibration:
    """A calibration as `Calibration.as_config` wrote it."""
    right = np.array([raw["right"][name] for name in SENTIMENTS], dtype=np.float64)
    return Calibration(raw["slope"], raw["shift"], raw["low"], raw["high"], right)

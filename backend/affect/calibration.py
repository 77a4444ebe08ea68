"""Calibration: probabilities, labels and confidence from log-odds, by subset of modalities."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from backend.affect.evidence import bound, logit, sigmoid
from backend.domain import SENTIMENTS


@dataclass(frozen=True, slots=True, eq=False)
class Calibration:
    """Platt scaling (Platt 1999, section 2.2) and the neutral band of one subset.

    Attributes
    ----------
    slope, shift : float
        Of the log-odds of positive; the slope is positive, so the order stays.
    low, high : float
        The neutral band without evidence of neutral: the label is negative for a
        probability of positive below it, positive above it.
    width : float
        How far, in log-odds, evidence of neutral moves both edges of the band apart.
    right : numpy.ndarray
        ``(3, 2)`` float64: shift and slope of the log-odds that a label is correct, given
        its distance from the nearer edge of the band; a row each of `SENTIMENTS`.
    right_of_captions : numpy.ndarray
        The same for texts that only name things.
    """

    slope: float
    shift: float
    low: float
    high: float
    width: float
    right: np.ndarray
    right_of_captions: np.ndarray

    def positive(self, odds: np.ndarray) -> np.ndarray:
        """Probability of positive against negative, from log-odds ``(n,)``."""
        return sigmoid(bound(self.slope * odds + self.shift))

    def band(self, neutral: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Edges of the neutral band in log-odds, each ``(n,)``.

        Parameters
        ----------
        neutral : numpy.ndarray
            ``(n,)``, as in `backend.affect.evidence.Evidence`.
        """
        low, high = logit(self.low) - self.width * neutral, logit(self.high) + self.width * neutral
        middle = (low + high) / 2
        return np.minimum(low, middle), np.maximum(high, middle)

    def label(self, positive: np.ndarray, neutral: np.ndarray) -> np.ndarray:
        """Indices in `SENTIMENTS` ``(n,)``, from probabilities of positive; see `band`."""
        odds, (low, high) = logit(positive), self.band(neutral)
        return np.where(odds < low, 0, np.where(odds > high, 2, 1))

    def margin(self, positive: np.ndarray, neutral: np.ndarray) -> np.ndarray:
        """Distance ``(n,)`` from the nearer edge of the band, in log-odds; see `band`."""
        odds, (low, high) = logit(positive), self.band(neutral)
        return np.minimum(np.abs(odds - low), np.abs(odds - high))

    def confidence(
        self, positive: np.ndarray, neutral: np.ndarray, caption: np.ndarray
    ) -> np.ndarray:
        """Probability that the label is correct ``(n,)``.

        Parameters
        ----------
        positive : numpy.ndarray
            ``(n,)``.
        neutral, caption : numpy.ndarray
            ``(n,)``, as in `backend.affect.evidence.Evidence`.
        """
        label, margin = self.label(positive, neutral), self.margin(positive, neutral)
        said, named = (
            sigmoid(right[label, 0] + right[label, 1] * margin)
            for right in (self.right, self.right_of_captions)
        )
        return np.asarray(said + caption * (named - said))

    def as_config(self) -> dict[str, object]:
        """Plain JSON."""
        return {
            "slope": self.slope,
            "shift": self.shift,
            "low": self.low,
            "high": self.high,
            "width": self.width,
            "right": _by_sentiment(self.right),
            "right_naming": _by_sentiment(self.right_of_captions),
        }


def from_config(raw: dict) -> Calibration:
    """Read what `Calibration.as_config` wrote; older bundles lack some fields."""
    right, right_of_captions = (
        np.array([some[name] for name in SENTIMENTS], dtype=np.float64)
        for some in (raw["right"], raw.get("right_naming", raw["right"]))
    )
    edges = raw["low"], raw["high"], raw.get("width", 0.0)
    return Calibration(raw["slope"], raw["shift"], *edges, right, right_of_captions)


def _by_sentiment(right: np.ndarray) -> dict[str, list[float]]:
    return {name: [float(v) for v in row] for name, row in zip(SENTIMENTS, right, strict=True)}

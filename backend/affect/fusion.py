"""Late fusion: a weighted sum of the log-odds of all modalities, calibrated by subset."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from backend.affect.calibration import Calibration, from_config
from backend.affect.evidence import Evidence, bound, logit, sigmoid
from backend.domain import (
    EMOTIONS,
    EMOTIONS_AND_NEUTRAL,
    SENTIMENTS,
    Affect,
    Modality,
    Sentiment,
    subset_name,
)


class Fusion:
    """Add the weighted evidence of a subset of modalities and calibrate the sum.

    Log-odds of conditionally independent evidence add up (naive Bayes); the weights
    correct for its reliability. A missing modality adds nothing.

    Parameters
    ----------
    config : mapping
        ``prior`` (9 probabilities without any evidence),
        ``weights`` (by modality), ``calibration`` (by subset name).
    """

    def __init__(self, config: Mapping[str, Any]) -> None:
        self.prior = logit(np.array(config["prior"], dtype=np.float64))
        self.weights = {Modality(m): float(w) for m, w in config["weights"].items()}
        self.calibration: dict[str, Calibration] = {
            name: from_config(raw) for name, raw in config["calibration"].items()
        }

    def odds(self, parts: Mapping[Modality, Evidence]) -> tuple[np.ndarray, np.ndarray]:
        """Weighted sums of the parts' log-odds.

        Parameters
        ----------
        parts : mapping of Modality to Evidence
            The modalities that all `n` posts have.

        Returns
        -------
        emotion : numpy.ndarray
            ``(n, 9)`` log-odds, the prior included.
        sentiment : numpy.ndarray
            ``(n,)`` log-odds, not calibrated.
        """
        # In the order of Modality, so that sums of equal posts are equal bit for bit.
        order = [m for m in Modality if m in parts]
        emotion = sum((self.weights[m] * parts[m].emotion for m in order), start=self.prior)
        sentiment = sum(
            (self.weights[m] * parts[m].sentiment for m in order), start=np.float64(0.0)
        )
        return np.asarray(emotion), np.asarray(sentiment)

    def neutral(self, parts: Mapping[Modality, Evidence]) -> np.ndarray:
        """Weighted sum of the parts' log-odds of neutral ``(n,)``."""
        total = np.zeros(len(next(iter(parts.values())).sentiment))
        for m in (m for m in Modality if m in parts):
            if (neutral := parts[m].neutral) is not None:
                total += self.weights[m] * neutral
        return total

    def calibrated(self, modalities: Iterable[Modality], *, worded: bool = False) -> Calibration:
        """Calibration of a subset of modalities.

        Parameters
        ----------
        modalities : iterable of Modality
        worded : bool
            Whether there are words in the image or the sound, which are evidence of a text.
        """
        text = {Modality.TEXT} if worded else set()
        return self.calibration[subset_name(tuple(set(modalities) | text))]

    def affects(self, parts: Mapping[Modality, Evidence], *, worded: bool = False) -> list[Affect]:
        """Predictions of `n` posts from a subset of modalities; see `calibrated`."""
        emotion_odds, sentiment_odds = self.odds(parts)
        emotion = sigmoid(bound(emotion_odds))
        calibration = self.calibrated(parts, worded=worded)
        positive = calibration.positive(sentiment_odds)
        neutral = self.neutral(parts)
        labels = calibration.label(positive, neutral)
        caption = parts[Modality.TEXT].caption if Modality.TEXT in parts else None
        if caption is None:
            caption = np.zeros(len(positive))
        confidence = calibration.confidence(positive, neutral, caption)
        low, high = map(sigmoid, calibration.band(neutral))
        return [
            Affect(
                emotion=dict(zip(EMOTIONS, map(float, emotion[i, :8]), strict=True)),
                neutral=float(emotion[i, 8]),
                sentiment=Sentiment(
                    float(positive[i]), SENTIMENTS[labels[i]], (float(low[i]), float(high[i]))
                ),
                confidence=float(confidence[i]),
            )
            for i in range(len(emotion))
        ]

    def probability(
        self, parts: Mapping[Modality, Evidence], target: str, *, worded: bool = False
    ) -> np.ndarray:
        """Probability ``(n,)`` of an emotion, ``neutral`` or a sentiment; see `calibrated`."""
        emotion_odds, sentiment_odds = self.odds(parts)
        names: Sequence[str] = EMOTIONS_AND_NEUTRAL
        if target in names:
            return sigmoid(bound(emotion_odds[:, names.index(target)]))
        positive = self.calibrated(parts, worded=worded).positive(sentiment_odds)
        return positive if target == "positive" else 1.0 - positive

"""The neutral band and the calibration of each subset."""

from __future__ import annotations

import numpy as np

from backend.affect.evidence import OUTPUTS, Evidence
from backend.affect.fitting.fusion import (
    NEUTRAL_SHARE,
    RatedOdds,
    fit_calibration,
    fit_fusion,
    pair,
)
from backend.affect.fusion import Fusion
from backend.domain import Modality


def posts(seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    label = rng.integers(0, 3, 600)
    return 2.0 * (label - 1.0) + rng.normal(size=600), label


def test_calm_posts_come_out_neutral() -> None:
    odds, label = posts()
    neutral = np.random.default_rng(1).normal(0.2, 0.2, 300)
    fitted = fit_calibration(odds, label, neutral)
    assert (fitted.label(fitted.positive(neutral)) == 1).mean() >= NEUTRAL_SHARE
    assert fitted.low < 0.5 < fitted.high
    predicted = fitted.label(fitted.positive(odds))
    assert (predicted[label == 2] == 2).mean() > 0.5 < (predicted[label == 0] == 0).mean()


def test_confidence_is_the_share_that_is_right() -> None:
    odds, label = posts()
    fitted = fit_calibration(odds, label, np.zeros(10))
    positive = fitted.positive(odds)
    right = fitted.label(positive) == label
    assert abs(fitted.confidence(positive).mean() - right.mean()) < 0.05


def test_every_subset_is_calibrated_and_silence_is_neutral() -> None:
    odds, label = posts()
    group = np.arange(600).astype(str)
    pairs = pair(RatedOdds(odds, label, group), RatedOdds(odds, label, group), 0)
    prior = np.array([0.08] * 8 + [0.5])
    fusion = Fusion(fit_fusion(pairs, (np.zeros(50), np.zeros(50)), prior, 0))
    assert len(fusion.calibration) == 7
    silent = {Modality.AUDIO: Evidence(np.zeros((1, len(OUTPUTS))), np.zeros(1))}
    affect = fusion.affects(silent)[0]
    assert affect.top == affect.sentiment.label == "neutral"

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
    fusion = Fusion(fit_fusion(pairs, (np.zeros(50), np.zeros(50)), prior))
    assert len(fusion.calibration) == 7
    silent = {Modality.AUDIO: Evidence(np.zeros((1, len(OUTPUTS))), np.zeros(1))}
    affect = fusion.affects(silent)[0]
    assert affect.top == affect.sentiment.label == "neutral"


def test_texts_of_people_move_the_band_of_text_alone() -> None:
    odds, label = posts()
    group = np.arange(600).astype(str)
    pairs = pair(RatedOdds(odds, label, group), RatedOdds(odds, label, group), 0)
    calm = (np.zeros(50), np.zeros(50))
    prior = np.array([0.08] * 8 + [0.5])
    comments = RatedOdds(0.5 * odds - 1.0, label, group)
    plain = Fusion(fit_fusion(pairs, calm, prior)).calibration
    with_comments = Fusion(fit_fusion(pairs, calm, prior, comments=comments)).calibration
    assert with_comments["text"].as_config() != plain["text"].as_config()
    assert with_comments["image"].as_config() == plain["image"].as_config()


def test_nothing_is_certain() -> None:
    odds, label = posts()
    group = np.arange(600).astype(str)
    pairs = pair(RatedOdds(odds, label, group), RatedOdds(odds, label, group), 0)
    fusion = Fusion(fit_fusion(pairs, (np.zeros(50), np.zeros(50)), np.full(9, 0.1)))
    loud = {Modality.TEXT: Evidence(np.full((1, len(OUTPUTS)), 90.0), np.full(1, 90.0))}
    affect = fusion.affects(loud)[0]
    shown = [*affect.emotion.values(), affect.neutral, affect.sentiment.positive]
    assert 0.97 < min(shown) <= max(shown) < 0.995
    assert fusion.probability(loud, "joy")[0] == affect.emotion["joy"]

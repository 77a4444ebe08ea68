"""The neutral band and the calibration of each subset."""

from __future__ import annotations

import numpy as np

from backend.affect.evidence import OUTPUTS, Evidence
from backend.affect.fitting.calibration import NEUTRAL_SHARE, Odds, fit_calibration
from backend.affect.fitting.fusion import LabelledOdds, RatedOdds, fit_fusion, pair
from backend.affect.fusion import Fusion
from backend.domain import Modality


def posts(seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    label = rng.integers(0, 3, 600)
    return 2.0 * (label - 1.0) + rng.normal(size=600), label


def silent(positive: np.ndarray) -> Odds:
    """Odds without evidence of neutral."""
    return Odds(positive, np.zeros(len(positive)))


def rated(positive: np.ndarray, label: np.ndarray) -> RatedOdds:
    return RatedOdds(silent(positive), label, np.arange(len(label)).astype(str))


def calm(n: int = 50) -> LabelledOdds:
    ids, none = np.arange(n).astype(str), np.zeros(n)
    return LabelledOdds(ids, none, none, none, np.ones(n, dtype=np.int64), ids, none)


def test_calm_posts_come_out_neutral() -> None:
    odds, label = posts()
    neutral = np.random.default_rng(1).normal(0.2, 0.2, 300)
    fitted = fit_calibration(silent(odds), label, silent(neutral))
    assert (fitted.label(fitted.positive(neutral), np.zeros(300)) == 1).mean() >= NEUTRAL_SHARE
    assert fitted.low < 0.5 < fitted.high
    predicted = fitted.label(fitted.positive(odds), np.zeros(600))
    assert (predicted[label == 2] == 2).mean() > 0.5 < (predicted[label == 0] == 0).mean()


def test_confidence_is_the_share_that_is_right() -> None:
    odds, label = posts()
    fitted = fit_calibration(silent(odds), label, silent(np.zeros(10)))
    positive, none = fitted.positive(odds), np.zeros(600)
    right = fitted.label(positive, none) == label
    assert abs(fitted.confidence(positive, none, none).mean() - right.mean()) < 0.05


def test_evidence_of_neutral_widens_the_band() -> None:
    odds, label = posts()
    neutral = 2.0 * (label == 1) - 1.0 + np.random.default_rng(2).normal(size=600)
    calm_ones = silent(np.zeros(10))
    plain = fit_calibration(silent(odds), label, calm_ones)
    fitted = fit_calibration(Odds(odds, neutral), label, calm_ones)
    assert plain.width == 0.0 < fitted.width
    right = fitted.label(fitted.positive(odds), neutral) == label
    assert right.mean() > (plain.label(plain.positive(odds), neutral) == label).mean() + 0.03
    low, high = fitted.band(np.array([-9.0, -1.0, 0.0, 1.0]))
    assert (np.diff(high - low) > 0).all()
    assert low[0] == high[0]  # a text that surely takes sides is never neutral


def test_words_in_an_image_bring_their_evidence_of_neutral() -> None:
    odds, label = posts()
    neutral = 4.0 * (label == 1) - 2.0
    pairs = pair(RatedOdds(Odds(odds, neutral), label, label.astype(str)), rated(odds, label), 0)
    fusion = Fusion(fit_fusion(pairs, calm(), np.full(9, 0.1)))

    def band(**parts: float) -> float:
        evidence = {
            Modality(name): Evidence(np.zeros((1, len(OUTPUTS))), np.zeros(1), np.array([value]))
            for name, value in parts.items()
        }
        low, high = fusion.affects(evidence, worded=True)[0].sentiment.band or (0.0, 0.0)
        return high - low

    assert band(image=2.0) > band(image=0.0) > band(image=-2.0)
    assert band(image=0.0, text=2.0) > band(image=0.0, text=0.0)


def test_every_subset_is_calibrated_and_silence_is_neutral() -> None:
    odds, label = posts()
    pairs = pair(rated(odds, label), rated(odds, label), 0)
    prior = np.array([0.08] * 8 + [0.5])
    fusion = Fusion(fit_fusion(pairs, calm(), prior))
    assert len(fusion.calibration) == 7
    silent = {Modality.AUDIO: Evidence(np.zeros((1, len(OUTPUTS))), np.zeros(1))}
    affect = fusion.affects(silent)[0]
    assert affect.top == affect.sentiment.label == "neutral"


def test_texts_of_people_move_the_band_of_text_alone() -> None:
    odds, label = posts()
    pairs = pair(rated(odds, label), rated(odds, label), 0)
    prior = np.array([0.08] * 8 + [0.5])
    comments = rated(0.5 * odds - 1.0, label)
    plain = Fusion(fit_fusion(pairs, calm(), prior)).calibration
    with_comments = Fusion(fit_fusion(pairs, calm(), prior, comments=comments)).calibration
    assert with_comments["text"].as_config() != plain["text"].as_config()
    assert with_comments["image"].as_config() == plain["image"].as_config()


def test_texts_that_only_name_things_have_a_confidence_of_their_own() -> None:
    odds, label = posts()
    group = np.arange(600).astype(str)
    pairs = pair(rated(odds, label), rated(odds, label), 0)
    rng = np.random.default_rng(1)
    guessed = rng.integers(0, 3, 600)  # what names say has nothing to do with the labels
    named = LabelledOdds(group, odds, odds, np.zeros(600), guessed, group, np.ones(600))
    fusion = Fusion(fit_fusion(pairs, calm(), np.full(9, 0.1), posts=named))

    def confidence(caption: float) -> np.ndarray:
        evidence = {
            m: Evidence(np.zeros((600, len(OUTPUTS))), odds, caption=np.full(600, caption))
            for m in (Modality.TEXT, Modality.IMAGE)
        }
        return np.array([affect.confidence for affect in fusion.affects(evidence)])

    assert abs(confidence(1.0).mean() - 1 / 3) < 0.08
    assert confidence(0.0).mean() > 0.6
    assert (np.abs(2 * confidence(0.5) - confidence(0.0) - confidence(1.0)) < 1e-9).all()


def test_nothing_is_certain() -> None:
    odds, label = posts()
    pairs = pair(rated(odds, label), rated(odds, label), 0)
    fusion = Fusion(fit_fusion(pairs, calm(), np.full(9, 0.1)))
    loud = {Modality.TEXT: Evidence(np.full((1, len(OUTPUTS)), 90.0), np.full(1, 90.0))}
    affect = fusion.affects(loud)[0]
    shown = [*affect.emotion.values(), affect.neutral, affect.sentiment.positive]
    assert 0.97 < min(shown) <= max(shown) < 0.995
    assert fusion.probability(loud, "joy")[0] == affect.emotion["joy"]

"""Training of the calibration of one subset: probability, neutral band, confidence."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import NamedTuple

import numpy as np
from sklearn.linear_model import LogisticRegression

from backend.affect.calibration import Calibration

# Labelled texts and images express something; most posts about things do not. This share
# of the stamps, whose captions name a thing, must fall into the neutral band. That they
# are neutral is an assumption: nobody labelled them.
NEUTRAL_SHARE = 0.9
# Edges and widths that are tried. A width of .9 is better only on texts of this project.
LOWS, HIGHS = np.linspace(0.02, 0.48, 24), np.linspace(0.52, 0.98, 24)
WIDTHS = (0.0, 0.3, 0.6)


class Odds(NamedTuple):
    """What a calibration reads: log-odds of positive and of neutral, each ``(n,)`` float64."""

    positive: np.ndarray
    neutral: np.ndarray


def joined(*odds: Odds) -> Odds:
    """One after the other."""
    return Odds(*(np.concatenate(some) for some in zip(*odds, strict=True)))


def fit_calibration(
    odds: Odds, label: np.ndarray, calm: Odds, scale: Calibration | None = None
) -> Calibration:
    """Calibrate one subset.

    Parameters
    ----------
    odds : Odds
        Fused, of `n` items.
    label : numpy.ndarray
        ``(n,)`` int64: indices in `backend.domain.SENTIMENTS`.
    calm : Odds
        Fused, of posts assumed to be neutral.
    scale : Calibration, optional
        Take slope and shift from it instead of fitting them.
    """
    if scale is None:
        polar = label != 1
        platt = LogisticRegression(C=100.0).fit(odds.positive[polar, None], label[polar] == 2)
        slope, shift = max(float(platt.coef_[0, 0]), 1e-3), float(platt.intercept_[0])
    else:
        slope, shift = scale.slope, scale.shift
    scaled = Calibration(slope, shift, 0.5, 0.5, 0.0, *np.zeros((2, 3, 2)))
    return fit_confidence(_with_band(scaled, odds, label, calm), odds, label)


def fit_confidence(
    calibration: Calibration, odds: Odds, label: np.ndarray, *, caption: bool | None = None
) -> Calibration:
    """The calibration with its confidence fitted to these log-odds and labels.

    That of texts that only name things (`caption`), of those that do not, or both.
    """
    positive = calibration.positive(odds.positive)
    predicted = calibration.label(positive, odds.neutral)
    margin = calibration.margin(positive, odds.neutral)
    right = np.stack(
        [_fit_correctness(margin[predicted == k], label[predicted == k] == k) for k in range(3)]
    )
    if caption is None:
        return replace(calibration, right=right, right_of_captions=right)
    if caption:
        return replace(calibration, right_of_captions=right)
    return replace(calibration, right=right)


def _with_band(calibration: Calibration, odds: Odds, label: np.ndarray, calm: Odds) -> Calibration:
    """Choose the best of the bands that contain `NEUTRAL_SHARE` of `calm`.

    By mean recall: how often each label occurs differs between sources, and F1 would fit
    the band to how often it does in these.
    """
    positive, of_calm = calibration.positive(odds.positive), calibration.positive(calm.positive)
    widths = WIDTHS if odds.neutral.any() else WIDTHS[:1]
    best, highest = replace(calibration, low=LOWS[0], high=HIGHS[-1]), -1.0
    for low, high, width in product(LOWS, HIGHS, widths):
        one = replace(calibration, low=float(low), high=float(high), width=width)
        if len(of_calm) and (one.label(of_calm, calm.neutral) == 1).mean() < NEUTRAL_SHARE:
            continue
        predicted = one.label(positive, odds.neutral)
        recall = float(np.mean([(predicted[label == k] == k).mean() for k in np.unique(label)]))
        if recall > highest:
            best, highest = one, recall
    return replace(best, low=round(best.low, 3), high=round(best.high, 3))


def _fit_correctness(margin: np.ndarray, correct: np.ndarray) -> tuple[float, float]:
    """Shift and slope of the log-odds that a label is correct, by its margin to the band."""
    accuracy = (correct.sum() + 1.0) / (len(correct) + 3.0)  # Laplace smoothing over three classes
    constant = (float(np.log(accuracy / (1.0 - accuracy))), 0.0)
    if len(correct) < 20 or correct.all() or not correct.any():
        return constant
    fit = LogisticRegression(C=10.0).fit(margin[:, None], correct)
    slope = float(fit.coef_[0, 0])
    return (float(fit.intercept_[0]), slope) if slope > 0 else constant

"""Training of the fusion: weights by reliability, calibration for each subset."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score

from backend.affect.calibration import Calibration, distance
from backend.domain import Modality, subset_name, subsets
from backend.settings import SEED

# No sound is labelled; this weight of the arousal prior is set, not fitted.
AUDIO_WEIGHT = 0.5
# Labelled texts and images express something; most posts about things do not. This share
# of the stamps, whose captions name a thing, must fall into the neutral band. That they
# are neutral is an assumption: nobody labelled them.
NEUTRAL_SHARE = 0.9
# Total weight of the labelled posts relative to all synthetic pairs.
POSTS_WEIGHT = 0.8


@dataclass(frozen=True, slots=True, eq=False)
class SyntheticPairs:
    """Pairs of a text and a drawing of an emoji with the same human sentiment.

    Synthetic: nobody posted the two together. The odds are by heads that were trained
    on neither the text nor the emoji.

    Attributes
    ----------
    text, image : numpy.ndarray
        ``(n,)`` float64: log-odds of positive.
    label : numpy.ndarray
        ``(n,)`` int64: index in `backend.domain.SENTIMENTS`.
    text_group, image_group : numpy.ndarray
        ``(n,)`` str: groups that a split must not divide.
    """

    text: np.ndarray
    image: np.ndarray
    label: np.ndarray
    text_group: np.ndarray
    image_group: np.ndarray

    def take(self, rows: np.ndarray) -> SyntheticPairs:
        """The pairs at some indices."""
        return SyntheticPairs(*(getattr(self, name)[rows] for name in self.__slots__))


@dataclass(frozen=True, slots=True, eq=False)
class LabelledOdds:
    """Texts, drawings or posts with a human label, and their predicted sentiment.

    Attributes
    ----------
    ids : numpy.ndarray
        ``(n,)`` str.
    text, image : numpy.ndarray
        ``(n,)`` float64: log-odds of positive by heads that were not trained on the
        item; NaN without text or image.
    label : numpy.ndarray
        ``(n,)`` int64: index in `backend.domain.SENTIMENTS`.
    groups : numpy.ndarray
        ``(n,)`` str: groups that a split must not divide.
    """

    ids: np.ndarray
    text: np.ndarray
    image: np.ndarray
    label: np.ndarray
    groups: np.ndarray

    def take(self, rows: np.ndarray) -> LabelledOdds:
        """The items at some indices."""
        return LabelledOdds(*(getattr(self, name)[rows] for name in self.__slots__))


@dataclass(frozen=True, slots=True, eq=False)
class RatedOdds:
    """Held-out sentiment of rated items of one modality.

    Attributes
    ----------
    odds : numpy.ndarray
        ``(n,)`` float64: log-odds of positive.
    label : numpy.ndarray
        ``(n,)`` int64: index in `backend.domain.SENTIMENTS`.
    groups : numpy.ndarray
        ``(n,)`` str: groups that a split must not divide.
    """

    odds: np.ndarray
    label: np.ndarray
    groups: np.ndarray


def pair(text: RatedOdds, image: RatedOdds, seed: int) -> SyntheticPairs:
    """Pair each text with a random image of the same sentiment.

    Texts whose label no image has are left out.
    """
    rng = np.random.default_rng(seed)
    rows = np.flatnonzero(np.isin(text.label, image.label))
    chosen = np.array(
        [rng.choice(np.flatnonzero(image.label == text.label[i])) for i in rows], dtype=np.int64
    )
    return SyntheticPairs(
        text.odds[rows],
        image.odds[chosen],
        text.label[rows],
        text.groups[rows],
        image.groups[chosen],
    )


def fit_weights(pairs: SyntheticPairs, seed: int) -> dict[str, float]:
    """Weight of each modality in the fusion; that of text is 1."""
    polar = pairs.label != 1
    both = np.stack([pairs.text, pairs.image], axis=1)[polar]
    # Modalities are hidden at random, so that each weight also suits its modality alone.
    rng = np.random.default_rng(seed)
    hide = rng.integers(0, 3, len(both))
    both = np.concatenate([both, both * np.stack([hide != 1, hide != 2], axis=1)])
    label = np.tile(pairs.label[polar] == 2, 2)
    fit = LogisticRegression(C=100.0, class_weight="balanced").fit(both, label)
    text, image = np.maximum(fit.coef_[0], 1e-3)
    return {
        Modality.TEXT.value: 1.0,
        Modality.IMAGE.value: float(min(image / text, 1.0)),
        Modality.AUDIO.value: AUDIO_WEIGHT,
    }


def fit_calibration(
    odds: np.ndarray, label: np.ndarray, neutral: np.ndarray, scale: Calibration | None = None
) -> Calibration:
    """Calibrate one subset.

    Parameters
    ----------
    odds : numpy.ndarray
        ``(n,)`` float64: fused log-odds.
    label : numpy.ndarray
        ``(n,)`` int64: indices in `backend.domain.SENTIMENTS`.
    neutral : numpy.ndarray
        ``(m,)`` float64: fused log-odds of posts assumed to be neutral.
    scale : Calibration, optional
        Take slope and shift from it instead of fitting them.
    """
    if scale is None:
        polar = label != 1
        platt = LogisticRegression(C=100.0).fit(odds[polar, None], label[polar] == 2)
        slope, shift = max(float(platt.coef_[0, 0]), 1e-3), float(platt.intercept_[0])
    else:
        slope, shift = scale.slope, scale.shift
    scaled = Calibration(slope, shift, 0.5, 0.5, np.zeros((3, 2)))
    low, high = _neutral_band(scaled.positive(odds), label, scaled.positive(neutral))
    return fit_confidence(replace(scaled, low=low, high=high), odds, label)


def fit_confidence(calibration: Calibration, odds: np.ndarray, label: np.ndarray) -> Calibration:
    """The calibration with its confidence fitted to these log-odds and labels."""
    positive = calibration.positive(odds)
    predicted = calibration.label(positive)
    margin = distance(positive, calibration.low, calibration.high)
    right = np.stack(
        [_fit_correctness(margin[predicted == k], label[predicted == k] == k) for k in range(3)]
    )
    return replace(calibration, right=right)


def _neutral_band(
    positive: np.ndarray, label: np.ndarray, neutral: np.ndarray
) -> tuple[float, float]:
    """The band with the best macro F1 of those that contain `NEUTRAL_SHARE` of `neutral`."""
    bands = [
        (float(low), float(high))
        for low in np.linspace(0.02, 0.48, 24)
        for high in np.linspace(0.52, 0.98, 24)
        if not len(neutral) or ((neutral >= low) & (neutral <= high)).mean() >= NEUTRAL_SHARE
    ]
    if not bands:
        return 0.02, 0.98

    def quality(band: tuple[float, float]) -> float:
        predicted = np.where(positive < band[0], 0, np.where(positive > band[1], 2, 1))
        return float(f1_score(label, predicted, average="macro", zero_division=0.0))

    low, high = max(bands, key=quality)
    return round(low, 3), round(high, 3)


def _fit_correctness(margin: np.ndarray, correct: np.ndarray) -> tuple[float, float]:
    """Shift and slope of the log-odds that a label is correct, by its margin to the band."""
    accuracy = (correct.sum() + 1.0) / (len(correct) + 3.0)  # Laplace smoothing over three classes
    constant = (float(np.log(accuracy / (1.0 - accuracy))), 0.0)
    if len(correct) < 20 or correct.all() or not correct.any():
        return constant
    fit = LogisticRegression(C=10.0).fit(margin[:, None], correct)
    slope = float(fit.coef_[0, 0])
    return (float(fit.intercept_[0]), slope) if slope > 0 else constant


def fit_fusion(
    pairs: SyntheticPairs,
    neutral: tuple[np.ndarray, np.ndarray],
    prior: np.ndarray,
    *,
    drawings: LabelledOdds | None = None,
    posts: LabelledOdds | None = None,
    comments: RatedOdds | None = None,
) -> dict[str, object]:
    """Fit the configuration of `backend.affect.fusion.Fusion`.

    Parameters
    ----------
    pairs : SyntheticPairs
    neutral : tuple of numpy.ndarray
        Two ``(m,)`` float64: log-odds of the texts and of the images of posts assumed to
        be neutral.
    prior : numpy.ndarray
        ``(9,)`` probabilities.
    drawings, posts : LabelledOdds, optional
        Labelled drawings, and labelled posts of a drawing with its text. The pairs have
        the class frequencies of the texts, so the confidence of an image alone is
        fitted to the drawings, and that of both together to pairs and posts. The
        probability of positive stays fitted to the pairs, whose poles are balanced.
    comments : RatedOdds, optional
        Texts that people labelled and posted without an image; they and the texts of the
        pairs calibrate text alone.

    Returns
    -------
    dict
        Plain JSON: ``prior``, ``weights``, ``calibration`` by subset name. No sound is
        labelled and sound adds no evidence of sentiment: a subset with sound is
        calibrated like the same subset without.
    """
    weights = fit_weights(pairs, SEED)
    neutral_text, neutral_image = neutral
    image = weights["image"]
    odds_of = {
        (Modality.TEXT,): (pairs.text, neutral_text),
        (Modality.IMAGE,): (image * pairs.image, image * neutral_image),
        (Modality.TEXT, Modality.IMAGE): (
            pairs.text + image * pairs.image,
            neutral_text + image * neutral_image,
        ),
    }
    fitted = {
        subset: fit_calibration(odds, pairs.label, neutral_odds)
        for subset, (odds, neutral_odds) in odds_of.items()
    }
    if comments is not None and len(comments.label):
        fitted[(Modality.TEXT,)] = fit_calibration(
            np.concatenate([pairs.text, comments.odds]),
            np.concatenate([pairs.label, comments.label]),
            neutral_text,
        )
    if drawings is not None and len(drawings.label):
        image_only = fitted[(Modality.IMAGE,)]
        fitted[(Modality.IMAGE,)] = fit_confidence(
            image_only, image * drawings.image, drawings.label
        )
    if posts is not None and len(posts.label):
        both = (Modality.TEXT, Modality.IMAGE)
        # Repeat the few posts until they have the wanted weight beside the many pairs.
        repeats = max(round(POSTS_WEIGHT * len(pairs.label) / len(posts.label)), 1)
        posts_odds = np.tile(posts.text + image * posts.image, repeats)
        fitted[both] = fit_calibration(
            np.concatenate([odds_of[both][0], posts_odds]),
            np.concatenate([pairs.label, np.tile(posts.label, repeats)]),
            odds_of[both][1],
            scale=fitted[both],
        )
    # A sound alone is always neutral; one in three of such labels is correct.
    no_evidence = Calibration(1.0, 0.0, 0.4, 0.6, np.tile([np.log(0.5), 0.0], (3, 1)))
    calibration = {}
    for subset in subsets(tuple(Modality)):
        without_audio = tuple(m for m in subset if m is not Modality.AUDIO)
        calibration[subset_name(subset)] = fitted.get(without_audio, no_evidence).as_config()
    return {"prior": [float(p) for p in prior], "weights": weights, "calibration": calibration}

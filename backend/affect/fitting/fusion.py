"""Training of the fusion: weights by reliability, calibration for each subset."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from sklearn.linear_model import LogisticRegression

from backend.affect.calibration import Calibration
from backend.affect.fitting.calibration import Odds, fit_calibration, fit_confidence, joined
from backend.domain import Modality, subset_name, subsets
from backend.settings import SEED

# No sound is labelled; this weight of the arousal prior is set, not fitted.
AUDIO_WEIGHT = 0.5
# Total weight of the labelled posts relative to all synthetic pairs, for the band.
POSTS_WEIGHT = 0.8
_TEXT, _IMAGE = (Modality.TEXT,), (Modality.IMAGE,)
_BOTH = (*_TEXT, *_IMAGE)


@dataclass(frozen=True, slots=True, eq=False)
class SyntheticPairs:
    """Pairs of a text and a drawing of an emoji with the same human sentiment.

    Synthetic: nobody posted the two together. The odds are by heads that were trained
    on neither the text nor the emoji.

    Attributes
    ----------
    text, image : numpy.ndarray
        ``(n,)`` float64: log-odds of positive.
    neutral : numpy.ndarray
        ``(n,)`` float64: log-odds of neutral of the text.
    label : numpy.ndarray
        ``(n,)`` int64: index in `backend.domain.SENTIMENTS`.
    text_group, image_group : numpy.ndarray
        ``(n,)`` str: groups that a split must not divide.
    """

    text: np.ndarray
    image: np.ndarray
    neutral: np.ndarray
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
    neutral : numpy.ndarray
        ``(n,)`` float64: log-odds of neutral of the text; 0 without one.
    label : numpy.ndarray
        ``(n,)`` int64: index in `backend.domain.SENTIMENTS`.
    groups : numpy.ndarray
        ``(n,)`` str: groups that a split must not divide.
    caption : numpy.ndarray
        ``(n,)`` float64, as in `backend.affect.evidence.Evidence`; 0 without a text.
    """

    ids: np.ndarray
    text: np.ndarray
    image: np.ndarray
    neutral: np.ndarray
    label: np.ndarray
    groups: np.ndarray
    caption: np.ndarray

    def take(self, rows: np.ndarray) -> LabelledOdds:
        """The items at some indices."""
        return LabelledOdds(*(getattr(self, name)[rows] for name in self.__slots__))


@dataclass(frozen=True, slots=True, eq=False)
class RatedOdds:
    """Held-out sentiment of rated items of one modality.

    Attributes
    ----------
    odds : Odds
    label : numpy.ndarray
        ``(n,)`` int64: index in `backend.domain.SENTIMENTS`.
    groups : numpy.ndarray
        ``(n,)`` str: groups that a split must not divide.
    """

    odds: Odds
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
        text.odds.positive[rows],
        image.odds.positive[chosen],
        text.odds.neutral[rows],
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


def fit_fusion(
    pairs: SyntheticPairs,
    calm: LabelledOdds,
    prior: np.ndarray,
    *,
    drawings: LabelledOdds | None = None,
    posts: LabelledOdds | None = None,
    tweets: RatedOdds | None = None,
    comments: RatedOdds | None = None,
) -> dict[str, object]:
    """Fit the configuration of `backend.affect.fusion.Fusion`.

    Parameters
    ----------
    pairs : SyntheticPairs
    calm : LabelledOdds
        Posts of a text and an image that are assumed to be neutral.
    prior : numpy.ndarray
        ``(9,)`` probabilities.
    drawings, posts : LabelledOdds, optional
        Labelled drawings, and labelled posts of a drawing with its text. The pairs have
        the class frequencies of the texts, so the confidence of an image alone is
        fitted to the drawings. Posts of a drawing name what it shows: the confidence in
        texts that only name things is fitted to them. The probability of positive stays
        fitted to the pairs, whose poles are balanced.
    tweets, comments : RatedOdds, optional
        Texts that people labelled. The texts of the pairs and the comments calibrate text
        alone; its confidence is fitted to tweets and comments, since the texts written for
        this project are easier to read than what people post.

    Returns
    -------
    dict
        Plain JSON: ``prior``, ``weights``, ``calibration`` by subset name. No sound is
        labelled and sound adds no evidence of sentiment: a subset with sound is
        calibrated like the same subset without.
    """
    weights = fit_weights(pairs, SEED)
    fitted: dict[tuple[Modality, ...], Calibration] = {
        subset: fit_calibration(
            _fused(pairs, subset, weights), pairs.label, _fused(calm, subset, weights)
        )
        for subset in (_TEXT, _IMAGE, _BOTH)
    }
    if comments is not None and len(comments.label):
        fitted[_TEXT] = fit_calibration(
            joined(_fused(pairs, _TEXT, weights), comments.odds),
            np.concatenate([pairs.label, comments.label]),
            _fused(calm, _TEXT, weights),
        )
    if people := [some for some in (tweets, comments) if some is not None and len(some.label)]:
        fitted[_TEXT] = fit_confidence(
            fitted[_TEXT],
            joined(*(some.odds for some in people)),
            np.concatenate([some.label for some in people]),
        )
    if drawings is not None and len(drawings.label):
        fitted[_IMAGE] = fit_confidence(
            fitted[_IMAGE], _fused(drawings, _IMAGE, weights), drawings.label
        )
    if posts is not None and len(posts.label):
        _fit_to_posts(fitted, posts, pairs, calm, weights)
    # A sound alone is always neutral; one in three of such labels is correct.
    no_evidence = Calibration(1.0, 0.0, 0.4, 0.6, 0.0, *np.tile([np.log(0.5), 0.0], (2, 3, 1)))
    calibration = {}
    for subset in subsets(tuple(Modality)):
        without_audio = tuple(m for m in subset if m is not Modality.AUDIO)
        calibration[subset_name(subset)] = fitted.get(without_audio, no_evidence).as_config()
    return {"prior": [float(p) for p in prior], "weights": weights, "calibration": calibration}


def _fused(
    items: SyntheticPairs | LabelledOdds,
    subset: tuple[Modality, ...],
    weights: Mapping[str, float],
) -> Odds:
    """Add up what a subset of text and image says of each item."""
    text, image = (float(m in subset) * weights[m] for m in _BOTH)
    positive = np.zeros(len(items.label))
    for weight, odds in ((text, items.text), (image, items.image)):
        if weight:  # without it the odds may be NaN
            positive = positive + weight * odds
    return Odds(positive, text * items.neutral)


def _fit_to_posts(
    fitted: dict[tuple[Modality, ...], Calibration],
    posts: LabelledOdds,
    pairs: SyntheticPairs,
    calm: LabelledOdds,
    weights: Mapping[str, float],
) -> None:
    """Fit the band of text and image to pairs and posts, and the confidence of each alone."""
    of_pairs, of_posts = _fused(pairs, _BOTH, weights), _fused(posts, _BOTH, weights)
    # Repeat the few posts until they have the wanted weight next to the many pairs.
    repeats = max(round(POSTS_WEIGHT * len(pairs.label) / len(posts.label)), 1)
    both = fit_calibration(
        joined(of_pairs, *[of_posts] * repeats),
        np.concatenate([pairs.label, np.tile(posts.label, repeats)]),
        _fused(calm, _BOTH, weights),
        scale=fitted[_BOTH],
    )
    both = fit_confidence(both, of_pairs, pairs.label, caption=False)
    fitted[_BOTH] = fit_confidence(both, of_posts, posts.label, caption=True)
    of_text = _fused(posts, _TEXT, weights)
    fitted[_TEXT] = fit_confidence(fitted[_TEXT], of_text, posts.label, caption=True)

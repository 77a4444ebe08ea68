"""Training of the fusion: weights by reliability, calibration for each subset."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score

from backend.affect.calibration import Calibration, distance
from backend.affect.evidence import sigmoid
from backend.domain import Modality, subset_name, subsets

# Nobody labelled sounds: this is how far a prior by arousal is believed.
AUDIO_WEIGHT = 0.5
# The labelled texts and images mean to say something, and most posts of things do
# not: so many of the stamps, whose captions name a thing, must fall in the neutral
# band. Nobody labelled them neutral; that is an assumption.
CALM = 0.9
# What all posts with a label of their own count against all pairs put together.
BESIDE = 0.8


@dataclass(frozen=True, slots=True, eq=False)
class Paired:
    """A text and an emoji image whose human sentiments agree.

    Made, not found: nobody posted the two together. `image` and `text` were
    each computed by heads that saw neither that emoji nor that text.

    Attributes
    ----------
    text, image : numpy.ndarray
        ``(n,)`` float64 log-odds of positive.
    label : numpy.ndarray
        ``(n,)`` int64, place in `backend.domain.SENTIMENTS`.
    text_group, image_group : numpy.ndarray
        ``(n,)`` str: what must stay on one side of a split.
    """

    text: np.ndarray
    image: np.ndarray
    label: np.ndarray
    text_group: np.ndarray
    image_group: np.ndarray

    def take(self, rows: np.ndarray) -> Paired:
        """Some rows, by place."""
        return Paired(
            self.text[rows],
            self.image[rows],
            self.label[rows],
            self.text_group[rows],
            self.image_group[rows],
        )


@dataclass(frozen=True, slots=True, eq=False)
class Own:
    """Posts or drawings with a human label of their own.

    Attributes
    ----------
    ids : numpy.ndarray
        ``(n,)`` str.
    text, image : numpy.ndarray
        ``(n,)`` float64 log-odds of positive, by heads that did not learn from the
        post; NaN where there is none.
    label : numpy.ndarray
        ``(n,)`` int64, place in `backend.domain.SENTIMENTS`.
    groups : numpy.ndarray
        ``(n,)`` str: what must stay on one side of a split.
    """

    ids: np.ndarray
    text: np.ndarray
    image: np.ndarray
    label: np.ndarray
    groups: np.ndarray

    def take(self, rows: np.ndarray) -> Own:
        """Some rows, by place."""
        return Own(*(getattr(self, name)[rows] for name in self.__slots__))


def pair(
    text: np.ndarray,
    text_label: np.ndarray,
    text_group: np.ndarray,
    image: np.ndarray,
    image_label: np.ndarray,
    image_group: np.ndarray,
    seed: int,
) -> Paired:
    """Give each text a random image of the same sentiment.

    Parameters
    ----------
    text, image : numpy.ndarray
        ``(n,)`` and ``(m,)`` log-odds.
    text_label, image_label : numpy.ndarray
        Places in `backend.domain.SENTIMENTS`.
    text_group, image_group : numpy.ndarray
    seed : int

    Returns
    -------
    Paired
        Of the texts whose label some image has.
    """
    rng = np.random.default_rng(seed)
    rows = np.flatnonzero(np.isin(text_label, image_label))
    chosen = np.array(
        [rng.choice(np.flatnonzero(image_label == text_label[i])) for i in rows], dtype=np.int64
    )
    return Paired(
        text[rows], image[chosen], text_label[rows], text_group[rows], image_group[chosen]
    )


def fit_weights(pairs: Paired, seed: int) -> dict[str, float]:
    """How far each modality is to be relied on, the text's weight being one.

    Parameters
    ----------
    pairs : Paired
    seed : int

    Returns
    -------
    dict of str to float
    """
    charged = pairs.label != 1
    both = np.stack([pairs.text, pairs.image], axis=1)[charged]
    # Modalities are hidden at random, so that each weight also holds alone.
    rng = np.random.default_rng(seed)
    hide = rng.integers(0, 3, len(both))
    both = np.concatenate([both, both * np.stack([hide != 1, hide != 2], axis=1)])
    label = np.tile(pairs.label[charged] == 2, 2)
    fit = LogisticRegression(C=100.0, class_weight="balanced").fit(both, label)
    text, image = np.maximum(fit.coef_[0], 1e-3)
    return {
        Modality.TEXT.value: 1.0,
        Modality.IMAGE.value: float(min(image / text, 1.0)),
        Modality.AUDIO.value: AUDIO_WEIGHT,
    }


def fit_calibration(
    odds: np.ndarray, label: np.ndarray, calm: np.ndarray, scale: Calibration | None = None
) -> Calibration:
    """Calibrate one subset.

    Parameters
    ----------
    odds : numpy.ndarray
        ``(n,)`` fused log-odds.
    label : numpy.ndarray
        ``(n,)`` places in `backend.domain.SENTIMENTS`.
    calm : numpy.ndarray
        ``(m,)`` fused log-odds of posts taken to be neutral.
    scale : Calibration, optional
        Whose slope and shift are kept.

    Returns
    -------
    Calibration
    """
    if scale is None:
        charged = label != 1
        platt = LogisticRegression(C=100.0).fit(odds[charged, None], label[charged] == 2)
        slope, shift = max(float(platt.coef_[0, 0]), 1e-3), float(platt.intercept_[0])
    else:
        slope, shift = scale.slope, scale.shift
    positive = sigmoid(slope * odds + shift)
    low, high = _band(positive, label, sigmoid(slope * calm + shift))
    return sure(Calibration(slope, shift, low, high, np.zeros((3, 2))), odds, label)


def sure(calibration: Calibration, odds: np.ndarray, label: np.ndarray) -> Calibration:
    """The same calibration with its confidence fitted to these log-odds and labels."""
    positive = calibration.positive(odds)
    given = calibration.label(positive)
    away = distance(positive, calibration.low, calibration.high)
    right = np.stack([_right(away[given == k], label[given == k] == k) for k in range(3)])
    return replace(calibration, right=right)


def _band(positive: np.ndarray, label: np.ndarray, calm: np.ndarray) -> tuple[float, float]:
    """The neutral band with the best macro-F1 of those that hold `CALM` of the calm posts."""
    edges = [
        (float(low), float(high))
        for low in np.linspace(0.02, 0.48, 24)
        for high in np.linspace(0.52, 0.98, 24)
        if not len(calm) or ((calm >= low) & (calm <= high)).mean() >= CALM
    ]
    if not edges:
        return 0.02, 0.98

    def quality(edge: tuple[float, float]) -> float:
        given = np.where(positive < edge[0], 0, np.where(positive > edge[1], 2, 1))
        return float(f1_score(label, given, average="macro", zero_division=0.0))

    low, high = max(edges, key=quality)
    return round(low, 3), round(high, 3)


def _right(away: np.ndarray, right: np.ndarray) -> tuple[float, float]:
    """Shift and slope of the log-odds that a label is right; surer further from the edge."""
    share = (right.sum() + 1.0) / (len(right) + 3.0)  # one of three, seen once each
    flat = (float(np.log(share / (1.0 - share))), 0.0)
    if len(right) < 20 or right.all() or not right.any():
        return flat
    fit = LogisticRegression(C=10.0).fit(away[:, None], right)
    slope = float(fit.coef_[0, 0])
    return (float(fit.intercept_[0]), slope) if slope > 0 else flat


def fit_fusion(
    pairs: Paired,
    calm_text: np.ndarray,
    calm_image: np.ndarray,
    prior: np.ndarray,
    seed: int,
    *,
    drawn: Own | None = None,
    posted: Own | None = None,
) -> dict[str, object]:
    """Everything that `backend.affect.fusion.Fusion` needs.

    Parameters
    ----------
    pairs : Paired
    calm_text, calm_image : numpy.ndarray
        ``(m,)`` log-odds of the texts and images of posts taken to be neutral.
    prior : numpy.ndarray
        ``(9,)`` probabilities.
    seed : int
    drawn, posted : Own, optional
        Drawings, and posts of a drawing with its words, by their own human labels.
        Pairs take their share of each sentiment from the texts, so how sure a label
        of an image alone is comes from the drawings, and of both together from
        pairs and posts alike. The probability of positive stays that of the pairs,
        in which neither pole has the upper hand.

    Returns
    -------
    dict
        Plain JSON: ``prior``, ``weights``, ``calibration`` by subset name. No
        label exists for sound, which says nothing about sentiment: a subset with
        sound is calibrated as the same one without.
    """
    weights = fit_weights(pairs, seed)
    image = weights["image"]
    given = {
        (Modality.TEXT,): (pairs.text, calm_text),
        (Modality.IMAGE,): (image * pairs.image, image * calm_image),
        (Modality.TEXT, Modality.IMAGE): (
            pairs.text + image * pairs.image,
            calm_text + image * calm_image,
        ),
    }
    fitted = {
        subset: fit_calibration(odds, pairs.label, calm) for subset, (odds, calm) in given.items()
    }
    if drawn is not None and len(drawn.label):
        alone = fitted[(Modality.IMAGE,)]
        fitted[(Modality.IMAGE,)] = sure(alone, image * drawn.image, drawn.label)
    if posted is not None and len(posted.label):
        both = (Modality.TEXT, Modality.IMAGE)
        # As often as it takes for the few posts to count beside the many pairs.
        times = max(round(BESIDE * len(pairs.label) / len(posted.label)), 1)
        own = np.tile(posted.text + image * posted.image, times)
        fitted[both] = fit_calibration(
            np.concatenate([given[both][0], own]),
            np.concatenate([pairs.label, np.tile(posted.label, times)]),
            given[both][1],
            scale=fitted[both],
        )
    # Of a sound alone only the neutral middle can be said, and one in three is right.
    unknown = Calibration(1.0, 0.0, 0.4, 0.6, np.tile([np.log(0.5), 0.0], (3, 1)))
    calibration = {}
    for subset in subsets(tuple(Modality)):
        heard = tuple(m for m in subset if m is not Modality.AUDIO)
        calibration[subset_name(subset)] = fitted.get(heard, unknown).as_config()
    return {
        "prior": [float(p) for p in prior],
        "weights": weights,
        "calibration": calibration,
    }

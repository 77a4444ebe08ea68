"""The models of error analysis: their protocol, bundles and lexicons."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

import numpy as np

from backend.corpus.content import words
from backend.domain import (
    EMOTIONS,
    EMOTIONS_AND_NEUTRAL,
    SENTIMENTS,
    Affect,
    Content,
    KindredError,
    Prediction,
)
from backend.encoders import lexicons
from backend.error_analysis.ground_truth import GroundTruth
from backend.error_analysis.predictions import ModelPredictions

# Spellings of the three sentiments.
_SENTIMENT = {**{name: i for i, name in enumerate(SENTIMENTS)}, "neg": 0, "neu": 1, "pos": 2}
# A compound score nearer to 0 is neutral (Hutto and Gilbert 2014).
VADER_NEUTRAL = 0.05
# Names in addresses and commands -> names by the authors.
LEXICONS = {"vader": "VADER", "nade": "NADE"}


class Model(Protocol):
    """A model of error analysis.

    Attributes
    ----------
    name : str
        Short and stable; part of addresses and keys of caches.
    title : str
        For readers.
    """

    name: str
    title: str

    def predict(self, posts: Sequence[Content], places: np.ndarray | None = None) -> np.ndarray:
        """Predict posts, as they are or changed.

        Parameters
        ----------
        posts : sequence of Content
        places : numpy.ndarray, optional
            ``(n,)`` int64: rows of the posts in the ground truth, for models that were
            cross-fitted on it and can predict each post held out.

        Returns
        -------
        numpy.ndarray
            ``(n, classes)`` probabilities; rows of NaN for posts that the model cannot
            read.
        """
        ...

    def predict_labelled(self, ground_truth: GroundTruth) -> ModelPredictions:
        """Predict labelled posts, held out where the model can."""
        ...


def sentiment_places(classes: Sequence[str]) -> list[int] | None:
    """Indices in `backend.domain.SENTIMENTS` of classes that are all sentiments, else None.

    Examples
    --------
    >>> sentiment_places(("Negative", "positive")), sentiment_places(("a", "b"))
    ([0, 2], None)
    """
    found = [_SENTIMENT.get(name.casefold().strip()) for name in classes]
    places = [place for place in found if place is not None]
    return places if len(places) == len(found) == len(set(places)) else None


def emotion_names(classes: Sequence[str]) -> list[str] | None:
    """Names in `backend.domain.EMOTIONS` of classes that are all emotions, else None."""
    found = [name.casefold().strip() for name in classes]
    known = set(EMOTIONS_AND_NEUTRAL)
    return found if set(found) <= known and len(set(found)) == len(found) else None


def from_sentiment(
    positive: np.ndarray, label: np.ndarray, confidence: np.ndarray, places: Sequence[int]
) -> tuple[np.ndarray, np.ndarray]:
    """Class probabilities from sentiment predictions.

    The predicted class gets the calibrated confidence; the other classes share the
    rest by their closeness to `positive`. Of two classes without neutral, `positive`
    alone decides.

    Parameters
    ----------
    positive, confidence : numpy.ndarray
        ``(n,)``.
    label : numpy.ndarray
        ``(n,)`` int64: predicted index in `backend.domain.SENTIMENTS`.
    places : sequence of int
        Of the classes, from `sentiment_places`.

    Returns
    -------
    probability : numpy.ndarray
        ``(n, classes)`` float32.
    predicted : numpy.ndarray
        ``(n,)`` int64.
    """
    p = np.clip(np.asarray(positive, dtype=np.float64), 1e-6, 1 - 1e-6)
    if set(places) == {0, 2}:
        both = np.stack([1 - p if place == 0 else p for place in places], axis=1)
        return both.astype(np.float32), both.argmax(axis=1)
    near = np.stack([1 - p, 1 - np.abs(2 * p - 1) + 1e-6, p], axis=1)
    rows = np.arange(len(p))
    near[rows, label] = 0.0
    near *= ((1 - confidence) / near.sum(axis=1))[:, None]
    near[rows, label] = confidence
    chosen = near[:, list(places)]
    chosen /= np.maximum(chosen.sum(axis=1, keepdims=True), 1e-9)
    column = {place: i for i, place in enumerate(places)}
    predicted = np.array([column.get(int(k), -1) for k in label], dtype=np.int64)
    return chosen.astype(np.float32), np.where(predicted < 0, chosen.argmax(axis=1), predicted)


def from_affects(
    affects: Sequence[Affect | None], classes: Sequence[str]
) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities ``(n, classes)`` and predicted classes ``(n,)``; rows of NaN for None.

    Raises
    ------
    KindredError
        ``not_affect`` when the classes are neither sentiments nor emotions.
    """
    probability = np.full((len(affects), len(classes)), np.nan, dtype=np.float32)
    predicted = np.zeros(len(affects), dtype=np.int64)
    rows = [i for i, affect in enumerate(affects) if affect is not None]
    known = [affect for affect in affects if affect is not None]
    if not known:
        return probability, predicted
    places, names = sentiment_places(classes), emotion_names(classes)
    if places is not None:
        probability[rows], predicted[rows] = from_sentiment(
            np.array([a.sentiment.positive for a in known]),
            np.array([SENTIMENTS.index(a.sentiment.label) for a in known]),
            np.array([a.confidence for a in known]),
            places,
        )
    elif names is not None:
        raw = np.array([[{**a.emotion, "neutral": a.neutral}[n] for n in names] for a in known])
        probability[rows] = raw / np.maximum(raw.sum(axis=1, keepdims=True), 1e-9)
        predicted[rows] = raw.argmax(axis=1)
    else:
        raise KindredError(
            "not_affect",
            "A bundle predicts sentiment and emotion, and these classes are neither: "
            f"{', '.join(classes[:6])}. Choose the probe instead.",
        )
    return probability, predicted


class BundleModel:
    """A bundle's affect heads.

    Parameters
    ----------
    name : str
    classes : sequence of str
    analyse : callable
        Return predictions of contents.
    stored : callable
        Return ``(affects, held_out, note)`` of a ground truth, from the corpus or the
        bundle.
    """

    def __init__(
        self,
        name: str,
        classes: Sequence[str],
        analyse: Callable[[Sequence[Content]], Sequence[Prediction | KindredError]],
        stored: Callable[[GroundTruth], tuple[Mapping[str, Affect], np.ndarray, str]],
    ) -> None:
        self.name = name
        self.title = f"bundle {name}"
        self.classes = tuple(classes)
        self._analyse = analyse
        self._stored = stored

    def predict(self, posts: Sequence[Content], places: np.ndarray | None = None) -> np.ndarray:
        """As `Model.predict`."""
        results = self._analyse(posts)
        affects = [None if isinstance(one, KindredError) else one.affect for one in results]
        return from_affects(affects, self.classes)[0]

    def predict_labelled(self, ground_truth: GroundTruth) -> ModelPredictions:
        """As `Model.predict_labelled`."""
        affects, held_out, note = self._stored(ground_truth)
        probability, predicted = from_affects(
            [affects.get(i) for i in ground_truth.ids], self.classes
        )
        return ModelPredictions(self.name, self.classes, probability, predicted, held_out, note)


class LexiconModel:
    """VADER or NADE, which read English texts only and were trained on none of the posts.

    Parameters
    ----------
    name : str
        ``vader`` or ``nade``.
    classes : sequence of str
    """

    def __init__(self, name: str, classes: Sequence[str]) -> None:
        self.name = name
        self.title = LEXICONS[name]
        self.classes = tuple(classes)

    def predict(self, posts: Sequence[Content], places: np.ndarray | None = None) -> np.ndarray:
        """As `Model.predict`."""
        return self._read([post.text for post in posts])[0]

    def predict_labelled(self, ground_truth: GroundTruth) -> ModelPredictions:
        """As `Model.predict_labelled`."""
        table = ground_truth.table
        both = zip(table["text"].to_pylist(), table["title"].to_pylist(), strict=True)
        texts = [words(text, title) for text, title in both]
        probability, predicted = self._read(texts)
        note = f"{self.title} reads texts in English; its scores are not calibrated."
        held_out = np.ones(len(ground_truth), dtype=bool)
        return ModelPredictions(self.name, self.classes, probability, predicted, held_out, note)

    def _read(self, texts: Sequence[str | None]) -> tuple[np.ndarray, np.ndarray]:
        probability = np.full((len(texts), len(self.classes)), np.nan, dtype=np.float32)
        predicted = np.zeros(len(texts), dtype=np.int64)
        rows = [i for i, text in enumerate(texts) if text]
        readable = [texts[i] or "" for i in rows]
        if rows:
            read = self._vader if self.name == "vader" else self._nade
            probability[rows], predicted[rows] = read(readable)
        return probability, predicted

    def _vader(self, texts: list[str]) -> tuple[np.ndarray, np.ndarray]:
        places = sentiment_places(self.classes)
        assert places is not None, "VADER is offered for sentiments only"
        compound = lexicons.vader(texts)[:, 0].astype(np.float64)
        label = np.where(compound <= -VADER_NEUTRAL, 0, np.where(compound >= VADER_NEUTRAL, 2, 1))
        confidence = np.where(label == 1, 1 - np.abs(compound), (1 + np.abs(compound)) / 2)
        return from_sentiment((1 + compound) / 2, label, confidence, places)

    def _nade(self, texts: list[str]) -> tuple[np.ndarray, np.ndarray]:
        names = emotion_names(self.classes)
        assert names is not None, "NADE is offered for emotions only"
        emotions = lexicons.nade(texts)
        # NADE has no neutral: take the complement of the strongest emotion.
        neutral = 1 - emotions.max(axis=1)
        columns = [neutral if n == "neutral" else emotions[:, EMOTIONS.index(n)] for n in names]
        raw = np.stack(columns, axis=1) + 1e-6
        return raw / raw.sum(axis=1, keepdims=True), raw.argmax(axis=1)

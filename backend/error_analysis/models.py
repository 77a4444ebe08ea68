"""The models that are held against labels: one small protocol, and how each reads posts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

import numpy as np

from backend.domain import EMOTIONS, SENTIMENTS, Affect, Content, KindredError, Prediction
from backend.encoders import lexicons
from backend.error_analysis.ground_truth import GroundTruth
from backend.error_analysis.judgements import ModelPredictions

# Other ways in which people write the three sentiments.
_SENTIMENT = {
    **{name: i for i, name in enumerate(SENTIMENTS)},
    "neg": 0,
    "neu": 1,
    "pos": 2,
}
# VADER's authors read a compound score within this of zero as neutral.
VADER_NEUTRAL = 0.05
# How a lexicon is called in addresses and commands -> by its authors.
LEXICONS = {"vader": "VADER", "nade": "NADE"}


class Model(Protocol):
    """What error analysis needs of a model.

    Attributes
    ----------
    name : str
        Short and stable: it stands in addresses and caches.
    title : str
        For a reader.
    """

    name: str
    title: str

    def predict(self, posts: Sequence[Content], places: np.ndarray | None = None) -> np.ndarray:
        """Predict posts, as they are or changed.

        Parameters
        ----------
        posts : sequence of Content
        places : numpy.ndarray, optional
            ``(n,)`` the places of the same posts in the labelled ones, for a model
            that has a part which learnt from none of them.

        Returns
        -------
        numpy.ndarray
            ``(n, classes)`` probabilities; rows of NaN for posts in which there is
            nothing that the model can read.
        """
        ...

    def predicted(self, labelled: GroundTruth) -> ModelPredictions:
        """Predictions of labelled posts, held out wherever that can be had."""
        ...


def sentiment_places(classes: Sequence[str]) -> list[int] | None:
    """Places in `backend.domain.SENTIMENTS` of classes that are sentiments, else None.

    Examples
    --------
    >>> sentiment_places(("Negative", "positive")), sentiment_places(("a", "b"))
    ([0, 2], None)
    """
    found = [_SENTIMENT.get(name.casefold().strip()) for name in classes]
    places = [place for place in found if place is not None]
    return places if len(places) == len(found) == len(set(places)) else None


def emotion_names(classes: Sequence[str]) -> list[str] | None:
    """Names of classes that are emotions, as `backend.domain.EMOTIONS` has them, else None."""
    found = [name.casefold().strip() for name in classes]
    known = {*EMOTIONS, "neutral"}
    return found if set(found) <= known and len(set(found)) == len(found) else None


def from_sentiment(
    positive: np.ndarray, given: np.ndarray, confidence: np.ndarray, places: Sequence[int]
) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities and guesses from what a bundle says of sentiment.

    The class that is given gets the calibrated confidence; the rest is shared
    among the others by how near they lie. Two poles without a middle are told
    apart by `positive` alone.

    Parameters
    ----------
    positive, confidence : numpy.ndarray
        ``(n,)``.
    given : numpy.ndarray
        ``(n,)`` places in `backend.domain.SENTIMENTS`.
    places : sequence of int
        Of the classes, as from `sentiment_places`.

    Returns
    -------
    probability : numpy.ndarray
        ``(n, classes)`` float32.
    guess : numpy.ndarray
        ``(n,)`` int64.
    """
    p = np.clip(np.asarray(positive, dtype=np.float64), 1e-6, 1 - 1e-6)
    if set(places) == {0, 2}:
        both = np.stack([1 - p if place == 0 else p for place in places], axis=1)
        return both.astype(np.float32), both.argmax(axis=1)
    near = np.stack([1 - p, 1 - np.abs(2 * p - 1) + 1e-6, p], axis=1)
    here = np.arange(len(p))
    near[here, given] = 0.0
    near *= ((1 - confidence) / near.sum(axis=1))[:, None]
    near[here, given] = confidence
    chosen = near[:, list(places)]
    chosen /= np.maximum(chosen.sum(axis=1, keepdims=True), 1e-9)
    at = {place: i for i, place in enumerate(places)}
    guess = np.array([at.get(int(g), -1) for g in given], dtype=np.int64)
    return chosen.astype(np.float32), np.where(guess < 0, chosen.argmax(axis=1), guess)


def from_affects(
    affects: Sequence[Affect | None], classes: Sequence[str]
) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities ``(n, classes)`` and guesses ``(n,)`` from affects; NaN rows for None.

    Raises
    ------
    KindredError
        ``not_affect`` when the classes are neither sentiments nor emotions.
    """
    probability = np.full((len(affects), len(classes)), np.nan, dtype=np.float32)
    guess = np.zeros(len(affects), dtype=np.int64)
    rows = [i for i, affect in enumerate(affects) if affect is not None]
    known = [affect for affect in affects if affect is not None]
    if not known:
        return probability, guess
    places, names = sentiment_places(classes), emotion_names(classes)
    if places is not None:
        probability[rows], guess[rows] = from_sentiment(
            np.array([a.sentiment.positive for a in known]),
            np.array([SENTIMENTS.index(a.sentiment.label) for a in known]),
            np.array([a.confidence for a in known]),
            places,
        )
    elif names is not None:
        raw = np.array([[{**a.emotion, "neutral": a.neutral}[n] for n in names] for a in known])
        probability[rows] = raw / np.maximum(raw.sum(axis=1, keepdims=True), 1e-9)
        guess[rows] = raw.argmax(axis=1)
    else:
        raise KindredError(
            "not_affect",
            "A bundle predicts sentiment and emotion; these classes are neither: "
            f"{', '.join(classes[:6])}.",
        )
    return probability, guess


class BundleModel:
    """A bundle's affect heads.

    Parameters
    ----------
    name : str
    classes : sequence of str
    analyse : callable
        Contents to predictions.
    stored : callable
        Labelled posts to ``(affects, held_out, note)``: what the corpus or the bundle
        keeps of them.
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
        made = self._analyse(posts)
        affects = [None if isinstance(one, KindredError) else one.affect for one in made]
        return from_affects(affects, self.classes)[0]

    def predicted(self, labelled: GroundTruth) -> ModelPredictions:
        """As `Model.predicted`."""
        affects, held_out, note = self._stored(labelled)
        probability, guess = from_affects([affects.get(i) for i in labelled.ids], self.classes)
        return ModelPredictions(self.name, self.classes, probability, guess, held_out, note)


class LexiconModel:
    """VADER or NADE, which read English texts only and have learnt from none of the posts.

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

    def predicted(self, labelled: GroundTruth) -> ModelPredictions:
        """As `Model.predicted`."""
        table = labelled.table
        texts = [
            text or title
            for text, title in zip(
                table["text"].to_pylist(), table["title"].to_pylist(), strict=True
            )
        ]
        probability, guess = self._read(texts)
        note = f"{self.title} reads texts in English; its scores are not calibrated."
        held_out = np.ones(len(labelled), dtype=bool)
        return ModelPredictions(self.name, self.classes, probability, guess, held_out, note)

    def _read(self, texts: Sequence[str | None]) -> tuple[np.ndarray, np.ndarray]:
        probability = np.full((len(texts), len(self.classes)), np.nan, dtype=np.float32)
        guess = np.zeros(len(texts), dtype=np.int64)
        rows = [i for i, text in enumerate(texts) if text]
        said = [texts[i] or "" for i in rows]
        if rows:
            read = self._vader if self.name == "vader" else self._nade
            probability[rows], guess[rows] = read(said)
        return probability, guess

    def _vader(self, texts: list[str]) -> tuple[np.ndarray, np.ndarray]:
        places = sentiment_places(self.classes)
        assert places is not None, "VADER is offered for sentiments only"
        compound = lexicons.vader(texts)[:, 0].astype(np.float64)
        given = np.where(compound <= -VADER_NEUTRAL, 0, np.where(compound >= VADER_NEUTRAL, 2, 1))
        sure = np.where(given == 1, 1 - np.abs(compound), (1 + np.abs(compound)) / 2)
        return from_sentiment((1 + compound) / 2, given, sure, places)

    def _nade(self, texts: list[str]) -> tuple[np.ndarray, np.ndarray]:
        names = emotion_names(self.classes)
        assert names is not None, "NADE is offered for emotions only"
        found = lexicons.nade(texts)
        # It has no neutral; what the strongest emotion leaves is the best there is.
        neutral = 1 - found.max(axis=1)
        columns = [neutral if n == "neutral" else found[:, EMOTIONS.index(n)] for n in names]
        raw = np.stack(columns, axis=1) + 1e-6
        return raw / raw.sum(axis=1, keepdims=True), raw.argmax(axis=1)

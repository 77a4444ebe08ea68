"""Predictions of a model for labelled posts, scored against the labels."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from backend.domain import Kind, KindredError, Selection
from backend.error_analysis.ground_truth import GroundTruth


@dataclass(frozen=True, slots=True, eq=False)
class ModelPredictions:
    """A model's predictions for labelled posts.

    Attributes
    ----------
    model : str
    classes : tuple of str
    probability : numpy.ndarray
        ``(n, classes)`` float32 in the order of the posts; rows of NaN for posts that
        the model cannot read.
    predicted : numpy.ndarray
        ``(n,)`` int64: index of the predicted class; usually the most probable one, but
        a model may have thresholds of its own.
    held_out : numpy.ndarray
        ``(n,)`` bool: the model was not trained on the post.
    note : str
        How the predictions were made.
    """

    model: str
    classes: tuple[str, ...]
    probability: np.ndarray
    predicted: np.ndarray
    held_out: np.ndarray
    note: str = ""


@dataclass(frozen=True, eq=False)
class ScoredPredictions:
    """Labels and predictions of the posts that a model can read.

    Attributes
    ----------
    ground_truth : GroundTruth
    model, note : str
    rows : numpy.ndarray
        ``(n,)`` int64: rows of `ground_truth`.
    probability : numpy.ndarray
        ``(n, classes)`` float32.
    truth, predicted : numpy.ndarray
        ``(n,)`` int64: indices of classes.
    held_out : numpy.ndarray
        ``(n,)`` bool.
    """

    ground_truth: GroundTruth
    model: str
    note: str
    rows: np.ndarray
    probability: np.ndarray
    truth: np.ndarray
    predicted: np.ndarray
    held_out: np.ndarray

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes."""
        return self.ground_truth.classes

    @cached_property
    def ids(self) -> np.ndarray:
        """``(n,)`` post ids."""
        return self.ground_truth.ids[self.rows]

    @cached_property
    def correct(self) -> np.ndarray:
        """Whether each prediction equals the label, ``(n,)`` bool."""
        return self.truth == self.predicted

    @cached_property
    def confidence(self) -> np.ndarray:
        """Probability of the predicted class, ``(n,)`` float32."""
        return self.probability[np.arange(len(self)), self.predicted]

    @cached_property
    def label_probability(self) -> np.ndarray:
        """Probability of the labelled class, ``(n,)`` float32."""
        return self.probability[np.arange(len(self)), self.truth]

    def selection(self, mask: np.ndarray, origin: str) -> Selection:
        """The posts at `mask`: ``(n,)`` bool, or indices."""
        return Selection(Kind.POST, tuple(self.ids[mask]), origin, self.ground_truth.corpus)

    def take(self, mask: np.ndarray) -> ScoredPredictions:
        """The predictions at `mask`: ``(n,)`` bool, or indices."""
        arrays = ("rows", "probability", "truth", "predicted", "held_out")
        return replace(self, **{name: getattr(self, name)[mask] for name in arrays})


def score_against(ground_truth: GroundTruth, predictions: ModelPredictions) -> ScoredPredictions:
    """Score predictions against the labels.

    Parameters
    ----------
    ground_truth : GroundTruth
    predictions : ModelPredictions
        For the same posts in the same order, with the same classes.

    Returns
    -------
    ScoredPredictions
        For the posts that the model can read.

    Raises
    ------
    KindredError
        ``nothing_predicted`` when it can read none.
    """
    if predictions.classes != ground_truth.classes or len(predictions.predicted) != len(
        ground_truth
    ):
        raise ValueError("predictions and labels differ in posts or classes")
    rows = np.flatnonzero(np.isfinite(predictions.probability).all(axis=1))
    if not len(rows):
        raise KindredError(
            "nothing_predicted",
            f"{predictions.model} can read none of these {len(ground_truth):,} posts. "
            "Choose another model.",
        )
    return ScoredPredictions(
        ground_truth,
        predictions.model,
        predictions.note,
        rows,
        predictions.probability[rows],
        ground_truth.truth[rows],
        predictions.predicted[rows],
        predictions.held_out[rows],
    )


def same_posts(
    one: ScoredPredictions, two: ScoredPredictions
) -> tuple[ScoredPredictions, ScoredPredictions]:
    """The predictions of two models for the posts that both can read."""
    return one.take(np.isin(one.rows, two.rows)), two.take(np.isin(two.rows, one.rows))

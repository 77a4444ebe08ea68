"""What a model said of labelled posts, held against the labels."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from backend.domain import Kind, KindredError, Selection
from backend.error_analysis.ground_truth import GroundTruth


@dataclass(frozen=True, slots=True, eq=False)
class ModelPredictions:
    """A model's predictions of labelled posts.

    Attributes
    ----------
    model : str
    classes : tuple of str
    probability : numpy.ndarray
        ``(n, classes)`` float32 in the order of the posts; rows of NaN for posts that
        the model cannot read.
    guess : numpy.ndarray
        ``(n,)`` int64; usually the likeliest class, but a model may have cut-offs
        of its own.
    held_out : numpy.ndarray
        ``(n,)`` bool: the model has not learnt from the post.
    note : str
        What a reader must know of these predictions.
    """

    model: str
    classes: tuple[str, ...]
    probability: np.ndarray
    guess: np.ndarray
    held_out: np.ndarray
    note: str = ""


@dataclass(frozen=True, eq=False)
class ScoredPredictions:
    """The posts that a model could read, with label and prediction.

    Attributes
    ----------
    labelled : GroundTruth
    model, note : str
    rows : numpy.ndarray
        ``(n,)`` places in `labelled`.
    probability : numpy.ndarray
        ``(n, classes)`` float32.
    truth, guess : numpy.ndarray
        ``(n,)`` int64.
    held_out : numpy.ndarray
        ``(n,)`` bool.
    """

    labelled: GroundTruth
    model: str
    note: str
    rows: np.ndarray
    probability: np.ndarray
    truth: np.ndarray
    guess: np.ndarray
    held_out: np.ndarray

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes."""
        return self.labelled.classes

    @cached_property
    def ids(self) -> np.ndarray:
        """``(n,)`` post ids."""
        return self.labelled.ids[self.rows]

    @cached_property
    def right(self) -> np.ndarray:
        """``(n,)`` bool."""
        return self.truth == self.guess

    @cached_property
    def confidence(self) -> np.ndarray:
        """``(n,)`` float32: the probability of the class that was given."""
        return self.probability[np.arange(len(self)), self.guess]

    @cached_property
    def on_truth(self) -> np.ndarray:
        """``(n,)`` float32: the probability of the class that the label names."""
        return self.probability[np.arange(len(self)), self.truth]

    def selection(self, mask: np.ndarray, origin: str) -> Selection:
        """The posts where `mask` (``(n,)`` bool, or places) holds."""
        return Selection(Kind.POST, tuple(self.ids[mask]), origin, self.labelled.corpus)

    def take(self, mask: np.ndarray) -> ScoredPredictions:
        """Some of the posts: where `mask` (``(n,)`` bool) holds, or by place."""
        return ScoredPredictions(
            self.labelled,
            self.model,
            self.note,
            self.rows[mask],
            self.probability[mask],
            self.truth[mask],
            self.guess[mask],
            self.held_out[mask],
        )


def score_against(labelled: GroundTruth, predicted: ModelPredictions) -> ScoredPredictions:
    """Hold predictions against labels.

    Parameters
    ----------
    labelled : GroundTruth
    predicted : ModelPredictions
        Of the same posts, in the same order, with the same classes.

    Returns
    -------
    ScoredPredictions
        Of the posts that the model could read.

    Raises
    ------
    KindredError
        ``nothing_predicted`` when it could read none.
    """
    if predicted.classes != labelled.classes or len(predicted.guess) != len(labelled):
        raise ValueError("the predictions are of other posts or classes")
    rows = np.flatnonzero(np.isfinite(predicted.probability).all(axis=1))
    if not len(rows):
        raise KindredError(
            "nothing_predicted",
            f"{predicted.model} has no prediction for any of these {len(labelled):,} posts.",
        )
    return ScoredPredictions(
        labelled,
        predicted.model,
        predicted.note,
        rows,
        predicted.probability[rows],
        labelled.truth[rows],
        predicted.guess[rows],
        predicted.held_out[rows],
    )


def same_posts(
    one: ScoredPredictions, two: ScoredPredictions
) -> tuple[ScoredPredictions, ScoredPredictions]:
    """Cut two models' judgements to the posts that both could read."""
    return one.take(np.isin(one.rows, two.rows)), two.take(np.isin(two.rows, one.rows))

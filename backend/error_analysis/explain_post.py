"""Predictions of one post from every subset of its modalities, and the posts similar to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from backend.domain import Content, subset_name, subsets
from backend.error_analysis.ground_truth import GroundTruth
from backend.error_analysis.models import Model

NEAREST = 8


@dataclass(frozen=True, slots=True)
class SimilarPost:
    """A labelled post near another one.

    Attributes
    ----------
    id, label : str
    similarity : float
        Cosine in the joint space.
    """

    id: str
    label: str
    similarity: float


@dataclass(frozen=True, slots=True, eq=False)
class PostExplanation:
    """Predictions of one post from every subset of its modalities.

    Attributes
    ----------
    id, label : str
    classes : tuple of str
    subsets : mapping of str to mapping of str to numpy.ndarray
        Model, then subset, to ``(classes,)`` probabilities.
    disagreement : mapping of str to float
        Total variation distance between the first model's predictions from two single
        modalities, 0 to 1; keys such as ``image and text``.
    similar : tuple of SimilarPost
        Nearest labelled posts without duplicates of the post.
    """

    id: str
    label: str
    classes: tuple[str, ...]
    subsets: Mapping[str, Mapping[str, np.ndarray]]
    disagreement: Mapping[str, float]
    similar: tuple[SimilarPost, ...]


def explain_post(
    ground_truth: GroundTruth,
    index: int,
    content: Content,
    models: Sequence[Model],
    vectors: np.ndarray,
) -> PostExplanation:
    """Predict one post from every subset of its modalities.

    Parameters
    ----------
    ground_truth : GroundTruth
    index : int
        Row of the post in `ground_truth`.
    content : Content
    models : sequence of Model
    vectors : numpy.ndarray
        ``(len(ground_truth), dim)`` joint vectors, rows of NaN where there is none.
    """
    parts = subsets(content.modalities)
    cut = [content.only(part) for part in parts]
    by_model: dict[str, dict[str, np.ndarray]] = {}
    for model in models:
        rows = model.predict(cut, np.full(len(cut), index, dtype=np.int64))
        pairs = zip(parts, rows, strict=True)
        by_model[model.name] = {subset_name(p): row for p, row in pairs if np.isfinite(row).all()}
    return PostExplanation(
        id=str(ground_truth.ids[index]),
        label=ground_truth.classes[ground_truth.truth[index]],
        classes=ground_truth.classes,
        subsets=by_model,
        disagreement=_disagreement(next(iter(by_model.values()), {})),
        similar=nearest(ground_truth, index, vectors),
    )


def _disagreement(by_subset: Mapping[str, np.ndarray]) -> dict[str, float]:
    alone = {name: row for name, row in by_subset.items() if "+" not in name}
    return {
        f"{a} and {b}": float(np.abs(alone[a] - alone[b]).sum() / 2)
        for a, b in combinations(sorted(alone), 2)
    }


def nearest(
    ground_truth: GroundTruth, index: int, vectors: np.ndarray, k: int = NEAREST
) -> tuple[SimilarPost, ...]:
    """The labelled posts nearest to one in the joint space, without its duplicates."""
    if not vectors.size or not np.isfinite(vectors[index, 0]):
        return ()
    groups = ground_truth.table["group"].to_pylist()
    unit = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    similarity = np.nan_to_num(unit @ unit[index], nan=-2.0)
    order = np.argsort(-similarity, kind="stable")
    posts = [
        SimilarPost(
            str(ground_truth.ids[i]),
            ground_truth.classes[ground_truth.truth[i]],
            float(similarity[i]),
        )
        for i in order[: k + 50]
        if i != index and similarity[i] > -1.5 and groups[i] != groups[index]
    ]
    return tuple(posts[:k])

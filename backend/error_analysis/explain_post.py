"""Why one post was judged as it was: every subset, the modalities against each other, its kin."""

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
    likeness : float
        Cosine in the joint space.
    """

    id: str
    label: str
    likeness: float


@dataclass(frozen=True, slots=True, eq=False)
class PostExplanation:
    """What models make of one post, from every subset of its modalities.

    Attributes
    ----------
    id, label : str
    classes : tuple of str
    subsets : mapping of str to mapping of str to numpy.ndarray
        Model, then subset, to ``(classes,)`` probabilities.
    disagreement : mapping of str to float
        How far two modalities alone are apart, by ``image and text``: half the
        summed difference of the first model's probabilities, 0 to 1.
    kin : tuple of SimilarPost
        Nearest labelled posts, those of the same thing left out.
    """

    id: str
    label: str
    classes: tuple[str, ...]
    subsets: Mapping[str, Mapping[str, np.ndarray]]
    disagreement: Mapping[str, float]
    kin: tuple[SimilarPost, ...]


def why(
    labelled: GroundTruth,
    place: int,
    content: Content,
    models: Sequence[Model],
    vectors: np.ndarray,
) -> PostExplanation:
    """Look into one post.

    Parameters
    ----------
    labelled : GroundTruth
    place : int
        Of the post in `labelled`.
    content : Content
    models : sequence of Model
    vectors : numpy.ndarray
        ``(len(labelled), dim)`` joint vectors, rows of NaN where there is none.

    Returns
    -------
    PostExplanation
    """
    parts = subsets(content.modalities)
    cut = [content.only(part) for part in parts]
    found: dict[str, dict[str, np.ndarray]] = {}
    for model in models:
        rows = model.predict(cut, np.full(len(cut), place, dtype=np.int64))
        told = zip(parts, rows, strict=True)
        found[model.name] = {subset_name(p): row for p, row in told if np.isfinite(row).all()}
    return PostExplanation(
        id=str(labelled.ids[place]),
        label=labelled.classes[labelled.truth[place]],
        classes=labelled.classes,
        subsets=found,
        disagreement=_apart(next(iter(found.values()), {})),
        kin=nearest(labelled, place, vectors),
    )


def _apart(of_subsets: Mapping[str, np.ndarray]) -> dict[str, float]:
    alone = {name: row for name, row in of_subsets.items() if "+" not in name}
    return {
        f"{a} and {b}": float(np.abs(alone[a] - alone[b]).sum() / 2)
        for a, b in combinations(sorted(alone), 2)
    }


def nearest(
    labelled: GroundTruth, place: int, vectors: np.ndarray, k: int = NEAREST
) -> tuple[SimilarPost, ...]:
    """The labelled posts nearest to one, by joint vectors."""
    if not vectors.size or not np.isfinite(vectors[place, 0]):
        return ()
    groups = labelled.table["group"].to_pylist()
    unit = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    likeness = np.nan_to_num(unit @ unit[place], nan=-2.0)
    order = np.argsort(-likeness, kind="stable")
    found = [
        SimilarPost(str(labelled.ids[i]), labelled.classes[labelled.truth[i]], float(likeness[i]))
        for i in order[: k + 50]
        if i != place and likeness[i] > -1.5 and groups[i] != groups[place]
    ]
    return tuple(found[:k])

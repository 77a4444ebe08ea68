"""Posts to look at first: the hardest, the probably mislabelled, the contradictory twins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from backend.error_analysis.ground_truth import GroundTruth
from backend.error_analysis.judgements import ScoredPredictions

ALIKE = 0.985  # cosine from which two posts are near-duplicates
BLOCK = 1024
MOST_PAIRS = 500


@dataclass(frozen=True, slots=True)
class LabelIssue:
    """A post whose label is doubted.

    Attributes
    ----------
    id, label, suggested : str
    quality : float
        How likely the label is right, as the models see it, in [0, 1].
    probability : float
        Of the suggested class.
    flagged : bool
        Whether confident learning counts it among the errors.
    """

    id: str
    label: str
    suggested: str
    quality: float
    probability: float
    flagged: bool


@dataclass(frozen=True, slots=True)
class LabelConflict:
    """Two posts that are nearly the same and are labelled differently.

    Attributes
    ----------
    ids, labels : tuple of str
    likeness : float
        Cosine in the joint space; 1 for the same text or duplicate group.
    why : str
        ``same text``, ``same thing`` or ``close in the joint space``.
    """

    ids: tuple[str, str]
    labels: tuple[str, str]
    likeness: float
    why: str


def hardest(judged: ScoredPredictions) -> np.ndarray:
    """Places of the wrongly judged posts, those with least probability on their label first."""
    wrong = np.flatnonzero(~judged.right)
    return wrong[np.argsort(judged.on_truth[wrong], kind="stable")]


def suspects(judgements: Sequence[ScoredPredictions]) -> tuple[LabelIssue, ...]:
    """Order posts by how much their label is to be doubted.

    Confident learning (Northcutt, Jiang and Chuang 2021) on the mean probabilities
    of the models, which must not have learnt from the labels they are held
    against: only held-out predictions are used.

    Parameters
    ----------
    judgements : sequence of ScoredPredictions
        Of one label.

    Returns
    -------
    tuple of LabelIssue
        The most doubtful first; empty when nothing is held out.
    """
    from cleanlab.filter import find_label_issues
    from cleanlab.rank import get_label_quality_scores

    labelled = judgements[0].labelled
    k = len(labelled.classes)
    total, seen = np.zeros((len(labelled), k)), np.zeros(len(labelled))
    for judged in judgements:
        kept = judged.rows[judged.held_out]
        total[kept] += judged.probability[judged.held_out]
        seen[kept] += 1
    rows = np.flatnonzero(seen)
    truth = labelled.truth[rows]
    if not len(rows) or len(set(truth)) < 2:
        return ()
    chances = total[rows] / seen[rows, None]
    chances = np.clip(chances, 1e-6, None)
    chances /= chances.sum(axis=1, keepdims=True)
    # cleanlab wants every class among the labels, numbered without gaps.
    present, packed = np.unique(truth, return_inverse=True)
    known = chances[:, present] / chances[:, present].sum(axis=1, keepdims=True)
    quality = get_label_quality_scores(packed, known, method="self_confidence")
    flagged = find_label_issues(packed, known, filter_by="prune_by_noise_rate", n_jobs=1)
    order = np.argsort(quality, kind="stable")
    found = []
    for i in order:
        other = chances[i].copy()
        other[truth[i]] = -1.0
        best = int(other.argmax())
        found.append(
            LabelIssue(
                str(labelled.ids[rows[i]]),
                labelled.classes[truth[i]],
                labelled.classes[best],
                float(quality[i]),
                float(chances[i, best]),
                bool(flagged[i]),
            )
        )
    return tuple(found)


def conflicts(
    labelled: GroundTruth, vectors: np.ndarray, *, alike: float = ALIKE
) -> tuple[LabelConflict, ...]:
    """Near-duplicates whose labels differ.

    Parameters
    ----------
    labelled : GroundTruth
    vectors : numpy.ndarray
        ``(n, dim)`` unit joint vectors, rows of NaN where there is none; may be
        empty.
    alike : float
        Least cosine.

    Returns
    -------
    tuple of LabelConflict
        The most alike first.
    """
    pairs: dict[tuple[int, int], tuple[float, str]] = {}
    texts = [" ".join((t or "").casefold().split()) for t in labelled.table["text"].to_pylist()]
    media = [
        f"{i or ''}|{a or ''}"
        for i, a in zip(
            labelled.table["image"].to_pylist(), labelled.table["audio"].to_pylist(), strict=True
        )
    ]
    groups = [str(g) for g in labelled.table["group"].to_pylist()]
    same = [t if m == "|" else "" for t, m in zip(texts, media, strict=True)]
    for keys, why in ((groups, "same thing"), (same, "same text")):
        for rows in _together(keys):
            for a in rows:
                for b in rows:
                    if a < b and labelled.truth[a] != labelled.truth[b]:
                        pairs.setdefault((a, b), (1.0, why))
    for a, b, likeness in _close(labelled, vectors, alike):
        pairs.setdefault((a, b), (likeness, "close in the joint space"))
    found = [
        LabelConflict(
            (str(labelled.ids[a]), str(labelled.ids[b])),
            (labelled.classes[labelled.truth[a]], labelled.classes[labelled.truth[b]]),
            likeness,
            why,
        )
        for (a, b), (likeness, why) in pairs.items()
    ]
    return tuple(sorted(found, key=lambda c: (-c.likeness, c.ids))[:MOST_PAIRS])


def _together(keys: Sequence[str]) -> list[list[int]]:
    places: dict[str, list[int]] = {}
    for i, key in enumerate(keys):
        if key:
            places.setdefault(key, []).append(i)
    return [rows[:50] for rows in places.values() if len(rows) > 1]


def _close(
    labelled: GroundTruth, vectors: np.ndarray, alike: float
) -> list[tuple[int, int, float]]:
    if not vectors.size:
        return []
    rows = np.flatnonzero(np.isfinite(vectors[:, 0]))
    unit = vectors[rows] / np.maximum(np.linalg.norm(vectors[rows], axis=1, keepdims=True), 1e-9)
    found = []
    for start in range(0, len(rows), BLOCK):
        near = unit[start : start + BLOCK] @ unit.T
        for i, j in zip(*np.nonzero(near >= alike), strict=True):
            a, b = rows[start + i], rows[j]
            if a < b and labelled.truth[a] != labelled.truth[b]:
                found.append((int(a), int(b), float(near[i, j])))
    return found

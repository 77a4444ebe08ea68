"""Posts to review first: the hardest, the probably mislabelled, near-duplicates that disagree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from backend.core.vectors import normalize
from backend.error_analysis.ground_truth import GroundTruth
from backend.error_analysis.predictions import ScoredPredictions

ALIKE = 0.985  # cosine from which two posts are near-duplicates
BLOCK = 1024
MAX_PAIRS = 500


@dataclass(frozen=True, slots=True)
class LabelIssue:
    """A post whose label may be wrong.

    Attributes
    ----------
    id, label, suggested : str
    quality : float
        Probability of the label according to the models, in [0, 1].
    probability : float
        Of the suggested class.
    flagged : bool
        Whether confident learning counts the label among the errors.
    """

    id: str
    label: str
    suggested: str
    quality: float
    probability: float
    flagged: bool


@dataclass(frozen=True, slots=True)
class LabelConflict:
    """Two near-duplicates with different labels.

    Attributes
    ----------
    ids, labels : tuple of str
    similarity : float
        Cosine in the joint space; 1 for the same text or duplicate group.
    reason : str
        ``same text``, ``same thing`` or ``close in the joint space``.
    """

    ids: tuple[str, str]
    labels: tuple[str, str]
    similarity: float
    reason: str


def hardest(scored: ScoredPredictions) -> np.ndarray:
    """Indices of the wrong predictions, lowest probability of the label first."""
    wrong = np.flatnonzero(~scored.correct)
    return wrong[np.argsort(scored.label_probability[wrong], kind="stable")]


def rank_label_issues(all_scored: Sequence[ScoredPredictions]) -> tuple[LabelIssue, ...]:
    """Rank posts by the doubt about their label.

    Confident learning (Northcutt, Jiang and Chuang 2021) on the mean probabilities of
    the models; only held-out predictions are used.

    Parameters
    ----------
    all_scored : sequence of ScoredPredictions
        Of one label.

    Returns
    -------
    tuple of LabelIssue
        The most doubtful first; empty when nothing is held out.
    """
    from cleanlab.filter import find_label_issues
    from cleanlab.rank import get_label_quality_scores

    ground_truth = all_scored[0].ground_truth
    k = len(ground_truth.classes)
    total, counts = np.zeros((len(ground_truth), k)), np.zeros(len(ground_truth))
    for scored in all_scored:
        rows_held_out = scored.rows[scored.held_out]
        total[rows_held_out] += scored.probability[scored.held_out]
        counts[rows_held_out] += 1
    rows = np.flatnonzero(counts)
    truth = ground_truth.truth[rows]
    if not len(rows) or len(set(truth)) < 2:
        return ()
    probabilities = total[rows] / counts[rows, None]
    probabilities = np.clip(probabilities, 1e-6, None)
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    # cleanlab requires that the labels contain every class, numbered without gaps.
    present, packed = np.unique(truth, return_inverse=True)
    known = probabilities[:, present] / probabilities[:, present].sum(axis=1, keepdims=True)
    quality = get_label_quality_scores(packed, known, method="self_confidence")
    flagged = find_label_issues(packed, known, filter_by="prune_by_noise_rate", n_jobs=1)
    issues = []
    for i in np.argsort(quality, kind="stable"):
        other = probabilities[i].copy()
        other[truth[i]] = -1.0
        best = int(other.argmax())
        issues.append(
            LabelIssue(
                str(ground_truth.ids[rows[i]]),
                ground_truth.classes[truth[i]],
                ground_truth.classes[best],
                float(quality[i]),
                float(probabilities[i, best]),
                bool(flagged[i]),
            )
        )
    return tuple(issues)


def conflicts(
    ground_truth: GroundTruth, vectors: np.ndarray, *, alike: float = ALIKE
) -> tuple[LabelConflict, ...]:
    """Near-duplicates whose labels differ.

    Parameters
    ----------
    ground_truth : GroundTruth
    vectors : numpy.ndarray
        ``(n, dim)`` unit joint vectors, rows of NaN where there is none; may be
        empty.
    alike : float
        Lowest cosine of near-duplicates.

    Returns
    -------
    tuple of LabelConflict
        The most similar first.
    """
    pairs: dict[tuple[int, int], tuple[float, str]] = {}
    texts = [" ".join((t or "").casefold().split()) for t in ground_truth.table["text"].to_pylist()]
    media = [
        f"{i or ''}|{a or ''}"
        for i, a in zip(
            ground_truth.table["image"].to_pylist(),
            ground_truth.table["audio"].to_pylist(),
            strict=True,
        )
    ]
    groups = [str(g) for g in ground_truth.table["group"].to_pylist()]
    same = [t if m == "|" else "" for t, m in zip(texts, media, strict=True)]
    for keys, reason in ((groups, "same thing"), (same, "same text")):
        for rows in _together(keys):
            for a in rows:
                for b in rows:
                    if a < b and ground_truth.truth[a] != ground_truth.truth[b]:
                        pairs.setdefault((a, b), (1.0, reason))
    for a, b, similarity in _close(ground_truth, vectors, alike):
        pairs.setdefault((a, b), (similarity, "close in the joint space"))
    found = [
        LabelConflict(
            (str(ground_truth.ids[a]), str(ground_truth.ids[b])),
            (
                ground_truth.classes[ground_truth.truth[a]],
                ground_truth.classes[ground_truth.truth[b]],
            ),
            similarity,
            reason,
        )
        for (a, b), (similarity, reason) in pairs.items()
    ]
    return tuple(sorted(found, key=lambda c: (-c.similarity, c.ids))[:MAX_PAIRS])


def _together(keys: Sequence[str]) -> list[list[int]]:
    places: dict[str, list[int]] = {}
    for i, key in enumerate(keys):
        if key:
            places.setdefault(key, []).append(i)
    return [rows[:50] for rows in places.values() if len(rows) > 1]


def _close(
    ground_truth: GroundTruth, vectors: np.ndarray, alike: float
) -> list[tuple[int, int, float]]:
    if not vectors.size:
        return []
    rows = np.flatnonzero(np.isfinite(vectors[:, 0]))
    unit = normalize(vectors[rows])
    found = []
    for start in range(0, len(rows), BLOCK):
        near = unit[start : start + BLOCK] @ unit.T
        for i, j in zip(*np.nonzero(near >= alike), strict=True):
            a, b = rows[start + i], rows[j]
            if a < b and ground_truth.truth[a] != ground_truth.truth[b]:
                found.append((int(a), int(b), float(near[i, j])))
    return found

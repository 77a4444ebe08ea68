"""Groups of posts by their vectors: clusters and directions of the joint space."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from sklearn.cluster import KMeans
from sklearn.decomposition import TruncatedSVD
from sklearn.linear_model import LogisticRegression

from backend.error_analysis.ground_truth import GroundTruth
from backend.error_analysis.metadata_groups import FEWEST, Candidate
from backend.settings import SEED
from backend.text.stopwords import FUNCTION_WORDS
from backend.text.tokens import WORD

AXES = 12
ENDS = 0.1  # share of the posts at either end of a direction
TOP_SHARES = (0.05, 0.1, 0.2)  # of the posts, furthest in the direction of errors
FEWEST_VECTORS = 40  # fewer posts with a vector have no clusters


def regions(
    ground_truth: GroundTruth, vectors: np.ndarray, clusters: Sequence[Candidate] = ()
) -> list[Candidate]:
    """Clusters and the ends of the main directions.

    Parameters
    ----------
    ground_truth : GroundTruth
    vectors : numpy.ndarray
        ``(n, dim)`` joint vectors in the order of `ground_truth`, rows of NaN where there
        is none.
    clusters : sequence of Candidate
        Clusters of the map of posts; without them, clusters are found by k-means.
    """
    rows = np.flatnonzero(np.isfinite(vectors[:, 0])) if vectors.size else np.zeros(0, np.int64)
    if len(rows) < FEWEST_VECTORS:
        return list(clusters)
    components = _principal_axes(vectors[rows])
    words = _words(ground_truth)
    result = list(clusters)
    if not result:
        k = int(np.clip(np.sqrt(len(rows) / 2), 4, 40))
        cluster = KMeans(k, n_init=2, random_state=SEED).fit_predict(components)
        result += _describe("cluster", "cluster", [rows[cluster == i] for i in range(k)], words)
    size = max(int(ENDS * len(rows)), FEWEST)
    ends = []
    for axis in range(components.shape[1]):
        order = np.argsort(components[:, axis], kind="stable")
        ends += [np.sort(rows[order[:size]]), np.sort(rows[order[-size:]])]
    return result + _describe("direction", "direction of", ends, words)


def error_direction(
    ground_truth: GroundTruth, vectors: np.ndarray, rows: np.ndarray, wrong: np.ndarray
) -> list[Candidate]:
    """Posts that lie in the direction of errors of the joint space.

    Logistic regression on one half of the posts scores the other half, so that the
    direction is not fitted to the posts that it ranks.

    Parameters
    ----------
    ground_truth : GroundTruth
    vectors : numpy.ndarray
        ``(n, dim)`` as for `regions`.
    rows : numpy.ndarray
        ``(m,)`` rows of the predicted posts.
    wrong : numpy.ndarray
        ``(m,)`` bool.

    Returns
    -------
    list of Candidate
        The posts furthest in that direction.
    """
    if not vectors.size:
        return []
    usable = np.isfinite(vectors[rows, 0])
    rows, wrong = rows[usable], wrong[usable]
    if len(rows) < 2 * FEWEST_VECTORS or wrong.sum() < FEWEST or (~wrong).sum() < FEWEST:
        return []
    components = _principal_axes(vectors[rows])
    half = np.random.default_rng(SEED).permutation(len(rows)) % 2
    score = np.zeros(len(rows))
    for k in (0, 1):
        train, test = half != k, half == k
        if len(set(wrong[train])) < 2:
            return []
        fit = LogisticRegression(C=1.0, class_weight="balanced", max_iter=300)
        raw = fit.fit(components[train], wrong[train]).decision_function(components[test])
        score[test] = np.argsort(np.argsort(raw)) / max(test.sum(), 1)
    words = _words(ground_truth)
    ends = [np.sort(rows[score >= 1 - share]) for share in TOP_SHARES]
    return _describe("direction", "direction of errors:", ends, words)


def _principal_axes(vectors: np.ndarray) -> np.ndarray:
    rows = vectors.astype(np.float32) - vectors.mean(axis=0)
    size = min(AXES, min(rows.shape) - 1)
    components = TruncatedSVD(size, random_state=SEED).fit_transform(rows)
    return np.asarray(components / np.maximum(components.std(axis=0), 1e-9))


def _words(ground_truth: GroundTruth) -> list[set[str]]:
    """The tags and words of each post."""
    texts = ground_truth.table["text"].to_pylist()
    tags = ground_truth.table["tags"].to_pylist()
    return [
        {w for w in WORD.findall((text or "").casefold()) if w not in FUNCTION_WORDS}
        | {str(tag).casefold() for tag in some or ()}
        for text, some in zip(texts, tags, strict=True)
    ]


def _describe(
    kind: str, prefix: str, groups: Sequence[np.ndarray], words_of: Sequence[set[str]]
) -> list[Candidate]:
    all_counts = Counter(word for words in words_of for word in words)
    result = []
    for rows in groups:
        if not FEWEST <= len(rows) <= len(words_of) - FEWEST:
            continue
        group_counts = Counter(word for i in rows for word in words_of[i])
        typical = _typical_words(group_counts, all_counts, rows, words_of)
        result.append(Candidate(kind, f"{prefix} {typical}", rows))
    return result


def _typical_words(
    group_counts: Counter[str],
    all_counts: Counter[str],
    rows: np.ndarray,
    words_of: Sequence[set[str]],
) -> str:
    """The three most typical words, by log-odds over their standard error (Monroe et al. 2008)."""
    rest = len(words_of) - len(rows)

    def odds(word: str) -> float:
        inside, outside = group_counts[word] + 0.5, all_counts[word] - group_counts[word] + 0.5
        ratio = np.log(inside / (len(rows) - group_counts[word] + 0.5))
        ratio -= np.log(outside / (rest - outside + 1.0))
        return float(ratio / np.sqrt(1 / inside + 1 / outside))

    best = sorted(group_counts, key=lambda w: (-odds(w), w))[:3]
    return ", ".join(best) or f"{len(rows)} posts"

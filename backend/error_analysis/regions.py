"""Groups of posts that nobody named: clusters and directions of the joint space."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

import numpy as np
from sklearn.cluster import KMeans
from sklearn.decomposition import TruncatedSVD
from sklearn.linear_model import LogisticRegression

from backend.error_analysis.candidates import FEWEST, Candidate
from backend.error_analysis.ground_truth import GroundTruth
from backend.settings import SEED

AXES = 12
ENDS = 0.1  # share of the posts at either end of a direction
SOUGHT = (0.05, 0.1, 0.2)
FEW = 40  # posts with a vector below which there is no space to speak of
_WORD = re.compile(r"[^\W\d_]{3,}", re.UNICODE)
# English words that name nothing.
_DULL = frozenset(
    {"the", "and", "for", "with", "that", "this", "you", "are", "was", "have", "not", "but"}
    | {"from", "they", "his", "her", "its", "our", "all", "can", "has", "had", "just", "your"}
    | {"what", "out", "get", "one", "who", "will", "would", "there", "their", "been", "when"}
)


def regions(
    labelled: GroundTruth,
    vectors: np.ndarray,
    named: Sequence[Candidate] = (),
) -> list[Candidate]:
    """Clusters and the ends of the main directions.

    Parameters
    ----------
    labelled : GroundTruth
    vectors : numpy.ndarray
        ``(n, dim)`` joint vectors in the order of `labelled`, rows of NaN where there
        is none.
    named : sequence of Candidate
        Clusters that a map of the corpus brings; found by k-means without them.

    Returns
    -------
    list of Candidate
    """
    there = np.flatnonzero(np.isfinite(vectors[:, 0])) if vectors.size else np.zeros(0, np.int64)
    if len(there) < FEW:
        return list(named)
    low = _axes(vectors[there])
    words = _bags(labelled)
    found = list(named)
    if not found:
        k = int(np.clip(np.sqrt(len(there) / 2), 4, 40))
        cluster = KMeans(k, n_init=2, random_state=SEED).fit_predict(low)
        found += _named("cluster", "cluster", [there[cluster == i] for i in range(k)], words)
    many = max(int(ENDS * len(there)), FEWEST)
    ends = []
    for axis in range(low.shape[1]):
        order = np.argsort(low[:, axis], kind="stable")
        ends += [np.sort(there[order[:many]]), np.sort(there[order[-many:]])]
    return found + _named("direction", "direction of", ends, words)


def sought(
    labelled: GroundTruth, vectors: np.ndarray, rows: np.ndarray, wrong: np.ndarray
) -> list[Candidate]:
    """The direction of the joint space in which errors lie, learnt on one half of the posts
    and read on the other, so that what it finds is not of its own making.

    Parameters
    ----------
    labelled : GroundTruth
    vectors : numpy.ndarray
        ``(n, dim)`` as for `regions`.
    rows : numpy.ndarray
        ``(m,)`` places of the posts that were judged.
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
    if len(rows) < 2 * FEW or wrong.sum() < FEWEST or (~wrong).sum() < FEWEST:
        return []
    low = _axes(vectors[rows])
    half = np.random.default_rng(SEED).permutation(len(rows)) % 2
    score = np.zeros(len(rows))
    for k in (0, 1):
        seen, held = half != k, half == k
        if len(set(wrong[seen])) < 2:
            return []
        fit = LogisticRegression(C=1.0, class_weight="balanced", max_iter=300)
        raw = fit.fit(low[seen], wrong[seen]).decision_function(low[held])
        score[held] = np.argsort(np.argsort(raw)) / max(held.sum(), 1)
    words = _bags(labelled)
    ends = [np.sort(rows[score >= 1 - share]) for share in SOUGHT]
    return _named("direction", "direction of errors:", ends, words)


def _axes(vectors: np.ndarray) -> np.ndarray:
    rows = vectors.astype(np.float32) - vectors.mean(axis=0)
    size = min(AXES, min(rows.shape) - 1)
    low = TruncatedSVD(size, random_state=SEED).fit_transform(rows)
    return np.asarray(low / np.maximum(low.std(axis=0), 1e-9))


def _bags(labelled: GroundTruth) -> list[set[str]]:
    """What each post says: its tags, and the words of its text."""
    texts = labelled.table["text"].to_pylist()
    tags = labelled.table["tags"].to_pylist()
    return [
        {w for w in _WORD.findall((text or "").casefold()) if w not in _DULL}
        | {str(tag).casefold() for tag in some or ()}
        for text, some in zip(texts, tags, strict=True)
    ]


def _named(
    kind: str, prefix: str, groups: Sequence[np.ndarray], bags: Sequence[set[str]]
) -> list[Candidate]:
    everywhere = Counter(word for bag in bags for word in bag)
    found = []
    for rows in groups:
        if not FEWEST <= len(rows) <= len(bags) - FEWEST:
            continue
        inside = Counter(word for i in rows for word in bags[i])
        found.append(Candidate(kind, f"{prefix} {_typical(inside, everywhere, rows, bags)}", rows))
    return found


def _typical(
    inside: Counter[str], everywhere: Counter[str], rows: np.ndarray, bags: Sequence[set[str]]
) -> str:
    """The three words that set a group apart, by log-odds shrunk towards no difference."""
    rest = len(bags) - len(rows)

    def odds(word: str) -> float:
        here, there = inside[word] + 0.5, everywhere[word] - inside[word] + 0.5
        ratio = np.log(here / (len(rows) - inside[word] + 0.5))
        ratio -= np.log(there / (rest - there + 1.0))
        return float(ratio / np.sqrt(1 / here + 1 / there))

    best = sorted(inside, key=lambda w: (-odds(w), w))[:3]
    return ", ".join(best) or f"{len(rows)} posts"

"""The probe: logistic regression from a corpus's vectors to its labels."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from backend.domain import Content, Modality
from backend.error_analysis.ground_truth import GroundTruth
from backend.error_analysis.predictions import ModelPredictions
from backend.error_analysis.vector_classifier import VectorClassifier, Vectors
from backend.settings import SEED

FOLDS = 5
COMPONENTS = 96
MAX_STEPS = 200
TRIED = 1500  # posts on which `STRENGTHS` are compared
STRENGTHS = (0.003, 0.01, 0.03, 0.1, 0.3)  # C of the regression, chosen on the first fold
LARGEST = 0.3  # largest share of the posts in one group, for authors to be kept together
_ONE_AT_A_TIME = threading.Lock()  # a limit of threads holds for the whole process


@dataclass(frozen=True, slots=True, eq=False)
class _Features:
    """Standardised principal components of all modalities; 0 where a modality is missing."""

    parts: Mapping[Modality, tuple[PCA, StandardScaler]]

    @classmethod
    def fit(cls, vectors: Vectors) -> _Features:
        parts = {}
        for modality, rows in vectors.items():
            present = rows[np.isfinite(rows[:, 0])]
            if len(present) < 2:
                continue
            size = min(COMPONENTS, min(present.shape))
            pca = PCA(size, svd_solver="randomized", random_state=SEED).fit(present)
            parts[modality] = (pca, StandardScaler().fit(pca.transform(present)))
        return cls(parts)

    def __call__(self, vectors: Vectors, count: int) -> np.ndarray:
        columns = []
        for modality, (pca, scaler) in self.parts.items():
            # The last column says whether the post has the modality.
            part = np.zeros((count, pca.n_components_ + 1), dtype=np.float64)
            rows = vectors.get(modality)
            if rows is not None:
                present = np.isfinite(rows[:, 0])
                if present.any():
                    part[present, :-1] = scaler.transform(pca.transform(rows[present]))
                    part[present, -1] = 1.0
            columns.append(part)
        return np.concatenate(columns, axis=1)


def _logistic(
    features: _Features, rows: np.ndarray, truth: np.ndarray, classes: int, strength: float
) -> VectorClassifier:
    fit = LogisticRegression(C=strength, max_iter=MAX_STEPS).fit(rows, truth)

    def predict(vectors: Vectors, count: int) -> np.ndarray:
        probabilities = np.zeros((count, classes), dtype=np.float32)
        probabilities[:, fit.classes_] = fit.predict_proba(features(vectors, count))
        return probabilities

    return predict


class Probe:
    """Logistic regression on vectors, cross-fitted: every prediction is held out.

    Duplicates, and the posts of one author, are never split between folds.

    Parameters
    ----------
    name, title : str
    ground_truth : GroundTruth
    vectors : mapping of Modality to numpy.ndarray
        ``(n, d)`` in the order of `ground_truth`, rows of NaN where a post has none.
    encode : callable
        Return such vectors of contents.
    system : str, optional
        A fusion model of the papers in place of the regression.
    """

    def __init__(
        self,
        name: str,
        title: str,
        ground_truth: GroundTruth,
        vectors: Vectors,
        encode: Callable[[Sequence[Content]], Vectors],
        system: str | None = None,
    ) -> None:
        self.name = name
        self.title = title
        self.classes = ground_truth.classes
        self.encode = encode
        self._classifiers: list[VectorClassifier] = []
        features = _Features.fit(vectors)
        rows = features(vectors, len(ground_truth))
        present = np.any([np.isfinite(v[:, 0]) for v in vectors.values()], axis=0)
        groups = split_groups(ground_truth)
        self.fold = np.full(len(ground_truth), -1, dtype=np.int64)
        self.probability = np.full((len(ground_truth), len(self.classes)), np.nan, dtype=np.float32)
        split = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=SEED)
        usable = np.flatnonzero(present)
        folds = list(split.split(rows[usable], ground_truth.truth[usable], groups[usable]))
        groups, truth, classes = groups[usable], ground_truth.truth[usable], len(self.classes)
        if system:
            from backend.error_analysis.fusion_probe import train_fusion

            for k, (train, _) in enumerate(folds):
                train_vectors = {m: v[usable[train]] for m, v in vectors.items()}
                self._classifiers.append(
                    train_fusion(system, train_vectors, truth[train], groups[train], classes, run=k)
                )
        else:
            self._classifiers = _fit_all(features, rows[usable], truth, classes, folds)
        for k, (_, test) in enumerate(folds):
            self.fold[usable[test]] = k
            test_vectors = {m: v[usable[test]] for m, v in vectors.items()}
            self.probability[usable[test]] = self._classifiers[k](test_vectors, len(test))
        self._note = (
            f"{system or 'Logistic regression'}, trained on this corpus's labels by {FOLDS}-fold "
            "cross-validation; every prediction is held out."
        )

    def of_vectors(self, vectors: Vectors, fold: np.ndarray | None = None) -> np.ndarray:
        """Predict posts by their vectors: probabilities ``(n, classes)`` float32.

        Parameters
        ----------
        vectors : mapping of Modality to numpy.ndarray
        fold : numpy.ndarray, optional
            ``(n,)`` int64: the fold whose classifier was not trained on the post; -1 for
            new posts, which get the mean of all classifiers.
        """
        count = max((len(v) for v in vectors.values()), default=0)
        usable = {m: rows for m, rows in vectors.items() if rows.size}
        present = np.zeros(count, dtype=bool)
        for values in usable.values():
            present |= np.isfinite(values[:, 0])
        fold = np.full(count, -1) if fold is None else fold
        result = np.full((count, len(self.classes)), np.nan, dtype=np.float32)
        all_probabilities = [classifier(usable, count) for classifier in self._classifiers]
        for k in np.unique(fold[present]):
            mask = present & (fold == k)
            result[mask] = (
                np.mean([p[mask] for p in all_probabilities], axis=0)
                if k < 0
                else all_probabilities[k][mask]
            )
        return result

    def predict(self, posts: Sequence[Content], places: np.ndarray | None = None) -> np.ndarray:
        """As `backend.error_analysis.models.Model.predict`."""
        vectors = self.encode(posts)
        return self.of_vectors(vectors, None if places is None else self.fold[places])

    def predict_labelled(self, ground_truth: GroundTruth) -> ModelPredictions:
        """As `backend.error_analysis.models.Model.predict_labelled`."""
        predicted = np.nan_to_num(self.probability, nan=-1.0).argmax(axis=1)
        held_out = np.ones(len(ground_truth), dtype=bool)
        return ModelPredictions(
            self.name, self.classes, self.probability, predicted, held_out, self._note
        )


class TransferredProbe:
    """A probe trained on another corpus.

    Posts of both corpora are predicted by the classifier of the fold that held them out.

    Parameters
    ----------
    name : str
    probe : Probe
    source, target : GroundTruth
        Of the corpus that it was trained on, and of this one; the classes of `source`
        include those of `target`.
    vectors : mapping of Modality to numpy.ndarray
        ``(len(target), d)``, rows of NaN where a post has none.
    same : numpy.ndarray
        ``(len(target),)`` int64: the post of `source` with the same content, -1 for none.
    """

    def __init__(
        self,
        name: str,
        probe: Probe,
        source: GroundTruth,
        target: GroundTruth,
        vectors: Vectors,
        same: np.ndarray,
    ) -> None:
        self.name = name
        self.title = name
        self.classes = target.classes
        self._probe = probe
        self._columns = [source.classes.index(c) for c in target.classes]
        self._fold = np.where(same >= 0, probe.fold[same], -1)
        self._vectors = vectors

    def _select(self, probabilities: np.ndarray) -> np.ndarray:
        """The columns of our classes, normalised."""
        part = probabilities[:, self._columns]
        return part / np.maximum(part.sum(axis=1, keepdims=True), 1e-9)

    def predict(self, posts: Sequence[Content], places: np.ndarray | None = None) -> np.ndarray:
        """As `backend.error_analysis.models.Model.predict`."""
        vectors = self._probe.encode(posts)
        fold = None if places is None else self._fold[places]
        return self._select(self._probe.of_vectors(vectors, fold))

    def predict_labelled(self, ground_truth: GroundTruth) -> ModelPredictions:
        """As `backend.error_analysis.models.Model.predict_labelled`."""
        probabilities = self._select(self._probe.of_vectors(self._vectors, self._fold))
        predicted = np.nan_to_num(probabilities, nan=-1.0).argmax(axis=1)
        shared = int((self._fold >= 0).sum())
        note = "Trained on the labels of another corpus"
        note += f"; {shared:,} posts are in both, and predicted held out." if shared else "."
        held_out = np.ones(len(ground_truth), dtype=bool)
        return ModelPredictions(self.name, self.classes, probabilities, predicted, held_out, note)


def split_groups(ground_truth: GroundTruth) -> np.ndarray:
    """Group duplicates and the posts of one author: numbers ``(n,)`` int64.

    Authors are left out when that makes a group too large for even folds.
    """
    groups = [f"group {g}" for g in ground_truth.table["group"].to_pylist()]
    authors = [f"author {u}" if u else "" for u in ground_truth.table["user"].to_pylist()]
    count = len(ground_truth)
    names, place = np.unique([*groups, *authors], return_inverse=True)
    edges = [(i, place[i]) for i in range(count)]
    duplicates = csr_matrix(
        (np.ones(count), ([i for i, _ in edges], [count + j for _, j in edges])),
        shape=(count + len(names),) * 2,
    )
    rows = [i for i in range(count) if authors[i]]
    authored = csr_matrix(
        (np.ones(len(rows)), (rows, [count + place[count + i] for i in rows])),
        shape=duplicates.shape,
    )
    _, both = connected_components(duplicates + authored, directed=False)
    if np.bincount(both[:count]).max() <= LARGEST * count:
        return np.asarray(both[:count], dtype=np.int64)
    return np.asarray(connected_components(duplicates, directed=False)[1][:count], dtype=np.int64)


def _fit_all(
    features: _Features,
    rows: np.ndarray,
    truth: np.ndarray,
    classes: int,
    folds: Sequence[tuple[np.ndarray, np.ndarray]],
) -> list[VectorClassifier]:
    """A regression for each fold, trained on the other folds."""
    # One thread: the steps are short, and on busy cores two threads took twenty times as
    # long as one, waiting for each other.
    with _ONE_AT_A_TIME, threadpool_limits(1):
        strength = _strength(rows, truth, *folds[0])
        return [
            _logistic(features, rows[train], truth[train], classes, strength) for train, _ in folds
        ]


def _strength(rows: np.ndarray, truth: np.ndarray, train: np.ndarray, test: np.ndarray) -> float:
    """The strength with the highest log-likelihood of the test fold."""
    train = np.random.default_rng(SEED).permutation(train)[:TRIED]
    scores = {}
    for strength in STRENGTHS:
        classifier = LogisticRegression(C=strength, max_iter=MAX_STEPS).fit(
            rows[train], truth[train]
        )
        probabilities = np.full((len(test), int(truth.max()) + 1), 1e-6)
        probabilities[:, classifier.classes_] += classifier.predict_proba(rows[test])
        scores[strength] = float(np.log(probabilities[np.arange(len(test)), truth[test]]).mean())
    return max(scores, key=lambda s: scores[s])

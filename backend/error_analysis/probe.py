"""A logistic probe: the simplest model that learns a corpus's own labels from its vectors."""

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
from backend.error_analysis.judgements import ModelPredictions
from backend.error_analysis.machines import Machine, Vectors
from backend.settings import SEED

FOLDS = 5
COMPONENTS = 96
MOST_STEPS = 200
TRIED = 1500  # posts on which the strengths are tried
STRENGTHS = (0.003, 0.01, 0.03, 0.1, 0.3)  # C of the regression, tried on the first part
LARGEST = 0.3  # share of the posts that one author may have, to be kept on one side
_ALONE = threading.Lock()  # limits of threads hold for the whole process


@dataclass(frozen=True, slots=True, eq=False)
class _Reader:
    """Vectors of each modality -> one row a post; a modality that is missing says nothing."""

    parts: Mapping[Modality, tuple[PCA, StandardScaler]]

    @classmethod
    def fit(cls, vectors: Vectors) -> _Reader:
        parts = {}
        for modality, rows in vectors.items():
            there = rows[np.isfinite(rows[:, 0])]
            if len(there) < 2:
                continue
            size = min(COMPONENTS, min(there.shape))
            pca = PCA(size, svd_solver="randomized", random_state=SEED).fit(there)
            parts[modality] = (pca, StandardScaler().fit(pca.transform(there)))
        return cls(parts)

    def __call__(self, vectors: Vectors, count: int) -> np.ndarray:
        columns = []
        for modality, (pca, scaler) in self.parts.items():
            # A whole modality counts about as much as another, whatever its size.
            found = np.zeros((count, pca.n_components_ + 1), dtype=np.float64)
            rows = vectors.get(modality)
            if rows is not None:
                there = np.isfinite(rows[:, 0])
                if there.any():
                    found[there, :-1] = scaler.transform(pca.transform(rows[there]))
                    found[there, -1] = 1.0
            columns.append(found)
        return np.concatenate(columns, axis=1)


def _logistic(
    reader: _Reader, rows: np.ndarray, truth: np.ndarray, classes: int, strength: float
) -> Machine:
    fit = LogisticRegression(C=strength, max_iter=MOST_STEPS).fit(rows, truth)

    def chances(vectors: Vectors, count: int) -> np.ndarray:
        found = np.zeros((count, classes), dtype=np.float32)
        found[:, fit.classes_] = fit.predict_proba(reader(vectors, count))
        return found

    return chances


class Probe:
    """Logistic regression on vectors, cross-fitted so that every prediction is held out.

    Duplicates of one thing, and what one author made, stay on one side of every split.

    Parameters
    ----------
    name, title : str
    labelled : GroundTruth
    vectors : mapping of Modality to numpy.ndarray
        ``(n, d)`` in the order of `labelled`, rows of NaN where a post has none.
    encode : callable
        Contents to such vectors.
    system : str, optional
        One of the papers' fusion models in the place of the regression.
    """

    def __init__(
        self,
        name: str,
        title: str,
        labelled: GroundTruth,
        vectors: Vectors,
        encode: Callable[[Sequence[Content]], Vectors],
        system: str | None = None,
    ) -> None:
        self.name = name
        self.title = title
        self.classes = labelled.classes
        self.encode = encode
        self._machines: list[Machine] = []
        reader = _Reader.fit(vectors)
        rows = reader(vectors, len(labelled))
        known = np.any([np.isfinite(v[:, 0]) for v in vectors.values()], axis=0)
        groups = together(labelled)
        self.fold = np.full(len(labelled), -1, dtype=np.int64)
        self.probability = np.full((len(labelled), len(self.classes)), np.nan, dtype=np.float32)
        split = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=SEED)
        usable = np.flatnonzero(known)
        parts = list(split.split(rows[usable], labelled.truth[usable], groups[usable]))
        groups, truth, classes = groups[usable], labelled.truth[usable], len(self.classes)
        if system:
            from backend.error_analysis.fusion_probe import fused

            for k, (seen, _) in enumerate(parts):
                some = {m: v[usable[seen]] for m, v in vectors.items()}
                self._machines.append(
                    fused(system, some, truth[seen], groups[seen], classes, run=k)
                )
        else:
            self._machines = _fitted(reader, rows[usable], truth, classes, parts)
        for k, (_, held) in enumerate(parts):
            self.fold[usable[held]] = k
            out = {m: v[usable[held]] for m, v in vectors.items()}
            self.probability[usable[held]] = self._machines[k](out, len(held))
        self._said = (
            f"{system or 'Logistic regression'}, fitted on this corpus's own labels in {FOLDS} "
            "parts, each predicted by a machine that saw none of it."
        )

    def of_vectors(self, vectors: Vectors, fold: np.ndarray | None = None) -> np.ndarray:
        """Probabilities ``(n, classes)`` of posts by their vectors.

        Parameters
        ----------
        vectors : mapping of Modality to numpy.ndarray
        fold : numpy.ndarray, optional
            ``(n,)``: the fold whose machine has not seen the post; -1 for new
            posts, which get the mean of all machines.
        """
        count = max((len(v) for v in vectors.values()), default=0)
        usable = {m: rows for m, rows in vectors.items() if rows.size}
        known = np.zeros(count, dtype=bool)
        for values in usable.values():
            known |= np.isfinite(values[:, 0])
        fold = np.full(count, -1) if fold is None else fold
        found = np.full((count, len(self.classes)), np.nan, dtype=np.float32)
        every = [machine(usable, count) for machine in self._machines]
        for k in np.unique(fold[known]):
            mine = known & (fold == k)
            found[mine] = np.mean([e[mine] for e in every], axis=0) if k < 0 else every[k][mine]
        return found

    def predict(self, posts: Sequence[Content], places: np.ndarray | None = None) -> np.ndarray:
        """As `backend.error_analysis.models.Model.predict`."""
        vectors = self.encode(posts)
        return self.of_vectors(vectors, None if places is None else self.fold[places])

    def predicted(self, labelled: GroundTruth) -> ModelPredictions:
        """As `backend.error_analysis.models.Model.predicted`."""
        guess = np.nan_to_num(self.probability, nan=-1.0).argmax(axis=1)
        held_out = np.ones(len(labelled), dtype=bool)
        return ModelPredictions(
            self.name, self.classes, self.probability, guess, held_out, self._said
        )


class TransferredProbe:
    """A probe that was fitted on another corpus and is asked about this one.

    Posts that both corpora have are predicted by a part that did not see them.

    Parameters
    ----------
    name : str
    probe : Probe
    there, here : GroundTruth
        What it was fitted on and what it is asked about; its classes include ours.
    vectors : mapping of Modality to numpy.ndarray
        ``(len(here), d)``, rows of NaN where a post has none.
    """

    def __init__(
        self, name: str, probe: Probe, there: GroundTruth, here: GroundTruth, vectors: Vectors
    ) -> None:
        self.name = name
        self.title = name
        self.classes = here.classes
        self._probe = probe
        self._columns = [there.classes.index(c) for c in here.classes]
        fold = dict(zip(there.ids, probe.fold, strict=True))
        self._fold = np.array([fold.get(id_, -1) for id_ in here.ids], dtype=np.int64)
        self._vectors = vectors

    def _ours(self, found: np.ndarray) -> np.ndarray:
        some = found[:, self._columns]
        return some / np.maximum(some.sum(axis=1, keepdims=True), 1e-9)

    def predict(self, posts: Sequence[Content], places: np.ndarray | None = None) -> np.ndarray:
        """As `backend.error_analysis.models.Model.predict`."""
        vectors = self._probe.encode(posts)
        fold = None if places is None else self._fold[places]
        return self._ours(self._probe.of_vectors(vectors, fold))

    def predicted(self, labelled: GroundTruth) -> ModelPredictions:
        """As `backend.error_analysis.models.Model.predicted`."""
        found = self._ours(self._probe.of_vectors(self._vectors, self._fold))
        guess = np.nan_to_num(found, nan=-1.0).argmax(axis=1)
        note = (
            "Fitted on another corpus's labels; posts of both are predicted by a part without them."
        )
        held_out = np.ones(len(labelled), dtype=bool)
        return ModelPredictions(self.name, self.classes, found, guess, held_out, note)


def together(labelled: GroundTruth) -> np.ndarray:
    """``(n,)`` int64: posts of one number are one thing again, or by one author.

    An author who has a large share of the posts is not kept together: the parts
    would be too uneven.
    """
    groups = [f"group {g}" for g in labelled.table["group"].to_pylist()]
    authors = [f"author {u}" if u else "" for u in labelled.table["user"].to_pylist()]
    count = len(labelled)
    names, place = np.unique([*groups, *authors], return_inverse=True)
    edges = [(i, place[i]) for i in range(count)]
    alone = csr_matrix(
        (np.ones(count), ([i for i, _ in edges], [count + j for _, j in edges])),
        shape=(count + len(names),) * 2,
    )
    rows = [i for i in range(count) if authors[i]]
    authored = csr_matrix(
        (np.ones(len(rows)), (rows, [count + place[count + i] for i in rows])), shape=alone.shape
    )
    _, both = connected_components(alone + authored, directed=False)
    if np.bincount(both[:count]).max() <= LARGEST * count:
        return np.asarray(both[:count], dtype=np.int64)
    return np.asarray(connected_components(alone, directed=False)[1][:count], dtype=np.int64)


def _fitted(
    reader: _Reader,
    rows: np.ndarray,
    truth: np.ndarray,
    classes: int,
    parts: Sequence[tuple[np.ndarray, np.ndarray]],
) -> list[Machine]:
    """A regression for each part, fitted on the others."""
    # Steps are so short that threads spend them waiting for each other: on cores that are
    # busy with something else, two took twenty times as long as one.
    with _ALONE, threadpool_limits(1):
        strength = _strength(rows, truth, *parts[0])
        return [_logistic(reader, rows[s], truth[s], classes, strength) for s, _ in parts]


def _strength(rows: np.ndarray, truth: np.ndarray, seen: np.ndarray, held: np.ndarray) -> float:
    """The strength whose probabilities fit the held-out part best."""
    seen = np.random.default_rng(SEED).permutation(seen)[:TRIED]
    scores = {}
    for strength in STRENGTHS:
        machine = LogisticRegression(C=strength, max_iter=MOST_STEPS).fit(rows[seen], truth[seen])
        chances = np.full((len(held), int(truth.max()) + 1), 1e-6)
        chances[:, machine.classes_] += machine.predict_proba(rows[held])
        scores[strength] = float(np.log(chances[np.arange(len(held)), truth[held]]).mean())
    return max(scores, key=lambda s: scores[s])

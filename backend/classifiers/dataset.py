"""Labelled posts, and the folds that models are trained and compared on."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from backend.domain import KindredError, Modality
from backend.settings import SEED

FOLDS = 10  # eight to train on, one to validate, one to test: JTAV's 80/10/10


@dataclass(frozen=True, slots=True, eq=False)
class LabelledDataset:
    """Posts with one label each and any subset of the modalities.

    Attributes
    ----------
    name : str
    texts, supports : list of str
        The longest text of a post, and its other texts joined; empty without one.
    images, audios : list of pathlib.Path or None
    labels : numpy.ndarray
        ``(n,)`` int64 indexes into `classes`.
    classes : tuple of str
    folds : numpy.ndarray
        ``(n,)`` int64 in [0, FOLDS): posts of one group share a fold.
    groups : numpy.ndarray
        ``(n,)`` str: posts that a bootstrap resamples together.
    tested : numpy.ndarray
        ``(n,)`` bool; the other posts are only trained on.
    note : str
        Description of the posts and the labels.
    ids : tuple of str
        Identifiers of the posts; empty for data that are no corpus.
    """

    name: str
    texts: list[str]
    supports: list[str]
    images: list[Path | None]
    audios: list[Path | None]
    labels: np.ndarray
    classes: tuple[str, ...]
    folds: np.ndarray
    groups: np.ndarray
    tested: np.ndarray
    note: str
    ids: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def present(self) -> np.ndarray:
        """Which modalities each post has, ``(n, 3)`` bool: text, image, audio."""
        columns = [
            [bool(t) for t in self.texts],
            [i is not None for i in self.images],
            [a is not None for a in self.audios],
        ]
        return np.array(columns, dtype=bool).reshape(3, -1).T

    @property
    def modalities(self) -> tuple[Modality, ...]:
        """The modalities that any tested post has."""
        present = self.present[self.tested].any(0)
        return tuple(m for m, some in zip(Modality, present, strict=True) if some)

    @classmethod
    def from_labels(cls, labels: np.ndarray, classes: int) -> LabelledDataset:
        """Return labels alone, for vectors that were computed elsewhere."""
        n, names = len(labels), tuple(map(str, range(classes)))
        groups, empty = np.arange(n).astype(str), [""] * n
        return cls(
            name="", texts=empty, supports=empty, images=[None] * n, audios=[None] * n,
            labels=labels, classes=names, folds=np.zeros(n, dtype=np.int64), groups=groups,
            tested=np.ones(n, dtype=bool), note="",
        )  # fmt: skip

    def fold(self, run: int) -> Fold:
        """Return the fold of one of the `FOLDS` runs."""
        test, val = self.folds == run % FOLDS, self.folds == (run + 1) % FOLDS
        return Fold(
            self,
            run,
            train_rows=np.flatnonzero(~(test | val)),
            val_rows=np.flatnonzero(val),
            test_rows=np.flatnonzero(test & self.tested),
        )

    def digest(self) -> str:
        """Return a hash of the content, which checkpoints are named by."""
        plain = repr((self.name, self.texts, self.supports, self.images, self.audios))
        arrays = self.labels.tobytes() + self.folds.tobytes() + self.tested.tobytes()
        return hashlib.sha256(plain.encode("utf-8", "replace") + arrays).hexdigest()[:16]


@dataclass(frozen=True, slots=True, eq=False)
class Fold:
    """A dataset, divided for one run of the cross-validation.

    Attributes
    ----------
    dataset : LabelledDataset
    run : int
        Number of the run; seeds the networks.
    train_rows, val_rows, test_rows : numpy.ndarray
        ``(m,)`` int64 rows of the dataset: to fit on, to stop and choose settings by,
        and to test on.
    """

    dataset: LabelledDataset
    run: int
    train_rows: np.ndarray
    val_rows: np.ndarray
    test_rows: np.ndarray

    @property
    def labels(self) -> np.ndarray:
        """Labels of the whole dataset, ``(n,)`` int64."""
        return self.dataset.labels

    @property
    def classes(self) -> int:
        """Number of classes."""
        return len(self.dataset.classes)

    @property
    def digest(self) -> str:
        """Hash of the dataset, and the run."""
        return f"{self.dataset.digest()}|{self.run}"

    def present(self, modality: Modality) -> np.ndarray:
        """Return all rows of the dataset that have a modality."""
        return np.flatnonzero(self.dataset.present[:, list(Modality).index(modality)])

    def where(self, keep: np.ndarray) -> Fold:
        """Return the fold with only the rows where `keep`, ``(n,)`` bool, is true."""
        train, val, test = self.train_rows, self.val_rows, self.test_rows
        return Fold(self.dataset, self.run, train[keep[train]], val[keep[val]], test[keep[test]])


def grouped_folds(
    groups: Sequence[str] | np.ndarray, labels: np.ndarray, *, count: int = FOLDS, seed: int = SEED
) -> np.ndarray:
    """Divide posts into folds, with groups undivided and classes balanced.

    Parameters
    ----------
    groups : sequence of str
        ``(n,)``.
    labels : numpy.ndarray
        ``(n,)`` int64.
    count, seed : int

    Returns
    -------
    numpy.ndarray
        ``(n,)`` int64 in [0, count).

    Notes
    -----
    Greedy: the largest groups first, equal ones in random order, each into the fold with
    the fewest posts of the group's commonest class, then the fewest posts.
    """
    names, codes = np.unique(np.asarray(groups, dtype=str), return_inverse=True)
    classes = int(labels.max()) + 1 if len(labels) else 1
    counts = np.zeros((len(names), classes), dtype=np.int64)
    np.add.at(counts, (codes, labels), 1)
    order = np.random.default_rng(seed).permutation(len(names))
    order = order[np.argsort(-counts[order].sum(1), kind="stable")]
    load = np.zeros((count, classes), dtype=np.int64)
    fold = np.zeros(len(names), dtype=np.int64)
    for group in order:
        commonest = int(counts[group].argmax())
        fold[group] = np.lexsort((load.sum(1), load[:, commonest]))[0]
        load[fold[group]] += counts[group]
    return fold[codes]


def merge_rare(names: Sequence[str], least: int, other: str = "other") -> list[str]:
    """Replace labels that occur fewer than `least` times by `other`."""
    values, counts = np.unique(np.array(names, dtype=str), return_counts=True)
    rare = set(values[counts < least])
    return [other if name in rare else name for name in names]


def encode_labels(names: Sequence[str], least: int = FOLDS) -> tuple[np.ndarray, tuple[str, ...]]:
    """Return labels, ``(n,)`` int64, and their classes in alphabetical order.

    Raises
    ------
    KindredError
        ``few_labels`` when fewer than two classes have `least` posts each.
    """
    values, labels, counts = np.unique(
        np.array(names, dtype=str), return_inverse=True, return_counts=True
    )
    if (counts >= least).sum() < 2:
        raise KindredError(
            "few_labels",
            f"Two labels with {least} posts each are needed to train; there are "
            + (", ".join(f"{v} ({c})" for v, c in zip(values, counts, strict=True)) or "none")
            + ".",
        )
    return labels.astype(np.int64), tuple(str(v) for v in values)

"""Labelled posts: what the papers' models are trained and compared on."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from backend.domain import KindredError, Modality
from backend.settings import SEED

FOLDS = 10  # train on eight, stop by one, test on one: JTAV's 80/10/10


@dataclass(frozen=True, slots=True, eq=False)
class LabelledDataset:
    """Posts with one label each, any subset of modalities, and a fold.

    Attributes
    ----------
    name : str
    texts, supports : list of str
        The longest text of a post and the others, as one; empty where there is none.
    images, audios : list of pathlib.Path or None
    labels : numpy.ndarray
        ``(n,)`` int64 places in `classes`.
    classes : tuple of str
    folds : numpy.ndarray
        ``(n,)`` int64 in [0, FOLDS): posts that resemble one another share one.
    groups : numpy.ndarray
        ``(n,)`` str: what a bootstrap draws together.
    tested : numpy.ndarray
        ``(n,)`` bool; the others are only trained on.
    note : str
        What the posts and the labels are.
    ids : tuple of str
        Of the posts; empty for sets that are no corpus.
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
        """``(n, 3)`` bool: text, image, audio."""
        columns = [
            [bool(t) for t in self.texts],
            [i is not None for i in self.images],
            [a is not None for a in self.audios],
        ]
        return np.array(columns, dtype=bool).reshape(3, -1).T

    @property
    def modalities(self) -> tuple[Modality, ...]:
        """Those that any tested post has."""
        there = self.present[self.tested].any(0)
        return tuple(m for m, some in zip(Modality, there, strict=True) if some)

    def split(self, run: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Rows to train on, to stop by and to test on, in one of the `FOLDS` runs."""
        test, stop = self.folds == run % FOLDS, self.folds == (run + 1) % FOLDS
        return (
            np.flatnonzero(~(test | stop)),
            np.flatnonzero(stop),
            np.flatnonzero(test & self.tested),
        )

    def digest(self) -> str:
        """Names the content, for checkpoints."""
        plain = repr((self.name, self.texts, self.supports, self.images, self.audios))
        arrays = self.labels.tobytes() + self.folds.tobytes() + self.tested.tobytes()
        return hashlib.sha256(plain.encode("utf-8", "replace") + arrays).hexdigest()[:16]


def grouped_folds(
    groups: Sequence[str] | np.ndarray,
    labels: np.ndarray,
    *,
    count: int = FOLDS,
    seed: int = SEED,
) -> np.ndarray:
    """Folds that keep groups together and classes even.

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
    Greedy: groups in random order, the largest first, each into the fold that
    has the fewest of the group's commonest class, then the fewest posts.
    """
    names, codes = np.unique(np.asarray(groups, dtype=str), return_inverse=True)
    kinds = int(labels.max()) + 1 if len(labels) else 1
    held = np.zeros((len(names), kinds), dtype=np.int64)
    np.add.at(held, (codes, labels), 1)
    order = np.random.default_rng(seed).permutation(len(names))
    order = order[np.argsort(-held[order].sum(1), kind="stable")]
    load = np.zeros((count, kinds), dtype=np.int64)
    place = np.zeros(len(names), dtype=np.int64)
    for group in order:
        main = int(held[group].argmax())
        place[group] = np.lexsort((load.sum(1), load[:, main]))[0]
        load[place[group]] += held[group]
    return place[codes]


def merged(names: Sequence[str], least: int, rest: str = "other") -> list[str]:
    """Replace labels that occur fewer than `least` times by `rest`."""
    values, counts = np.unique(np.array(names, dtype=str), return_counts=True)
    few = set(values[counts < least])
    return [rest if name in few else name for name in names]


def coded(names: Sequence[str], least: int = FOLDS) -> tuple[np.ndarray, tuple[str, ...]]:
    """Label names -> places and classes in alphabetical order.

    Raises
    ------
    KindredError
        ``few_labels`` when fewer than two classes have `least` posts each.
    """
    values, places, counts = np.unique(
        np.array(names, dtype=str), return_inverse=True, return_counts=True
    )
    if (counts >= least).sum() < 2:
        raise KindredError(
            "few_labels",
            f"Two labels with {least} posts each are needed to train; there are "
            + (", ".join(f"{v} ({c})" for v, c in zip(values, counts, strict=True)) or "none")
            + ".",
        )
    return places.astype(np.int64), tuple(str(v) for v in values)

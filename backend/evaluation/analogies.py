"""Analogies over words, over images and over both: king - man + woman."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from backend.core.vectors import normalize
from backend.metrics.result import Measurement
from backend.settings import ASSETS
from backend.word_spaces.word_image_data import WordImages

# Step lengths, in mean distances between the training pairs.
STEPS = (0.0, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0)
PLAIN = "plain neighbour, encoder"
# Words that differ in gender alone.
FAMILY = (
    ("man", "woman"),
    ("boy", "girl"),
    ("king", "queen"),
    ("prince", "princess"),
    ("father", "mother"),
    ("brother", "sister"),
    ("son", "daughter"),
    ("husband", "wife"),
    ("grandfather", "grandmother"),
    ("male", "female"),
    ("groom", "bride"),
    ("men", "women"),
)


@dataclass(frozen=True, slots=True, eq=False)
class Questions:
    """Analogy questions: pairs of drawings whose names differ in one word.

    Attributes
    ----------
    men, women : numpy.ndarray
        ``(n,)`` rows of the images.
    candidates : numpy.ndarray
        Rows of all drawings that are candidates.
    groups : numpy.ndarray
        ``(2 n,)``: groups of the men, then of the women.
    """

    men: np.ndarray
    women: np.ndarray
    candidates: np.ndarray
    groups: np.ndarray

    def of_fold(self, fold: int, folds: int) -> np.ndarray:
        """Return the groups of the pairs of a fold."""
        return self.groups[np.tile(np.arange(len(self.men)) % folds == fold, 2)]


def read_questions(data: WordImages, assets: Path = ASSETS) -> Questions:
    """Read the man-X : woman-X pairs of OpenMoji; man : woman itself is the step, no question."""
    place = {name: i for i, name in enumerate(data.names)}
    rows = pq.read_table(assets / "labels" / "analogies.parquet").to_pylist()
    pairs = [
        (place[row["man_post"]], place[row["woman_post"]])
        for row in rows
        if row["man_name"] != "man" and row["man_post"] in place and row["woman_post"] in place
    ]
    men, women = (np.array(side, dtype=np.int64) for side in zip(*pairs, strict=True))
    candidates = np.array([i for name, i in place.items() if name.startswith("moji-")])
    groups = data.image_group[np.concatenate([men, women])]
    return Questions(men, women, candidates, groups)


def between_images(
    features: np.ndarray,
    asked: Questions,
    folds: Sequence[tuple[np.ndarray, np.ndarray]],
    others: Mapping[str, Sequence[tuple[np.ndarray, np.ndarray]]],
) -> list[Measurement]:
    """Measure man-X to woman-X and back, with every kind of step.

    Parameters
    ----------
    features : numpy.ndarray
        ``(n, d)`` of the encoder, for the plain neighbour.
    asked : Questions
    folds : sequence of (images, step)
        For each fold the images in the space, ``(n, dim)``, and the words' step from man to
        woman, ``(dim,)``, trained without the fold's pairs.
    others : mapping of str to such sequences
        Baselines with spaces of their own.
    """
    mean = features[asked.candidates].mean(axis=0)
    deviation = features[asked.candidates].std(axis=0) + 1e-6
    raw = normalize((features - mean) / deviation)
    count = len(asked.men)
    ranks: dict[str, np.ndarray] = {PLAIN: _ranks(raw, asked, np.zeros(raw.shape[1]), 0.0)}
    spaces = {"": folds, **others}
    encoder = [(raw, np.zeros(raw.shape[1]))] * len(folds)
    ranks["images, encoder"] = _stepped(encoder, asked, "images")
    for name, some in spaces.items():
        tail = f", {name}" if name else ""
        ranks[f"plain neighbour{tail or ', this space'}"] = _stepped(some, asked, None)
        for kind in ("words", "images", "mixed"):
            ranks[f"{kind}{tail}"] = _stepped(some, asked, kind)
    pair = np.tile(np.arange(count), 2)
    task = f"emoji analogies, {len(asked.candidates):,} candidates"
    measurements = []
    for name, values in ranks.items():
        for k in (1, 10):
            hit = (values <= k).astype(np.float64)
            measurements.append(Measurement.of_mean(task, name, f"R@{k}", hit, pair))
            if name in ("words", "images", "mixed"):
                gain = hit - (ranks[PLAIN] <= k)
                measurements.append(
                    Measurement.of_mean(task, f"{name} - plain neighbour", f"R@{k}", gain, pair)
                )
    return measurements


def _stepped(
    folds: Sequence[tuple[np.ndarray, np.ndarray]], asked: Questions, kind: str | None
) -> np.ndarray:
    """Return the ranks ``(2 n,)`` of all questions, each in the fold without its pair."""
    count = len(asked.men)
    fold_of = np.arange(count) % len(folds)
    ranks = np.zeros(2 * count, dtype=np.int64)
    for fold, (images, words) in enumerate(folds):
        test, train = fold_of == fold, fold_of != fold
        shown = normalize((images[asked.women[train]] - images[asked.men[train]]).mean(axis=0))
        steps = {"words": words, "images": shown, "mixed": normalize(normalize(words) + shown)}
        direction = np.zeros(images.shape[1]) if kind is None else normalize(steps[kind])
        # The length is chosen on the training pairs.
        apart = np.linalg.norm(images[asked.women[train]] - images[asked.men[train]], axis=1)
        by_length = {s: _ranks(images, asked, direction, s * float(apart.mean())) for s in STEPS}
        known = np.tile(train, 2)
        best = max(
            STEPS, key=lambda s: ((by_length[s] <= 1) + 0.5 * (by_length[s] <= 10))[known].mean()
        )
        length = 0.0 if kind is None else best
        ranks[np.tile(test, 2)] = by_length[length][np.tile(test, 2)]
    return ranks


def _ranks(
    images: np.ndarray, asked: Questions, direction: np.ndarray, length: float
) -> np.ndarray:
    """Return the ranks ``(2 n,)`` of the women for the men, then of the men for the women."""
    unit = normalize(images)
    place = {int(row): i for i, row in enumerate(asked.candidates)}
    ranks = []
    for ask, answer, sign in ((asked.men, asked.women, 1.0), (asked.women, asked.men, -1.0)):
        query = normalize(unit[ask] + sign * length * direction)
        scores = query @ unit[asked.candidates].T
        every = np.arange(len(ask))
        scores[every, [place[int(row)] for row in ask]] = -2.0
        true = scores[every, [place[int(row)] for row in answer]]
        ranks.append((scores >= true[:, None]).sum(axis=1))
    return np.concatenate(ranks)


def between_words(spaces: Mapping[str, tuple[Mapping[str, int], np.ndarray]]) -> list[Measurement]:
    """Measure man : woman = king : queen and the like, among all words of the vocabulary.

    `spaces` has the indexes of the words and their unit vectors ``(words, d)`` by name.
    """
    measurements = []
    for name, (place, vectors) in spaces.items():
        pairs = [(place[a], place[b]) for a, b in FAMILY if a in place and b in place]
        if len(pairs) < 2:
            continue
        both = [*pairs, *((b, a) for a, b in pairs)]
        ranks, owner = [], []
        for start, (a, b) in enumerate(both):
            for c, d in both[: len(pairs)] if start < len(pairs) else both[len(pairs) :]:
                if c == a:
                    continue
                scores = vectors @ normalize(vectors[b] - vectors[a] + vectors[c])
                scores[[a, b, c]] = -2.0
                ranks.append(int((scores >= scores[d]).sum()))
                owner.append(start % len(pairs))
        hits = np.array(ranks)
        task = f"word analogies, {len(vectors):,} candidates"
        for k in (1, 10):
            values = (hits <= k).astype(np.float64)
            measurements.append(Measurement.of_mean(task, name, f"R@{k}", values, np.array(owner)))
    return measurements

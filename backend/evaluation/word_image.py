"""Words and images in one space: neighbours with and without clean text, and analogies."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from backend.core.vectors import normalize
from backend.domain import KindredError, Modality
from backend.evaluation.analogies import Questions, between_images, between_words, read_questions
from backend.evaluation.tables import Evaluation, Measured
from backend.metrics.result import Measurement
from backend.metrics.retrieval import average_precision
from backend.settings import SEED
from backend.word_spaces import fit_autoencoder, fit_word_image, word_image_data
from backend.word_spaces.placed_words import PlacedWords
from backend.word_spaces.vocabulary import read_vectors
from backend.word_spaces.word_image_data import WordImages

HELD_OUT = 0.1
COMMON = 5  # least number of documents of a word that is a query or a candidate
FOLDS = 4
FEWEST = 20  # least number of held-out items with an image
METADATA, CLEAN, DUAL = "metadata only", "clean text + metadata", "dual autoencoder"
SHOWN = ("red", "dog", "k9", "music", "perro", "собака")
NOTES = (
    "A tenth of the items is held out with all their images and texts. Clean text: word vectors",
    "start from GloVe (Wikipedia and news). Word -> words: the share of a word's ten nearest that",
    "occur with it in a held-out post. Analogies: man-X to woman-X and back among all OpenMoji",
    "drawings but the query; no image and no text of a question's pair, in any style, was in the",
    "training data. *words* adds woman - man, *images* the mean step between the pairs of the",
    "other folds, *mixed* both; the step length is chosen on those pairs. Intervals: bootstrap",
    "over items, words or pairs; a row with a minus sign is the paired gain. To measure your own",
    "corpus, such as a YFCC100M table, import it and pass --corpus.",
)


@dataclass(frozen=True, slots=True, eq=False)
class _Placed:
    """Unit vectors of the words and images of one system."""

    words: np.ndarray
    images: np.ndarray


def measure(evaluation: Evaluation) -> Measured:
    """Train the spaces and test them on what was held out.

    Raises
    ------
    KindredError
        ``too_few`` when the corpus has too few pictures.
    """
    clean = read_vectors(evaluation.options.words)
    data, asked = _load(evaluation, frozenset(clean.words))
    groups = len(data.group_all)
    held = np.random.default_rng(SEED).random(groups) < HELD_OUT
    pairs = np.zeros(groups, dtype=bool)
    if asked is not None:
        pairs[asked.groups] = True
    held &= ~pairs
    keep = ~(held | pairs)
    if (pictured := len(np.unique(data.image_group[held[data.image_group]]))) < FEWEST:
        raise KindredError(
            "too_few", f"Only {pictured} items with an image are held out; {FEWEST} are needed."
        )
    total, done = 5 + (FOLDS if asked is not None else 0), 0

    def step() -> None:
        nonlocal done
        done += 1
        evaluation.on_progress(done, total)

    spaces: dict[str, PlacedWords] = {}
    started = {}
    for name, start in ((METADATA, None), (CLEAN, clean)):
        space = fit_word_image.train_words(data, keep, clean=start)
        started[name] = copy.deepcopy(space)
        step()
        spaces[name] = fit_word_image.train_images(space, data, keep)
        step()
    codes = fit_autoencoder.train(data, keep)
    step()
    placed = {name: _Placed(w.vectors, w.images(data.features)) for name, w in spaces.items()}
    every = np.arange(len(data.words))
    placed[DUAL] = _Placed(normalize(codes.words(every)), normalize(codes.images(data.features)))
    measurements = _neighbours(data, placed, held)
    measurements += between_words({name: (w.place, w.vectors) for name, w in spaces.items()})
    if asked is not None:
        folds = []
        for fold in range(FOLDS):
            fresh = copy.deepcopy(started[CLEAN])
            train = ~held & ~np.isin(np.arange(groups), asked.of_fold(fold, FOLDS))
            words = fit_word_image.train_images(fresh, data, train, joint_config=None)
            folds.append((words.images(data.features), words.query([("woman", 1), ("man", -1)])))
            step()
        step_of_codes = normalize(
            codes.words(_places(data, ["woman"])) - codes.words(_places(data, ["man"]))
        )
        plain = (placed[DUAL].images, step_of_codes[0])
        measurements += between_images(data.features, asked, folds, {DUAL: [plain] * FOLDS})
    return measurements, (*NOTES, *_shown(spaces))


def _load(evaluation: Evaluation, clean: frozenset[str]) -> tuple[WordImages, Questions | None]:
    """Return words and images, and the analogies, which only the shipped corpus has."""
    encoder, corpus = evaluation.encoder(Modality.IMAGE), evaluation.corpus()
    if corpus is None:
        data = word_image_data.shipped(encoder, clean=clean)
        return data, read_questions(data)
    return word_image_data.of_corpus(corpus, encoder, clean=clean), None


def _places(data: WordImages, words: Sequence[str]) -> np.ndarray:
    index = {word: i for i, word in enumerate(data.words)}
    return np.array([index[word] for word in words], dtype=np.int64)


def _neighbours(
    data: WordImages, placed: Mapping[str, _Placed], held: np.ndarray
) -> list[Measurement]:
    """Rank held-out images by words, words by held-out images, and words by words."""
    english = np.concatenate([*data.group_words, np.zeros(0, dtype=np.int64)])
    counts = np.bincount(english, minlength=len(data.words))
    common = np.flatnonzero(counts >= COMMON)
    rows = np.flatnonzero(held[data.image_group])
    group, first = np.unique(data.image_group[rows], return_index=True)
    rows = rows[first]
    beside = np.zeros((len(group), len(data.words)), dtype=bool)
    for place, g in enumerate(group):
        beside[place, data.group_all[g]] = True
    plenty = beside.sum(axis=0)
    asked = {
        "word -> images": common[plenty[common] >= 2],
        "word in another language -> images": np.flatnonzero((counts == 0) & (plenty >= 2)),
    }
    measurements = []
    for name, system in placed.items():
        images = system.images[rows]
        near = images @ system.words[common].T
        true = beside[:, common]
        some = np.flatnonzero(true.any(axis=1))
        values = np.array([average_precision(near[i], true[i]) for i in some])
        measurements.append(
            Measurement.of_mean(f"image -> {len(common):,} words", name, "mAP", values)
        )
        for task, words in asked.items():
            # The autoencoder's bag of words has hardly any word of other languages.
            if len(words) < 10 or not np.any(system.words[words], axis=1).all():
                continue
            scores = system.words[words] @ images.T
            values = np.array(
                [average_precision(s, beside[:, w]) for s, w in zip(scores, words, strict=True)]
            )
            measurements.append(
                Measurement.of_mean(f"{task}, {len(rows)} candidates", name, "mAP", values)
            )
        measurements += _together(system, common, true, name)
    return sorted(measurements, key=lambda f: f.task)


def _together(
    system: _Placed, common: np.ndarray, beside: np.ndarray, name: str
) -> list[Measurement]:
    """Measure how many of a word's ten nearest occur with it in a held-out post."""
    meet = beside.T.astype(np.float32) @ beside.astype(np.float32) > 0
    vectors = system.words[common]
    values = []
    for place in np.flatnonzero(beside.sum(axis=0) >= 3):
        scores = vectors @ vectors[place]
        scores[place] = -2.0
        values.append(meet[place][np.argsort(-scores, kind="stable")[:10]].mean())
    return [Measurement.of_mean("word -> words", name, "P@10", np.array(values))] if values else []


def _shown(spaces: Mapping[str, PlacedWords]) -> list[str]:
    """Return the neighbours of a few words in each space."""
    lines = ["", "Neighbours:"]
    for word in SHOWN:
        for name, space in spaces.items():
            if word in space.place:
                near = ", ".join(w for w, _ in space.neighbours([(word, 1.0)], 8))
                lines.append(f"- {word}, {name}: {near}")
    return lines

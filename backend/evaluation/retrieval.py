"""Retrieval between modalities, on held-out authors, photos and sounds."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from backend.core.vectors import normalize
from backend.domain import Modality
from backend.encoders import Encoder
from backend.evaluation.protocols import (
    Split,
    authors_held_out,
    chance_measurements,
    groups_held_out,
    pool_ranks,
    rank_measurements,
)
from backend.evaluation.tables import Evaluation, Measured
from backend.joint_space import fit, shipped_pairs
from backend.joint_space.fit import Classes
from backend.joint_space.model import JointSpace, JointSpaceConfig
from backend.joint_space.pairs import Pairs
from backend.metrics.result import Measurement
from backend.training.feature_cache import FeatureCache

SPLITS = 3
FOLDS = 5


NOTES = (
    "A post's text is what it says and its tags. Authors (Open Clip Art) or items (others) are",
    "held out with all their near-duplicates; a tie counts against the query. Intervals: bootstrap",
    "over queries. ConSE: class probabilities times the text vectors of their names, no training.",
)


def measure(evaluation: Evaluation) -> Measured:
    """Train a joint space for every split and rank what it never saw."""
    loaded = evaluation.load_encoders()
    cache = FeatureCache()
    pairs = shipped_pairs.encode(shipped_pairs.rows(), loaded, cache=cache)
    classes = shipped_pairs.image_classes(loaded, cache=cache)
    posted = np.isin(pairs.ids, [row["id"] for row in shipped_pairs.rows(extra=False)])
    photos = pairs.sources == "tuxpaint"
    sounding = pairs.has_audio & pairs.has_image
    total = SPLITS + SPLITS + FOLDS
    done = 0

    def run(split: Split) -> tuple[JointSpace, np.ndarray]:
        nonlocal done
        space = train(pairs.take(split.train), loaded, classes)
        done += 1
        evaluation.on_progress(done, total)
        return space, split.test

    measurements: list[Measurement] = []
    clips = [
        run(authors_held_out(pairs, "openclipart", posted, seed=seed)) for seed in range(SPLITS)
    ]
    measurements += _image_text(
        "text <-> image, Open Clip Art, 100 candidates", pairs, clips, size=100
    )
    stamps = [run(groups_held_out(pairs, photos, seed=seed)) for seed in range(SPLITS)]
    measurements += _image_text("text -> image, Tux Paint", pairs, stamps, both=False)
    folds = [
        run(groups_held_out(pairs, sounding, seed=0, fold=fold, folds=FOLDS))
        for fold in range(FOLDS)
    ]
    measurements += _image_audio("image <-> sound, animals and things", pairs, folds)
    return measurements, NOTES


def train(pairs: Pairs, loaded: Mapping[Modality, Encoder], classes: Classes | None) -> JointSpace:
    """Train the joint space of the default recipe on some of the pairs."""
    config = JointSpaceConfig(
        inputs={m.value: loaded[m].dim for m in Modality},
        classes=0 if classes is None else len(classes.bias),
    )
    return fit.train(pairs, config=config, classes=classes)


def centred(vectors: np.ndarray) -> np.ndarray:
    """Return unit vectors around their mean, as search compares them."""
    return normalize(vectors - vectors.mean(axis=0))


def _words(pairs: Pairs, rows: np.ndarray) -> np.ndarray:
    return pairs.texts[pairs.text_whole[rows]]


def _image_text(
    task: str,
    pairs: Pairs,
    runs: list[tuple[JointSpace, np.ndarray]],
    *,
    size: int | None = None,
    both: bool = True,
) -> list[Measurement]:
    ranks: dict[str, list[np.ndarray]] = {"joint space": [], "ConSE": []}
    pool = 0
    for space, rows in runs:
        words = _words(pairs, rows)
        text = centred(space.project(Modality.TEXT, words))
        image = centred(space.project(Modality.IMAGE, pairs.image[rows]))
        systems = {"joint space": (text, image)}
        if space.config.classes:
            systems["ConSE"] = (centred(words), centred(_conse(space, pairs.image[rows])))
        for name, (query, target) in systems.items():
            ranks[name].append(pool_ranks(query, target, size=size))
            if both:
                ranks[name].append(pool_ranks(target, query, size=size))
        pool = min(size or len(rows), len(rows))
    return _rank_rows(f"{task}" if size else f"{task}, {pool} candidates", ranks, pool)


def _image_audio(
    task: str, pairs: Pairs, runs: list[tuple[JointSpace, np.ndarray]]
) -> list[Measurement]:
    ranks: list[np.ndarray] = []
    pool = 0
    for space, rows in runs:
        image = space.project(Modality.IMAGE, pairs.image[rows])
        sound = space.project(Modality.AUDIO, pairs.audio[rows])
        ranks += [pool_ranks(image, sound, size=None), pool_ranks(sound, image, size=None)]
        pool = len(rows)
    return _rank_rows(f"{task}, {pool} candidates", {"joint space": ranks}, pool)


def _rank_rows(task: str, ranks: Mapping[str, list[np.ndarray]], pool: int) -> list[Measurement]:
    rows = [
        measurement
        for system, parts in ranks.items()
        if parts
        for measurement in rank_measurements(task, system, np.concatenate(parts))
    ]
    return [*rows, *chance_measurements(task, pool)]


def _conse(space: JointSpace, image: np.ndarray) -> np.ndarray:
    """ConSE (Norouzi et al. 2014): class probabilities times the vectors of the class names."""
    weight = space.get_buffer("class_weight").numpy()
    logits = image @ weight.T + space.get_buffer("class_bias").numpy()
    odds = np.exp(logits - logits.max(axis=1, keepdims=True))
    return odds / odds.sum(axis=1, keepdims=True) @ space.get_buffer("class_text").numpy()

"""Robustness: how much accuracy models lose on corrupted posts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from backend.core.progress import Progress
from backend.domain import Content, Kind, Selection
from backend.error_analysis.corruptions import CORRUPTIONS, Corruption
from backend.error_analysis.ground_truth import GroundTruth
from backend.error_analysis.models import Model
from backend.settings import SEED

SAMPLE = 150
DRAWS = 1000
SETS = {
    "tried": "tested",
    "before": "correct before",
    "after": "correct after",
    "broken": "newly wrong",
    "mended": "newly correct",
}


@dataclass(frozen=True, slots=True, eq=False)
class AccuracyDrop:
    """The accuracy that one corruption costs one model.

    Attributes
    ----------
    corruption, model : str
    eligible : int
        How many labelled posts have the corrupted modality.
    before, after : float
        Accuracy on the same posts.
    drop, low, high : float
        `before` minus `after`, with its 95 % interval (paired bootstrap).
    posts : mapping of str to Selection
        By the keys of `SETS`.
    """

    corruption: str
    model: str
    eligible: int
    before: float
    after: float
    drop: float
    low: float
    high: float
    posts: Mapping[str, Selection]


def robustness(
    models: Sequence[Model],
    ground_truth: GroundTruth,
    contents: Callable[[Sequence[str]], Sequence[Content | None]],
    *,
    sample: int = SAMPLE,
    progress: Progress | None = None,
) -> tuple[AccuracyDrop, ...]:
    """Corrupt posts in each way and predict them again.

    Parameters
    ----------
    models : sequence of Model
    ground_truth : GroundTruth
    contents : callable
        Return the contents of post ids, None for those that cannot be read.
    sample : int
        How many posts of each set of modalities to test at most, drawn at random.
    progress : callable, optional

    Returns
    -------
    tuple of AccuracyDrop
        Corruption by corruption, without those that apply to no post.
    """
    sampled = _sample(ground_truth, sample)
    read = list(contents([str(ground_truth.ids[i]) for i in sampled]))
    readable = [(int(i), post) for i, post in zip(sampled, read, strict=True) if post is not None]
    before = {
        m.name: _predict(m, [post for _, post in readable], [i for i, _ in readable])
        for m in models
    }
    found = []
    for done, corruption in enumerate(CORRUPTIONS, start=1):
        corrupted = [(n, i, corruption.change(post)) for n, (i, post) in enumerate(readable)]
        affected = [(n, i, post) for n, i, post in corrupted if post is not None]
        rows = np.array([i for _, i, _ in affected], dtype=np.int64)
        for model in models if affected else ():
            before_class = before[model.name][[n for n, _, _ in affected]]
            after_class = _predict(model, [post for _, _, post in affected], list(rows))
            usable = before_class >= 0
            if usable.any():
                found.append(
                    _accuracy_drop(
                        (corruption, model.name),
                        ground_truth,
                        rows[usable],
                        before_class[usable],
                        after_class[usable],
                    )
                )
        if progress is not None:
            progress(done, len(CORRUPTIONS))
    return tuple(found)


def _sample(ground_truth: GroundTruth, sample: int) -> np.ndarray:
    """Rows of at most `sample` random posts of each set of modalities, ascending."""
    rng = np.random.default_rng(SEED)
    table = ground_truth.table
    names = np.array(
        [
            "+".join(m for m in ("text", "image", "audio") if row[m])
            for row in table.select(["text", "image", "audio"]).to_pylist()
        ]
    )
    parts = []
    for name in sorted(set(names)):
        parts.append(rng.permutation(np.flatnonzero(names == name))[:sample])
    return np.sort(np.concatenate(parts)) if parts else np.zeros(0, np.int64)


def _predict(model: Model, posts: Sequence[Content], places: Sequence[int]) -> np.ndarray:
    """The most probable class of each post, ``(n,)`` int64; -1 where nothing can be read."""
    if not len(posts):
        return np.zeros(0, dtype=np.int64)
    probabilities = model.predict(posts, np.asarray(places, dtype=np.int64))
    readable = np.isfinite(probabilities).all(axis=1)
    return np.where(readable, np.nan_to_num(probabilities, nan=-1.0).argmax(axis=1), -1)


def _accuracy_drop(
    of: tuple[Corruption, str],
    ground_truth: GroundTruth,
    rows: np.ndarray,
    before: np.ndarray,
    after: np.ndarray,
) -> AccuracyDrop:
    """Compare the classes `before` and `after` of the posts at `rows`; `of` is named in it."""
    corruption, model = of
    truth = ground_truth.truth[rows]
    correct, correct_after = before == truth, after == truth
    loss = correct.astype(np.float64) - correct_after
    rng = np.random.default_rng(SEED)
    means = loss[rng.integers(0, len(loss), (DRAWS, len(loss)))].mean(axis=1)
    low, high = np.quantile(means, [0.025, 0.975])
    everything = np.ones(len(rows), dtype=bool)
    sets = (everything, correct, correct_after, correct & ~correct_after, correct_after & ~correct)

    def selection(mask: np.ndarray, description: str) -> Selection:
        ids = tuple(str(i) for i in ground_truth.ids[rows[mask]])
        return Selection(
            Kind.POST, ids, f"{model}: {corruption.name}: {description}", ground_truth.corpus
        )

    return AccuracyDrop(
        corruption.name,
        model,
        sum(bool(v) for v in ground_truth.table[corruption.modality.value].to_pylist()),
        float(correct.mean()),
        float(correct_after.mean()),
        float(loss.mean()),
        float(low),
        float(high),
        {n: selection(mask, SETS[n]) for n, mask in zip(SETS, sets, strict=True)},
    )

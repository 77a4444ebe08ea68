"""How much worse models get when something happens to the posts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from backend.domain import Content, Kind, Selection
from backend.error_analysis.corruptions import NOISES
from backend.error_analysis.ground_truth import GroundTruth
from backend.error_analysis.models import Model
from backend.settings import SEED

SAMPLE = 150
DRAWS = 1000
SETS = {
    "tried": "tried",
    "before": "right before",
    "after": "right after",
    "broken": "right before, wrong after",
    "mended": "wrong before, right after",
}
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, eq=False)
class AccuracyDrop:
    """What one kind of noise costs one model.

    Attributes
    ----------
    noise, model : str
    of : int
        Labelled posts with the modality that is touched.
    before, after : float
        Accuracy on the same posts.
    drop, low, high : float
        `before` minus `after`, with its 95 % interval (paired bootstrap).
    posts : mapping of str to Selection
        By `SETS`: ``tried``; right ``before`` and ``after``; ``broken`` (right before,
        wrong after) and ``mended``, the other way about.
    """

    noise: str
    model: str
    of: int
    before: float
    after: float
    drop: float
    low: float
    high: float
    posts: Mapping[str, Selection]


def robustness(
    models: Sequence[Model],
    labelled: GroundTruth,
    contents: Callable[[Sequence[str]], Sequence[Content | None]],
    *,
    sample: int = SAMPLE,
    progress: Progress | None = None,
) -> tuple[AccuracyDrop, ...]:
    """Spoil posts in each way and predict them anew.

    Parameters
    ----------
    models : sequence of Model
    labelled : GroundTruth
    contents : callable
        Post ids to contents, None for those that cannot be read.
    sample : int
        Posts of each set of modalities that are tried at most, drawn at random.
    progress : callable, optional

    Returns
    -------
    tuple of AccuracyDrop
        Noise by noise; a noise that fits no post is left out.
    """
    rows = _drawn(labelled, sample)
    read = list(contents([str(labelled.ids[i]) for i in rows]))
    kept = [(int(i), post) for i, post in zip(rows, read, strict=True) if post is not None]
    before = {m.name: _guesses(m, [post for _, post in kept], [i for i, _ in kept]) for m in models}
    found = []
    for done, noise in enumerate(NOISES, start=1):
        spoilt = [(n, i, noise.change(post)) for n, (i, post) in enumerate(kept)]
        hit = [(n, i, post) for n, i, post in spoilt if post is not None]
        places = np.array([i for _, i, _ in hit], dtype=np.int64)
        for model in models if hit else ():
            first = before[model.name][[n for n, _, _ in hit]]
            then = _guesses(model, [post for _, _, post in hit], list(places))
            usable = first >= 0
            if usable.any():
                found.append(
                    _drop(
                        noise.name,
                        model.name,
                        labelled,
                        places[usable],
                        first[usable],
                        then[usable],
                        _of(labelled, noise.modality.value),
                    )
                )
        if progress is not None:
            progress(done, len(NOISES))
    return tuple(found)


def _drawn(labelled: GroundTruth, sample: int) -> np.ndarray:
    """Places of the posts to try: so many of each set of modalities."""
    rng = np.random.default_rng(SEED)
    table = labelled.table
    names = np.array(
        [
            "+".join(m for m in ("text", "image", "audio") if row[m])
            for row in table.select(["text", "image", "audio"]).to_pylist()
        ]
    )
    parts = []
    for name in sorted(set(names)):
        mine = np.flatnonzero(names == name)
        parts.append(rng.permutation(mine)[:sample])
    return np.sort(np.concatenate(parts)) if parts else np.zeros(0, np.int64)


def _of(labelled: GroundTruth, modality: str) -> int:
    return sum(bool(v) for v in labelled.table[modality].to_pylist())


def _guesses(model: Model, posts: Sequence[Content], places: Sequence[int]) -> np.ndarray:
    """``(n,)`` int64: the likeliest class; -1 where there is nothing to read."""
    if not len(posts):
        return np.zeros(0, dtype=np.int64)
    found = model.predict(posts, np.asarray(places, dtype=np.int64))
    told = np.isfinite(found).all(axis=1)
    return np.where(told, np.nan_to_num(found, nan=-1.0).argmax(axis=1), -1)


def _drop(
    noise: str,
    model: str,
    labelled: GroundTruth,
    places: np.ndarray,
    first: np.ndarray,
    then: np.ndarray,
    of: int,
) -> AccuracyDrop:
    right, still = first == labelled.truth[places], then == labelled.truth[places]
    lost = right.astype(np.float64) - still
    rng = np.random.default_rng(SEED)
    drawn = lost[rng.integers(0, len(lost), (DRAWS, len(lost)))].mean(axis=1)
    low, high = np.quantile(drawn, [0.025, 0.975])
    every = np.ones(len(places), dtype=bool)
    sets = (every, right, still, right & ~still, still & ~right)

    def selection(mask: np.ndarray, said: str) -> Selection:
        ids = tuple(str(i) for i in labelled.ids[places[mask]])
        return Selection(Kind.POST, ids, f"{model}: {noise}: {said}", labelled.corpus)

    return AccuracyDrop(
        noise,
        model,
        of,
        float(right.mean()),
        float(still.mean()),
        float(lost.mean()),
        float(low),
        float(high),
        {n: selection(mask, SETS[n]) for n, mask in zip(SETS, sets, strict=True)},
    )

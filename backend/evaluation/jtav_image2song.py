"""Figures 5 and 6 of JTAV (Liang et al. 2018): which song goes with an image."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from backend.classifiers import image_song_pairs
from backend.classifiers.context import seed_networks
from backend.classifiers.image_song_pairs import Songs
from backend.classifiers.matching import Match
from backend.classifiers.networks.cmfap import CMFAP
from backend.classifiers.networks.fusion import FusionConfig
from backend.domain import Modality
from backend.encoders import Encoder
from backend.evaluation.protocols import chance_measurements, rank_measurements
from backend.evaluation.tables import Evaluation, Measured
from backend.metrics.result import Measurement
from backend.settings import settings
from backend.training.feature_cache import FeatureCache
from backend.training.loop import LoopConfig, fit

FOLDS = 5
CANDIDATES = 100
KS, KS_OF_ALL = (1, 5, 10), (10, 50, 100)
SYSTEMS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "I+L": (("image",), ("lyrics",)),
    "I+C+L": (("image", "caption"), ("lyrics",)),
    "I+S": (("image",), ("song",)),
    "I+C+S": (("image", "caption"), ("song",)),
    "JTAV": (("image", "caption"), ("song", "lyrics")),
}
CONFIG = LoopConfig(epochs=40, batch=64, rate=2e-3, decay=1e-2, patience=6)
NOTES = (
    "One CMF-AP scores whether a query and a candidate match (sec. 3.3); texts, images and sounds",
    "by frozen encoders. The paper's I+L etc.: query inputs + candidate inputs.",
    "Med r: median rank. Chance: random order. Intervals: bootstrap over queries. With more than",
    "a hundred songs the paper's second protocol follows: R@10, 50 and 100 among all.",
)


def measure(evaluation: Evaluation) -> Measured:
    """Train and test every system on every fold."""
    options = evaluation.options
    posts = (
        image_song_pairs.shutter(options.data, FOLDS)
        if options.data is not None
        else image_song_pairs.stamps(FOLDS)
    )
    vectors = _vectors(posts, evaluation.load_encoders())
    folds = range(min(options.runs or FOLDS, FOLDS))
    ranks: dict[str, list[np.ndarray]] = {name: [] for name in SYSTEMS}
    of_all: dict[str, list[np.ndarray]] = {name: [] for name in SYSTEMS}
    for fold in folds:
        for i, (name, (query, candidate)) in enumerate(SYSTEMS.items()):
            queries, candidates = ({k: vectors[k] for k in keys} for keys in (query, candidate))
            few, every = _ranks(posts, queries, candidates, fold)
            ranks[name].append(few)
            of_all[name].append(every)
            evaluation.on_progress(fold * len(SYSTEMS) + i + 1, len(folds) * len(SYSTEMS))
    songs = max(_songs(posts, fold) for fold in folds)
    measurements = _rows(posts.name, ranks, min(songs, CANDIDATES), KS)
    if songs > CANDIDATES:
        measurements += _rows(posts.name, of_all, songs, KS_OF_ALL)
    return measurements, (*NOTES, f"{posts.name}: {posts.note}.")


def _rows(
    name: str, ranks: Mapping[str, list[np.ndarray]], pool: int, ks: tuple[int, ...]
) -> list[Measurement]:
    task = f"{name}, {pool} candidates"
    found = [
        measurement
        for system, parts in ranks.items()
        for measurement in rank_measurements(task, system, np.concatenate(parts), ks)
    ]
    return [*found, *chance_measurements(task, pool, ks)]


def _vectors(posts: Songs, encoders: Mapping[Modality, Encoder]) -> dict[str, np.ndarray]:
    """Return the encoders' vectors, ``(n, d)`` float32 each, NaN where a post has none."""
    cache = FeatureCache()

    def encoded(modality: Modality, items: Sequence[Any]) -> np.ndarray:
        encoder = encoders[modality]
        encode = cache.texts if modality is Modality.TEXT else cache.media
        vectors = np.full((len(items), encoder.dim), np.nan, dtype=np.float32)
        rows = [i for i, item in enumerate(items) if item]
        if rows:
            vectors[rows] = encode(encoder, [items[i] for i in rows])
        return vectors

    return {
        "image": encoded(Modality.IMAGE, posts.images),
        "caption": encoded(Modality.TEXT, posts.captions),
        "song": encoded(Modality.AUDIO, posts.audios),
        "lyrics": encoded(Modality.TEXT, posts.lyrics),
    }


def _split(posts: Songs, fold: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the rows to train on, to validate and to test."""
    test = posts.folds == fold
    rest = np.flatnonzero(~test)
    # One song in eight of the rest validates.
    val = np.array([zlib.crc32(song.encode()) % 8 == 0 for song in posts.songs[rest]])
    return rest[~val], rest[val], np.flatnonzero(test & posts.tested)


def _songs(posts: Songs, fold: int) -> int:
    return len(np.unique(posts.songs[_split(posts, fold)[2]]))


def _ranks(
    posts: Songs, query: Mapping[str, np.ndarray], candidate: Mapping[str, np.ndarray], fold: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return the ranks of the true songs of a fold's queries, among a hundred and among all."""
    known = np.any([~np.isnan(v[:, 0]) for v in candidate.values()], axis=0)
    known &= np.any([~np.isnan(v[:, 0]) for v in query.values()], axis=0)
    train, val, test = (rows[known[rows]] for rows in _split(posts, fold))
    seed_networks(fold)
    shape = {k: v.shape[1] for k, v in {**query, **candidate}.items()}
    module = CMFAP(FusionConfig(shape, 2, size=32, dropout=0.3, reduced=64))
    task = Match(module, query, candidate, posts.songs, train, val)
    fit(task, CONFIG, device=settings().device)
    # One candidate a song, as in the paper; a query's own song is always among them.
    _, first = np.unique(posts.songs[test], return_index=True)
    candidates = test[np.sort(first)]
    scores = task.scores(test, candidates)
    own = posts.songs[candidates][None] == posts.songs[test][:, None]
    among = own[:, :CANDIDATES].any(axis=1)
    few = own[among, :CANDIDATES]
    return rank_of(scores[among, :CANDIDATES], few), rank_of(scores, own)


def rank_of(scores: np.ndarray, own: np.ndarray) -> np.ndarray:
    """Return the rank from 1 of the one that is `own` in each row; ties count half.

    Examples
    --------
    >>> rank_of(np.array([[0.2, 0.9, 0.5]]), np.array([[False, False, True]]))
    array([2])
    """
    true = scores[own][:, None]
    return np.asarray(1 + (scores > true).sum(1) + ((scores == true).sum(1) - 1) // 2)

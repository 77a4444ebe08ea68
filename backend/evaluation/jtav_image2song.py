"""Figures 5 and 6 of JTAV (Liang et al. 2018): which song goes with an image."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from backend import encoders as registry
from backend.classifiers import image_song_pairs
from backend.classifiers.context import seed_networks
from backend.classifiers.image_song_pairs import Songs
from backend.classifiers.matching import Match
from backend.classifiers.networks.cmfap import CMFAP
from backend.classifiers.networks.fusion import FusionConfig
from backend.domain import Modality
from backend.evaluation.options import Options
from backend.metrics.result import Measurement, ResultTable, interval
from backend.settings import settings
from backend.training.feature_cache import FeatureCache
from backend.training.loop import LoopConfig, fit

Progress = Callable[[int, int], None]

SUMMARY = "JTAV's image2song: the song that goes with an image"
FOLDS = 5
CANDIDATES = 100
SYSTEMS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "I+L": (("image",), ("lyrics",)),
    "I+C+L": (("image", "caption"), ("lyrics",)),
    "I+S": (("image",), ("song",)),
    "I+C+S": (("image", "caption"), ("song",)),
    "JTAV": (("image", "caption"), ("song", "lyrics")),
}
CONFIG = LoopConfig(epochs=40, batch=64, rate=2e-3, decay=1e-2, patience=6)
NOTES = (
    "Query and candidate go into one CMF-AP that says whether they belong together (sec. 3.3);",
    "texts, images and sounds by frozen encoders. The paper's I+L etc.: what asks + what answers.",
    "Med r: median rank. Chance: every candidate alike. Intervals: bootstrap over queries.",
)


def measure(
    encoders: Mapping[Modality, str],
    progress: Progress | None = None,
    options: Options | None = None,
) -> ResultTable:
    """Train and test every system on every fold.

    Parameters
    ----------
    encoders : mapping of Modality to str
    progress : callable, optional
    options : Options, optional

    Returns
    -------
    ResultTable
    """
    options = options or Options()
    posts = (
        image_song_pairs.shutter(options.data, FOLDS)
        if options.data is not None
        else image_song_pairs.stamps(FOLDS)
    )
    vectors = _vectors(posts, encoders)
    folds = range(min(options.runs or FOLDS, FOLDS))
    ranks: dict[str, list[np.ndarray]] = {name: [] for name in SYSTEMS}
    pool = 0
    for fold in folds:
        for place, (name, (asks, answers)) in enumerate(SYSTEMS.items()):
            found = _run(posts, vectors, asks, answers, fold)
            ranks[name].append(found)
            pool = max(pool, _pool(posts, fold))
            if progress is not None:
                progress(fold * len(SYSTEMS) + place + 1, len(folds) * len(SYSTEMS))
    task = f"{posts.name}, {pool} candidates"
    figures: list[Measurement] = []
    for name, some in ranks.items():
        all_ranks = np.concatenate(some)
        for k in (1, 5, 10):
            hit = (all_ranks <= k).astype(np.float64)
            low, high = interval(hit)
            figures.append(
                Measurement(task, name, f"R@{k}", float(hit.mean()), low, high, len(hit))
            )
        figures.append(
            Measurement(task, name, "Med r", float(np.median(all_ranks)), n=len(all_ranks))
        )
    for k in (1, 5, 10):
        figures.append(Measurement(task, "chance", f"R@{k}", min(k / pool, 1.0)))
    figures.append(Measurement(task, "chance", "Med r", (pool + 1) / 2))
    notes = (*NOTES, f"{posts.name}: {posts.note}.")
    return ResultTable("jtav-image2song", SUMMARY, tuple(figures), notes)


def _vectors(posts: Songs, encoders: Mapping[Modality, str]) -> dict[str, np.ndarray]:
    cache = FeatureCache()
    loaded = {m: registry.get(encoders[m], modality=m, device=settings().device) for m in Modality}

    def texts(some: list[str]) -> np.ndarray:
        found = np.full((len(some), loaded[Modality.TEXT].dim), np.nan, dtype=np.float32)
        rows = [i for i, text in enumerate(some) if text]
        if rows:
            found[rows] = cache.texts(loaded[Modality.TEXT], [some[i] for i in rows])
        return found

    def media(modality: Modality, some: list[Path | None]) -> np.ndarray:
        found = np.full((len(some), loaded[modality].dim), np.nan, dtype=np.float32)
        there = [(i, path) for i, path in enumerate(some) if path is not None]
        if there:
            rows, files = zip(*there, strict=True)
            found[list(rows)] = cache.media(loaded[modality], files)
        return found

    return {
        "image": media(Modality.IMAGE, posts.images),
        "caption": texts(posts.captions),
        "song": media(Modality.AUDIO, posts.audios),
        "lyrics": texts(posts.lyrics),
    }


def _rows(posts: Songs, fold: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    test = posts.folds == fold
    rest = np.flatnonzero(~test)
    # One in eight of what is left to stop by, whole songs.
    stop = np.array([hash_of(song) % 8 == 0 for song in posts.songs[rest]])
    return rest[~stop], rest[stop], np.flatnonzero(test & posts.tested)


def hash_of(text: str) -> int:
    """A number that is the same in every process."""
    import zlib

    return zlib.crc32(text.encode())


def _pool(posts: Songs, fold: int) -> int:
    return min(CANDIDATES, len(np.unique(posts.songs[_rows(posts, fold)[2]])))


def _run(
    posts: Songs,
    vectors: Mapping[str, np.ndarray],
    asks: tuple[str, ...],
    answers: tuple[str, ...],
    fold: int,
) -> np.ndarray:
    """Ranks of the true songs of a fold's queries."""
    seen, stop, test = _rows(posts, fold)
    query, candidate = {k: vectors[k] for k in asks}, {k: vectors[k] for k in answers}
    can = np.any([~np.isnan(v[:, 0]) for v in candidate.values()], axis=0)
    can &= np.any([~np.isnan(v[:, 0]) for v in query.values()], axis=0)
    seen, stop, test = seen[can[seen]], stop[can[stop]], test[can[test]]
    seed_networks(fold)
    shape = {k: v.shape[1] for k, v in {**query, **candidate}.items()}
    module = CMFAP(FusionConfig(shape, 2, size=32, dropout=0.3, reduced=64))
    task = Match(module, query, candidate, posts.songs, seen, stop)
    fit(task, CONFIG, device=settings().device)
    # One candidate a song, as in the paper; a query's own song is always among them.
    _, first = np.unique(posts.songs[test], return_index=True)
    offered = test[np.sort(first)][:CANDIDATES]
    asked = test[np.isin(posts.songs[test], posts.songs[offered])]
    scores = task.scores(asked, offered)
    own = posts.songs[offered][None] == posts.songs[asked][:, None]
    true = scores[own]
    return 1 + (scores > true[:, None]).sum(1) + ((scores == true[:, None]).sum(1) - 1) // 2

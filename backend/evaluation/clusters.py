"""Agreement of clusters with source folders, and of neighbouring users with shared tags."""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from pathlib import Path

import numpy as np
import pyarrow as pa
from sklearn.cluster import KMeans
from sklearn.metrics import normalized_mutual_info_score

from backend.corpus import Corpus
from backend.domain import Kind, Modality
from backend.evaluation.tables import Evaluation, Measured
from backend.maps import build, graph, place, storage
from backend.maps.types import Level, Map
from backend.metrics.result import Measurement
from backend.search import corpus_users
from backend.settings import ASSETS, SEED, settings
from backend.training.feature_cache import FeatureCache

SEEDS = 5  # of k-means
DRAWS = 200
TAGS = 10
NOTES = (
    "Clusters are those of the shipped map (`python -m backend map`), made of joint vectors alone;",
    "the joint space saw texts, tags, images and sounds of these posts, never their category or",
    "folder. Baseline: k-means with the same number of clusters, on the bare encoders' vectors of",
    "text, image and sound, each of unit length around its mean, side by side (zeros where one is",
    f"missing); mean of {SEEDS} seeds. *every post*: those in no cluster are put into that of most",
    "of their neighbours; *clustered*: they are left out, of the baseline's clusters too.",
    "Intervals: bootstrap over duplicate groups with the clusters fixed, or over users.",
    f"Users: tags shared by the {TAGS} most used of each (chance: all other users; *same source*:",
    "only users of the same source, which is stricter).",
)


def measure(evaluation: Evaluation) -> Measured:
    """Measure the maps of the shipped corpus."""
    bundle = settings().bundle
    with tempfile.TemporaryDirectory() as home:
        corpus = Corpus.import_shipped(ASSETS / "corpus", Path(home) / "commons")
        map_ = storage.get(corpus, bundle, Kind.POST) or build.make(corpus, bundle, Kind.POST)
        posts = corpus.table().sort_by("id")
        features = encoded(corpus, posts, evaluation)
        _, vectors = corpus.vectors(bundle, Kind.POST, map_.ids.tolist())
        measurements = _clusters(map_, graph.centred(vectors), posts, features)
        measurements += _users(*corpus_users.vectors_of(corpus, bundle, Kind.USER), posts)
    return measurements, NOTES


def encoded(corpus: Corpus, posts: pa.Table, evaluation: Evaluation) -> np.ndarray:
    """Return the encoders' vectors, concatenated, ``(posts, sum of sizes)`` float32."""
    cache, parts = FeatureCache(), []
    for modality in Modality:
        encoder = evaluation.encoder(modality)
        column = posts[modality.value].to_pylist()
        present = np.array([i for i, value in enumerate(column) if value], dtype=np.int64)
        if modality is Modality.TEXT:
            raw = cache.texts(
                encoder, [column[i] for i in present], progress=evaluation.on_progress
            )
        else:
            paths = [corpus.media_path(column[i]) for i in present]
            raw = cache.media(encoder, paths, progress=evaluation.on_progress)
        valid = ~np.isnan(raw).any(axis=1)
        part = np.zeros((len(posts), raw.shape[1]), dtype=np.float32)
        part[present[valid]] = graph.centred(raw[valid])
        parts.append(part)
    return np.concatenate(parts, axis=1)


def assign_all(level: Level, vectors: np.ndarray) -> np.ndarray:
    """Return labels with every point in a cluster: that of most of its clustered neighbours.

    Parameters
    ----------
    level : Level
    vectors : numpy.ndarray
        ``(n, dim)`` centred.

    Returns
    -------
    numpy.ndarray
        ``(n,)`` int32.
    """
    labels, inside = level.labels.copy(), level.labels >= 0
    if inside.all() or not inside.any():
        return labels
    found, _ = graph.neighbours(vectors[inside], place.NEIGHBOURS, queries=vectors[~inside])
    labels[~inside] = place.majority(level.labels[inside][found])
    return labels


def _clusters(
    map_: Map, vectors: np.ndarray, posts: pa.Table, features: np.ndarray
) -> list[Measurement]:
    at = {id_: i for i, id_ in enumerate(posts["id"].to_pylist())}
    rows = np.array([at[id_] for id_ in map_.ids])
    labels = [json.loads(raw or "{}") for raw in posts["labels"].to_pylist()]
    names = {
        "category": [row.get("category", "") for row in labels],
        "folder": [row.get("folder", row.get("category", "")) for row in labels],
    }
    groups = np.array(posts["group"].to_pylist(), dtype=object)[rows]
    measurements = []
    for level in map_.levels[1:]:
        k = len(level.clusters)
        whole = assign_all(level, vectors)
        peers = [
            KMeans(k, n_init=1, random_state=SEED + seed).fit_predict(features[rows])
            for seed in range(SEEDS)
        ]
        for wanted, values in names.items():
            truth = np.array(values, dtype=object)[rows]
            for what, part in (
                ("every post", np.ones(len(rows), dtype=bool)),
                ("clustered", level.labels >= 0),
            ):
                task = f"posts, {level.name} ({k}) against {wanted}, {what}"
                ours = _mutual_information(task, "map", truth[part], [whole[part]], groups[part])
                peer = _mutual_information(
                    task, "k-means on encoders", truth[part], [p[part] for p in peers], groups[part]
                )
                times = Measurement(task, "map / k-means", "NMI", ours.value / peer.value)
                measurements += [ours, peer, times]
    return measurements


def _mutual_information(
    task: str, system: str, truth: np.ndarray, labels: list[np.ndarray], groups: np.ndarray
) -> Measurement:
    value = np.mean([normalized_mutual_info_score(truth, some) for some in labels])
    rng = np.random.default_rng(SEED)
    _, code = np.unique(groups.astype(str), return_inverse=True)
    order = np.argsort(code, kind="stable")
    starts = np.searchsorted(code[order], np.arange(code.max() + 2))
    drawn = []
    for draw in range(DRAWS):
        picked = rng.integers(0, len(starts) - 1, len(starts) - 1)
        rows = np.concatenate([order[starts[i] : starts[i + 1]] for i in picked])
        some = labels[draw % len(labels)]
        drawn.append(normalized_mutual_info_score(truth[rows], some[rows]))
    # A draw has the same things twice and so seems purer: only its spread is used.
    low, high = np.quantile(drawn, [0.025, 0.975]) - np.mean(drawn) + value
    return Measurement(task, system, "NMI", float(value), float(low), float(high), len(truth))


def _users(ids: np.ndarray, raw: np.ndarray, posts: pa.Table) -> list[Measurement]:
    counts: dict[str, Counter[str]] = {}
    source: dict[str, str] = {}
    lists = (posts[name].to_pylist() for name in ("user", "tags", "source"))
    for user, tags, where in zip(*lists, strict=True):
        if user:
            counts.setdefault(user, Counter()).update(set(tags or ()))
            source[user] = where
    vectors = graph.centred(raw)
    measurements = []
    for least in (1, 5):
        posted = Counter(user for user in posts["user"].to_pylist() if user)
        rows = [i for i, u in enumerate(ids) if posted[u] >= least and counts.get(u)]
        top = [{t for t, _ in counts[ids[i]].most_common(TAGS)} for i in rows]
        shared = np.array([[len(a & b) for b in top] for a in top], dtype=float)
        np.fill_diagonal(shared, np.nan)
        here = np.array([source[ids[i]] for i in rows], dtype=object)
        scores = vectors[rows] @ vectors[rows].T
        np.fill_diagonal(scores, -np.inf)
        task = f"users with {least} posts or more: shared of top {TAGS} tags"
        nearest = shared[np.arange(len(rows)), scores.argmax(axis=1)]
        same = np.where(here[:, None] == here[None], shared, np.nan)
        random = {"random pair": shared, "random pair, same source": same}
        measurements.append(Measurement.of_mean(task, "nearest pair", "tags", nearest))
        for name, matrix in random.items():
            chance = np.nanmean(matrix, axis=1)
            fine = ~np.isnan(chance)
            ratio = nearest[fine].mean() / chance[fine].mean()
            measurements += [
                Measurement(task, name, "tags", float(chance[fine].mean()), n=int(fine.sum())),
                Measurement(task, f"nearest / {name}", "tags", float(ratio)),
            ]
    return measurements

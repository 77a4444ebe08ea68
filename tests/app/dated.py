"""A corpus with times, groups and predictions, whose bursts and drift are known."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from backend.corpus import Corpus
from backend.domain import EMOTIONS, Affect, Kind, Post, Sentiment
from backend.maps import Cluster, Level, Map, storage
from tests.backend.trends.generated import Planted, planted

BUNDLE, GROUPS, DIM, UNDATED = "toy", 4, 8, 7
WORDS = ("harbour", "violin", "orchard", "rocket")


def dated_corpus(
    home: Path, name: str, *, posts: int = 700, seed: int = 5
) -> tuple[Corpus, Planted]:
    """Write a corpus with a map of posts and of users; the last `UNDATED` posts have no time."""
    truth = planted(seed, posts=posts, groups=GROUPS)
    rng = np.random.default_rng(seed)
    n = len(truth.seconds)
    ids = [f"p{i:05d}" for i in range(n + UNDATED)]
    labels = np.append(truth.labels, np.zeros(UNDATED, dtype=int))
    affect = np.vstack([truth.affect, truth.affect[:UNDATED]])
    users = [f"u{int(group) % GROUPS}{i % 9}" for i, group in enumerate(labels)]
    made = [
        Post(
            id=id_,
            text=f"{WORDS[labels[i]] if labels[i] >= 0 else 'something'} number {i}",
            user=users[i],
            time=datetime.fromtimestamp(int(truth.seconds[i]), UTC) if i < n else None,
            language=("en", "de")[i % 2],
            labels={"likes": str(i % 50), "place": ("north", "south", "west")[i % 3]},
            source="made",
        )
        for i, id_ in enumerate(ids)
    ]
    centres = rng.normal(size=(GROUPS + 1, DIM))
    vectors = _unit(centres[labels] + rng.normal(0, 0.2, (len(ids), DIM)))
    names = sorted(set(users))
    of_users = _unit(np.stack([vectors[[u == one for u in users]].mean(axis=0) for one in names]))
    corpus = Corpus.create(home / "corpora" / name, name=name)
    corpus.add(
        made,
        bundle=BUNDLE,
        vectors={Kind.POST: (ids, vectors), Kind.USER: (names, of_users)},
        predictions={id_: _affect(row) for id_, row in zip(ids, affect, strict=True)},
    )
    groups = np.array([int(user[1]) for user in names])
    maps = {
        Kind.POST: _map(Kind.POST, ids, centres[labels][:, :2] + vectors[:, :2] / 3, labels),
        Kind.USER: _map(Kind.USER, names, centres[groups][:, :2] + of_users[:, :2] / 3, groups),
    }
    storage.put(corpus, BUNDLE, maps)
    return corpus, truth


def _unit(vectors: np.ndarray) -> np.ndarray:
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def _affect(row: np.ndarray) -> Affect:
    emotion = dict(zip(EMOTIONS, map(float, row[:-1]), strict=True))
    positive = float(row[-1])
    label = "positive" if positive > 0.6 else "negative" if positive < 0.4 else "neutral"
    return Affect(emotion, 0.1, Sentiment(positive, label), 0.8)


def _map(kind: Kind, ids: list[str], xy: np.ndarray, labels: np.ndarray) -> Map:
    clusters = tuple(
        Cluster(i, WORDS[i], (WORDS[i],), int((labels == i).sum()), 0.9) for i in range(GROUPS)
    )
    level = Level("medium", labels.astype(np.int32), clusters)
    return Map(
        kind, np.array(ids, dtype=object), xy.astype(np.float32), (level,), {}, BUNDLE, len(ids)
    )

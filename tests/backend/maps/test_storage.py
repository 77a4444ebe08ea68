"""Maps kept with a corpus, and what happens to them when the corpus changes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from backend.corpus import Corpus
from backend.domain import Kind, KindredError, Post
from backend.maps import build, storage, update
from backend.maps.types import Cluster, Level, Map

BUNDLE = "b1"
DIM = 8


def _posts(n: int, first: int = 0) -> list[Post]:
    return [
        Post(
            id=f"p{i:03d}",
            text="a red car" if i % 2 else "a small dog",
            user=f"u{i % 7}",
            tags=("car",) if i % 2 else ("dog",),
            language="en",
        )
        for i in range(first, first + n)
    ]


def _vectors(posts: list[Post]) -> np.ndarray:
    rng = np.random.default_rng(0)
    middles = np.eye(DIM)[[int(post.id[1:]) % 2 for post in posts]]
    return (middles + 0.1 * rng.normal(size=(len(posts), DIM))).astype(np.float32)


@pytest.fixture
def corpus(tmp_path: Path) -> Corpus:
    made = Corpus.create(tmp_path / "own")
    posts = _posts(60)
    made.add(posts, bundle=BUNDLE, vectors={Kind.POST: ([p.id for p in posts], _vectors(posts))})
    return made


@pytest.fixture
def made(corpus: Corpus) -> Map:
    ids, _ = corpus.vectors(BUNDLE, Kind.POST)
    side = np.array([int(id_[1:]) % 2 for id_ in ids])
    xy = np.stack([10.0 * side, np.arange(len(ids)) / 60], axis=1).astype(np.float32)
    clusters = tuple(
        Cluster(i, name, (name,), 30, np.nan if i else 0.9, (f"p{i:03d}",), ("x",))
        for i, name in enumerate(("dog", "car"))
    )
    levels = tuple(
        Level(name, side.astype(np.int32), clusters) for name in ("broad", "medium", "fine")
    )
    return Map(Kind.POST, ids, xy, levels, {"trustworthiness": 0.9, "placed": 0.0}, BUNDLE, 60)


def test_a_map_comes_back_as_it_was(corpus: Corpus, made: Map) -> None:
    assert storage.get(corpus, BUNDLE, Kind.POST) is None
    storage.put(corpus, BUNDLE, {Kind.POST: made})
    again = storage.get(corpus, BUNDLE, Kind.POST)
    assert again is not None and again.ids.tolist() == made.ids.tolist()
    assert np.array_equal(again.xy, made.xy) and again.quality == made.quality
    for one, two in zip(again.levels, made.levels, strict=True):
        assert one.name == two.name and np.array_equal(one.labels, two.labels)
        assert one.clusters[0] == two.clusters[0]
    assert np.isnan(again.levels[0].clusters[1].stability)
    assert storage.get(corpus, BUNDLE, Kind.USER) is None
    users = replace(made, kind=Kind.USER)
    storage.put(corpus, BUNDLE, {Kind.USER: users})
    assert storage.get(corpus, BUNDLE, Kind.POST) is not None  # one kind leaves the other


def test_what_came_later_is_placed_and_what_went_is_gone(corpus: Corpus, made: Map) -> None:
    storage.put(corpus, BUNDLE, {Kind.POST: made})
    new = _posts(4, first=100)
    vectors = {Kind.POST: ([p.id for p in new], _vectors(new))}
    corpus.add(new, bundle=BUNDLE, vectors=vectors)
    stored = storage.get(corpus, BUNDLE, Kind.POST)
    assert stored is not None
    now = update.current(stored, corpus, BUNDLE)
    assert len(now.ids) == 64 and now.total == 64 and now.quality["placed"] == 4
    assert now.ids.tolist() == sorted(now.ids)
    at = {id_: i for i, id_ in enumerate(now.ids)}
    for post in new:
        side = int(post.id[1:]) % 2
        assert abs(now.xy[at[post.id], 0] - 10 * side) < 1
        assert now.level().labels[at[post.id]] == side
    assert [cluster.size for cluster in now.level().clusters] == [32, 32]
    less = replace(stored, ids=np.append(stored.ids, "zzz"), xy=np.vstack([stored.xy, [[0, 0]]]))
    levels = tuple(replace(x, labels=np.append(x.labels, 0)) for x in less.levels)
    gone = update.current(replace(less, levels=levels), corpus, BUNDLE)
    assert "zzz" not in gone.ids and len(gone.ids) == 64


def test_a_replaced_post_loses_its_place(corpus: Corpus, made: Map) -> None:
    storage.put(corpus, BUNDLE, {Kind.POST: made})
    moved = replace(_posts(1)[0], text="now a car")
    corpus.add(
        [moved], bundle=BUNDLE, vectors={Kind.POST: (["p000"], np.eye(DIM)[1:2])}, replace=True
    )
    stored = storage.get(corpus, BUNDLE, Kind.POST)
    assert stored is not None and "p000" not in stored.ids
    now = update.current(stored, corpus, BUNDLE)
    assert now.xy[now.ids.tolist().index("p000"), 0] > 5


def test_other_vectors_of_the_bundle_make_its_maps_void(corpus: Corpus, made: Map) -> None:
    storage.put(corpus, BUNDLE, {Kind.POST: made})
    ids, vectors = corpus.vectors(BUNDLE, Kind.POST)
    corpus.add(bundle=BUNDLE, vectors={Kind.POST: (ids.tolist(), vectors)}, fresh=True)
    assert storage.get(corpus, BUNDLE, Kind.POST) is None


def test_made_from_a_corpus(corpus: Corpus) -> None:
    steps: list[tuple[int, int]] = []
    found = build.make(
        corpus, BUNDLE, Kind.POST, draws=1, progress=lambda a, b: steps.append((a, b))
    )
    assert steps == [(i, 6) for i in range(7)]
    assert found.total == 60 and len(found.ids) == 60
    assert "named_from" not in found.quality
    level = found.level("fine")
    told = {cluster.label for cluster in level.clusters}
    assert any("car" in label for label in told) and any("dog" in label for label in told)
    assert len(told) == len(level.clusters)  # no label twice
    with pytest.raises(KindredError) as error:
        build.make(corpus, BUNDLE, Kind.USER)
    assert error.value.code == "too_few"


def test_a_map_knows_how_many_posts_name_its_clusters(
    corpus: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(build, "_MOST_NAMED", 25)
    found = build.make(corpus, BUNDLE, Kind.POST, draws=0)
    assert found.quality["named_from"] == 20  # each third of 60
    storage.put(corpus, BUNDLE, {Kind.POST: found})
    stored = storage.get(corpus, BUNDLE, Kind.POST)
    assert stored is not None and stored.quality["named_from"] == 20

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from backend.corpus import Corpus
from backend.domain import Kind, Post
from backend.search import Filter, IndexCache, Searcher, VectorIndex, choices, prepare
from backend.search.index.lance import StoredIndex
from backend.settings import settings

N, DIM, BUNDLE = 600, 16, "tiny-1"
RNG = np.random.default_rng(3)
# Around a few middles, as real ones are: product codes tell Gaussian ones apart badly.
RAW = RNG.standard_normal((12, DIM))[np.arange(N) % 12] + 0.3 * RNG.standard_normal((N, DIM))
IDS = [f"p{i:03d}" for i in range(N)]
GROUPS = {IDS[i]: f"g{i % 20}" for i in range(40)}
QUERIES = RAW[RNG.choice(N, 10)] + 0.3 * RNG.standard_normal((10, DIM))


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    made = Corpus.create(tmp_path_factory.mktemp("stored") / "many")
    posts = [Post(id_, text=id_, source="a" if i % 3 else "b") for i, id_ in enumerate(IDS)]
    vectors = {Kind.POST: (IDS, RAW), Kind.WORD: (["x", "y"], RAW[:2])}
    made.add(posts, groups=GROUPS, bundle=BUNDLE, vectors=vectors)
    return made


@pytest.fixture(autouse=True)
def little_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings(), "exact_vectors", 100)
    monkeypatch.setattr(settings(), "index_bytes", 10_000)


def test_too_many_vectors_stay_in_the_store(corpus: Corpus) -> None:
    searcher = Searcher(corpus, BUNDLE, centre=True, cache=IndexCache())
    index, exact = searcher.index(Kind.POST), VectorIndex(IDS, RAW, centre=True, exact_limit=N)
    assert isinstance(index, StoredIndex) and len(index) == N and len(index.mean) == DIM
    assert len(index.search(QUERIES[0], 10).ids) == 10
    # Nobody asked for it, and while it is made nobody can import.
    assert not corpus.vectors_indexed(BUNDLE)
    assert [c.ready for c in choices(corpus, BUNDLE)] == [False, True]
    prepare(corpus, BUNDLE, Kind.POST)
    assert corpus.vectors_indexed(BUNDLE)
    index = searcher.index(Kind.POST)
    assert not (Path(corpus.uri) / "indices").exists()
    assert [(c.kind, c.way, c.ready) for c in choices(corpus, BUNDLE)] == [
        (Kind.POST, "store", True),
        (Kind.WORD, "exact", True),
    ]
    np.testing.assert_allclose(index.offset, exact.offset, atol=1e-3)
    hits = 0
    for query in QUERIES:
        found, best = index.search(query, 10), exact.search(query, 10)
        hits += len(set(found.ids) & set(best.ids))
        assert found.estimated and found.candidates == N
        np.testing.assert_allclose(found.percentiles, best.percentiles, atol=5)
    assert hits >= 90


def test_filters_duplicates_and_excluded_ones(corpus: Corpus) -> None:
    searcher = Searcher(corpus, BUNDLE, centre=True, cache=IndexCache())
    exact = VectorIndex(
        IDS, RAW, groups=[GROUPS.get(i, i) for i in IDS], centre=True, exact_limit=N
    )
    index = searcher.index(Kind.POST)
    few = IDS[:80]
    for query in QUERIES[:4]:
        given = {"allowed": few, "exclude": [IDS[0]], "distinct": True}
        found, best = index.search(query, 10, **given), exact.search(query, 10, **given)
        assert found.ids.tolist() == best.ids.tolist() and not found.estimated
        assert "p020" not in index.search(query, N, exclude=["p000"], distinct=True).ids
    of = [IDS[9], "unknown", IDS[2]]
    np.testing.assert_allclose(index.vectors(of), exact.vectors(of), atol=2e-3)
    some = searcher.search(QUERIES[0], [Kind.POST], k=10, filters=Filter(sources=("a",)))
    assert len(some.hits[Kind.POST]) == 10 and some.estimated == {Kind.POST}
    assert all(int(hit.id[1:]) % 3 for hit in some.hits[Kind.POST])
    assert index.search(QUERIES[0], 0).ids.tolist() == []
    assert index.search(QUERIES[0], 5, allowed=["unknown"]).ids.tolist() == []


def test_what_is_added_is_found(corpus: Corpus) -> None:
    searcher = Searcher(corpus, BUNDLE, cache=IndexCache())
    searcher.index(Kind.POST)
    vectors = {Kind.POST: (["new"], QUERIES[:1])}
    corpus.add([Post("new", text="x")], bundle=BUNDLE, vectors=vectors)
    assert searcher.search(QUERIES[0], [Kind.POST], k=1).hits[Kind.POST][0].id == "new"

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from backend.corpus import Corpus
from backend.domain import Kind, Modality, Post
from backend.search import Filter, IndexCache, Searcher, parse
from tests.backend.corpus.samples import WORDS, make_shipped, unit

BUNDLE = "tiny-1"
QUERY = unit(1, 42)[0]


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_shipped(tmp_path_factory.mktemp("shipped"))


@pytest.fixture(scope="module")
def corpus(shipped: Path, tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    return Corpus.import_shipped(shipped, tmp_path_factory.mktemp("home") / "commons")


@pytest.fixture(scope="module")
def searcher(corpus: Corpus) -> Searcher:
    return Searcher(corpus, BUNDLE, cache=IndexCache())


def test_every_kind_is_ranked_by_itself(corpus: Corpus, searcher: Searcher) -> None:
    query = parse("storm")
    found = searcher.search(QUERY, k=4, distinct=False, query=query)
    assert found.query == query and list(found.hits) == list(Kind) and not found.estimated
    for kind, hits in found.hits.items():
        ids, vectors = corpus.vectors(BUNDLE, kind)
        scores = vectors @ QUERY / np.linalg.norm(vectors, axis=1)
        best = np.argsort(-scores)[:4]
        assert [hit.id for hit in hits] == list(ids[best])
        assert [hit.rank for hit in hits] == [1, 2, 3, 4]
        np.testing.assert_allclose([hit.score for hit in hits], scores[best], atol=1e-5)
        below = 100 * (1 - np.arange(1, 5) / len(ids))
        np.testing.assert_allclose([hit.percentile for hit in hits], below)
        assert found.candidates[kind] == found.totals[kind] == len(ids)
    assert all(isinstance(hit.score, float) for hits in found.hits.values() for hit in hits)


def test_filters_count_for_posts_and_their_authors(corpus: Corpus, searcher: Searcher) -> None:
    filters = Filter(sources=("beeps",), modalities=(Modality.AUDIO,))
    found = searcher.search(QUERY, k=100, filters=filters)
    passing = corpus.posts([hit.id for hit in found.hits[Kind.POST]]).values()
    assert passing and all(p.source == "beeps" and p.audio for p in passing)
    assert {hit.id for hit in found.hits[Kind.USER]} == {p.user for p in passing if p.user}
    assert len(found.hits[Kind.WORD]) == len(WORDS)
    assert found.candidates[Kind.POST] < found.totals[Kind.POST] == 60
    angry = searcher.search(QUERY, [Kind.POST], k=100, filters=Filter(emotions=("anger",)))
    affects = corpus.affects(BUNDLE, [hit.id for hit in angry.hits[Kind.POST]])
    assert affects and all(affect.top == "anger" for affect in affects.values())


def test_neither_itself_nor_the_same_again(corpus: Corpus, searcher: Searcher) -> None:
    vector = corpus.vectors(BUNDLE, Kind.POST, ["art-001"])[1][0]
    itself = searcher.search(vector, [Kind.POST], k=60).hits[Kind.POST]
    assert itself[0].id == "art-001" and itself[0].percentile == pytest.approx(100 * 59 / 60)
    assert "art-000" not in {hit.id for hit in itself}  # the same group
    every = searcher.search(vector, [Kind.POST], k=60, distinct=False).hits[Kind.POST]
    assert len(every) == 60 and len(itself) == 55
    others = searcher.search(vector, k=60, exclude=["art-001", "storm", "art:user1"])
    assert not {"art-001", "art-000"} & {hit.id for hit in others.hits[Kind.TEXT]}
    assert "storm" not in {hit.id for hit in others.hits[Kind.WORD]}
    assert "art:user1" not in {hit.id for hit in others.hits[Kind.USER]}


def test_what_is_added_is_found(shipped: Path, tmp_path: Path) -> None:
    corpus = Corpus.import_shipped(shipped, tmp_path / "c")
    searcher = Searcher(corpus, BUNDLE)
    before = searcher.index(Kind.POST)
    assert searcher.index(Kind.POST) is before
    corpus.add([Post("new", text="x")], bundle=BUNDLE, vectors={Kind.POST: (["new"], QUERY[None])})
    assert searcher.search(QUERY, [Kind.POST], k=1).hits[Kind.POST][0].id == "new"
    assert searcher.index(Kind.POST) is not before


def test_only_so_many_indices_stay_open(corpus: Corpus) -> None:
    cache = IndexCache(size=2)
    searcher = Searcher(corpus, BUNDLE, cache=cache)
    text = searcher.index(Kind.TEXT)
    searcher.index(Kind.IMAGE)
    assert searcher.index(Kind.TEXT) is text
    searcher.index(Kind.WORD)
    assert searcher.index(Kind.TEXT) is text
    image = searcher.index(Kind.IMAGE)
    assert searcher.index(Kind.IMAGE) is image
    centred = Searcher(corpus, BUNDLE, cache=cache, centre=True)
    assert centred.index(Kind.IMAGE) is not image


def test_a_bundle_without_vectors_finds_nothing(corpus: Corpus) -> None:
    found = Searcher(corpus, "other", cache=IndexCache()).search(QUERY)
    assert all(hits == [] for hits in found.hits.values())
    assert set(found.candidates.values()) == {0}


def test_searching_is_quiet_and_needs_no_torch(corpus: Corpus) -> None:
    script = (
        "import sys, numpy as np, backend.corpus, backend.search\n"
        "assert not {'torch', 'lancedb', 'faiss'} & set(sys.modules)\n"
        f"corpus = backend.corpus.Corpus.open({corpus.uri!r})\n"
        "corpus.info(), corpus.posts(['art-001'])\n"
        "found = backend.search.Searcher(corpus, 'tiny-1').search(np.ones(16))\n"
        "assert len(found.hits) == 6 and 'torch' not in sys.modules"
    )
    command = [sys.executable, "-W", "error", "-c", script]
    done = subprocess.run(command, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")

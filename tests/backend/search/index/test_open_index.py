from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from backend.corpus import Corpus
from backend.domain import Kind, Post
from backend.search import Filter, IndexCache, Searcher
from backend.search.index import build_ivf, open_index
from backend.settings import settings
from tests.backend.corpus.samples import make_shipped, unit
from tests.waiting import until

BUNDLE = "tiny-1"
QUERY = unit(1, 42)[0]


@pytest.fixture
def corpus(tmp_path: Path) -> Corpus:
    return Corpus.import_shipped(make_shipped(tmp_path / "shipped"), tmp_path / "home" / "commons")


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(settings(), "exact_vectors", 20)
    yield
    build_ivf._started.clear()


@pytest.fixture
def nobody_lists(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build_ivf, "begin", lambda index: None)


def searcher(corpus: Corpus) -> Searcher:
    return Searcher(corpus, BUNDLE, centre=True, cache=IndexCache())


def test_lists_are_made_beside_and_then_read(corpus: Corpus) -> None:
    asked = searcher(corpus)
    first = asked.search(QUERY, [Kind.POST], k=5)
    assert not first.estimated and first.totals[Kind.POST] == 60
    index = open_index.index_location(corpus, BUNDLE, Kind.POST, centre=True)
    assert index.folder.is_relative_to(corpus.uri)
    until(lambda: (head := index.head()) is not None and head.lists is not None, index.head)
    second = asked.search(QUERY, [Kind.POST], k=5)
    assert second.estimated == {Kind.POST}
    assert [hit.id for hit in second.hits[Kind.POST]] == [hit.id for hit in first.hits[Kind.POST]]
    told = {choice.kind: choice for choice in open_index.choices(corpus, BUNDLE)}
    assert told[Kind.POST].way == "lists" and told[Kind.POST].ready
    assert (told[Kind.POST].recall or 0) >= build_ivf.GOAL
    assert told[Kind.WORD].way == "exact" and told[Kind.WORD].recall is None
    assert told[Kind.TEXT].way == "lists" and not told[Kind.TEXT].ready  # nobody looked for texts


def test_it_is_kept_for_the_next_start(
    corpus: Corpus, nobody_lists: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = searcher(corpus).search(QUERY, [Kind.POST], k=60)
    head = open_index.index_location(corpus, BUNDLE, Kind.POST, centre=True).head()
    monkeypatch.setattr(open_index, "_fill", None)  # nothing is left to do
    reopened = Corpus.open(corpus.uri)
    again = searcher(reopened).search(QUERY, [Kind.POST], k=60)
    assert again.hits == first.hits
    assert open_index.index_location(reopened, BUNDLE, Kind.POST, centre=True).head() == head


def test_the_same_hits_as_from_memory(
    corpus: Corpus, nobody_lists: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = {"k": 10, "exclude": ["art-001"], "filters": Filter(sources=("art", "beeps"))}
    kept = searcher(corpus).search(QUERY, **given)  # type: ignore[arg-type]
    monkeypatch.setattr(settings(), "exact_vectors", 1000)
    exact = searcher(corpus).search(QUERY, **given)  # type: ignore[arg-type]
    assert kept.candidates == exact.candidates and kept.totals == exact.totals
    for kind in Kind:
        assert [h.id for h in kept.hits[kind]] == [h.id for h in exact.hits[kind]]
        np.testing.assert_allclose(
            [h.score for h in kept.hits[kind]], [h.score for h in exact.hits[kind]], atol=2e-3
        )


def test_a_post_more_is_added_to_what_is_kept(
    corpus: Corpus, nobody_lists: None, caplog: pytest.LogCaptureFixture
) -> None:
    asked, index = (
        searcher(corpus),
        open_index.index_location(corpus, BUNDLE, Kind.POST, centre=True),
    )
    asked.index(Kind.POST)
    before = index.head()
    assert before is not None and before.changes is None
    corpus.add([Post("new", text="x")], bundle=BUNDLE, vectors={Kind.POST: (["new"], QUERY[None])})
    assert asked.search(QUERY, [Kind.POST], k=1).hits[Kind.POST][0].id == "new"
    after = index.head()
    assert after is not None and after.changes and after.base == before.base
    vectors = {Kind.POST: ([f"n{i}" for i in range(9)], unit(9, 1))}
    corpus.add([Post(f"n{i}", text="x") for i in range(9)], bundle=BUNDLE, vectors=vectors)
    assert len(asked.index(Kind.POST)) == 70
    last = index.head()
    assert last is not None and last.base != before.base and last.changes is None
    assert not caplog.records


def test_what_was_brought_up_to_date_is_not_opened_again(
    corpus: Corpus, nobody_lists: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = searcher(corpus)
    asked.index(Kind.POST)
    corpus.add([Post("new", text="x")], bundle=BUNDLE, vectors={Kind.POST: (["new"], QUERY[None])})
    index = asked.index(Kind.POST)
    monkeypatch.setattr(
        open_index.OnDiskIndex, "open", None
    )  # which would compare all files' checksums
    assert asked.index(Kind.POST) is index


@pytest.mark.parametrize("step", ["update", "write"])
def test_a_refresh_meanwhile_does_not_show(
    corpus: Corpus, nobody_lists: None, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    real = getattr(open_index.build, step)

    def late(*given: object, **more: object) -> object:
        monkeypatch.setattr(open_index.build, step, real)
        vectors = {Kind.POST: (["new"], QUERY[None])}
        Corpus.open(corpus.uri).add([Post("new", text="x")], bundle=BUNDLE, vectors=vectors)
        assert corpus.refresh()
        return real(*given, **more)

    monkeypatch.setattr(open_index.build, step, late)
    asked = searcher(corpus)
    assert len(asked.index(Kind.POST)) == 60
    assert asked.search(QUERY, [Kind.POST], k=1).hits[Kind.POST][0].id == "new"


def test_a_damaged_index_is_made_anew(
    corpus: Corpus, nobody_lists: None, caplog: pytest.LogCaptureFixture
) -> None:
    first = searcher(corpus).search(QUERY, [Kind.POST], k=60)
    index = open_index.index_location(corpus, BUNDLE, Kind.POST, centre=True)
    path = next(index.folder.rglob("flat.faiss"))
    path.write_bytes(path.read_bytes()[:-1])
    again = searcher(corpus).search(QUERY, [Kind.POST], k=60)
    assert again.hits == first.hits and "damaged" in caplog.text


def test_a_place_that_cannot_be_written_to_is_no_obstacle(
    corpus: Corpus, nobody_lists: None, caplog: pytest.LogCaptureFixture
) -> None:
    (Path(corpus.uri) / "indices").write_text("in the way")
    found = searcher(corpus).search(QUERY, [Kind.POST], k=3)
    assert len(found.hits[Kind.POST]) == 3 and "no index can be written" in caplog.text


def test_remote_corpora_are_kept_in_the_workspace(
    corpus: Corpus, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(settings(), "home", tmp_path / "ws")
    monkeypatch.setattr(Corpus, "uri", "s3://bucket/posts")
    index = open_index.index_location(corpus, BUNDLE, Kind.POST, centre=True)
    assert index.folder.is_relative_to(tmp_path / "ws" / "indices")


def test_everything_is_made_ahead(corpus: Corpus) -> None:
    told: list[tuple[int, int]] = []
    open_index.prepare(corpus, BUNDLE, Kind.POST, progress=lambda *done: told.append(done))
    open_index.prepare(corpus, BUNDLE, Kind.WORD)  # so few that nothing is kept
    choices = {choice.kind: choice for choice in open_index.choices(corpus, BUNDLE)}
    assert choices[Kind.POST].ready and (choices[Kind.POST].recall or 0) >= build_ivf.GOAL
    assert told == [(60, 60)]
    assert not open_index.index_location(corpus, BUNDLE, Kind.WORD, centre=True).folder.exists()
    open_index.prepare(corpus, BUNDLE, Kind.POST)
    assert told == [(60, 60)]
    assert searcher(corpus).search(QUERY, [Kind.POST], k=3).estimated == {Kind.POST}


def test_two_processes_open_it_at_once(corpus: Corpus) -> None:
    script = (
        "import sys, numpy as np\n"
        "from backend.corpus import Corpus\n"
        "from backend.domain import Kind\n"
        "from backend.search import Searcher\n"
        "from backend.search.index import build_ivf\n"
        "build_ivf.begin = lambda index: None\n"
        "searcher = Searcher(Corpus.open(sys.argv[1]), sys.argv[2])\n"
        "print([h.id for h in searcher.search(np.ones(16), [Kind.POST]).hits[Kind.POST]])\n"
    )
    command = [sys.executable, "-W", "error", "-c", script, corpus.uri, BUNDLE]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    environment = {**os.environ, "KINDRED_EXACT_VECTORS": "20"}
    both = [subprocess.Popen(command, env=environment, **pipes) for _ in range(2)]  # type: ignore[call-overload]
    said = [process.communicate() for process in both]
    assert said[0] == said[1] and said[0][0].startswith("['") and said[0][1] == ""
    index = open_index.index_location(corpus, BUNDLE, Kind.POST, centre=False)
    head = index.head()
    assert head is not None
    assert {path.name for path in index.folder.iterdir() if path.is_dir()} == head.folders

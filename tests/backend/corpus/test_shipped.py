"""The corpus that is really shipped."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from backend.corpus import Corpus
from backend.corpus.corpus import SHIPPED
from backend.corpus.native import Native
from backend.domain import Kind, Modality
from backend.search import corpus_users
from tests.backend.corpus.samples import make_shipped, vectors, write_checksums


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    return Corpus.import_shipped(SHIPPED, tmp_path_factory.mktemp("home") / "commons")


def test_it_arrives_whole(corpus: Corpus) -> None:
    file = pq.read_table(SHIPPED / "posts.parquet").sort_by("id")
    stored = corpus.table().sort_by("id")
    for column in file.column_names:
        assert stored[column].to_pylist() == file[column].to_pylist(), column
    assert corpus.info().posts == len(file) and corpus.info().added == 0


def test_every_post_says_where_it_is_from_and_has_its_media(corpus: Corpus) -> None:
    ids = corpus.table(["id"])["id"].to_pylist()
    posts = corpus.posts(ids)
    assert list(posts) == ids
    for post in posts.values():
        assert post.licence and post.source and post.modalities
        for modality in set(post.modalities) - {Modality.TEXT}:
            assert corpus.media_of(post, modality).is_relative_to(SHIPPED / "media")


def test_users_are_counted_right(corpus: Corpus) -> None:
    posts = corpus.table(["user"])["user"].drop_null().value_counts().to_pylist()
    users = {user.id: user for user in corpus.find_users(limit=100_000)}
    assert len(users) == corpus.info().users
    assert {row["values"]: row["counts"] for row in posts} == {
        u.id: u.posts for u in users.values()
    }
    busiest = corpus.find_users(limit=1)[0]
    assert len(corpus.posts_of(busiest.id)) == busiest.posts
    assert corpus.resolve_user(busiest.id) == busiest


def test_it_can_be_moved(corpus: Corpus, tmp_path: Path) -> None:
    moved = Path(corpus.uri).rename(tmp_path / "elsewhere")
    assert Corpus.open(moved).info().posts == corpus.info().posts
    moved.rename(corpus.uri)


def test_native_vectors_in_a_file_of_their_own_join_the_others(tmp_path: Path) -> None:
    folder = make_shipped(tmp_path / "shipped")
    ids = pq.read_table(folder / "posts.parquet")["id"].to_pylist()[:3]
    (folder / "native").mkdir()
    pq.write_table(vectors({"look": ids}), folder / "native" / "tiny-1.parquet")
    write_checksums(folder)
    corpus = Corpus.import_shipped(folder, tmp_path / "commons")
    found, looks = corpus.vectors("tiny-1", Native.LOOK)
    assert found.tolist() == sorted(ids) and looks.shape[1] == corpus.dim("tiny-1")
    assert len(corpus.vectors("tiny-1", Kind.POST)[0]) > 3


def test_the_shipped_users_are_those_of_the_shipped_vectors(tmp_path: Path) -> None:
    own = Corpus.import_shipped(SHIPPED, tmp_path / "commons")
    [bundle] = own.bundles()
    kept = corpus_users.read(own, bundle)
    made = corpus_users.make(own, bundle)
    assert kept is not None and made is not None
    assert kept.ids.tolist() == made.ids.tolist() == sorted(own.posts_by_user())
    cosines = (kept.vectors * made.vectors).sum(axis=1)
    assert cosines.min() > 0.99

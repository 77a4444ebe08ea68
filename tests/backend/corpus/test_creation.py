"""From shipped files to a corpus in the workspace."""

from __future__ import annotations

import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from backend.corpus import Corpus, store
from backend.domain import Kind, KindredError, Post
from tests.backend.corpus.samples import (
    BUNDLE,
    TEXT_POST,
    code,
    make_shipped,
    unit,
    write_checksums,
)


@pytest.fixture
def copy(shipped: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(shipped, tmp_path / "copy"))


@pytest.mark.parametrize(
    "name", ["posts.parquet", "media/art/001.webp", "vectors/tiny-1.parquet", "checksums.json"]
)
@pytest.mark.parametrize("missing", [False, True])
def test_damage_is_named(copy: Path, tmp_path: Path, name: str, missing: bool) -> None:
    if missing:
        (copy / name).unlink()
    else:
        raw = bytearray((copy / name).read_bytes())
        raw[len(raw) // 2] ^= 0xFF
        (copy / name).write_bytes(raw)
    with pytest.raises(
        KindredError, match=Path(name).name if name != "posts.parquet" else None
    ) as error:
        Corpus.import_shipped(copy, tmp_path / "c")
    assert code(error) in ("damaged", "no_shipped_corpus")
    assert not (tmp_path / "c").exists()


def test_what_is_there_is_opened_and_not_made_again(corpus: Corpus, shipped: Path) -> None:
    assert Corpus.import_shipped(shipped, corpus.uri).version == corpus.version


def test_a_new_release_keeps_what_was_added(copy: Path, tmp_path: Path) -> None:
    corpus = Corpus.import_shipped(copy, tmp_path / "c")
    corpus.add(
        [TEXT_POST, Post("mine:2", text="y", user="art:user1")],
        bundle=BUNDLE,
        vectors={Kind.POST: (["mine:1", "mine:2"], unit(2, 1))},
    )
    corpus.add(bundle="own", vectors={Kind.POST: (["art-059", "mine:1"], unit(2, 1))})
    shutil.rmtree(copy)
    copy.mkdir()
    make_shipped(copy, posts=50, seed=5)
    newer = Corpus.import_shipped(copy, tmp_path / "c")
    assert newer.version.split(":")[0] == corpus.version.split(":")[0]
    assert newer.info().posts == 52 and newer.info().added == 2
    assert newer.post("mine:1") == TEXT_POST
    assert newer.user("me:anna").posts == 1
    assert newer.missing(BUNDLE) == ["mine:1", "mine:2"]
    assert list(newer.vectors("own", Kind.POST)[0]) == ["mine:1"]  # art-059 is gone
    by_user = newer.table(["user"])["user"].value_counts().to_pylist()
    for row in by_user:
        if row["values"]:
            assert newer.user(row["values"]).posts == row["counts"]


def test_a_corpus_of_that_name_makes_way(shipped: Path, tmp_path: Path) -> None:
    mine = Corpus.create(tmp_path / "town", name="town")
    mine.add([Post("a", text="written by me")])
    arrived = Corpus.import_shipped(shipped, tmp_path / "town")
    kept = Corpus.open(tmp_path / "town-2")
    assert kept.name == "town-2" and kept.post("a").text == "written by me"
    assert arrived.name == "town" and arrived.info().posts != 1


def test_another_version_is_refused_clearly(
    corpus: Corpus, shipped: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "FORMAT", 2)
    for opening in (
        lambda: Corpus.open(corpus.uri),
        lambda: Corpus.import_shipped(shipped, corpus.uri),
    ):
        with pytest.raises(
            KindredError, match="format 1, this version of Kindred reads 2"
        ) as error:
            opening()
        assert code(error) == "corpus_version"


def test_a_directory_of_something_else_is_left_alone(shipped: Path, tmp_path: Path) -> None:
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / "thesis.txt").write_text("x")
    with pytest.raises(KindredError) as error:
        Corpus.import_shipped(shipped, tmp_path / "c")
    assert code(error) == "corpus_exists"
    assert [p.name for p in (tmp_path / "c").iterdir()] == ["thesis.txt"]
    with pytest.raises(KindredError) as error:
        Corpus.open(tmp_path / "c")
    assert code(error) == "no_corpus"


def test_tables_of_another_shape_are_damaged(copy: Path, tmp_path: Path) -> None:
    pq.write_table(pa.table({"id": ["a"], "time": ["never"]}), copy / "posts.parquet")
    write_checksums(copy)
    with pytest.raises(KindredError, match="column time") as error:
        Corpus.import_shipped(copy, tmp_path / "c")
    assert code(error) == "damaged"

"""Places that are named by a URI: here those of the local disk, which need no server."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from backend.corpus import Corpus, creation, remote, store
from backend.corpus.store import Store
from backend.domain import KindredError, Post
from backend.settings import settings


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(settings(), "home", tmp_path / "home")
    return tmp_path / "home"


@pytest.fixture
def uri(tmp_path: Path) -> str:
    (tmp_path / "bucket").mkdir()
    return f"file://{tmp_path}/bucket/mine"


def test_two_writers_take_turns(uri: str, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "LOCK_SECONDS", 0.05)
    corpus = Corpus.create(uri)
    with Store.open(uri).transaction():
        for place in (uri, f"{uri}/"):
            with pytest.raises(KindredError) as error:
                Corpus.open(place).add([Post(id="a", text="one")])
            assert error.value.code == "corpus_busy"
    corpus.add([Post(id="a", text="one")])
    corpus.refresh()
    assert corpus.info().posts == 1 and len(list((home / "locks").iterdir())) == 1


def test_who_makes_it_second_destroys_nothing(uri: str) -> None:
    late = Store.create(uri, name="mine")  # asked for when there was nothing
    corpus = Corpus.create(uri)
    corpus.add([Post(id="a", text="one")])
    with pytest.raises(KindredError) as error, late.transaction():
        raise AssertionError("it may not begin")
    assert error.value.code == "corpus_exists"
    creation.fill_remote(uri, lambda change: None, lambda: None)
    assert Corpus.open(uri).post("a").text == "one"


def test_an_upload_that_was_cut_off_is_done_again(uri: str, tmp_path: Path) -> None:
    folder, there = tmp_path / "media", tmp_path / "bucket" / "mine" / "media"
    for place in (folder, there):
        place.mkdir(parents=True)
    (folder / "a.webp").write_bytes(b"whole")
    (there / "a.webp").write_bytes(b"wh")
    remote.upload(uri, ["a.webp"], folder)
    assert (there / "a.webp").read_bytes() == b"whole"
    (there / "a.webp").write_bytes(b"other")  # named by its content: as long is the same
    remote.upload(uri, ["a.webp"], folder)
    assert (there / "a.webp").read_bytes() == b"other"
    with pytest.raises(KindredError) as error:
        remote.upload(uri, ["b.webp"], folder)
    assert error.value.code == "unreachable" and not (there / "b.webp").exists()


def test_a_copied_source_follows_its_changes(tmp_path: Path) -> None:
    there, here = tmp_path / "bucket" / "posts", tmp_path / "here"
    (there / "more").mkdir(parents=True)
    for name in ("a.csv", "gone.csv", "more/b.png"):
        (there / name).write_text("one")
    uri = f"file://{there}"
    copy = remote.fetch(uri, here)
    assert copy == here / "posts"
    assert (copy / "a.csv").stat().st_mtime_ns == (there / "a.csv").stat().st_mtime_ns
    before = (copy / "a.csv").stat().st_ino
    (there / "gone.csv").unlink()
    (there / "more" / "b.png").write_text("two")  # as long as before
    os.utime(there / "more" / "b.png", ns=(10**18, 10**18))
    assert remote.fetch(uri, here) == copy
    assert sorted(p.name for p in copy.rglob("*") if p.is_file()) == ["a.csv", "b.png"]
    assert (copy / "more" / "b.png").read_text() == "two"
    assert (copy / "a.csv").stat().st_ino == before
    # What was a folder is a file now.
    (there / "more" / "b.png").unlink()
    (there / "more").rmdir()
    (there / "more").write_text("three")
    remote.fetch(uri, here)
    assert (copy / "more").read_text() == "three"


def test_a_source_that_breaks_off_is_told(tmp_path: Path) -> None:
    there = tmp_path / "bucket" / "posts"
    there.mkdir(parents=True)
    (there / "a.csv").write_text("one")
    (tmp_path / "here").write_text("no folder")
    with pytest.raises(KindredError) as error:
        remote.fetch(f"file://{there}", tmp_path / "here")
    assert error.value.code == "unreachable"

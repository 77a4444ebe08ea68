"""Captions beside pictures: folders, webdataset, img2dataset, and shards of them."""

from __future__ import annotations

import json
import tarfile
from pathlib import Path

import pytest

from tests.backend.ingest import samples
from tests.backend.ingest.readers.platforms.sources import Read, written


def shard(folder: Path, *keys: str) -> Path:
    for key in keys:
        facts = {"caption": f"a thing {key}", "url": "http://i/x.jpg", "key": key}
        facts |= {"status": "success", "width": 40, "height": 30}  # type: ignore[dict-item]
        written(folder, {f"{key}.json": facts, f"{key}.txt": f"a thing {key}"})
        samples.picture(folder / f"{key}.jpg", int(key))
    return folder


@pytest.mark.parametrize("with_text", [True, False])
def test_a_folder(with_text: bool, tmp_path: Path) -> None:
    folder = shard(tmp_path / "00000", "000", "001")
    if not with_text:
        for text in folder.glob("*.txt"):
            text.unlink()
    read = Read(tmp_path)
    assert read.report.format == "captions"
    assert read.texts == ["a thing 000", "a thing 001"]
    assert read.pictures() == ["00000/000.jpg", "00000/001.jpg"]
    assert read.report.refused == []


def test_shards_in_a_folder(tmp_path: Path) -> None:
    for i in (0, 1):
        made = shard(tmp_path / f"made{i}", "000", "001")
        with tarfile.open(tmp_path / f"0000{i}.tar", "w") as archive:
            archive.add(made, ".")
        for path in made.iterdir():
            path.unlink()
        made.rmdir()
        (tmp_path / f"0000{i}_stats.json").write_text(json.dumps({"count": 2}))
    read = Read(tmp_path)
    assert read.texts == ["a thing 000", "a thing 001"] * 2
    assert read.pictures()[2] == "00001.tar/000.jpg"
    assert Read(tmp_path / "00001.tar").texts == ["a thing 000", "a thing 001"]


def test_pictures_sounds_classes_and_several_pictures_of_one_text(tmp_path: Path) -> None:
    samples.picture(tmp_path / "a.jpg", 1)
    samples.sound(tmp_path / "a.wav", 1)
    samples.picture(tmp_path / "b_1.jpg", 2)
    samples.picture(tmp_path / "b_2.jpg", 3)
    samples.picture(tmp_path / "c.png", 4)
    written(tmp_path, {"a.txt": "both", "a.cls": "7", "b.txt": "of two"})
    read = Read(tmp_path)
    assert read.texts == ["both", "of two", "of two", None]
    assert (read.pictures()[0], read.sounds()[0]) == ("a.jpg", "a.wav")
    assert read.posts[0].labels == {"label": "7"}


def test_what_downloaders_write_beside(tmp_path: Path) -> None:
    facts = {"id": "x1", "title": "A film", "description": "About a film", "uploader": "Ann"}
    facts |= {"upload_date": "20200102", "webpage_url": "https://v/x1", "tags": ["film"]}
    written(tmp_path, {"A film [x1].info.json": facts})
    samples.picture(tmp_path / "A film [x1].webp")
    (post,) = Read(tmp_path).posts
    assert (post.text, post.user, post.url) == ("About a film", "Ann", "https://v/x1")
    assert post.tags == ("film",)


def test_texts_that_belong_to_no_picture_are_said(tmp_path: Path) -> None:
    shard(tmp_path, "1", "2", "3")
    written(tmp_path, {"README.txt": "About this folder"})
    read = Read(tmp_path)
    assert len(read.posts) == 3
    assert read.report.refused == [("README.txt", "not read: no post names it")]

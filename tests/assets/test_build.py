"""The pieces of the corpus builder, on what they make themselves."""

from __future__ import annotations

import struct
import sys
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
import soundfile
from PIL import Image, ImageDraw

from assets.build import __main__ as build
from assets.build.corpus import files, groups, pictures, qtresource, sounds
from assets.build.corpus.assemble import cap
from assets.build.corpus.openclipart import _time, clean_tags
from assets.build.corpus.rows import Row
from backend.settings import settings


def _drawing(path: Path, colour: str, box: tuple[int, int, int, int]) -> Path:
    image = Image.new("RGB", (200, 200), "white")
    ImageDraw.Draw(image).ellipse(box, fill=colour)
    image.save(path)
    return path


def test_copies_and_recoloured_copies_are_found(tmp_path: Path) -> None:
    paths = [
        _drawing(tmp_path / "a.png", "red", (20, 20, 180, 180)),
        _drawing(tmp_path / "b.png", "red", (20, 20, 180, 180)),
        _drawing(tmp_path / "c.png", "#0000ff", (20, 20, 180, 180)),
        _drawing(tmp_path / "d.png", "red", (20, 80, 180, 120)),
    ]
    same, near = groups.similar_images(paths)
    assert same == [0, 0, 2, 3]
    assert near == [0, 0, 0, 3]


def test_near_duplicate_texts_are_found() -> None:
    texts = ["I love my new bike!!", "i love my new bike", "Rain again, all day long", ""]
    assert groups.similar_texts(texts) == [0, 0, 2, 3]


def test_an_empty_page_is_trimmed_away(tmp_path: Path) -> None:
    path = _drawing(tmp_path / "corner.png", "black", (10, 10, 30, 30))
    found = pictures.trimmed(path)
    assert found is not None
    with Image.open(found) as image:
        assert max(image.size) < 40
    blank = tmp_path / "blank.png"
    Image.new("RGB", (50, 50), "white").save(blank)
    assert pictures.trimmed(blank) is None and pictures.trimmed(blank) is None


def test_sound_and_image_are_encoded_to_the_same_bytes(tmp_path: Path) -> None:
    noise = np.random.default_rng(1).normal(0, 0.1, 24_000).astype(np.float32)
    assert sounds.opus(noise) == sounds.opus(noise)
    for length in (1_500, 23_468, 40_001):
        info = soundfile.info(BytesIO(sounds.opus(noise[:length])))
        assert info.frames == min(length, len(noise))
    path = _drawing(tmp_path / "x.png", "green", (5, 5, 150, 150))
    assert pictures.webp(path) == pictures.webp(path)


def test_an_author_keeps_breadth_under_the_cap() -> None:
    rows = [
        Row(f"{i:02d}", "s", "l", "o", title=title, user="u", copy=copy, group=copy, rank=(i,))
        for i, (title, copy) in enumerate(
            [("card: a", "1"), ("card: b", "2"), ("card: c", "3"), ("bee", "4"), ("bee", "4")]
        )
    ]
    kept, rest = cap(rows, 2)
    assert [r.id for r in kept] == ["00", "03"]
    assert len(kept) + len(rest) == len(rows)


def test_tags_lose_dumps_authors_and_fillers() -> None:
    raw = ("hash(0x8a3ecd4)", "", "unsorted", "mapsym", "Linda Kim", "united_nations", "linda")
    assert clean_tags(raw, "Linda Kim") == ("map symbol", "united nations")


def test_only_whole_dates_are_believed() -> None:
    assert _time("2005/05/30") == datetime(2005, 5, 30, tzinfo=UTC)
    assert _time("September 2005") is None and _time("2005-13-01") is None


def test_a_build_that_dies_leaves_the_old_files(tmp_path: Path) -> None:
    folder = tmp_path / "labels"
    with files.staged(folder, ("a.txt",)) as stage:
        (stage / "a.txt").write_text("old")
    with pytest.raises(RuntimeError), files.staged(folder, ("a.txt",)) as stage:
        (stage / "a.txt").write_text("new")
        raise RuntimeError
    assert (folder / "a.txt").read_text() == "old"
    assert (folder / files.CHECKSUMS).exists()


def test_qt_resources_are_read() -> None:
    body = struct.pack(">I", 5) + b"hello"
    name = struct.pack(">HI", 1, 0) + "x".encode("utf-16-be")
    root = struct.pack(">IHII", 0, 2, 1, 1)
    leaf = struct.pack(">IHHHI", 0, 0, 0, 0, 0)
    offset = 20
    data = b"qres" + struct.pack(
        ">4I", 1, offset, offset + len(root + leaf), offset + len(root + leaf + body)
    )
    assert list(qtresource.files(data + root + leaf + body + name)) == [("x", b"hello")]
    with pytest.raises(ValueError):
        list(qtresource.files(b"zip "))


def test_the_bundle_asks_for_the_labels_of_people(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("KINDRED_GOEMOTIONS", "set, so that it is restored as it was")
    monkeypatch.delenv("KINDRED_GOEMOTIONS")
    settings.cache_clear()
    monkeypatch.setattr(sys, "argv", ["assets.build", "heads"])
    with pytest.raises(SystemExit, match=r"train\.tsv and dev\.tsv .*--goemotions"):
        build.main()
    monkeypatch.setattr(sys, "argv", ["assets.build", "heads", "--goemotions", str(tmp_path)])
    with pytest.raises(SystemExit, match=r"There is no train\.tsv in"):
        build.main()
    monkeypatch.undo()
    settings.cache_clear()

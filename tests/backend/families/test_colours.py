"""Pictures of the same shapes in other colours are others."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageEnhance

from backend.corpus import Corpus
from backend.domain import Post
from backend.families import hashes
from backend.families.find import find

FLAGS = {
    "hungary": ("#CD2A3E", "#FFFFFF", "#436F4D"),
    "bolivia": ("#D52B1E", "#F9E300", "#007934"),
    "netherlands": ("#AE1C28", "#FFFFFF", "#21468B"),
    "gabon": ("#009E60", "#FCD116", "#3A75C4"),
}


def flag(stripes: tuple[str, ...], size: tuple[int, int] = (300, 200)) -> Image.Image:
    drawn = Image.new("RGB", size)
    pen, height = ImageDraw.Draw(drawn), size[1] / len(stripes)
    for i, stripe in enumerate(stripes):
        pen.rectangle((0, round(i * height), size[0], round((i + 1) * height)), fill=stripe)
    return drawn


def test_flags_are_told_apart_and_their_copies_are_not(tmp_path: Path) -> None:
    corpus = Corpus.create(tmp_path / "flags")
    posts = []
    for name, stripes in FLAGS.items():
        drawn = flag(stripes)
        edits = {
            "again.png": drawn.resize((180, 120)),
            "pale.png": ImageEnhance.Color(drawn).enhance(0.75),
        }
        for form, edited in {"first.png": drawn, **edits}.items():
            edited.save(corpus.new_media(f"{name}-{form}"))
            posts.append(Post(f"{name}-{form}", image=f"{name}-{form}"))
    corpus.add(posts)
    families: dict[str, list[str]] = {}
    for row in find(corpus.snapshot(), "none").to_pylist():
        families.setdefault(str(row["family"]), []).append(row["id"].partition("-")[0])
    assert sorted(families.values()) == sorted([name] * 3 for name in FLAGS)


@pytest.mark.parametrize(("colour", "same"), [("#F0A030", True), ("#8899AA", False)])
def test_one_hash_in_other_colours_is_another_variant(
    tmp_path: Path, colour: str, same: bool
) -> None:
    fingerprints = []
    for fill in ("#F0A020", colour):
        flag((fill, "#202020")).save(tmp_path / "flag.png")
        fingerprints.append(hashes.of_picture(tmp_path / "flag.png"))
    one, other = fingerprints
    assert one is not None and other is not None
    assert hashes.same_colours(one.colours[None], other.colours[None]).tolist() == [same]


def test_sounds_have_no_colours() -> None:
    none = np.empty((3, 0), dtype=np.uint8)
    assert hashes.same_colours(none, none).all()

"""Tiles of pictures."""

from __future__ import annotations

import io
from pathlib import Path

from PIL import Image

from app.components.shared.pictures import TILE, tile


def edge_and_middle(path: Path, image: Image.Image) -> list[tuple[int, ...]]:
    image.save(path)
    made = Image.open(io.BytesIO(tile(str(path)))).convert("RGB")
    assert made.size == TILE
    return [made.getpixel((4, TILE[1] // 2)), made.getpixel((TILE[0] // 2, TILE[1] // 2))]  # type: ignore[misc]


def near(one: tuple[int, ...], other: tuple[int, ...]) -> bool:
    return all(abs(a - b) < 12 for a, b in zip(one, other, strict=True))


def test_the_rest_of_a_tile_is_like_its_picture_and_not_white(tmp_path: Path) -> None:
    edge, middle = edge_and_middle(tmp_path / "a.png", Image.new("RGB", (100, 300), (20, 60, 140)))
    assert near(edge, (20, 60, 140)) and near(middle, (20, 60, 140))


def test_a_drawing_on_transparent_ground_lies_on_white(tmp_path: Path) -> None:
    drawing = Image.new("RGBA", (100, 300), (0, 0, 0, 0))
    drawing.paste((20, 60, 140, 255), (40, 100, 60, 200))
    edge, middle = edge_and_middle(tmp_path / "b.png", drawing)
    assert near(edge, (255, 255, 255)) and near(middle, (20, 60, 140))


def test_a_drawing_on_white_stays_on_white(tmp_path: Path) -> None:
    drawing = Image.new("RGB", (100, 300), "white")
    drawing.paste((0, 0, 0), (0, 100, 100, 200))
    edge, middle = edge_and_middle(tmp_path / "c.png", drawing)
    assert near(edge, (255, 255, 255)) and near(middle, (0, 0, 0))

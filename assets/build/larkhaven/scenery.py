"""Grounds that the drawings stand on: sky and sea, rooms, soil, night; no two alike."""

from __future__ import annotations

import colorsys

import numpy as np
from PIL import Image, ImageDraw

SIZES = ((576, 432), (432, 576), (512, 512), (600, 400))
Colour = tuple[int, int, int]


def colour(rng: np.random.Generator, hue: float, light: float, depth: float = 0.5) -> Colour:
    """Return a colour near a hue (0 to 1) and a lightness."""
    h = (hue + rng.normal(0, 0.03)) % 1
    lightness = float(np.clip(light + rng.normal(0, 0.05), 0.05, 0.97))
    r, g, b = colorsys.hls_to_rgb(h, lightness, float(np.clip(depth + rng.normal(0, 0.08), 0, 1)))
    return round(r * 255), round(g * 255), round(b * 255)


def gradient(size: tuple[int, int], top: Colour, bottom: Colour) -> Image.Image:
    """Return an image that goes from one colour at the top to another at the bottom."""
    shade = np.linspace(top, bottom, size[1])[:, None].repeat(size[0], 1)
    return Image.fromarray(shade.round().astype(np.uint8))


def _seaside(rng: np.random.Generator, size: tuple[int, int], *, dark: bool) -> Image.Image:
    light = 0.16 if dark else rng.uniform(0.6, 0.85)
    warm = rng.random() < 0.4
    image = gradient(
        size,
        colour(rng, 0.6, light, 0.4),
        colour(rng, 0.08 if warm else 0.55, light + (0.04 if dark else 0.08), 0.5),
    )
    draw = ImageDraw.Draw(image)
    horizon = round(size[1] * rng.uniform(0.45, 0.72))
    sea = colour(rng, 0.56, light * 0.62, 0.45)
    draw.rectangle((0, horizon, *size), fill=sea)
    for _ in range(rng.integers(8, 26)):
        y = int(rng.integers(horizon, size[1]))
        x, width = int(rng.integers(0, size[0])), int(rng.integers(20, 110))
        draw.line((x, y, x + width, y), fill=colour(rng, 0.55, light * 0.8, 0.3), width=3)
    _clouds(draw, rng, size, horizon, light)
    return image


def _clouds(
    draw: ImageDraw.ImageDraw,
    rng: np.random.Generator,
    size: tuple[int, int],
    horizon: int,
    light: float,
) -> None:
    for _ in range(rng.integers(0, 5)):
        x, y = int(rng.integers(0, size[0])), int(rng.integers(10, max(20, horizon - 60)))
        shade = colour(rng, 0.6, min(0.95, light + 0.12), 0.2)
        for _ in range(rng.integers(3, 7)):
            dx, dy, r = rng.integers(-60, 60), rng.integers(-10, 12), rng.integers(14, 36)
            draw.ellipse((x + dx - 1.6 * r, y + dy - r, x + dx + 1.6 * r, y + dy + r), fill=shade)


def _indoors(rng: np.random.Generator, size: tuple[int, int]) -> Image.Image:
    hue = rng.random()
    image = gradient(size, colour(rng, hue, 0.72, 0.3), colour(rng, hue, 0.6, 0.3))
    draw = ImageDraw.Draw(image)
    table = round(size[1] * rng.uniform(0.55, 0.85))
    draw.rectangle((0, table, *size), fill=colour(rng, 0.07, rng.uniform(0.3, 0.6), 0.45))
    if rng.random() < 0.6:  # a window or a picture on the wall
        x, y = int(rng.integers(0, size[0] - 160)), int(rng.integers(10, 70))
        w, h = int(rng.integers(80, 180)), int(rng.integers(80, 170))
        draw.rectangle((x, y, x + w, y + h), fill=colour(rng, 0.57, 0.85), outline="white", width=8)
        draw.line((x + w // 2, y, x + w // 2, y + h), "white", 6)
    return image


def _garden(rng: np.random.Generator, size: tuple[int, int]) -> Image.Image:
    image = gradient(size, colour(rng, 0.56, 0.78, 0.4), colour(rng, 0.25, 0.8, 0.3))
    draw = ImageDraw.Draw(image)
    ground = round(size[1] * rng.uniform(0.35, 0.65))
    for x in range(0, size[0], int(rng.integers(30, 70))):  # a hedge
        r = int(rng.integers(24, 60))
        draw.ellipse((x - r, ground - r, x + r, ground + r), fill=colour(rng, 0.3, 0.35, 0.4))
    draw.rectangle((0, ground, *size), fill=colour(rng, 0.07, 0.3, 0.35))
    lean = int(rng.integers(-200, 200))
    for x in range(-200, size[0] + 200, int(rng.integers(50, 110))):  # rows of soil
        draw.line((x, ground, x + lean, size[1]), fill=colour(rng, 0.07, 0.24, 0.3), width=7)
    return image


def ground(rng: np.random.Generator, place: str) -> Image.Image:
    """Return the ground of a drawing.

    Parameters
    ----------
    rng : numpy.random.Generator
    place : str
        ``sea``, ``night``, ``garden`` or ``room``.
    """
    size = SIZES[rng.integers(len(SIZES))]
    if place in ("sea", "night"):
        return _seaside(rng, size, dark=place == "night")
    return _garden(rng, size) if place == "garden" else _indoors(rng, size)

"""Draw the memes, screenshots and story cards that are made for this project."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from assets.build.fetch import unpacked

Draw = Callable[[Sequence[str]], Image.Image]

SIDE = 512
_FONTS = {
    "bebas": ("fonts-bebas-neue", "usr/share/fonts/opentype/bebas-neue/BebasNeue-Bold.otf"),
    "comic": ("fonts-comic-neue", "usr/share/fonts/opentype/comic-neue/ComicNeue-Bold.otf"),
    "open": ("fonts-open-sans", "usr/share/fonts/truetype/open-sans/OpenSans-Regular.ttf"),
}
_BLACK = "#202024"


def font(name: str, size: int) -> ImageFont.FreeTypeFont:
    """Return a font of `_FONTS`."""
    package, path = _FONTS[name]
    return ImageFont.truetype(str(unpacked(package) / Path(path)), size)


def ground(top: tuple[int, int, int], bottom: tuple[int, int, int]) -> Image.Image:
    """Return a square with a gradient from top to bottom."""
    shade = np.linspace(top, bottom, SIDE)[:, None].repeat(SIDE, 1)
    return Image.fromarray(shade.round().astype(np.uint8))


def _meme(image: Image.Image, lines: Sequence[str]) -> Image.Image:
    """Put a line in capitals at the top and one at the bottom."""
    draw = ImageDraw.Draw(image)
    for line, top in zip(lines, (18, SIDE - 78), strict=True):
        size = 60
        while draw.textlength(line.upper(), font("bebas", size)) > SIDE - 40:
            size -= 2
        place = (SIDE // 2, top)
        draw.text(place, line.upper(), "white", font("bebas", size), "ma",
                  stroke_width=4, stroke_fill="black")  # fmt: skip
    return image


def clock(lines: Sequence[str]) -> Image.Image:
    """Draw a meme with an alarm clock."""
    image = ground((60, 72, 110), (120, 96, 130))
    draw = ImageDraw.Draw(image)
    for x in (170, 342):
        draw.ellipse((x - 50, 120, x + 50, 220), fill="#C9504A")
    draw.line((170, 380, 140, 420), _BLACK, 16)
    draw.line((342, 380, 372, 420), _BLACK, 16)
    draw.ellipse((126, 140, 386, 400), fill="#C9504A")
    draw.ellipse((150, 164, 362, 376), fill="#F6F1E4")
    draw.line((256, 270, 256, 190), _BLACK, 10)
    draw.line((256, 270, 316, 300), _BLACK, 10)
    return _meme(image, lines)


def cake(lines: Sequence[str]) -> Image.Image:
    """Draw a meme with a birthday cake."""
    image = ground((250, 214, 165), (240, 170, 160))
    draw = ImageDraw.Draw(image)
    draw.rounded_rectangle((116, 260, 396, 400), 20, fill="#8A5636")
    draw.rounded_rectangle((116, 240, 396, 300), 26, fill="#F7E7EC")
    for x in (176, 256, 336):
        draw.rectangle((x - 7, 170, x + 7, 242), fill="#5D8BC9")
        draw.ellipse((x - 12, 132, x + 12, 174), fill="#F2B632")
    draw.rectangle((90, 398, 422, 410), fill="#D9D4CC")
    return _meme(image, lines)


def bus(lines: Sequence[str]) -> Image.Image:
    """Draw a meme with a bus that leaves."""
    image = ground((120, 140, 156), (84, 92, 104))
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 380, SIDE, SIDE), fill="#4A4E57")
    draw.rounded_rectangle((96, 170, 440, 370), 24, fill="#D8A22E")
    for x in (122, 204, 286, 368):
        draw.rectangle((x, 200, x + 56, 270), fill="#CFE4EE")
    for x in (170, 366):
        draw.ellipse((x - 36, 336, x + 36, 408), fill=_BLACK)
        draw.ellipse((x - 14, 358, x + 14, 386), fill="#B9BEC6")
    return _meme(image, lines)


def fridge(lines: Sequence[str]) -> Image.Image:
    """Draw a meme with a lunch box that was forgotten."""
    image = ground((206, 219, 214), (150, 170, 160))
    draw = ImageDraw.Draw(image)
    draw.rounded_rectangle((110, 220, 402, 390), 24, fill="#7C8F9B")
    draw.rounded_rectangle((130, 240, 382, 370), 18, fill="#D9D2B8")
    for x, y, r in ((190, 300, 38), (262, 276, 30), (300, 330, 34), (240, 344, 22), (344, 290, 24)):
        draw.ellipse((x - r, y - r, x + r, y + r), fill="#6E8B3D")
        draw.ellipse((x - r // 3, y - r // 3, x + r // 3, y + r // 3), fill="#A9BF7A")
    return _meme(image, lines)


def chat(lines: Sequence[str]) -> Image.Image:
    """Draw a screenshot of a chat."""
    image = Image.new("RGB", (SIDE, SIDE), "#E9ECEF")
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, SIDE, 64), fill="#3D5A80")
    draw.ellipse((18, 12, 58, 52), fill="#98C1D9")
    top = 110
    for number, line in enumerate(lines):
        wrapped = textwrap.wrap(line, 24)
        left = 24 + 60 * number
        bottom = top + 26 + 36 * len(wrapped)
        draw.rounded_rectangle((left, top, left + 400, bottom), 20, fill="white")
        for row, part in enumerate(wrapped):
            draw.text((left + 22, top + 10 + 36 * row), part, _BLACK, font("open", 26))
        top = bottom + 24
    return image


def card(lines: Sequence[str]) -> Image.Image:
    """Draw a story card: handwriting on a soft ground, whose colours the words choose."""
    hue = sum(map(ord, lines[0])) % 60
    image = ground((224 - hue, 206, 190 + hue // 2), (176, 190 - hue // 2, 210))
    draw = ImageDraw.Draw(image)
    draw.rounded_rectangle((36, 96, SIDE - 36, SIDE - 96), 28, outline="white", width=4)
    top = 136
    for line in lines:
        for part in textwrap.wrap(line, 20):
            draw.text((SIDE // 2, top), part, "#33294A", font("comic", 38), "ma")
            top += 52
        top += 20
    return image

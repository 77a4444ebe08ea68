"""Pictures of text, drawn with the font that comes with Pillow or a font of the system."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from backend.domain import Picture

DEJAVU = Path("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf")


def frame(lines: Sequence[str], *, size: int = 40, font: Path | None = None) -> np.ndarray:
    """A white picture of 640 x 320 pixels with lines of black text."""
    face = ImageFont.truetype(str(font), size) if font else ImageFont.load_default(size)
    image = Image.new("RGB", (640, 320), "white")
    draw = ImageDraw.Draw(image)
    for row, line in enumerate(lines):
        draw.text((30, 30 + row * 2 * size), line, fill="black", font=face)
    return np.array(image)


@lru_cache(maxsize=8)
def picture(*lines: str) -> Picture:
    """A picture with some lines of text."""
    return Picture((frame(lines),))


@lru_cache(maxsize=1)
def landscape() -> Picture:
    """A picture without text: coloured clouds."""
    colours = np.random.default_rng(0).integers(60, 200, (5, 7, 3), dtype=np.uint8)
    return Picture((np.array(Image.fromarray(colours).resize((640, 480), 3)),))

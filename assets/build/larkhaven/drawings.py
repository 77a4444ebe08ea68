"""Draw what posts show: a motif of varied size, place and colour on a varied ground."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from assets.build.larkhaven import scenery
from assets.build.larkhaven.scenery import Colour

_DARK = (32, 32, 36)


@dataclass
class Brush:
    """Draws one thing around a point; coordinates are in units of its size.

    Attributes
    ----------
    draw : ImageDraw.ImageDraw
    rng : numpy.random.Generator
    x, y : float
        The middle of the thing, in pixels.
    unit : float
        Half its size, in pixels.
    flip : int
        -1 for a thing that looks the other way.
    """

    draw: ImageDraw.ImageDraw
    rng: np.random.Generator
    x: float
    y: float
    unit: float
    flip: int = 1

    def _at(self, *values: float) -> list[tuple[float, float]]:
        points = zip(values[::2], values[1::2], strict=True)
        return [(self.x + self.flip * a * self.unit, self.y + b * self.unit) for a, b in points]

    def _box(self, left: float, top: float, right: float, bottom: float) -> list[float]:
        (a, b), (c, d) = self._at(left, top, right, bottom)
        return [min(a, c), min(b, d), max(a, c), max(b, d)]

    def oval(self, *box: float, fill: Colour | str) -> None:
        """Draw an ellipse in a box."""
        self.draw.ellipse(self._box(*box), fill=fill)

    def block(self, *box: float, fill: Colour | str, radius: float = 0.06) -> None:
        """Draw a rectangle with round corners."""
        self.draw.rounded_rectangle(self._box(*box), radius * self.unit, fill=fill)

    def shape(self, *values: float, fill: Colour | str) -> None:
        """Draw a polygon."""
        self.draw.polygon(self._at(*values), fill=fill)

    def stroke(self, *values: float, fill: Colour | str, width: float = 0.08) -> None:
        """Draw a line through points."""
        self.draw.line(self._at(*values), fill=fill, width=max(2, round(width * self.unit)))

    def some(self, hue: float, light: float, depth: float = 0.55) -> Colour:
        """Return a colour near a hue."""
        return scenery.colour(self.rng, hue, light, depth)

    def pick(self, low: int, high: int) -> int:
        """Return a number from `low` to `high`."""
        return int(self.rng.integers(low, high + 1))


Motif = Callable[[Brush], None]
MOTIFS: dict[str, tuple[str, Motif]] = {}


def motif(name: str, place: str) -> Callable[[Motif], Motif]:
    """Register what draws a motif, and the ground it stands on."""

    def register(function: Motif) -> Motif:
        MOTIFS[name] = (place, function)
        return function

    return register


def draw(name: str, seed: int) -> Image.Image:
    """Draw a motif; the same seed gives the same picture."""
    from assets.build.larkhaven import motifs_garden, motifs_town  # noqa: F401  (they register)

    place, function = MOTIFS[name]
    rng = np.random.default_rng(seed)
    image = scenery.ground(rng, place)
    width, height = image.size
    brush = Brush(
        ImageDraw.Draw(image),
        rng,
        x=width * rng.uniform(0.3, 0.7),
        y=height * rng.uniform(0.45, 0.68),
        unit=min(width, height) * rng.uniform(0.22, 0.4),
        flip=1 if rng.random() < 0.5 else -1,
    )
    function(brush)
    return image

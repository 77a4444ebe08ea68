"""Regions of an image: how much a prediction falls without each."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from backend.domain import Modality, Picture, Span

if TYPE_CHECKING:
    from backend.affect.image import ImageHead
    from backend.encoders import Encoder

Drops = Callable[[Modality, np.ndarray], np.ndarray]

GRID = 4  # squares a side, covered one at a time when the encoder has no cells


def spans(picture: Picture, encoder: Encoder, head: ImageHead, drops: Drops) -> tuple[Span, ...]:
    """Weigh the regions of an image.

    Where the vector of the encoder is a mean over cells, each cell is left out of the
    mean without a new pass; otherwise squares are covered with the mean colour.

    Parameters
    ----------
    picture : Picture
    encoder : Encoder
    head : ImageHead
        Names the regions.
    drops : callable
        Return how much the probability falls for vectors without a part.

    Returns
    -------
    tuple of Span
        Row by row from the top left.
    """
    parts = encoder.parts(picture)
    if parts is not None and len(parts.vectors) > 1:
        weights = drops(Modality.IMAGE, leave_one_out(parts.vectors))
        labels = head.names_of(parts.vectors)
        return tuple(
            Span(tuple(float(x) for x in where), float(weight), label)
            for where, weight, label in zip(parts.where, weights, labels, strict=True)
        )
    where, covered = _cover(picture)
    encoded = encoder.encode(covered)
    usable = [i for i, vector in enumerate(encoded.vectors) if vector is not None]
    if not usable:
        return ()
    weights = drops(Modality.IMAGE, np.stack([v for v in encoded.vectors if v is not None]))
    return tuple(Span(where[i], float(w)) for i, w in zip(usable, weights, strict=True))


def leave_one_out(vectors: np.ndarray) -> np.ndarray:
    """Means ``(p, d)`` of parts ``(p, d)`` without each part."""
    rows = np.asarray(vectors, dtype=np.float64)
    return (rows.sum(0) - rows) / (len(rows) - 1)


def _cover(picture: Picture) -> tuple[list[tuple[float, ...]], list[Picture]]:
    where: list[tuple[float, ...]] = []
    covered = []
    for y in range(GRID):
        for x in range(GRID):
            frames = []
            for frame in picture.frames:
                changed = frame.copy()
                height, width = frame.shape[:2]
                rows = slice(y * height // GRID, (y + 1) * height // GRID)
                columns = slice(x * width // GRID, (x + 1) * width // GRID)
                changed[rows, columns] = frame.mean((0, 1)).round().astype(frame.dtype)
                frames.append(changed)
            where.append((x / GRID, y / GRID, (x + 1) / GRID, (y + 1) / GRID))
            covered.append(Picture(tuple(frames)))
    return where, covered

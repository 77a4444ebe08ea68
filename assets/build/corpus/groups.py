"""Find near-duplicates, so that no split puts the same thing on both sides."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image
from scipy import sparse

from assets.build.corpus import pictures

_CELLS = 16
# Chosen by looking at the pairs around the limits. Up to SAME, two images are
# one (re-exports); up to NEAR they are variants of one drawing (a smiley with
# another mouth, a traffic light with another lamp); the next are different
# drawings on one template (warning signs, playing cards).
SAME = 0.005
NEAR = 0.04
# Recoloured copies: the same, on grey values scaled to the same contrast.
_GREY = 0.4


def components(n: int, pairs: np.ndarray) -> list[int]:
    """Smallest member of each item's component, given ``(m, 2)`` linked pairs."""
    if not len(pairs):
        return list(range(n))
    links = sparse.coo_matrix((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(n, n))
    _, label = sparse.csgraph.connected_components(links, directed=False)
    first: dict[int, int] = {}
    return [first.setdefault(int(name), i) for i, name in enumerate(label)]


def similar_texts(texts: Sequence[str], share: float = 0.6) -> list[int]:
    """Index of the first text in each text's group of near-duplicates.

    Two texts belong together when the Jaccard index of their character
    4-grams (letters and digits only, lower case) reaches `share`.
    """
    flat = [re.sub(r"[\W_]+", " ", t.casefold()).strip() for t in texts]
    vocabulary: dict[str, int] = {}
    rows: list[int] = []
    columns: list[int] = []
    for i, text in enumerate(flat):
        grams = {text[j : j + 4] for j in range(max(1, len(text) - 3))}
        rows.extend([i] * len(grams))
        columns.extend(vocabulary.setdefault(g, len(vocabulary)) for g in sorted(grams))
    bags = sparse.csr_matrix(
        (np.ones(len(rows), np.float32), (rows, columns)), (len(flat), len(vocabulary))
    )
    size = np.asarray(bags.sum(axis=1)).ravel()
    found = []
    for start in range(0, len(flat), 512):
        both = (bags[start : start + 512] @ bags.T).tocoo()
        union = size[start + both.row] + size[both.col] - both.data
        near = (both.data >= share * union) & (start + both.row < both.col)
        found.append(np.stack([start + both.row[near], both.col[near]], axis=1))
    return components(len(flat), np.concatenate(found))


def _cells(path: Path) -> np.ndarray:
    """``(16, 16, 3)`` float32 darkness of an image on a white square."""
    image = pictures.load(path)
    side = max(image.size)
    canvas = Image.new("RGB", (side, side), "white")
    canvas.paste(image, ((side - image.width) // 2, (side - image.height) // 2))
    small = canvas.resize((_CELLS, _CELLS), Image.Resampling.BOX)
    return 1.0 - np.asarray(small, np.float32) / 255.0


def similar_images(paths: Sequence[Path]) -> tuple[list[int], list[int]]:
    """Find copies and variants among images.

    The distance of two images is the mean difference of their 16 x 16
    thumbnails, relative to how much is drawn in the emptier one.

    Returns
    -------
    same, near : list of int
        Index of the first image in each image's group of copies, and of
        variants (recolourings included).
    """
    cells = np.stack([_cells(p) for p in paths])
    colour = cells.reshape(len(cells), -1)
    grey = cells.mean(axis=3).reshape(len(cells), -1)
    grey = grey / np.maximum(grey.max(axis=1, keepdims=True), 1e-6)
    close = _close(colour, NEAR)
    same = close[close[:, 2] <= SAME, :2].astype(np.int64)
    near = np.concatenate([close[:, :2], _close(grey, NEAR * _GREY)[:, :2]]).astype(np.int64)
    return components(len(paths), same), components(len(paths), near)


def _close(values: np.ndarray, limit: float) -> np.ndarray:
    """``(m, 3)`` rows of first index, second index and distance up to `limit`."""
    drawn = values.mean(axis=1)
    found = [np.empty((0, 3))]
    for i in range(len(values) - 1):
        # Images that differ much in how much is drawn need no closer look.
        least = np.maximum(np.minimum(drawn[i + 1 :], drawn[i]), 1e-4)
        near = np.flatnonzero(np.abs(drawn[i + 1 :] - drawn[i]) <= limit * least)
        gap = np.abs(values[near + i + 1] - values[i]).mean(axis=1) / least[near]
        near, gap = near[gap <= limit], gap[gap <= limit]
        found.append(np.stack([np.full(len(near), i), near + i + 1, gap], axis=1))
    return np.concatenate(found)

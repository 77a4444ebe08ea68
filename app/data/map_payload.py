"""The binary data of a map: points to the browser, and back one bit for each mark."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

UNIT = 32767  # the wider direction of the map spans -UNIT .. UNIT
MAX_POINTS = 100_000  # points drawn one by one; more are drawn as cells with counts
CELLS = 220  # cells across a view
SELECTED, FOUND = 1, 2
NAMED = 20_000  # points, at most, whose names are shown under the pointer

Box = tuple[int, int, int, int]  # left, bottom, right, top in the units of the map


@dataclass(frozen=True, slots=True, eq=False)
class Drawing:
    """What is drawn, so that a bit for each mark leads back to the points.

    Attributes
    ----------
    version : str
        Differs between drawings with other marks or another order.
    rows : numpy.ndarray
        ``(m,)`` int64: the points that are drawn, as rows of the map.
    mark : numpy.ndarray or None
        ``(m,)`` int64: the mark that each of them belongs to; None if each
        is a mark of its own.
    marks : int
    cell : int
        Width of a cell in units of the map; 0 for points.
    """

    version: str
    rows: np.ndarray
    mark: np.ndarray | None
    marks: int
    cell: int = 0

    def picked(self, bits: str) -> np.ndarray:
        """Return the rows of the map whose mark has its bit set.

        Parameters
        ----------
        bits : str
            Base64 of one bit per mark, the lowest first.

        Returns
        -------
        numpy.ndarray
            ``(k,)`` int64.
        """
        raw = np.frombuffer(base64.b64decode(bits), dtype=np.uint8)
        on = np.unpackbits(raw, bitorder="little")[: self.marks].astype(bool)
        if len(on) < self.marks:
            on = np.pad(on, (0, self.marks - len(on)))
        return self.rows[on if self.mark is None else on[self.mark]]


def quantised(xy: np.ndarray) -> np.ndarray:
    """Scale coordinates to integers, by the same factor in both directions.

    Parameters
    ----------
    xy : numpy.ndarray
        ``(n, 2)`` float32.

    Returns
    -------
    numpy.ndarray
        ``(n, 2)`` int16 within ``[-UNIT, UNIT]``.
    """
    if not len(xy):
        return np.empty((0, 2), dtype=np.int16)
    low, high = xy.min(axis=0), xy.max(axis=0)
    half = float((high - low).max()) / 2 or 1.0
    return np.round((xy - (low + high) / 2) / half * UNIT).astype(np.int16)


def choose(
    at: np.ndarray, visible: np.ndarray, view: Box | None, *, most: int = MAX_POINTS
) -> Drawing:
    """Decide what is drawn: every visible point, or cells if there are too many.

    Parameters
    ----------
    at : numpy.ndarray
        ``(n, 2)`` int16, see `quantised`.
    visible : numpy.ndarray
        ``(n,)`` bool.
    view : Box or None
        The part of the map on the screen. Only used if more than `most` points
        are visible.
    most : int

    Returns
    -------
    Drawing
    """
    rows = np.flatnonzero(visible)
    cell = 0
    if len(rows) > most:
        left, bottom, right, top = view or (-UNIT, -UNIT, UNIT, UNIT)
        x, y = at[rows, 0], at[rows, 1]
        within = (x >= left) & (x <= right) & (y >= bottom) & (y <= top)
        rows = rows[within]
        if len(rows) > most:
            cell = max((right - left) // CELLS, 1)
    if not cell:
        return Drawing(_version(rows, 0), rows, None, len(rows))
    steps = (at[rows].astype(np.int64) + UNIT) // cell
    _, mark = np.unique(steps[:, 0] * (2 * UNIT + 1) + steps[:, 1], return_inverse=True)
    return Drawing(_version(rows, cell), rows, mark, int(mark.max()) + 1, cell)


def _version(rows: np.ndarray, cell: int) -> str:
    return hashlib.blake2b(rows.tobytes() + bytes([cell % 256]), digest_size=8).hexdigest()


def pack(
    header: Mapping[str, object],
    shown: Drawing,
    at: np.ndarray,
    codes: np.ndarray,
    state: np.ndarray,
    times: bytes = b"",
) -> bytes:
    """Encode a drawing for the browser.

    Parameters
    ----------
    header : mapping
        Encoded as JSON.
    shown : Drawing
    at : numpy.ndarray
        ``(n, 2)`` int16 of all points of the map.
    codes : numpy.ndarray
        ``(n,)`` uint8 colours of all points.
    state : numpy.ndarray
        ``(n,)`` uint8 of `SELECTED` and `FOUND` bits of all points.
    times : bytes
        Of the timeline, if it has any.

    Returns
    -------
    bytes
        In the format that ``map.js`` reads.
    """
    extra: dict[str, object] = {"n": shown.marks, "version": shown.version, "cell": shown.cell}
    if shown.mark is None:
        place, colour, marked = at[shown.rows], codes[shown.rows], state[shown.rows]
    else:
        place, colour, marked, counts = _cells(shown, at, codes, state)
        extra["counts"] = counts
    text = json.dumps({**header, **extra}, ensure_ascii=False, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 4)
    parts = (
        np.uint32(len(text)).tobytes(),
        text,
        np.ascontiguousarray(place, dtype="<i2").tobytes(),
        np.ascontiguousarray(colour, dtype=np.uint8).tobytes(),
        np.ascontiguousarray(marked, dtype=np.uint8).tobytes(),
        b" " * (-2 * len(marked) % 4) + times if times else b"",
    )
    return b"".join(parts)


def _cells(
    shown: Drawing, at: np.ndarray, codes: np.ndarray, state: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, list[str]]:
    """Return centre, most frequent colour, state and count of each cell."""
    assert shown.mark is not None
    first = np.empty(shown.marks, dtype=np.int64)
    first[shown.mark] = shown.rows  # any point of the cell gives its place
    corner = (at[first].astype(np.int64) + UNIT) // shown.cell * shown.cell - UNIT
    place = np.clip(corner + shown.cell // 2, -UNIT, UNIT)
    pairs = shown.mark * 256 + codes[shown.rows]
    kinds, many = np.unique(pairs, return_counts=True)
    order = np.lexsort((many, kinds // 256))
    colour = np.empty(shown.marks, dtype=np.uint8)
    colour[kinds[order] // 256] = kinds[order] % 256  # the last one written is the most frequent
    marked = np.zeros(shown.marks, dtype=np.uint8)
    np.bitwise_or.at(marked, shown.mark, state[shown.rows])
    counts = np.bincount(shown.mark, minlength=shown.marks)
    # The five bits above the state are the log-scaled count of the cell.
    full = np.round(31 * np.log1p(counts) / np.log1p(counts.max())).astype(np.uint8)
    return place, colour, marked | full << 3, [f"{n:,}" for n in counts.tolist()]

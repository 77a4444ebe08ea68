"""Words of a text: how much a prediction falls without each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from backend.domain import Modality, Span
from backend.settings import settings
from backend.text.tokens import PIECE

if TYPE_CHECKING:
    from backend.encoders import Encoder

Drops = Callable[[Modality, np.ndarray, Sequence[str]], np.ndarray]

# Each piece costs a pass of the text encoder, in time proportional to the length of the
# text: at most PIECES, fewer for a long text, at least FEWEST.
PIECES = 48
CHARACTERS = 8_000  # of all passes together
FEWEST = 5
# The REFINED heaviest runs of words are divided again, each into FINE pieces.
REFINED = 1
FINE = 12


def pieces(text: str, most: int = PIECES) -> list[tuple[int, int]]:
    """Split a text into words, or into runs of words when it has more than `most`.

    Parameters
    ----------
    text : str
    most : int
        Highest number of pieces.

    Returns
    -------
    list of (int, int)
        Start and end (exclusive) of each piece, ascending, not overlapping.

    Examples
    --------
    >>> pieces("so happy!")
    [(0, 2), (3, 9)]
    """
    words = [match.span() for match in PIECE.finditer(text)]
    size = -(-len(words) // most) if words else 1
    return [
        (words[i][0], words[min(i + size, len(words)) - 1][1]) for i in range(0, len(words), size)
    ]


def spans(text: str, encoder: Encoder, drops: Drops) -> tuple[Span, ...]:
    """Weigh the words of a text; of a long text, runs of words and the words of the heaviest.

    Takes at most ``PIECES + REFINED * (FINE + 1)`` passes of the encoder, far fewer for a
    long text. The words of a run are weighed within the run and share its weight.

    Parameters
    ----------
    text : str
    encoder : Encoder
    drops : callable
        Return how much the probability falls for vectors and texts without a piece.

    Returns
    -------
    tuple of Span
        In reading order, of the first `explained_characters` characters.
    """
    text = text[: settings().limits.explained_characters]
    most = min(max(CHARACTERS // max(len(text), 1), FEWEST), PIECES)
    cut = pieces(text, most)
    if not cut:
        return ()
    if len(cut) == 1:
        return (Span((float(cut[0][0]), float(cut[0][1])), 0.0, text[slice(*cut[0])]),)
    weighed = dict(zip(cut, _weigh(text, cut, encoder, drops), strict=True))
    for start, end in sorted(cut, key=lambda run: -abs(weighed[run]))[:REFINED]:
        run = text[start:end]
        parts = pieces(run, FINE)
        if len(parts) > 1:
            weight = weighed.pop((start, end))
            local = _weigh(run, parts, encoder, drops, alone=True)
            local *= abs(weight) / max(np.abs(local).sum(), 1e-12)
            for (a, b), share in zip(parts, local, strict=True):
                weighed[(start + a, start + b)] = float(share)
    return tuple(
        Span((float(start), float(end)), float(weight), text[start:end])
        for (start, end), weight in sorted(weighed.items())
    )


def _weigh(
    text: str, cut: list[tuple[int, int]], encoder: Encoder, drops: Drops, *, alone: bool = False
) -> np.ndarray:
    """Fall without each piece ``(len(cut),)``; relative to `text` itself when `alone`."""
    # A space replaces the piece, so that its neighbours do not merge.
    without = [text[:start] + " " + text[end:] for start, end in cut]
    encoded = encoder.encode([*without, text] if alone else without).vectors
    usable = [i for i, vector in enumerate(encoded[: len(cut)]) if vector is not None]
    weights = np.zeros(len(cut))
    if usable:
        weights[usable] = drops(
            Modality.TEXT,
            np.stack([v for v in encoded[: len(cut)] if v is not None]),
            [without[i] for i in usable],
        )
    if alone and encoded[-1] is not None:
        weights[usable] -= drops(Modality.TEXT, encoded[-1][None], [text])[0]
    return weights

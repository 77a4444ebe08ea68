"""Words: what the prediction loses when one is left out."""

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

# Each piece costs one pass of the text encoder, and a pass costs by its length: so
# many pieces at most, fewer of a long text, but never fewer than so many.
PIECES = 48
CHARACTERS = 8_000  # of all passes together
FEWEST = 5
# Of runs of words, so many that weigh most are weighed again, each in so many pieces.
REFINED = 1
FINE = 12


def pieces(text: str, most: int = PIECES) -> list[tuple[int, int]]:
    """Cut a text into words, or into runs of words when it is long.

    Parameters
    ----------
    text : str
    most : int
        Pieces at most.

    Returns
    -------
    list of (int, int)
        First and last+1 character, ascending, not overlapping.

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
    """Weigh the words of a text; of a long one runs of words, then the strongest runs' words.

    At most ``PIECES + REFINED * (FINE + 1)`` passes of the encoder, far fewer of
    a long text. A run's words are weighed within the run alone, and share its weight.

    Parameters
    ----------
    text : str
    encoder : Encoder
    drops : callable
        Vectors and texts without a piece -> how much the probability falls.

    Returns
    -------
    tuple of Span
        In reading order; of the first `explained_characters`.
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
    text: str,
    cut: list[tuple[int, int]],
    encoder: Encoder,
    drops: Drops,
    *,
    alone: bool = False,
) -> np.ndarray:
    """What is lost without each piece, ``(len(cut),)``; against `text` itself when `alone`."""
    # A space stays in its place, so that what stood on either side does not merge.
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

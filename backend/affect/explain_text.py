"""Words: what the prediction loses when one is left out."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from backend.posts import Modality, Span

if TYPE_CHECKING:
    from backend.encoders import Encoder

Drops = Callable[[Modality, np.ndarray], np.ndarray]

# Each piece costs one pass of the text encoder; more would take over a second.
PIECES = 48
# Scripts that put no space between words: Thai to Khmer, kana, Chinese.
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
)
_CHUNK = 2  # characters of such a script that go together
_EMOJI = "\u2600-\u27bf\U0001f000-\U0001faff"
_JOIN = "\ufe0f\u200d\U0001f3fb-\U0001f3ff"
_WORD = re.compile(
    rf"[{_UNSPACED}]{{1,{_CHUNK}}}"
    rf"|[{_EMOJI}][{_JOIN}]*(?:(?<=\u200d)[{_EMOJI}\u2640\u2642][{_JOIN}]*)*"
    rf"|[^\s{_UNSPACED}{_EMOJI}]+"
)


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
    words = [match.span() for match in _WORD.finditer(text)]
    size = -(-len(words) // most) if words else 1
    return [
        (words[i][0], words[min(i + size, len(words)) - 1][1]) for i in range(0, len(words), size)
    ]


def spans(text: str, encoder: Encoder, drops: Drops) -> tuple[Span, ...]:
    """Weigh every word of a text.

    Parameters
    ----------
    text : str
    encoder : Encoder
    drops : callable
        Vectors without a piece -> how much the probability falls.

    Returns
    -------
    tuple of Span
        In reading order.
    """
    cut = pieces(text)
    if not cut:
        return ()
    # A space stays in its place, so that what stood on either side does not merge.
    without = [text[:start] + " " + text[end:] for start, end in cut]
    if len(cut) == 1:
        return (Span((float(cut[0][0]), float(cut[0][1])), 0.0, text[slice(*cut[0])]),)
    encoded = encoder.encode(without)
    usable = [i for i, vector in enumerate(encoded.vectors) if vector is not None]
    weights = np.zeros(len(cut))
    if usable:
        weights[usable] = drops(
            Modality.TEXT, np.stack([v for v in encoded.vectors if v is not None])
        )
    return tuple(
        Span((float(start), float(end)), float(weight), text[start:end])
        for (start, end), weight in zip(cut, weights, strict=True)
    )

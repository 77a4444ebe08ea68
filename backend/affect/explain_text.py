"""Words of a text: how far the log-odds of a prediction fall without each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from backend.domain import STANDS_OUT, Modality, Span
from backend.settings import settings
from backend.text.normalise import normalise
from backend.text.tokens import PIECE

if TYPE_CHECKING:
    from backend.encoders import Encoder

Drops = Callable[[Modality, np.ndarray, Sequence[str]], np.ndarray]

# Each piece costs a pass of the text encoder, in time proportional to the length of the
# text: at most PIECES, fewer for a long text, at least FEWEST.
PIECES = 48
CHARACTERS = 8_000  # of all passes together
FEWEST = 5
# Where no word stands out, runs of PHRASE words are weighed, at most FINE of them.
PHRASE = 3
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
    words = _words(text)
    size = -(-len(words) // most) if words else 1
    return [
        (words[i][0], words[min(i + size, len(words)) - 1][1]) for i in range(0, len(words), size)
    ]


def _words(text: str) -> list[tuple[int, int]]:
    """Return the words, equal emoji in a row as one: an encoder reads only one of them."""
    words: list[tuple[int, int]] = []
    last = ""
    for match in PIECE.finditer(text):
        if words and match[0] == last and not any(map(str.isalnum, last)):
            words[-1] = words[-1][0], match.end()
        else:
            words.append(match.span())
        last = match[0]
    return words


def spans(text: str, encoder: Encoder, drops: Drops) -> tuple[Span, ...]:
    """Weigh the words of a text; of a long text, runs of words and the words of the heaviest.

    Takes at most ``PIECES + REFINED * (FINE + 1)`` passes of the encoder, far fewer for a
    long text. The words of a run are weighed within the run and share its weight. Words
    that say the same twice stand out only together: where no word does, the heaviest
    phrase is one piece.

    Parameters
    ----------
    text : str
    encoder : Encoder
    drops : callable
        Return how much the log-odds fall for vectors and texts without a piece.

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
    if len(cut) == len(_words(text)) and max(weighed.values()) < STANDS_OUT:
        _join_phrase(text, cut, weighed, encoder, drops)
    for start, end in sorted(weighed, key=lambda run: -abs(weighed[run]))[:REFINED]:
        run = text[start:end]
        parts = pieces(run, FINE)
        if len(parts) > 1 and (start, end) in cut:
            weight = weighed.pop((start, end))
            local = _weigh(run, parts, encoder, drops, alone=True)
            local *= abs(weight) / max(np.abs(local).sum(), 1e-12)
            for (a, b), share in zip(parts, local, strict=True):
                weighed[(start + a, start + b)] = float(share)
    return tuple(
        Span((float(start), float(end)), float(weight), text[start:end])
        for (start, end), weight in sorted(weighed.items())
    )


def _join_phrase(
    text: str,
    cut: list[tuple[int, int]],
    weighed: dict[tuple[int, int], float],
    encoder: Encoder,
    drops: Drops,
) -> None:
    """Put the heaviest phrase that stands out in the place of its words."""
    starts = range(0, len(cut) - PHRASE + 1, max(-(-len(cut) // FINE), 1))
    phrases = [(cut[i][0], cut[i + PHRASE - 1][1]) for i in starts]
    if len(cut) <= PHRASE or not phrases:
        return
    weights = _weigh(text, phrases, encoder, drops)
    best = int(weights.argmax())
    if weights[best] >= STANDS_OUT:
        start, end = phrases[best]
        for piece in cut:
            if start <= piece[0] < end:
                del weighed[piece]
        weighed[start, end] = float(weights[best])


def _weigh(
    text: str, cut: list[tuple[int, int]], encoder: Encoder, drops: Drops, *, alone: bool = False
) -> np.ndarray:
    """Fall without each piece ``(len(cut),)``; relative to `text` itself when `alone`."""
    # A space replaces the piece, so that its neighbours do not merge.
    without = [text[:start] + " " + text[end:] for start, end in cut]
    # Encoders never see a mention or a link, so leaving it out changes nothing.
    whole = normalise(text)
    read = [i for i, rest in enumerate(without) if normalise(rest) != whole]
    encoded = encoder.encode([*(without[i] for i in read), *([text] if alone else [])]).vectors
    usable = {i: v for i, v in zip(read, encoded, strict=False) if v is not None}
    weights = np.zeros(len(cut))
    if usable:
        rows = list(usable)
        weights[rows] = drops(
            Modality.TEXT, np.stack(list(usable.values())), [without[i] for i in rows]
        )
        if alone and encoded[-1] is not None:
            weights[rows] -= drops(Modality.TEXT, encoded[-1][None], [text])[0]
    return weights

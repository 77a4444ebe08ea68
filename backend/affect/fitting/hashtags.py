"""Which words are feelings when they are hashtags: rated words, as the text head reads them."""

from __future__ import annotations

import numpy as np

from backend.affect.evidence import OUTPUTS, bound
from backend.affect.fitting.text import Rated
from backend.affect.hashtags import TABLE
from backend.affect.text import TextHead

LEAST = 1.0  # evidence of one of the eight emotions, in log-odds, that names a feeling


def fit_hashtags(head: TextHead, rated: Rated) -> dict[str, np.ndarray]:
    """Return the words that name a feeling, with their evidence.

    Parameters
    ----------
    head : TextHead
    rated : Rated
        Words that people rated; emoji among them are left out.

    Returns
    -------
    dict of str to numpy.ndarray
        As `backend.affect.hashtags.TaggedFeelings` takes them.
    """
    evidence = bound(head.evidence(rated.vectors, rated.texts).emotion)
    strong = evidence[:, : len(OUTPUTS) - 1].max(axis=1) >= LEAST
    rows = [i for i, word in enumerate(rated.texts) if strong[i] and word.isalpha()]
    # A word in capitals and in small letters is one tag; the last one counts.
    last = {rated.texts[i].lower(): i for i in rows}
    words = sorted(last)
    lines = np.array(list("\n".join(words).encode()), dtype=np.uint8)
    chosen = evidence[[last[word] for word in words]] if words else evidence[:0]
    return dict(zip(TABLE, (lines, chosen.astype(np.float16)), strict=True))

"""Word-level features of English texts, for where they were measured to help.

Emojis that a writer would add (NADE's classifier) help to tell emotions apart;
VADER's word ratings are right about tweets and misleading about most else.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

EMOJIS = 151
RATINGS = 4
# A text counts as English from this share on; the features mean nothing otherwise.
ENGLISH = 0.5
FLOOR = 1e-4  # of an emoji's probability, before the logarithm


def lexical(texts: Sequence[str | None], english: np.ndarray) -> np.ndarray:
    """Features of texts.

    Parameters
    ----------
    texts : sequence of str or None
    english : numpy.ndarray
        ``(n,)`` how sure it is that each is English; below `ENGLISH` its row stays zero.

    Returns
    -------
    numpy.ndarray
        ``(n, 155)`` float64: logarithms of the emojis' probabilities, then
        VADER's four numbers.
    """
    found = np.zeros((len(texts), EMOJIS + RATINGS))
    rows = [i for i, text in enumerate(texts) if text and english[i] >= ENGLISH]
    if rows:
        from backend.encoders import lexicons

        asked = [str(texts[i]) for i in rows]
        found[rows, :EMOJIS] = np.log(lexicons.emojis(asked).astype(np.float64) + FLOOR)
        found[rows, EMOJIS:] = lexicons.vader(asked)
    return found

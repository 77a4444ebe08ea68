"""Lexical features of English texts: emojis by NADE and ratings by VADER.

In evaluation, the emojis predicted by NADE help to separate emotions; VADER's ratings
help on tweets and harm on most other texts.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from backend.text.normalise import normalise

EMOJIS = 151
RATINGS = 4
# Probability from which a text counts as English; other texts have no features.
ENGLISH = 0.5
FLOOR = 1e-4  # of an emoji's probability, before the logarithm


def lexical(texts: Sequence[str | None], english: np.ndarray) -> np.ndarray:
    """Lexical features of texts.

    Parameters
    ----------
    texts : sequence of str or None
    english : numpy.ndarray
        ``(n,)`` probability that each text is English; rows below `ENGLISH` stay zero.

    Returns
    -------
    numpy.ndarray
        ``(n, 155)`` float64: logarithms of the emojis' probabilities, then
        VADER's four numbers.
    """
    features = np.zeros((len(texts), EMOJIS + RATINGS))
    rows = [i for i, text in enumerate(texts) if text and english[i] >= ENGLISH]
    if rows:
        from backend.encoders import lexicons

        english_texts = [normalise(str(texts[i])) for i in rows]
        features[rows, :EMOJIS] = np.log(lexicons.emojis(english_texts).astype(np.float64) + FLOOR)
        features[rows, EMOJIS:] = lexicons.vader(english_texts)
    return features

"""Training of the weight of emoji in texts that are not English."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from sklearn.linear_model import LogisticRegression

from backend.affect.emoji import EmojiRatings
from backend.affect.fitting.labels import Texts, polarity

LEAST = 30  # texts with rated emoji to fit the weight to
_MOST = 0.9  # of a rating in [-1, 1], before it becomes log-odds
_ASCII = 128


def fit_emoji(
    raw: np.ndarray, data: Texts, english: np.ndarray, words: Sequence[str], rating: np.ndarray
) -> dict[str, np.ndarray]:
    """Fit how much the ratings of emoji add to what the words of a text say.

    Parameters
    ----------
    raw : numpy.ndarray
        ``(n, 12)``: outputs for `data`'s texts by experts that were not trained on them.
    data : Texts
    english : numpy.ndarray
        ``(n,)`` probability that each text is English.
    words : sequence of str
        Rated words and emoji; words are left out.
    rating : numpy.ndarray
        ``(len(words),)`` in [-1, 1].

    Returns
    -------
    dict of str to numpy.ndarray
        As `backend.affect.emoji.EmojiRatings` takes them; empty if there is too little to
        learn from or emoji add nothing.
    """
    rated = {
        ord(word[0]): float(value)
        for word, value in zip(words, rating, strict=True)
        if not word.isalpha() and ord(word[0]) >= _ASCII
    }
    value = np.clip(np.array(list(rated.values())), -_MOST, _MOST)
    odds = np.log((1.0 + value) / (1.0 - value))
    tensors = {"emoji_codes": np.array(list(rated), dtype=np.int32), "emoji_odds": odds}
    found = EmojiRatings(tensors)(data.texts, english)
    label = polarity(data.sentiment)
    rows = np.flatnonzero((found != 0) & (label != 1))
    if len(rows) < LEAST or len(np.unique(label[rows])) < 2:
        return {}
    said = raw[rows, -1] - raw[rows, -3]
    fit = LogisticRegression(C=10.0).fit(np.stack([said, found[rows]], axis=1), label[rows] == 2)
    of_words, of_emoji = fit.coef_[0]
    if of_words <= 0 or of_emoji <= 0:
        return {}
    return tensors | {"emoji_odds": (odds * of_emoji / of_words).astype(np.float32)}

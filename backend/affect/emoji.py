"""What the emoji of a text say of its sentiment, by people's ratings of them.

The text encoder hardly reads emoji. English texts have features of their own for them
(`backend.affect.lexical`); in other languages the ratings are added to what the words say.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

EMOJI = ("emoji_codes", "emoji_odds")


class EmojiRatings:
    """Log-odds of positive of the emoji in texts.

    Parameters
    ----------
    tensors : mapping of str to numpy.ndarray
        ``emoji_codes (m,)``, first code points, and ``emoji_odds (m,)``; without them no
        emoji says anything.
    """

    def __init__(self, tensors: Mapping[str, np.ndarray]) -> None:
        codes, odds = (tensors.get(name, np.zeros(0)).tolist() for name in EMOJI)
        self._odds = {chr(int(code)): value for code, value in zip(codes, odds, strict=True)}

    def __call__(self, texts: Sequence[str | None], english: np.ndarray) -> np.ndarray:
        """Mean ``(n,)`` float64 over the different emoji of each text, 0 without any.

        Parameters
        ----------
        texts : sequence of str or None
        english : numpy.ndarray
            ``(n,)`` probability that each text is English: its share is left out.
        """
        found = np.zeros(len(texts))
        for i, text in enumerate(texts):
            rated = [self._odds[sign] for sign in set(text or "") & self._odds.keys()]
            if rated:
                found[i] = (1.0 - english[i]) * np.mean(rated)
        return found


def with_emoji(raw: np.ndarray, odds: np.ndarray) -> np.ndarray:
    """Add log-odds ``(n,)`` to outputs ``(n, 12)``, whose last three are of the sentiments."""
    shifted = raw.copy()
    shifted[:, -3] -= odds / 2
    shifted[:, -1] += odds / 2
    return shifted

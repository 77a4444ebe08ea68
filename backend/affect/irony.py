"""A hint of irony: words that sound positive next to emoji that do not.

Of the contradictions that could tell irony, only this one does so on tweets that people
labelled: `python -m backend evaluate tweeteval --data FOLDER` measures it, and that
sentiment against emotion says as much as chance.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from backend.affect.model import AffectModel
from backend.affect.predict import predict
from backend.domain import Content, Prediction
from backend.text.tokens import split_emoji

if TYPE_CHECKING:
    from backend.bundles.embedder import Embedder

# From this difference on, four of five tweets are ironic, of which two of five are.
LEAST = 0.4


@dataclass(frozen=True, slots=True)
class Contrast:
    """Probability of positive of the words of a text, and of its emoji.

    Attributes
    ----------
    words, emoji : float
    """

    words: float
    emoji: float

    @property
    def ironic(self) -> bool:
        """Whether the words are so much more positive that the text may be ironic."""
        return self.words - self.emoji >= LEAST


def contrasts(
    model: AffectModel, embedder: Embedder, texts: Sequence[str | None]
) -> list[Contrast | None]:
    """Compare the words of texts with their emoji.

    Parameters
    ----------
    model : AffectModel
    embedder : Embedder
        Of the same bundle.
    texts : sequence of str or None

    Returns
    -------
    list of Contrast or None
        In the order of the texts; None for a text without words or emoji.
    """
    found: list[Contrast | None] = [None] * len(texts)
    parts = {i: split_emoji(text) for i, text in enumerate(texts) if text}
    rows = [i for i, (words, emoji) in parts.items() if words and emoji]
    contents = [Content(text=part) for i in rows for part in parts[i]]
    predictions = predict(model, contents, embedder.features(contents))
    for at, i in enumerate(rows):
        words, emoji = predictions[2 * at : 2 * at + 2]
        if isinstance(words, Prediction) and isinstance(emoji, Prediction):
            found[i] = Contrast(words.affect.sentiment.positive, emoji.affect.sentiment.positive)
    return found

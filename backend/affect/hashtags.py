"""What hashtags that name a feeling say: "#fuming", "#disheartening".

An author who tags a feeling says what the post is about, which one word among many hardly
tells the text encoder. Only tags of a single word count, so that "#nothappy" does not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from backend.affect.evidence import OUTPUTS
from backend.text.normalise import words_of_hashtags

TABLE = ("tag_words", "tag_evidence")
# The words of a tag are read once already, within the text, so they count half here. It was not
# tuned: on tweets that people labelled, a quarter and the whole help as much.
WEIGHT = 0.5


class TaggedFeelings:
    """Evidence of the hashtags in texts, in log-odds.

    Parameters
    ----------
    tensors : mapping of str to numpy.ndarray
        ``tag_words (b,)`` uint8, words in UTF-8 with a line each, and ``tag_evidence
        (m, 9)``, columns as in `OUTPUTS`; without them no hashtag says anything.
    """

    def __init__(self, tensors: Mapping[str, np.ndarray]) -> None:
        words = tensors.get(TABLE[0], np.zeros(0, dtype=np.uint8)).tobytes().decode()
        rows = tensors.get(TABLE[1], np.zeros((0, len(OUTPUTS)))).astype(np.float64)
        self._evidence = dict(zip(words.split(), rows, strict=True))

    def __call__(self, texts: Sequence[str | None], english: np.ndarray) -> np.ndarray:
        """Evidence ``(n, 9)`` float64: the mean over the known tags of each text, weighted.

        Parameters
        ----------
        texts : sequence of str or None
        english : numpy.ndarray
            ``(n,)`` probability that each text is English, as the words are.
        """
        found = np.zeros((len(texts), len(OUTPUTS)))
        for i, text in enumerate(texts):
            if not text or "#" not in text:
                continue
            tags = {words[0].lower() for words in words_of_hashtags(text) if len(words) == 1}
            rows = [self._evidence[tag] for tag in sorted(tags & self._evidence.keys())]
            if rows:
                found[i] = WEIGHT * english[i] * np.mean(rows, axis=0)
        return found

"""Text: kernel machines on the text encoder's vectors.

Kernel ridge regression (Saunders, Gammerman and Vovk 1998) with a Gaussian
kernel: far from every text that it was trained on, its scores fall back to
what is known without it. Emotion and sentiment read one another, and what
names a thing and no more is calm.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from backend.affect.evidence import Evidence, logit, sigmoid
from backend.affect.lexical import EMOJIS, ENGLISH, RATINGS, lexical
from backend.joint_space.numpy_model import softmax

BLOCK = 256  # rows of a kernel computed at a time, to bound memory

# Which of the eight emotions are pleasant. Surprise and anticipation can be either.
VALENCE = np.array([1.0, 1.0, -1.0, 0.0, -1.0, -1.0, -1.0, 0.0])
# How far sentiment follows the emotions and these follow it, chosen by
# cross-validation: contradictions fall from 3.6 to 2.4 in a hundred texts, and
# sentiment gains .02 of AUC on the texts with emotions, at no loss elsewhere.
FROM_EMOTION = 0.2
TO_EMOTION = 0.05
SHARPNESS = 6.0  # of the shares of emotions: scores differ by tenths
CALM = 0.8  # how far the sentiment of a neutral text is taken back


class Centre:
    """Takes the language out of text vectors.

    A multilingual encoder places a language's texts together. The language is
    guessed from the vector itself and that language's mean is taken away;
    between languages, or in one that was never seen, a mixture of means.

    Parameters
    ----------
    tensors : mapping of str to numpy.ndarray
        ``language_weight (L, d)``, ``language_bias (L,)``, ``language_mean
        (L, d)``, ``english_weight (d + 1,)``, ``text_scale (1,)``.
    """

    def __init__(self, tensors: Mapping[str, np.ndarray]) -> None:
        self.weight = tensors["language_weight"].astype(np.float64)
        self.bias = tensors["language_bias"].astype(np.float64)
        self.mean = tensors["language_mean"].astype(np.float64)
        self.english = tensors["english_weight"].astype(np.float64)
        self.scale = float(tensors["text_scale"][0])

    def __call__(self, vectors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Take the language out.

        Parameters
        ----------
        vectors : numpy.ndarray
            ``(n, d)``, as the text encoder gives them.

        Returns
        -------
        rows : numpy.ndarray
            ``(n, d)`` float64, about unit length.
        english : numpy.ndarray
            ``(n,)`` how sure it is that each is English.
        """
        rows = np.asarray(vectors, dtype=np.float64)
        shares = softmax(rows @ self.weight.T + self.bias)
        english = sigmoid(rows @ self.english[:-1] + self.english[-1])
        return (rows - shares @ self.mean) * self.scale, english


def kernel(left: np.ndarray, right: np.ndarray, gamma: float) -> np.ndarray:
    """Gaussian kernel ``(n, m)`` of ``(n, d)`` and ``(m, d)``."""
    square = (left**2).sum(1)[:, None] + (right**2).sum(1)[None] - 2.0 * (left @ right.T)
    return np.exp(-gamma * np.maximum(square, 0.0))


class Reading:
    """What the heads read of texts: centred vectors and scaled word-level features.

    Parameters
    ----------
    tensors : mapping of str to numpy.ndarray
        `Centre`'s, and ``lexical_mean (155,)``, ``lexical_scale (155,)``.
    """

    def __init__(self, tensors: Mapping[str, np.ndarray]) -> None:
        self.centre = Centre(tensors)
        self.mean = tensors["lexical_mean"].astype(np.float64)
        self.scale = tensors["lexical_scale"].astype(np.float64)

    def __call__(
        self, vectors: np.ndarray, texts: Sequence[str | None]
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Read texts.

        Parameters
        ----------
        vectors : numpy.ndarray
            ``(n, d)``.
        texts : sequence of str or None

        Returns
        -------
        rows, words, english : numpy.ndarray
            ``(n, d)``, ``(n, 155)`` (zero where a text is not English) and ``(n,)``.
        """
        rows, english = self.centre(vectors)
        there = np.array([english[i] >= ENGLISH and bool(t) for i, t in enumerate(texts)])
        words = (lexical(texts, english) - self.mean) * self.scale
        return rows, words * there[:, None], english * there


HEADS = (
    "support",
    "emotion_weight",
    "emotion_words",
    "emotion_linear",
    "emotion_mean",
    "sentiment_linear",
    "sentiment_local",
    "tweet_weight",
    "gate_weight",
)


class TextHead:
    """Emotion and sentiment of texts.

    Sentiment has two readers: one for any text, and one for tweets in English,
    who also reads VADER's numbers. A gate says how much a text is like a tweet.

    Parameters
    ----------
    tensors : mapping of str to numpy.ndarray
        `Reading`'s, and ``support (m, d)``, ``emotion_weight (m, 9)``,
        ``emotion_words (151, 9)``, ``emotion_linear (d, 9)``, ``emotion_mean
        (9,)``, ``sentiment_linear (d,)``, ``sentiment_local (m,)``,
        ``tweet_weight`` and ``gate_weight`` ``(d + 155 + 1,)``, ``platt (10, 2)``
        (slope and shift of each output, sentiment last), ``prior (9,)``.
    gamma : float
        Width of the kernel.
    """

    def __init__(self, tensors: Mapping[str, np.ndarray], gamma: float) -> None:
        self.reading = Reading(tensors)
        self.gamma = gamma
        self._tensors = {name: tensors[name].astype(np.float64) for name in (*HEADS, "platt")}
        self.prior = logit(tensors["prior"].astype(np.float64))

    def scores(self, vectors: np.ndarray, texts: Sequence[str | None] | None = None) -> np.ndarray:
        """Regression scores.

        Parameters
        ----------
        vectors : numpy.ndarray
            ``(n, d)``, as the text encoder gives them.
        texts : sequence of str or None, optional
            The texts themselves, for the word-level features; left out, they
            are taken to say nothing.

        Returns
        -------
        numpy.ndarray
            ``(n, 10)`` float64: the nine of `OUTPUTS` near [0, 1], then
            sentiment near [-1, 1].
        """
        given = texts if texts is not None else [None] * len(vectors)
        rows, words, english = self.reading(vectors, given)
        return score(self._tensors, self.gamma, rows, words, english)

    def evidence(self, vectors: np.ndarray, texts: Sequence[str | None] | None = None) -> Evidence:
        """What texts say, in log-odds; parameters as for `scores`."""
        platt = self._tensors["platt"]
        odds = self.scores(vectors, texts) * platt[:, 0] + platt[:, 1]
        return Evidence(odds[:, :9] - self.prior, odds[:, 9])


def score(
    tensors: Mapping[str, np.ndarray],
    gamma: float,
    rows: np.ndarray,
    words: np.ndarray,
    english: np.ndarray,
) -> np.ndarray:
    """As `TextHead.scores`, of what `Reading` gave."""
    found = np.empty((len(rows), 10))
    for start in range(0, len(rows), BLOCK):
        some = slice(start, start + BLOCK)
        near = kernel(rows[some], tensors["support"], gamma)
        found[some, :9] = near @ tensors["emotion_weight"]
        found[some, 9] = near @ tensors["sentiment_local"]
    found[:, :9] += words[:, :EMOJIS] @ tensors["emotion_words"] + tensors["emotion_mean"]
    found[:, :9] += rows @ tensors["emotion_linear"]
    sentiment = found[:, 9] + rows @ tensors["sentiment_linear"]
    found[:, :8] += TO_EMOTION * sentiment[:, None] * VALENCE
    sentiment += FROM_EMOTION * (softmax(SHARPNESS * found[:, :8]) @ VALENCE)
    sentiment *= 1.0 - CALM * np.clip(found[:, 8], 0.0, 1.0)
    everything = beside(rows, words)
    gate = sigmoid(everything @ tensors["gate_weight"]) * english
    found[:, 9] = (1.0 - gate) * sentiment + gate * (everything @ tensors["tweet_weight"])
    return found


def beside(rows: np.ndarray, words: np.ndarray) -> np.ndarray:
    """Vectors, word-level features and a constant: ``(n, d + 155 + 1)``."""
    assert words.shape[1] == EMOJIS + RATINGS
    return np.concatenate([rows, words, np.ones((len(rows), 1))], axis=1)

"""The text head: kernel regression on vectors of the text encoder.

Kernel ridge regression (Saunders, Gammerman and Vovk 1998, section 2) with a Gaussian
kernel: far from all training texts the scores fall back to those without evidence. The
scores of emotion and sentiment adjust each other, and a neutral text has a weaker
sentiment.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from backend.affect.evidence import Evidence, logit, sigmoid
from backend.affect.lexical import EMOJIS, ENGLISH, RATINGS, lexical
from backend.joint_space.numpy_model import softmax

BLOCK = 256  # rows of a kernel computed at a time, to bound memory

# Valence of the eight emotions; surprise and anticipation can have either.
VALENCE = np.array([1.0, 1.0, -1.0, 0.0, -1.0, -1.0, -1.0, 0.0])
# Weights of the emotions in the sentiment and of the sentiment in the emotions, chosen by
# cross-validation: contradictions fall from 3.6 % to 2.4 % of the texts, and sentiment
# gains .02 of AUC on the texts with emotions, without loss elsewhere.
FROM_EMOTION = 0.2
TO_EMOTION = 0.05
SHARPNESS = 6.0  # inverse temperature of the softmax over emotions, whose scores differ by tenths
NEUTRAL_SHRINKAGE = 0.8  # of the sentiment of a neutral text


class Centre:
    """Removes the language from text vectors.

    Multilingual encoders cluster texts by language. A classifier predicts the language
    from the vector, and the mean of the languages, weighted by their probabilities, is
    subtracted.

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
        """Remove the language.

        Parameters
        ----------
        vectors : numpy.ndarray
            ``(n, d)``, from the text encoder.

        Returns
        -------
        rows : numpy.ndarray
            ``(n, d)`` float64, of about unit length.
        english : numpy.ndarray
            ``(n,)`` float64: probability that each text is English.
        """
        rows = np.asarray(vectors, dtype=np.float64)
        languages = softmax(rows @ self.weight.T + self.bias)
        english = sigmoid(rows @ self.english[:-1] + self.english[-1])
        return (rows - languages @ self.mean) * self.scale, english


def kernel(left: np.ndarray, right: np.ndarray, gamma: float) -> np.ndarray:
    """Gaussian kernel ``exp(-gamma * |x - y|^2)``, ``(n, m)``, of ``(n, d)`` and ``(m, d)``."""
    square = (left**2).sum(1)[:, None] + (right**2).sum(1)[None] - 2.0 * (left @ right.T)
    return np.exp(-gamma * np.maximum(square, 0.0))


class TextFeatures:
    """Features of texts: centred vectors and scaled lexical features.

    Parameters
    ----------
    tensors : mapping of str to numpy.ndarray
        Those of `Centre`, and ``lexical_mean (155,)``, ``lexical_scale (155,)``.
    """

    def __init__(self, tensors: Mapping[str, np.ndarray]) -> None:
        self.centre = Centre(tensors)
        self.mean = tensors["lexical_mean"].astype(np.float64)
        self.scale = tensors["lexical_scale"].astype(np.float64)

    def __call__(
        self, vectors: np.ndarray, texts: Sequence[str | None]
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Compute the features of texts.

        Parameters
        ----------
        vectors : numpy.ndarray
            ``(n, d)``.
        texts : sequence of str or None

        Returns
        -------
        rows, words, english : numpy.ndarray
            ``(n, d)`` centred vectors, ``(n, 155)`` lexical features (zero where a text is
            not English) and ``(n,)`` probability of English.
        """
        rows, english = self.centre(vectors)
        usable = np.array([english[i] >= ENGLISH and bool(t) for i, t in enumerate(texts)])
        words = (lexical(texts, english) - self.mean) * self.scale
        return rows, words * usable[:, None], english * usable


HEADS = (
    *("support", "emotion_weight", "emotion_words", "emotion_linear", "emotion_mean"),
    *("sentiment_linear", "sentiment_local", "tweet_weight", "gate_weight"),
)


class TextHead:
    """Emotion and sentiment of texts.

    Sentiment has two regressions: one for all texts, and one for English tweets, which
    also uses VADER's ratings. A gate weights them by how much a text resembles a tweet.

    Parameters
    ----------
    tensors : mapping of str to numpy.ndarray
        Those of `TextFeatures`, and ``support (m, d)``, ``emotion_weight (m, 9)``,
        ``emotion_words (151, 9)``, ``emotion_linear (d, 9)``, ``emotion_mean
        (9,)``, ``sentiment_linear (d,)``, ``sentiment_local (m,)``,
        ``tweet_weight`` and ``gate_weight`` ``(d + 155 + 1,)``, ``platt (10, 2)``
        (slope and shift of each output, sentiment last), ``prior (9,)``.
    gamma : float
        Width of the kernel.
    """

    def __init__(self, tensors: Mapping[str, np.ndarray], gamma: float) -> None:
        self.features = TextFeatures(tensors)
        self.gamma = gamma
        self._tensors = {name: tensors[name].astype(np.float64) for name in (*HEADS, "platt")}
        self.prior = logit(tensors["prior"].astype(np.float64))

    def scores(self, vectors: np.ndarray, texts: Sequence[str | None] | None = None) -> np.ndarray:
        """Regression scores.

        Parameters
        ----------
        vectors : numpy.ndarray
            ``(n, d)``, from the text encoder.
        texts : sequence of str or None, optional
            The texts, for the lexical features; without them these are zero.

        Returns
        -------
        numpy.ndarray
            ``(n, 10)`` float64: the nine of `OUTPUTS`, about 0 to 1, then sentiment, about
            -1 to 1.
        """
        known = texts if texts is not None else [None] * len(vectors)
        rows, words, english = self.features(vectors, known)
        return score(self._tensors, self.gamma, rows, words, english)

    def evidence(self, vectors: np.ndarray, texts: Sequence[str | None] | None = None) -> Evidence:
        """The evidence of texts, in log-odds; parameters as for `scores`."""
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
    """Scores ``(n, 10)`` as of `TextHead.scores`, from the output of `TextFeatures`."""
    scores = np.empty((len(rows), 10))
    for start in range(0, len(rows), BLOCK):
        block = slice(start, start + BLOCK)
        near = kernel(rows[block], tensors["support"], gamma)
        scores[block, :9] = near @ tensors["emotion_weight"]
        scores[block, 9] = near @ tensors["sentiment_local"]
    scores[:, :9] += words[:, :EMOJIS] @ tensors["emotion_words"] + tensors["emotion_mean"]
    scores[:, :9] += rows @ tensors["emotion_linear"]
    sentiment = scores[:, 9] + rows @ tensors["sentiment_linear"]
    scores[:, :8] += TO_EMOTION * sentiment[:, None] * VALENCE
    sentiment += FROM_EMOTION * (softmax(SHARPNESS * scores[:, :8]) @ VALENCE)
    sentiment *= 1.0 - NEUTRAL_SHRINKAGE * np.clip(scores[:, 8], 0.0, 1.0)
    combined = join_features(rows, words)
    gate = sigmoid(combined @ tensors["gate_weight"]) * english
    scores[:, 9] = (1.0 - gate) * sentiment + gate * (combined @ tensors["tweet_weight"])
    return scores


def join_features(rows: np.ndarray, words: np.ndarray) -> np.ndarray:
    """Vectors, lexical features and a constant: ``(n, d + 155 + 1)``."""
    assert words.shape[1] == EMOJIS + RATINGS
    return np.concatenate([rows, words, np.ones((len(rows), 1))], axis=1)

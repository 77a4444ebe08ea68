"""Text: kernel machines on the text encoder's vectors.

Kernel ridge regression (Saunders, Gammerman and Vovk 1998) with a Gaussian
kernel: far from every text that it was trained on, the scores fall back to
their mean, which is what "no evidence" should look like.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from backend.affect.evidence import Evidence, logit, softmax

BLOCK = 256  # rows of a kernel computed at a time, to bound memory


class Centre:
    """Takes the language out of text vectors.

    A multilingual encoder places a language's texts together. The language is
    guessed from the vector itself and that language's mean is taken away;
    between languages, or in one that was never seen, a mixture of means.

    Parameters
    ----------
    tensors : mapping of str to numpy.ndarray
        ``language_weight (L, d)``, ``language_bias (L,)``, ``language_mean
        (L, d)``, ``text_scale (1,)``.
    """

    def __init__(self, tensors: Mapping[str, np.ndarray]) -> None:
        self.weight = tensors["language_weight"].astype(np.float64)
        self.bias = tensors["language_bias"].astype(np.float64)
        self.mean = tensors["language_mean"].astype(np.float64)
        self.scale = float(tensors["text_scale"][0])

    def __call__(self, vectors: np.ndarray) -> np.ndarray:
        """Vectors ``(n, d)`` -> centred ones of about unit length."""
        rows = np.asarray(vectors, dtype=np.float64)
        shares = softmax(rows @ self.weight.T + self.bias)
        return (rows - shares @ self.mean) * self.scale


def kernel(left: np.ndarray, right: np.ndarray, gamma: float) -> np.ndarray:
    """Gaussian kernel ``(n, m)`` of ``(n, d)`` and ``(m, d)``."""
    square = (left**2).sum(1)[:, None] + (right**2).sum(1)[None] - 2.0 * (left @ right.T)
    return np.exp(-gamma * np.maximum(square, 0.0))


class TextHead:
    """Emotion and sentiment of texts from their vectors.

    Parameters
    ----------
    tensors : mapping of str to numpy.ndarray
        `Centre`'s, and ``support (m, d)`` (texts with emotion labels first),
        ``emotion_weight (k, 9)`` for the first `k` of them, ``emotion_mean (9,)``,
        ``sentiment_weight (m,)``, ``sentiment_mean (1,)``, ``platt (10, 2)``
        (slope and shift of each output, sentiment last), ``prior (9,)``.
    gamma : float
        Width of the kernel.
    """

    def __init__(self, tensors: Mapping[str, np.ndarray], gamma: float) -> None:
        self.centre = Centre(tensors)
        self.gamma = gamma
        self.support = tensors["support"].astype(np.float64)
        self.emotion_weight = tensors["emotion_weight"].astype(np.float64)
        self.emotion_mean = tensors["emotion_mean"].astype(np.float64)
        self.sentiment_weight = tensors["sentiment_weight"].astype(np.float64)
        self.sentiment_mean = float(tensors["sentiment_mean"][0])
        self.platt = tensors["platt"].astype(np.float64)
        self.prior = logit(tensors["prior"].astype(np.float64))

    def scores(self, vectors: np.ndarray) -> np.ndarray:
        """Regression scores.

        Parameters
        ----------
        vectors : numpy.ndarray
            ``(n, d)``, as the text encoder gives them.

        Returns
        -------
        numpy.ndarray
            ``(n, 10)`` float64: the nine of `OUTPUTS` near [0, 1], then
            sentiment near [-1, 1].
        """
        labelled = len(self.emotion_weight)
        rows = self.centre(vectors)
        found = np.empty((len(rows), 10))
        for start in range(0, len(rows), BLOCK):
            near = kernel(rows[start : start + BLOCK], self.support, self.gamma)
            found[start : start + BLOCK, :9] = near[:, :labelled] @ self.emotion_weight
            found[start : start + BLOCK, 9] = near @ self.sentiment_weight
        found[:, :9] += self.emotion_mean
        found[:, 9] += self.sentiment_mean
        return found

    def evidence(self, vectors: np.ndarray) -> Evidence:
        """What texts say, in log-odds."""
        odds = self.scores(vectors) * self.platt[:, 0] + self.platt[:, 1]
        return Evidence(odds[:, :9] - self.prior, odds[:, 9])

"""The text head: small networks on vectors of the text encoder and lexical features.

A network gives each emotion and neutral a probability of its own, and negative, neutral
and positive one together; it learns both from the same texts. One learns from all texts,
most of them English comments that people labelled; the other only from texts in many
languages, most of them written for this project. A gate weighs them by language and by
what an English text resembles (a mixture of experts: Jacobs et al. 1991).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from backend.affect.evidence import OUTPUTS, Evidence, logit, sigmoid
from backend.affect.lexical import ENGLISH, lexical
from backend.domain import SENTIMENTS, KindredError
from backend.joint_space.numpy_model import softmax

# Valence of the eight emotions; surprise and anticipation can have either.
VALENCE = np.array([1.0, 1.0, -1.0, 0.0, -1.0, -1.0, -1.0, 0.0])
# Weight of the network for many languages: of texts that are not English, and the most
# that an English one gets. Chosen by cross-validation.
ELSEWHERE = 0.7
IN_ENGLISH = 0.9


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
    ) -> tuple[np.ndarray, np.ndarray]:
        """Compute the features of texts.

        Parameters
        ----------
        vectors : numpy.ndarray
            ``(n, d)``.
        texts : sequence of str or None

        Returns
        -------
        features : numpy.ndarray
            ``(n, d + 155)`` float32: centred vectors, of unit variance on average, and
            lexical features, zero where a text is not English.
        english : numpy.ndarray
            ``(n,)`` float64: probability that each text is English.
        """
        rows, english = self.centre(vectors)
        usable = np.array([english[i] >= ENGLISH and bool(t) for i, t in enumerate(texts)])
        words = (lexical(texts, english) - self.mean) * self.scale
        words[~usable] = 0.0
        features = np.concatenate([rows * rows.shape[1] ** 0.5, words], axis=1)
        return features.astype(np.float32), english


NETWORK = ("hidden_weight", "hidden_bias", "output_weight", "output_bias", "direct_weight")
OURS, PEOPLE = "ours_", "people_"  # prefixes of the two networks' tensors


class TextHead:
    """Emotion and sentiment of texts.

    Parameters
    ----------
    tensors : mapping of str to numpy.ndarray
        Those of `TextFeatures` and `Networks`; ``platt (9, 2)``, slope and shift of each
        of `OUTPUTS`; ``sharpness (1,)`` of the sentiments; ``prior (9,)``.

    Raises
    ------
    KindredError
        ``old_bundle`` when the tensors are those of another kind of head.
    """

    def __init__(self, tensors: Mapping[str, np.ndarray]) -> None:
        needed = (*(OURS + name for name in NETWORK), "platt", "sharpness", "prior")
        missing = [name for name in needed if name not in tensors]
        if missing:
            raise KindredError(
                "old_bundle",
                "The bundle's text head is of an older version of Kindred: it has no"
                f" {missing[0]}. Train the bundle again: python -m backend fit.",
            )
        self.features = TextFeatures(tensors)
        self.networks = Networks(tensors)
        self._platt = tensors["platt"].astype(np.float64)
        self._sharpness = float(tensors["sharpness"][0])
        self.prior = logit(tensors["prior"].astype(np.float64))

    def log_odds(
        self, vectors: np.ndarray, texts: Sequence[str | None] | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Calibrated outputs of the networks.

        Parameters
        ----------
        vectors : numpy.ndarray
            ``(n, d)``, from the text encoder.
        texts : sequence of str or None, optional
            The texts, for the lexical features; without them these are zero.

        Returns
        -------
        emotion : numpy.ndarray
            ``(n, 9)`` float64 log-odds, columns as in `OUTPUTS`.
        sentiment : numpy.ndarray
            ``(n, 3)`` float64 probabilities of `SENTIMENTS`.
        """
        known = texts if texts is not None else [None] * len(vectors)
        raw = self.networks(*self.features(vectors, known))
        emotion = raw[:, : len(OUTPUTS)] * self._platt[:, 0] + self._platt[:, 1]
        return emotion, softmax(self._sharpness * raw[:, len(OUTPUTS) :])

    def evidence(self, vectors: np.ndarray, texts: Sequence[str | None] | None = None) -> Evidence:
        """The evidence of texts, in log-odds; parameters as for `log_odds`."""
        emotion, sentiment = self.log_odds(vectors, texts)
        return Evidence(emotion - self.prior, polarity_odds(sentiment))


class Networks:
    """The two networks and their gate; only `OURS` where no comments were trained on.

    Parameters
    ----------
    tensors : mapping of str to numpy.ndarray
        For each prefix (`OURS`, `PEOPLE`), with `f` features and `h` hidden units:
        ``hidden_weight (f, h)``, ``hidden_bias (h,)``, ``output_weight (h, 12)``,
        ``output_bias (12,)``, ``direct_weight (f, 12)``; and ``gate_weight (f + 1,)``.
    """

    def __init__(self, tensors: Mapping[str, np.ndarray]) -> None:
        self._networks = {
            prefix: {name: tensors[prefix + name].astype(np.float32) for name in NETWORK}
            for prefix in (OURS, PEOPLE)
            if prefix + NETWORK[0] in tensors
        }
        self._gate = tensors["gate_weight"].astype(np.float32)

    def __call__(self, features: np.ndarray, english: np.ndarray) -> np.ndarray:
        """Outputs ``(n, 12)`` float64: log-odds of `OUTPUTS`, logits of `SENTIMENTS`.

        Parameters
        ----------
        features, english : numpy.ndarray
            As `TextFeatures` returns them.
        """
        ours = outputs(self._networks[OURS], features)
        if PEOPLE not in self._networks:
            return ours
        alike = sigmoid(features @ self._gate[:-1] + self._gate[-1])
        weight = english * IN_ENGLISH * alike + (1.0 - english) * ELSEWHERE
        people = outputs(self._networks[PEOPLE], features)
        return people + weight[:, None] * (ours - people)


def outputs(network: Mapping[str, np.ndarray], features: np.ndarray) -> np.ndarray:
    """Outputs ``(n, 12)`` float64 of one network for features ``(n, f)`` float32."""
    hidden = np.maximum(features @ network["hidden_weight"] + network["hidden_bias"], 0.0)
    raw = hidden @ network["output_weight"] + network["output_bias"]
    return np.asarray(raw + features @ network["direct_weight"], dtype=np.float64)


def polarity_odds(sentiment: np.ndarray) -> np.ndarray:
    """Log-odds ``(n,)`` of positive from shares of `SENTIMENTS` ``(n, 3)``.

    A neutral text is as near to one pole as to the other.
    """
    assert sentiment.shape[1] == len(SENTIMENTS)
    positive = sentiment[:, 2] + 0.5 * sentiment[:, 1]
    return logit(positive / sentiment.sum(axis=1))

"""The text head: two experts on vectors of the text encoder and lexical features.

An expert gives each emotion and neutral a probability of its own, and negative, neutral
and positive one together; it learns both from the same texts. A network learns from all
texts, most of them English comments that people labelled; a kernel on landmarks only from
texts in many languages, most of them written for this project. A gate weighs them by
language and by what an English text resembles (a mixture of experts: Jacobs et al. 1991).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from backend.affect.emoji import EmojiRatings, with_emoji
from backend.affect.evidence import OUTPUTS, Evidence, logit, sigmoid
from backend.affect.hashtags import TaggedFeelings
from backend.affect.kernel import kernel
from backend.affect.lexical import EMOJIS, ENGLISH, RATINGS, lexical
from backend.domain import SENTIMENTS, KindredError
from backend.joint_space.numpy_model import softmax

# Weight of the kernel for texts that are not English: of its emotions, and of its sentiment,
# which people's comments teach better for plain words.
KERNEL_WEIGHT_NOT_ENGLISH = np.repeat([0.85, 0.6], [len(OUTPUTS), len(SENTIMENTS)])
GAMMA = 1.0  # of the kernel
LEXICAL_SHARE = 0.4  # of the lexical features in the kernel, relative to the vector
LEAST = 0.02  # least share that the kernel predicts
POLES = 0.25  # of neutral that counts for each pole: without it, a neutral text would have one
LEAST_SHARE = 1e-4


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
LANDMARKS = ("landmarks", "kernel_weight", "kernel_bias")
SQUARES = "landmark_squares"  # their squared lengths, computed once
NETWORK_PREFIX = "people_"  # prefix of the network's tensors


class TextHead:
    """Emotion and sentiment of texts.

    Parameters
    ----------
    tensors : mapping of str to numpy.ndarray
        Those of `TextFeatures` and `Experts`; ``platt (9, 2)``, slope and shift of each
        of `OUTPUTS`; ``sharpness (1,)`` of the sentiments; ``prior (9,)``; and where it is
        known which texts are captions, ``naming_weight (d + 1,)``; those of `EmojiRatings`
        and of `TaggedFeelings`.

    Raises
    ------
    KindredError
        ``old_bundle`` when the tensors are those of another kind of head.
    """

    def __init__(self, tensors: Mapping[str, np.ndarray]) -> None:
        needed = (*LANDMARKS, "platt", "sharpness", "prior")
        missing = [name for name in needed if name not in tensors]
        if missing:
            raise KindredError(
                "old_bundle",
                "The bundle's text head is of an older version of Kindred: it has no"
                f" {missing[0]}. Train the bundle again: python -m backend fit.",
            )
        self.features = TextFeatures(tensors)
        self.experts = Experts(tensors)
        self.emoji = EmojiRatings(tensors)
        self.tagged = TaggedFeelings(tensors)
        self._platt = tensors["platt"].astype(np.float64)
        self._sharpness = float(tensors["sharpness"][0])
        self.prior = logit(tensors["prior"].astype(np.float64))
        weight = tensors.get("naming_weight")
        self._caption_weight = None if weight is None else weight.astype(np.float64)

    def log_odds(
        self, vectors: np.ndarray, texts: Sequence[str | None] | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Calibrated outputs of the experts.

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
        features, english = self.features(vectors, known)
        raw = with_emoji(self.experts(features, english), self.emoji(known, english))
        emotion = raw[:, : len(OUTPUTS)] * self._platt[:, 0] + self._platt[:, 1]
        emotion += self.tagged(known, english)
        return emotion, softmax(self._sharpness * raw[:, len(OUTPUTS) :])

    def evidence(self, vectors: np.ndarray, texts: Sequence[str | None] | None = None) -> Evidence:
        """The evidence of texts, in log-odds; parameters as for `log_odds`."""
        emotion, sentiment = self.log_odds(vectors, texts)
        return Evidence(
            emotion - self.prior,
            polarity_odds(sentiment),
            neutral_odds(sentiment),
            self.caption(vectors),
        )

    def caption(self, vectors: np.ndarray) -> np.ndarray:
        """Probability that each text only names things, ``(n,)``; zeros where unknown."""
        if self._caption_weight is None:
            return np.zeros(len(vectors))
        rows = np.asarray(vectors, dtype=np.float64)
        return sigmoid(rows @ self._caption_weight[:-1] + self._caption_weight[-1])


class Experts:
    """The two experts and their gate; only the kernel where no comments were trained on.

    Parameters
    ----------
    tensors : mapping of str to numpy.ndarray
        With `f` features, `m` landmarks and `h` hidden units: of the kernel ``landmarks
        (m, f)``, ``kernel_weight (m, 12)``, ``kernel_bias (12,)``; of the network, each
        with the prefix `NETWORK_PREFIX`, ``hidden_weight (f, h)``, ``hidden_bias (h,)``,
        ``output_weight (h, 12)``, ``output_bias (12,)``, ``direct_weight (f, 12)``; and
        ``gate_weight (f + 1,)``.
    """

    def __init__(self, tensors: Mapping[str, np.ndarray]) -> None:
        # In single precision, odds of rare feelings would change in the fifth digit with the
        # number of texts read at once.
        self._kernel = {name: tensors[name].astype(np.float64) for name in LANDMARKS}
        self._kernel[SQUARES] = (self._kernel["landmarks"] ** 2).sum(1)
        self._network = {
            name: tensors[NETWORK_PREFIX + name].astype(np.float64)
            for name in NETWORK
            if NETWORK_PREFIX + name in tensors
        }
        self._gate = tensors["gate_weight"].astype(np.float64)

    def __call__(self, features: np.ndarray, english: np.ndarray) -> np.ndarray:
        """Outputs ``(n, 12)`` float64: log-odds of `OUTPUTS`, logits of `SENTIMENTS`.

        Parameters
        ----------
        features, english : numpy.ndarray
            As `TextFeatures` returns them.
        """
        features = features.astype(np.float64)
        of_kernel = from_landmarks(self._kernel, features)
        if not self._network:
            return of_kernel
        alike = sigmoid(features @ self._gate[:-1] + self._gate[-1])
        weight = (english * alike)[:, None] + (1.0 - english)[:, None] * KERNEL_WEIGHT_NOT_ENGLISH
        of_network = outputs(self._network, features)
        return of_network + weight * (of_kernel - of_network)


def kernel_rows(features: np.ndarray) -> np.ndarray:
    """Features ``(n, f)`` as the kernel compares them: vectors of about unit length."""
    size = features.shape[1] - EMOJIS - RATINGS
    scale = np.full(features.shape[1], size**-0.5, dtype=np.float32)
    scale[size:] *= LEXICAL_SHARE
    return np.asarray(features * scale)


def from_landmarks(tensors: Mapping[str, np.ndarray], features: np.ndarray) -> np.ndarray:
    """Outputs ``(n, 12)`` float64 of the kernel for features ``(n, f)``."""
    near = kernel(kernel_rows(features), tensors["landmarks"], GAMMA, tensors.get(SQUARES))
    shares = (near @ tensors["kernel_weight"] + tensors["kernel_bias"]).astype(np.float64)
    shares = np.clip(shares, LEAST, 1.0 - LEAST)
    emotion, sentiment = shares[:, : len(OUTPUTS)], shares[:, len(OUTPUTS) :]
    return np.concatenate([logit(emotion), np.log(sentiment)], axis=1)


def outputs(network: Mapping[str, np.ndarray], features: np.ndarray) -> np.ndarray:
    """Outputs ``(n, 12)`` float64 of one network for features ``(n, f)``."""
    hidden = np.maximum(features @ network["hidden_weight"] + network["hidden_bias"], 0.0)
    raw = hidden @ network["output_weight"] + network["output_bias"]
    return np.asarray(raw + features @ network["direct_weight"], dtype=np.float64)


def polarity_odds(sentiment: np.ndarray) -> np.ndarray:
    """Log-odds ``(n,)`` of positive from shares of `SENTIMENTS` ``(n, 3)``.

    A neutral text is as near to one pole as to the other.
    """
    assert sentiment.shape[1] == len(SENTIMENTS)
    negative, positive = (sentiment[:, i] + POLES * sentiment[:, 1] for i in (0, 2))
    return np.asarray(np.log(np.maximum(positive, LEAST_SHARE) / np.maximum(negative, LEAST_SHARE)))


def neutral_odds(sentiment: np.ndarray) -> np.ndarray:
    """Log-odds ``(n,)`` of neutral against either pole, from shares ``(n, 3)``."""
    shares = np.log(np.maximum(sentiment, LEAST_SHARE))
    return np.asarray(shares[:, 1] - (shares[:, 0] + shares[:, 2]) / 2)

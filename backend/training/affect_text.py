"""Training of the text head: centring, kernel ridge regression, Platt scaling."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy.linalg import cho_factor, cho_solve
from sklearn.linear_model import LogisticRegression

from backend.affect.evidence import logit
from backend.affect.text import Centre, kernel
from backend.settings import SEED
from backend.training.affect_labels import Texts

# Chosen by theme-held-out and language-held-out cross-validation: see
# `python -m backend evaluate emotion` and `sentiment`.
GAMMA = 1.0
RIDGE_EMOTION = 0.5
RIDGE_SENTIMENT = 0.5
FOLDS = 5


def fit_centre(vectors: np.ndarray, languages: np.ndarray) -> dict[str, np.ndarray]:
    """Learn to guess a text's language from its vector, and each language's mean.

    Parameters
    ----------
    vectors : numpy.ndarray
        ``(n, d)``, as the text encoder gives them.
    languages : numpy.ndarray
        ``(n,)`` str.

    Returns
    -------
    dict of str to numpy.ndarray
        As `backend.affect.text.Centre` takes them.
    """
    rows = np.asarray(vectors, dtype=np.float64)
    names, codes = np.unique(languages, return_inverse=True)
    means = np.stack([rows[codes == i].mean(0) for i in range(len(names))])
    spread = np.sqrt(((rows - means[codes]) ** 2).sum(1).mean())
    if len(names) > 1:
        middle = rows.mean(0)
        guess = LogisticRegression(C=30.0, max_iter=300).fit((rows - middle) / spread, codes)
        weight, bias = guess.coef_ / spread, guess.intercept_
        if len(names) == 2:
            weight, bias = np.concatenate([-weight, weight]) / 2, np.concatenate([-bias, bias]) / 2
        bias = bias - weight @ middle
    else:
        weight, bias = np.zeros_like(means), np.zeros(1)
    return {
        "language_weight": weight.astype(np.float32),
        "language_bias": bias.astype(np.float32),
        "language_mean": means.astype(np.float32),
        "text_scale": np.array([1.0 / spread], dtype=np.float32),
    }


def ridge(gram: np.ndarray, targets: np.ndarray, strength: float) -> tuple[np.ndarray, np.ndarray]:
    """Dual weights and mean of kernel ridge regression.

    Parameters
    ----------
    gram : numpy.ndarray
        ``(n, n)`` kernel of the training rows.
    targets : numpy.ndarray
        ``(n, k)``.
    strength : float
        Added to the diagonal.

    Returns
    -------
    weights, mean : numpy.ndarray
        ``(n, k)`` and ``(k,)``.
    """
    mean = targets.mean(0)
    system = gram + strength * np.eye(len(gram))
    return cho_solve(cho_factor(system, overwrite_a=True), targets - mean), mean


def folds(groups: np.ndarray, count: int = FOLDS, seed: int = SEED) -> np.ndarray:
    """Each row's fold, ``(n,)`` int64; a group lies in one fold."""
    names, codes = np.unique(groups, return_inverse=True)
    place = np.random.default_rng(seed).permutation(len(names)) % count
    return np.asarray(place[codes])


def out_of_fold(
    gram: np.ndarray, targets: np.ndarray, strength: float, fold: np.ndarray
) -> np.ndarray:
    """Scores ``(n, k)`` of every row by a machine that saw no row of its fold."""
    found = np.empty_like(targets)
    for held, seen in _splits(fold):
        weights, mean = ridge(gram[np.ix_(seen, seen)], targets[seen], strength)
        found[held] = gram[np.ix_(held, seen)] @ weights + mean
    return found


def _splits(fold: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    for k in np.unique(fold):
        yield np.flatnonzero(fold == k), np.flatnonzero(fold != k)


def fit_text(
    vectors: np.ndarray, data: Texts
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Fit the text head.

    Parameters
    ----------
    vectors : numpy.ndarray
        ``(n, d)`` of `data`'s texts; those with emotion labels come first.
    data : Texts

    Returns
    -------
    tensors : dict of str to numpy.ndarray
        As `backend.affect.text.TextHead` takes them.
    held_out : dict of str to numpy.ndarray
        ``emotion (k, 9)`` and ``sentiment (n,)``: log-odds of each text from a
        head that saw no text of its theme, domain or near-duplicate group.
    """
    tensors = fit_centre(vectors, data.languages)
    rows = Centre(tensors)(vectors)
    labelled = int((~np.isnan(data.emotion[:, 0])).sum())
    gram = kernel(rows, rows, GAMMA)
    fold = folds(data.groups)

    emotion = data.emotion[:labelled]
    near = gram[:labelled, :labelled]
    emotion_scores = out_of_fold(near, emotion, RIDGE_EMOTION, fold[:labelled])
    sentiment = data.sentiment[:, None]
    sentiment_scores = out_of_fold(gram, sentiment, RIDGE_SENTIMENT, fold)[:, 0]
    platt = np.array(
        [_platt(emotion_scores[:, i], emotion[:, i]) for i in range(emotion.shape[1])]
        + [_platt(sentiment_scores, (data.sentiment + 1.0) / 2.0, _shares(data))]
    )
    emotion_weight, emotion_mean = ridge(near, emotion, RIDGE_EMOTION)
    sentiment_weight, sentiment_mean = ridge(gram, sentiment, RIDGE_SENTIMENT)
    tensors |= {
        "support": rows.astype(np.float16),
        "emotion_weight": emotion_weight.astype(np.float32),
        "emotion_mean": emotion_mean.astype(np.float32),
        "sentiment_weight": sentiment_weight[:, 0].astype(np.float32),
        "sentiment_mean": sentiment_mean.astype(np.float32),
        "platt": platt.astype(np.float32),
        "prior": prior().astype(np.float32),
    }
    odds = emotion_scores * platt[:9, 0] + platt[:9, 1]
    return tensors, {
        "emotion": odds - logit(prior()),
        "sentiment": sentiment_scores * platt[9, 0] + platt[9, 1],
    }


def prior() -> np.ndarray:
    """Probabilities of the nine outputs for a post of which nothing is known.

    Set, not measured: no corpus of posts with a fair share of each emotion
    exists here. It says that most posts carry none.
    """
    return np.array([0.08] * 8 + [0.5])


def _shares(data: Texts) -> np.ndarray:
    """Weights that make each source count the same."""
    names, codes, counts = np.unique(data.sources, return_inverse=True, return_counts=True)
    return np.asarray(len(data) / len(names) / counts[codes])


def _platt(
    scores: np.ndarray, targets: np.ndarray, weights: np.ndarray | None = None
) -> tuple[float, float]:
    """Slope and shift that turn scores into log-odds of soft targets in [0, 1]."""
    weights = np.ones(len(scores)) if weights is None else weights
    both = np.concatenate([scores, scores])[:, None]
    classes = np.repeat([1, 0], len(scores))
    mass = np.concatenate([weights * targets, weights * (1.0 - targets)])
    fit = LogisticRegression(C=100.0).fit(both, classes, sample_weight=mass)
    return max(float(fit.coef_[0, 0]), 1e-3), float(fit.intercept_[0])

"""Training of what tells languages apart, and of the middle of the vectors of each."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from sklearn.linear_model import LogisticRegression

from backend.affect.fitting.labels import PLAIN, Texts

LANGUAGE_STEPS = 2
NO_LANGUAGE = "zxx"  # of posts of emoji only


def fit_centre(
    vectors: np.ndarray, data: Texts, *, step: Callable[[], None] = lambda: None
) -> dict[str, np.ndarray]:
    """Train the classifier of languages and compute the mean vector of each language.

    Parameters
    ----------
    vectors : numpy.ndarray
        ``(n, d)``, from the text encoder.
    data : Texts
        Plain captions train only the classifier of English: they are too short, in too
        many languages, for means.
    step : callable
        Called after each of `LANGUAGE_STEPS` steps.

    Returns
    -------
    dict of str to numpy.ndarray
        As `backend.affect.text.Centre` takes them.
    """
    all_features = np.asarray(vectors, dtype=np.float64)
    own = data.sources != PLAIN
    rows = all_features[own]
    names, codes = np.unique(data.languages[own], return_inverse=True)
    means = np.stack([rows[codes == i].mean(0) for i in range(len(names))])
    deviation = max(float(np.sqrt(((rows - means[codes]) ** 2).sum(1).mean())), 1e-9)
    weight, bias = np.zeros_like(means), np.zeros(len(names))
    if len(names) > 1:
        middle = rows.mean(0)
        guess = LogisticRegression(C=30.0, max_iter=300).fit((rows - middle) / deviation, codes)
        weight, bias = guess.coef_ / deviation, guess.intercept_
        if len(names) == 2:
            weight, bias = np.concatenate([-weight, weight]) / 2, np.concatenate([-bias, bias]) / 2
        bias = bias - weight @ middle
    step()
    english = _fit_english(all_features, data.languages)
    step()
    return {
        "language_weight": weight.astype(np.float32),
        "language_bias": bias.astype(np.float32),
        "language_mean": means.astype(np.float32),
        "english_weight": english.astype(np.float32),
        "text_scale": np.array([1.0 / deviation], dtype=np.float32),
    }


def _fit_english(rows: np.ndarray, languages: np.ndarray) -> np.ndarray:
    """Log-odds that a text is English: weights ``(d,)`` and a constant."""
    has_language = languages != NO_LANGUAGE
    rows, english = rows[has_language], languages[has_language] == "en"
    if english.all() or not english.any():
        return np.append(np.zeros(rows.shape[1]), 10.0 if english.any() else -10.0)
    middle = rows.mean(0)
    deviation = max(float(np.sqrt(((rows - middle) ** 2).sum(1).mean())), 1e-9)
    fit = LogisticRegression(C=30.0, class_weight="balanced", max_iter=300)
    fit.fit((rows - middle) / deviation, english)
    weight = fit.coef_[0] / deviation
    return np.append(weight, fit.intercept_[0] - weight @ middle)

"""Logistic regression on the vectors of a system (JTAV, Liang et al. 2018, sec. 4.1)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from backend.classifiers.dataset import Fold

STRENGTHS = (3e-4, 3e-3, 3e-2, 3e-1)  # inverse penalties, the strongest first


def logistic(vectors: np.ndarray, fold: Fold) -> Callable[[np.ndarray], np.ndarray]:
    """Fit logistic regression on the training rows that have a vector.

    The penalty is chosen by the likelihood of the validation rows.

    Parameters
    ----------
    vectors : numpy.ndarray
        ``(n, d)``; a row of NaN where a post has none.
    fold : Fold

    Returns
    -------
    callable
        Vectors ``(m, d)`` -> probabilities ``(m, classes)``.
    """
    from sklearn.linear_model import LogisticRegression

    fold = fold.where(has_vector(vectors))
    labels, train, val = fold.labels, fold.train_rows, fold.val_rows
    mean = np.nanmean(vectors[train], axis=0)
    scale = np.nanstd(vectors[train], axis=0)
    scale = 1.0 / np.maximum(scale, 0.1 * max(float(scale.mean()), 1e-6))

    def standardised(rows: np.ndarray) -> np.ndarray:
        return np.nan_to_num((rows - mean) * scale)

    def predict(model: LogisticRegression, rows: np.ndarray) -> np.ndarray:
        probabilities = np.full((len(rows), fold.classes), 1e-6)
        probabilities[:, model.classes_] = model.predict_proba(standardised(rows))
        return probabilities / probabilities.sum(1, keepdims=True)

    best: tuple[float, LogisticRegression] | None = None
    for strength in STRENGTHS:
        model = LogisticRegression(C=strength, max_iter=300)
        model.fit(standardised(vectors[train]), labels[train])
        loss = 0.0
        if len(val):  # otherwise the first, most regularised one is kept
            true = predict(model, vectors[val])[np.arange(len(val)), labels[val]]
            loss = -float(np.log(np.maximum(true, 1e-12)).mean())
        if best is None or loss < best[0]:
            best = (loss, model)
    assert best is not None
    chosen = best[1]
    return lambda rows: predict(chosen, rows)


def has_vector(vectors: np.ndarray) -> np.ndarray:
    """Return which rows ``(n, d)`` are not all NaN, ``(n,)`` bool."""
    return ~np.isnan(vectors).all(1)

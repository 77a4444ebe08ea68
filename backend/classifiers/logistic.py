"""Logistic regression on what a system learnt (JTAV sec. 4.1: "the classifier")."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

Scores = Callable[[np.ndarray], np.ndarray]


def logistic(
    vectors: np.ndarray, labels: np.ndarray, seen: np.ndarray, stop: np.ndarray, classes: int
) -> Scores:
    """Logistic regression on what a system learnt (JTAV sec. 4.1: "the classifier").

    Its strength is chosen by the likelihood of the posts to stop by.

    Parameters
    ----------
    vectors : numpy.ndarray
        ``(n, d)``; a row of NaN stands for what is missing.
    labels : numpy.ndarray
    seen, stop : numpy.ndarray
        Rows, with or without vectors.
    classes : int

    Returns
    -------
    callable
        Vectors ``(m, d)`` -> probabilities ``(m, classes)``.
    """
    from sklearn.linear_model import LogisticRegression

    mean = np.nanmean(vectors[seen], axis=0)
    scale = np.nanstd(vectors[seen], axis=0)
    scale = 1.0 / np.maximum(scale, 0.1 * max(float(scale.mean()), 1e-6))

    def ready(rows: np.ndarray) -> np.ndarray:
        return np.nan_to_num((rows - mean) * scale)

    def shares(machine: LogisticRegression, rows: np.ndarray) -> np.ndarray:
        found = np.full((len(rows), classes), 1e-6)
        found[:, machine.classes_] = machine.predict_proba(ready(rows))
        return found / found.sum(1, keepdims=True)

    best: tuple[float, LogisticRegression] | None = None
    for strength in (3e-4, 3e-3, 3e-2, 3e-1):
        machine = LogisticRegression(C=strength, max_iter=300)
        machine.fit(ready(vectors[seen]), labels[seen])
        loss = 0.0
        if len(stop):  # else the first, the most careful, stays
            picked = shares(machine, vectors[stop])[np.arange(len(stop)), labels[stop]]
            loss = -float(np.log(np.maximum(picked, 1e-12)).mean())
        if best is None or loss < best[0]:
            best = (loss, machine)
    assert best is not None
    chosen = best[1]
    return lambda rows: shares(chosen, rows)

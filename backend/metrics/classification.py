"""Classification metrics that the papers report."""

from __future__ import annotations

import numpy as np
from sklearn.metrics import f1_score, roc_auc_score


def weighted_auc(truth: np.ndarray, scores: np.ndarray) -> float:
    """Area under the ROC curve of each class as the positive one, weighted by support.

    For two classes both areas are the same, so this is the plain area.
    """
    return float(roc_auc_score(truth, scores))


def weighted_f1(truth: np.ndarray, guess: np.ndarray) -> float:
    """F1 of each class, weighted by support (JTAV, sec. 4.2)."""
    return float(f1_score(truth, guess, average="weighted", zero_division=0))


def macro_f1(truth: np.ndarray, guess: np.ndarray) -> float:
    """Mean F1 of the classes."""
    return float(f1_score(truth, guess, average="macro"))


def correlation(left: np.ndarray, right: np.ndarray) -> float:
    """Pearson's r."""
    return float(np.corrcoef(left, right)[0, 1])

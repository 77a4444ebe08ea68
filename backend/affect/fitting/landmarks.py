"""Kernel ridge regression on landmarks, for the texts written for this project.

A few thousand texts teach a kernel more than a network: the Nyström approximation
(Williams and Seeger 2001) keeps a sample of their vectors in place of all of them.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.linalg import LinAlgError, cho_factor, cho_solve

from backend.affect.kernel import kernel
from backend.affect.text import GAMMA, kernel_rows
from backend.settings import SEED

LANDMARKS = 2_000
RIDGE = 1.0
_JITTER = 1e-3  # of sums in single precision


def fit_landmarks(
    features: np.ndarray,
    targets: tuple[np.ndarray, ...],
    weight: np.ndarray,
    candidates: np.ndarray,
    step: Callable[[], None] = lambda: None,
) -> dict[str, np.ndarray]:
    """Regress targets on the features of texts.

    Parameters
    ----------
    features : numpy.ndarray
        ``(n, f)`` float32, as of `backend.affect.text.TextFeatures`.
    targets : tuple of numpy.ndarray
        Each ``(n, k)``; rows with NaN are not labelled.
    weight : numpy.ndarray
        ``(n,)``.
    candidates : numpy.ndarray
        Rows to sample landmarks from.
    step : callable
        Called when the kernel is computed, and after each of the targets.

    Returns
    -------
    dict of str to numpy.ndarray
        ``landmarks (m, f)`` float16, ``kernel_weight (m, k)`` and ``kernel_bias (k,)``, with
        the columns of all targets.
    """
    rng = np.random.default_rng(SEED)
    chosen = np.sort(rng.permutation(candidates)[:LANDMARKS])
    rows = kernel_rows(features)
    landmarks = rows[chosen].astype(np.float16)
    known = landmarks.astype(np.float32)
    gram = kernel(known, known, GAMMA)
    near = kernel(rows, known, GAMMA)
    step()
    weights, means = [], []
    for target in targets:
        labelled = ~np.isnan(target).any(axis=1)
        mass = (weight[labelled] / weight[labelled].mean())[:, None].astype(np.float32)
        x, y = near[labelled], target[labelled]
        mean = (mass * y).sum(axis=0) / mass.sum()
        system = (x.T @ (mass * x) + RIDGE * gram).astype(np.float64)
        right = (x.T @ (mass * (y - mean)).astype(np.float32)).astype(np.float64)
        weights.append(_solve(system, right))
        means.append(mean)
        step()
    return {
        "landmarks": landmarks,
        "kernel_weight": np.concatenate(weights, axis=1).astype(np.float32),
        "kernel_bias": np.concatenate(means).astype(np.float32),
    }


def _solve(system: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Solve a system of a symmetric matrix ``(m, m)``."""
    system.flat[:: len(system) + 1] += _JITTER
    try:
        return np.asarray(cho_solve(cho_factor(system), right))
    except LinAlgError:  # the texts are too much alike
        return np.asarray(np.linalg.lstsq(system, right, rcond=None)[0])

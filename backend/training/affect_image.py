"""Training of the image head: what concepts say, and what drawn faces show."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from sklearn.linear_model import LogisticRegression

from backend.settings import SEED

COMPONENTS = 128
RIDGE_FACE = 1.0
COUNTED = 5  # annotations that an emoji needs


@dataclass(frozen=True, slots=True, eq=False)
class Drawings:
    """Emoji in several drawing styles, and other images.

    Attributes
    ----------
    vectors : numpy.ndarray
        ``(n, d)`` float32 image features.
    styles, groups : numpy.ndarray
        ``(n,)`` str; a group is one emoji in every style, or one drawing.
    face : numpy.ndarray
        ``(n,)`` bool: a face emoji.
    polarity : numpy.ndarray
        ``(n,)`` float64 in [-1, 1]: human judgements; NaN where there are none.
    names : list of str
        What the drawing shows, in English.
    """

    vectors: np.ndarray
    styles: np.ndarray
    groups: np.ndarray
    face: np.ndarray
    polarity: np.ndarray
    names: list[str]

    def take(self, rows: np.ndarray) -> Drawings:
        """Some rows, by place."""
        return Drawings(
            self.vectors[rows],
            self.styles[rows],
            self.groups[rows],
            self.face[rows],
            self.polarity[rows],
            [self.names[i] for i in rows],
        )


def fit_faces(
    drawings: Drawings, shown: np.ndarray, *, components: int = COMPONENTS
) -> dict[str, np.ndarray]:
    """Fit the face detector and what faces show.

    Parameters
    ----------
    drawings : Drawings
        Faces and other images.
    shown : numpy.ndarray
        ``(n, 10)`` targets of a face, in log-odds: nine of `OUTPUTS` as the text
        head reads the emoji's name (taught), sentiment as people judged it.
    components : int
        Directions of the features that are kept.

    Returns
    -------
    dict of str to numpy.ndarray
        ``face_mean``, ``face_basis``, ``face_gate``, ``face_weight``; empty when
        there are too few faces.
    """
    faces = np.flatnonzero(drawings.face)
    if len(faces) < 20 or drawings.face.all():
        return {}
    rows = drawings.vectors.astype(np.float64)
    mean, basis = whiten(rows[faces], components)
    low = np.concatenate([(rows - mean) @ basis, np.ones((len(rows), 1))], axis=1)
    gate = LogisticRegression(C=0.03, class_weight="balanced", max_iter=500, random_state=SEED)
    gate.fit(low[:, :-1], drawings.face)
    known = faces[~np.isnan(shown[faces]).any(1)]
    return {
        "face_mean": mean.astype(np.float32),
        "face_basis": basis.astype(np.float32),
        "face_gate": np.append(gate.coef_[0], gate.intercept_[0]).astype(np.float32),
        "face_weight": _ridge(low[known], shown[known], RIDGE_FACE).astype(np.float32),
    }


def whiten(rows: np.ndarray, components: int) -> tuple[np.ndarray, np.ndarray]:
    """Mean ``(d,)`` and basis ``(d, k)`` of principal components of equal variance."""
    mean = rows.mean(0)
    _, values, axes = np.linalg.svd(rows - mean, full_matrices=False)
    keep = min(components, int((values > 1e-6 * values[0]).sum()))
    # Damped, so that the smallest directions, mostly noise, are not blown up.
    scale = np.sqrt(len(rows)) / np.sqrt(values[:keep] ** 2 + values[:keep].mean() ** 2)
    return mean, (axes[:keep].T * scale)


def _ridge(rows: np.ndarray, targets: np.ndarray, strength: float) -> np.ndarray:
    """Weights ``(k + 1, outputs)``; the last row is the intercept, not shrunk."""
    penalty = strength * len(rows) * np.eye(rows.shape[1])
    penalty[-1, -1] = 0.0
    return np.asarray(np.linalg.solve(rows.T @ rows + penalty, rows.T @ targets))


def shrink(heard: np.ndarray, said: np.ndarray) -> np.ndarray:
    """How far to trust concepts: regress what captions say on what concepts say.

    Parameters
    ----------
    heard : numpy.ndarray
        ``(n, 10)`` evidence of the images' concepts, by images whose ...
    said : numpy.ndarray
        ``(n, 10)`` ... captions say this.

    Returns
    -------
    numpy.ndarray
        ``(10, 2)`` slope in [0, 1] and shift, so that an ordinary image says nothing.
    """
    middle = np.median(heard, axis=0)
    away = heard - middle
    slope = (away * (said - said.mean(0))).sum(0) / np.maximum((away**2).sum(0), 1e-12)
    slope = np.clip(slope, 0.0, 1.0)
    return np.stack([slope, -slope * middle], axis=1)

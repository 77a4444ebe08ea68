"""Training of the image head: how far to trust concepts, and the emotions of drawn faces."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import cho_factor, cho_solve
from sklearn.linear_model import LogisticRegression

from backend.affect.image import GAMMA_FACE
from backend.affect.kernel import kernel
from backend.core.vectors import normalize
from backend.settings import SEED

COMPONENTS = 256
RIDGE_FACE = 0.3


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
        ``(n,)`` bool: whether the emoji is a face.
    polarity : numpy.ndarray
        ``(n,)`` float64 in [-1, 1]: mean human rating; NaN where there is none.
    names : list of str
        What the drawing shows, in English.
    """

    vectors: np.ndarray
    styles: np.ndarray
    groups: np.ndarray
    face: np.ndarray
    polarity: np.ndarray
    names: list[str]

    @property
    def rated(self) -> np.ndarray:
        """Whether people rated the emoji, ``(n,)`` bool."""
        return ~np.isnan(self.polarity) & (self.styles != "")

    def take(self, rows: np.ndarray) -> Drawings:
        """Return the drawings at some indices."""
        arrays = ("vectors", "styles", "groups", "face", "polarity")
        taken = {name: getattr(self, name)[rows] for name in arrays}
        return Drawings(**taken, names=[self.names[i] for i in rows])


def fit_faces(
    drawings: Drawings, targets: np.ndarray, *, components: int = COMPONENTS
) -> dict[str, np.ndarray]:
    """Fit the detector of faces and the regression of their emotions.

    Parameters
    ----------
    drawings : Drawings
        Faces and other images.
    targets : numpy.ndarray
        ``(n, 10)`` log-odds of faces, as from `heads.face_targets`; rows of NaN for
        other and unrated drawings.
    components : int
        Number of directions of the features to keep.

    Returns
    -------
    dict of str to numpy.ndarray
        As `backend.affect.image.ImageHead` takes them; empty when there are too
        few faces.
    """
    known = np.flatnonzero(drawings.face & ~np.isnan(targets).any(1))
    if len(known) < 20 or drawings.face.all():
        return {}
    mean = drawings.vectors[known].mean(0, dtype=np.float64)
    basis = style_free(drawings, components)
    low = (drawings.vectors.astype(np.float64) - mean) @ basis
    gate = LogisticRegression(C=0.03, class_weight="balanced", max_iter=500, random_state=SEED)
    gate.fit(low, drawings.face)
    faces = normalize(low[known])
    gram = kernel(faces, faces, GAMMA_FACE)
    weight, base = ridge(gram, targets[known], RIDGE_FACE)
    return {
        "face_mean": mean.astype(np.float32),
        "face_basis": basis.astype(np.float32),
        "face_gate": np.append(gate.coef_[0], gate.intercept_[0]).astype(np.float32),
        "face_support": faces.astype(np.float32),
        "face_weight": weight.astype(np.float32),
        "face_base": base.astype(np.float32),
    }


def style_free(drawings: Drawings, components: int) -> np.ndarray:
    """Directions in which emoji differ more than drawings of the same emoji.

    Within-class covariance normalisation (Hatch, Kajarekar and Stolcke 2006),
    an emoji being a class and its drawing styles the unwanted variation; needs
    no labels, so every emoji helps. Returns ``(d, k)``, k at most `components`; projected
    features have about unit length.
    """
    emoji = np.flatnonzero(drawings.styles != "")
    rows = drawings.vectors[emoji].astype(np.float64)
    styles = drawings.styles[emoji]
    for style in np.unique(styles):
        rows[styles == style] -= rows[styles == style].mean(0)
    _, group, counts = np.unique(drawings.groups[emoji], return_inverse=True, return_counts=True)
    sums = np.zeros((len(counts), rows.shape[1]))
    np.add.at(sums, group, rows)
    several = counts[group] > 1
    inside = (rows - (sums / counts[:, None])[group])[several]
    within = inside.T @ inside / max(1, len(inside))
    within += np.eye(len(within)) * max(np.trace(within) / len(within), 1e-9)
    values, axes = np.linalg.eigh(within)
    white = axes / np.sqrt(values)
    spread, directions = np.linalg.eigh(white.T @ (rows.T @ rows / len(rows)) @ white)
    keep = np.argsort(-spread)[:components]
    return white @ directions[:, keep] / np.sqrt(spread[keep].sum())


def shrink(concepts: np.ndarray, captions: np.ndarray) -> np.ndarray:
    """Fit how far to trust concepts: regress the evidence of captions on that of concepts.

    Parameters
    ----------
    concepts, captions : numpy.ndarray
        ``(n, 10)`` log-odds from the concepts and from the captions of the same images.

    Returns
    -------
    numpy.ndarray
        ``(10, 2)``: slope in [0, 1] and shift; the median image has no evidence.
    """
    median = np.median(concepts, axis=0)
    centred = concepts - median
    slope = (centred * (captions - captions.mean(0))).sum(0)
    slope /= np.maximum((centred**2).sum(0), 1e-12)
    slope = np.clip(slope, 0.0, 1.0)
    return np.stack([slope, -slope * median], axis=1)


def ridge(gram: np.ndarray, targets: np.ndarray, strength: float) -> tuple[np.ndarray, np.ndarray]:
    """Dual weights and mean of kernel ridge regression.

    Parameters
    ----------
    gram : numpy.ndarray
        ``(n, n)`` kernel of the training rows; single precision is enough.
    targets : numpy.ndarray
        ``(n, k)``.
    strength : float
        Added to the diagonal.

    Returns
    -------
    weights, mean : numpy.ndarray
        ``(n, k)`` and ``(k,)`` float64.
    """
    mean = targets.mean(0)
    system = gram.astype(np.float32)
    system.flat[:: len(system) + 1] += np.float32(strength)
    factor = cho_factor(system, overwrite_a=True, check_finite=False)
    return cho_solve(factor, (targets - mean).astype(np.float32)).astype(np.float64), mean

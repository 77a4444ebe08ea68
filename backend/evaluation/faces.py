"""Polarity of drawn faces, in a drawing style and of emoji that training never saw."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from backend import encoders as registry
from backend.affect.fitting.drawings import read_drawings
from backend.affect.fitting.image import Drawings, fit_faces
from backend.affect.fitting.text import folds
from backend.affect.image import ImageHead
from backend.domain import Modality
from backend.metrics import classification
from backend.metrics.result import Measurement, ResultTable
from backend.settings import ASSETS, SEED, settings
from backend.training.feature_cache import FeatureCache

Progress = Callable[[int, int], None]

FOLDS = 5
NO_CONCEPTS = {"concept_evidence": np.zeros((0, 10)), "concept_scale": np.zeros((10, 2))}
DRAWS = 1000
SUMMARY = "polarity of face emoji, unseen style and unseen emoji"
NOTES = (
    "Human labels (how tweets with the emoji were judged). Each style is left out in turn, and of",
    "the others every emoji of the tested fold too. The head learns sentiment only, not the names.",
    "Intervals: bootstrap over emoji. Chance is .5.",
)


def measure(encoders: Mapping[Modality, str], progress: Progress | None = None) -> ResultTable:
    """Measure the face head.

    Parameters
    ----------
    encoders : mapping of Modality to str
    progress : callable, optional

    Returns
    -------
    ResultTable
    """
    encoder = registry.get(
        encoders[Modality.IMAGE], modality=Modality.IMAGE, device=settings().device
    )
    drawings = read_drawings(ASSETS, encoder, FeatureCache())
    fold = folds(drawings.groups, FOLDS)
    known = drawings.face & ~np.isnan(drawings.polarity)
    styles = [s for s in sorted(set(drawings.styles[known])) if (drawings.styles == s).any()]
    figures = []
    for done, style in enumerate(styles, start=1):
        mine = known & (drawings.styles == style) & (np.abs(drawings.polarity) > 0.1)
        if mine.sum() < 20:
            continue
        scores = np.full(len(fold), np.nan)
        for k in range(FOLDS):
            seen = (drawings.styles != style) & (fold != k)
            held = mine & (fold == k)
            if held.any():
                scores[held] = _fit_and_score(drawings, seen, drawings.vectors[held])
        truth = drawings.polarity[mine] > 0
        auc = classification.weighted_auc(truth, scores[mine])
        low, high = _auc_interval(truth, scores[mine])
        figures.append(Measurement(style, "face head", "AUC", auc, low, high, int(mine.sum())))
        if progress is not None:
            progress(done, len(styles))
    return ResultTable("faces", SUMMARY, tuple(figures), NOTES)


def _fit_and_score(drawings: Drawings, seen: np.ndarray, vectors: np.ndarray) -> np.ndarray:
    some = drawings.take(np.flatnonzero(seen))
    shown = np.zeros((len(some.vectors), 10))
    shown[:, 9] = np.where(some.face, 2.0 * some.polarity, np.nan)
    fitted = fit_faces(some, shown)
    head = ImageHead(fitted | NO_CONCEPTS, {"concepts": [], "word_temperature": 1.0}, None)
    return head.faces(vectors)[1][:, 9]


def _auc_interval(truth: np.ndarray, scores: np.ndarray) -> tuple[float, float]:
    rng = np.random.default_rng(SEED)
    found: list[float] = []
    while len(found) < DRAWS:
        rows = rng.integers(0, len(truth), len(truth))
        if truth[rows].any() and not truth[rows].all():
            found.append(classification.weighted_auc(truth[rows], scores[rows]))
    low, high = np.quantile(found, [0.025, 0.975])
    return float(low), float(high)

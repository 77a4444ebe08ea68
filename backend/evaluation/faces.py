"""Polarity of drawn faces, in a drawing style and of emoji that training never saw."""

from __future__ import annotations

import numpy as np

from backend.affect.fitting.drawings import read_drawings
from backend.affect.fitting.image import Drawings, fit_faces
from backend.affect.fitting.text import folds
from backend.affect.image import ImageHead
from backend.domain import Modality
from backend.evaluation.tables import Evaluation, Measured
from backend.metrics import classification
from backend.metrics.result import Measurement
from backend.settings import ASSETS, SEED
from backend.training.feature_cache import FeatureCache

FOLDS = 5
NO_CONCEPTS = {"concept_evidence": np.zeros((0, 10)), "concept_scale": np.zeros((10, 2))}
DRAWS = 1000
NOTES = (
    "Human labels (how tweets with the emoji were rated). Each style is left out in turn, and the",
    "tested fold's emoji are left out of the other styles too. The head learns sentiment only, not",
    "the names.",
    "Intervals: bootstrap over emoji. Chance is .5.",
)


def measure(evaluation: Evaluation) -> Measured:
    """Measure the face head."""
    encoder = evaluation.encoder(Modality.IMAGE)
    drawings = read_drawings(ASSETS, encoder, FeatureCache())
    fold = folds(drawings.groups, FOLDS)
    known = drawings.face & ~np.isnan(drawings.polarity)
    styles = [s for s in sorted(set(drawings.styles[known])) if (drawings.styles == s).any()]
    measurements = []
    for done, style in enumerate(styles, start=1):
        mine = known & (drawings.styles == style) & (np.abs(drawings.polarity) > 0.1)
        if mine.sum() < 20:
            continue
        scores = np.full(len(fold), np.nan)
        for k in range(FOLDS):
            train = (drawings.styles != style) & (fold != k)
            test = mine & (fold == k)
            if test.any():
                scores[test] = _fit_and_score(drawings, train, drawings.vectors[test])
        truth = drawings.polarity[mine] > 0
        auc = classification.weighted_auc(truth, scores[mine])
        low, high = _auc_interval(truth, scores[mine])
        measurements.append(Measurement(style, "face head", "AUC", auc, low, high, int(mine.sum())))
        evaluation.on_progress(done, len(styles))
    return measurements, NOTES


def _fit_and_score(drawings: Drawings, train: np.ndarray, vectors: np.ndarray) -> np.ndarray:
    some = drawings.take(np.flatnonzero(train))
    shown = np.zeros((len(some.vectors), 10))
    shown[:, 9] = np.where(some.face, 2.0 * some.polarity, np.nan)
    fitted = fit_faces(some, shown)
    head = ImageHead(fitted | NO_CONCEPTS, {"concepts": [], "word_temperature": 1.0}, None)
    return head.faces(vectors)[1][:, 9]


def _auc_interval(truth: np.ndarray, scores: np.ndarray) -> tuple[float, float]:
    rng = np.random.default_rng(SEED)
    areas: list[float] = []
    while len(areas) < DRAWS:
        rows = rng.integers(0, len(truth), len(truth))
        if truth[rows].any() and not truth[rows].all():
            areas.append(classification.weighted_auc(truth[rows], scores[rows]))
    low, high = np.quantile(areas, [0.025, 0.975])
    return float(low), float(high)

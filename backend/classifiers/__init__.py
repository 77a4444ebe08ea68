"""Training on a corpus's own labels: models, comparisons, jobs, and the bundle they end in."""

from backend.classifiers.catalogue import GROUPS, MODELS, ModelInfo
from backend.classifiers.job import ACTIVE, BUDGETS, Budget, EpochPoint, Job, Request, State
from backend.classifiers.label_columns import TrainableLabel
from backend.classifiers.predict import classify

__all__ = [
    "ACTIVE",
    "BUDGETS",
    "GROUPS",
    "MODELS",
    "Budget",
    "EpochPoint",
    "Job",
    "ModelInfo",
    "Request",
    "State",
    "TrainableLabel",
    "classify",
]

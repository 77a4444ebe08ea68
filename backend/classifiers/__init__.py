"""Training on a corpus's own labels: models, comparisons, jobs, and the bundle they end in."""

from backend.classifiers.catalogue import GROUPS, MODELS, ModelInfo
from backend.classifiers.label_columns import TrainableLabel
from backend.classifiers.predict import classify
from backend.classifiers.training_job import (
    ACTIVE,
    BUDGETS,
    Budget,
    EpochPoint,
    Request,
    TrainingJob,
    TrainingState,
)

__all__ = [
    "ACTIVE",
    "BUDGETS",
    "GROUPS",
    "MODELS",
    "Budget",
    "EpochPoint",
    "ModelInfo",
    "Request",
    "TrainableLabel",
    "TrainingJob",
    "TrainingState",
    "classify",
]

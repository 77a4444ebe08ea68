"""Training on a corpus's own labels: models, comparisons, jobs, and the bundle they end in."""

from backend.classifiers.catalogue import GROUPS, MODELS, Model
from backend.classifiers.job import ACTIVE, BUDGETS, Budget, Job, Point, Request, State
from backend.classifiers.label_columns import LabelInfo
from backend.classifiers.predict import classify

__all__ = [
    "ACTIVE",
    "BUDGETS",
    "GROUPS",
    "MODELS",
    "Budget",
    "Job",
    "LabelInfo",
    "Model",
    "Point",
    "Request",
    "State",
    "classify",
]

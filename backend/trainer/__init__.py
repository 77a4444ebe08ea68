"""Training on a corpus's own labels: models, comparisons, jobs, and the bundle they end in."""

from typing import TYPE_CHECKING

from backend.trainer.catalogue import GROUPS, MODELS, Model
from backend.trainer.job import ACTIVE, BUDGETS, Budget, Job, Point, Request, State
from backend.trainer.runs import Runs
from backend.trainer.trainer import Trained, Trainer
from backend.training.classifier import classify
from backend.training.labels import LabelInfo

if TYPE_CHECKING:
    from backend.evaluation import Figure, Result

__all__ = [
    "ACTIVE",
    "BUDGETS",
    "GROUPS",
    "MODELS",
    "Budget",
    "Figure",
    "Job",
    "LabelInfo",
    "Model",
    "Point",
    "Request",
    "Result",
    "Runs",
    "State",
    "Trained",
    "Trainer",
    "classify",
]

"""Error analysis: how good a model is on labelled posts, where it fails, why, and what to do next.

Everything works on posts known by their ids: every figure can name the posts
behind it.
"""

from backend.errors.calibration import Threshold
from backend.errors.judged import Judged, Predicted, judge
from backend.errors.names import called, introduced
from backend.errors.noise import NOISES
from backend.errors.robustness import SAMPLE, Drop
from backend.errors.truth import LabelInfo, Labelled
from backend.errors.versus import Versus

__all__ = [
    "NOISES",
    "SAMPLE",
    "Drop",
    "Judged",
    "LabelInfo",
    "Labelled",
    "Predicted",
    "Threshold",
    "Versus",
    "called",
    "introduced",
    "judge",
]

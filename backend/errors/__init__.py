"""Error analysis: how good a model is on labelled posts, where it fails, why, and what to do next.

Everything works on posts known by their ids: every figure can name the posts
behind it.
"""

from backend.errors.judged import Judged, Predicted, judge
from backend.errors.robustness import SAMPLE
from backend.errors.truth import LabelInfo, Labelled

__all__ = ["SAMPLE", "Judged", "LabelInfo", "Labelled", "Predicted", "judge"]

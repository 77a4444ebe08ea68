"""Error analysis: how good a model is on labelled posts, where it fails, why, and what to do next.

Everything works on posts known by their ids: every figure can name the posts
behind it.
"""

from backend.error_analysis.comparison import ModelComparison
from backend.error_analysis.confidence import Threshold
from backend.error_analysis.corruptions import CORRUPTIONS
from backend.error_analysis.ground_truth import GroundTruth, ScorableLabel
from backend.error_analysis.model_names import display_name, name_and_note
from backend.error_analysis.predictions import ModelPredictions, ScoredPredictions, score_against
from backend.error_analysis.robustness import SAMPLE, AccuracyDrop

__all__ = [
    "CORRUPTIONS",
    "SAMPLE",
    "AccuracyDrop",
    "GroundTruth",
    "ModelComparison",
    "ModelPredictions",
    "ScorableLabel",
    "ScoredPredictions",
    "Threshold",
    "display_name",
    "name_and_note",
    "score_against",
]

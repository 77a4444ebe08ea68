"""The whole analysis as one HTML page: no script, no file next to it, nothing fetched."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from backend.core.report import environment
from backend.error_analysis import confidence, figures
from backend.error_analysis.comparison import ModelComparison
from backend.error_analysis.ground_truth import GroundTruth
from backend.error_analysis.label_issues import LabelConflict, LabelIssue, hardest
from backend.error_analysis.model_names import display_name, name_and_note
from backend.error_analysis.predictions import ScoredPredictions
from backend.error_analysis.robustness import AccuracyDrop
from backend.error_analysis.slices import Slices
from backend.media import inline_frame

CLASSES = 14  # rows of a confusion matrix; more do not fit a page
POSTS = 12  # of each list
CHARACTERS = 220  # of a post's text

PAGES = environment(Path(__file__).parent)


class Analysis(Protocol):
    """What a report needs of `backend.workspace.error_analysis.ErrorAnalysis`, which caches it."""

    def measures(self, scored: ScoredPredictions) -> tuple[figures.Measure, ...]:
        """Metrics with intervals."""

    def gaps(self, scored: ScoredPredictions) -> tuple[confidence.CalibrationError, ...]:
        """Calibration error by modalities."""

    def slices(self, scored: ScoredPredictions) -> Slices:
        """Groups with a higher error rate."""

    def rank_label_issues(self, all_scored: Sequence[ScoredPredictions]) -> tuple[LabelIssue, ...]:
        """Doubtful labels."""

    def conflicts(self, ground_truth: GroundTruth) -> tuple[LabelConflict, ...]:
        """Near-duplicates with different labels."""

    def compare(self, one: ScoredPredictions, two: ScoredPredictions) -> ModelComparison:
        """Two models on the same posts."""

    def picture(self, ground_truth: GroundTruth, id_: str) -> np.ndarray | None:
        """The first frame of a post's image, ``(height, width, 3)`` uint8."""


def write(
    analysis: Analysis, scored: Sequence[ScoredPredictions], drops: Sequence[AccuracyDrop]
) -> str:
    """Render the report.

    Parameters
    ----------
    analysis : Analysis
    scored : sequence of ScoredPredictions
        One per model, of one label.
    drops : sequence of AccuracyDrop
        Empty when robustness was not measured.

    Returns
    -------
    str
        HTML.
    """
    ground_truth = scored[0].ground_truth
    rows = {id_: i for i, id_ in enumerate(ground_truth.ids)}
    issues = analysis.rank_label_issues(scored)

    def post_of(id_: str) -> dict[str, str]:
        post = ground_truth.table.slice(rows[id_], 1).to_pylist()[0]
        image = analysis.picture(ground_truth, id_)
        return {
            "text": (post["text"] or post["title"] or "")[:CHARACTERS],
            "image": "" if image is None else inline_frame(image),
        }

    return PAGES.get_template("report.html.j2").render(
        title=f"Errors on “{ground_truth.label}” of {ground_truth.corpus}",
        day=datetime.now(UTC).strftime("%Y-%m-%d"),
        ground_truth=ground_truth,
        models=[_model(analysis, one) for one in scored],
        measures=list(zip(*(analysis.measures(one) for one in scored), strict=True)),
        issues=issues,
        flagged=sum(issue.flagged for issue in issues),
        conflicts=analysis.conflicts(ground_truth),
        comparisons=[analysis.compare(scored[0], other) for other in scored[1:]],
        drops=drops,
        post_of=post_of,
        verdict=verdict,
        name_of=display_name,
        POSTS=POSTS,
    )


def _model(analysis: Analysis, scored: ScoredPredictions) -> dict[str, Any]:
    name, note = name_and_note(scored)
    confusion = figures.confusion(scored)
    largest = np.argsort(-confusion.sum(axis=1), kind="stable")[:CLASSES]
    return {
        "name": name,
        "note": note,
        "scored": scored,
        "confusion": confusion,
        "shown": np.sort(largest) if len(largest) == len(confusion) else largest,
        "by_class": figures.by_class(scored),
        "curve": confidence.curve(scored),
        "gaps": analysis.gaps(scored),
        "thresholds": confidence.thresholds(scored, steps=11),
        "slices": analysis.slices(scored),
        "hardest": scored.ids[hardest(scored)[:POSTS]],
    }


def verdict(scored: ScoredPredictions, id_: str) -> str:
    """Label, prediction and confidence of a post, as plain text."""
    i = int(np.flatnonzero(scored.ids == id_)[0])
    label, predicted = scored.classes[scored.truth[i]], scored.classes[scored.predicted[i]]
    return f"labelled {label}, predicted {predicted} at {scored.confidence[i]:.0%}"

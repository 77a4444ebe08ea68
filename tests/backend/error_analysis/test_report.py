"""The HTML report: what it shows, and that no text in it is markup."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from backend.error_analysis import confidence, figures
from backend.error_analysis.comparison import ModelComparison, compare
from backend.error_analysis.ground_truth import GroundTruth
from backend.error_analysis.label_issues import LabelConflict, LabelIssue
from backend.error_analysis.predictions import ScoredPredictions
from backend.error_analysis.report import write
from backend.error_analysis.slices import Slice, Slices
from tests.backend.error_analysis.samples import ground_truth, scored

HOSTILE = """"><script>alert('x')</script>&amp;{{ 7 * 7 }}"""


class Analysis:
    """Results with a hostile text wherever there is one."""

    def measures(self, scored: ScoredPredictions) -> tuple[figures.Measure, ...]:
        return figures.measures(scored, draws=5)

    def gaps(self, scored: ScoredPredictions) -> tuple[confidence.CalibrationError, ...]:
        return confidence.gaps(scored, draws=5)

    def slices(self, scored: ScoredPredictions) -> Slices:
        numbers = (0.5, 0.4, 0.6, 0.1, 0.4, 0.3, 0.5, 0.01, 0.02)
        ids = tuple(scored.ids[:3])
        return Slices((Slice(HOSTILE, "tag", ids, 2, *numbers, (), ids[:1]),), 12, 1)

    def rank_label_issues(self, all_scored: list[ScoredPredictions]) -> tuple[LabelIssue, ...]:
        return (LabelIssue("p000", HOSTILE, HOSTILE, 0.1, 0.9, True),)

    def conflicts(self, truth: GroundTruth) -> tuple[LabelConflict, ...]:
        return (LabelConflict(("p000", "p001"), (HOSTILE, "b"), 1.0, "same text"),)

    def compare(self, one: ScoredPredictions, two: ScoredPredictions) -> ModelComparison:
        return compare(one, two, draws=5)

    def picture(self, truth: GroundTruth, id_: str) -> np.ndarray | None:
        return np.zeros((4, 6, 3), np.uint8) if id_ == "p000" else None


def page(text: str = HOSTILE) -> str:
    truth = np.arange(60) % 3
    posts = replace(ground_truth(truth, text=[text] * 60), classes=("a", "b", HOSTILE))
    wrong = scored(posts, np.where(truth == 0, 1, truth))
    one = replace(wrong, model="vader", note="VADER reads texts.")
    two = replace(scored(posts, truth), model=HOSTILE, note=HOSTILE)
    return write(Analysis(), [one, two], ())


def test_no_text_is_markup() -> None:
    html = page()
    assert "<script" not in html and "alert(&#39;x&#39;)" in html
    assert "&amp;amp;" in html and "{{ 7 * 7 }}" in html
    assert html.startswith("<!doctype html>") and html.rstrip().endswith("</html>")
    policy = html.index("default-src 'none'; img-src data:; style-src 'unsafe-inline'")
    assert policy < min(html.index(sign) for sign in ("<title", "<style", "<body", "<img"))


def test_a_note_does_not_repeat_the_name_before_it() -> None:
    html = " ".join(page().split())
    assert "<b>VADER</b> reads texts. It read 60 of 60 posts." in html


def test_posts_are_shown_with_label_prediction_and_picture() -> None:
    html = page("so good")
    assert "so good<br>" in html and "data:image/webp;base64," in html
    assert "labelled a, predicted b at 80%" in html

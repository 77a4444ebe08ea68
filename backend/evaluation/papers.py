"""Cross-validation of the papers' systems on several datasets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from backend.classifiers.context import Context
from backend.classifiers.cross_validation import FoldResults, Work, cross_validate
from backend.classifiers.dataset import FOLDS, LabelledDataset
from backend.classifiers.unimodal import encode
from backend.evaluation.tables import Evaluation
from backend.settings import settings

Job = tuple[LabelledDataset, Sequence[str], Work]  # with the systems that it trains


def context_of(evaluation: Evaluation) -> Context:
    """Return the settings of the training runs."""
    options = evaluation.options
    return Context(
        evaluation.encoders, device=settings().device, words=options.words, weights=options.weights
    )


def cross_validate_all(
    evaluation: Evaluation, context: Context, jobs: Sequence[Job]
) -> Iterator[FoldResults]:
    """Cross-validate one dataset after the other, as many folds as the options say."""
    runs = range(min(evaluation.options.runs or FOLDS, FOLDS))
    total = len(jobs) * len(runs)
    for i, (dataset, systems, work) in enumerate(jobs):
        encode(systems, dataset, context)
        report = partial(_report, evaluation, i * len(runs), total)
        yield cross_validate(dataset, runs, work, on_progress=report)


def _report(evaluation: Evaluation, before: int, total: int, done: int) -> None:
    evaluation.on_progress(before + done, total)

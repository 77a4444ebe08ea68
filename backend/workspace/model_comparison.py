"""A comparison of models on labelled posts, and the bundle of the best one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from backend.bundles.bundle import Bundle
from backend.classifiers import catalogue, export
from backend.settings import settings

if TYPE_CHECKING:
    from backend.classifiers.compare import ComparisonResult, ProgressCallback
    from backend.classifiers.dataset import LabelledDataset
    from backend.workspace.context import WorkspaceContext


@dataclass(frozen=True, slots=True)
class Plan:
    """Which models to compare, and how.

    Attributes
    ----------
    models : sequence of str
    runs : int
        Folds that are tested, of ten.
    epochs : int or None
        Maximum epochs of a training run.
    checkpoints : pathlib.Path
        The folder of unfinished networks.
    weights : mapping of str to pathlib.Path
        Files of pretrained weights by model, next to those in the folder ``weights`` of the
        workspace.
    """

    models: Sequence[str]
    runs: int
    epochs: int | None
    checkpoints: Path
    weights: Mapping[str, Path] = field(default_factory=dict)


def compare(
    workspace: WorkspaceContext, posts: LabelledDataset, plan: Plan, report: ProgressCallback | None
) -> ComparisonResult:
    """Train and test models on labelled posts."""
    from backend.classifiers.compare import ComparisonRun
    from backend.classifiers.context import Context
    from backend.training.feature_cache import FeatureCache

    context = Context(
        workspace.bundle.encoders,
        cache=FeatureCache(workspace.home / "cache" / "features.sqlite"),
        folder=plan.checkpoints,
        device=settings().device,
        weights={**catalogue.weights_in(workspace.home / "weights"), **plan.weights},
        epochs=plan.epochs,
    )
    models = catalogue.resolve(plan.models)
    return ComparisonRun(posts, context, models, plan.runs, workspace.bundle, report).run()


def write_bundle(
    workspace: WorkspaceContext,
    compared: ComparisonResult,
    posts: LabelledDataset,
    label: str,
    name: str | None,
) -> Bundle:
    """Write the best fusion model into a bundle of the workspace."""
    folder = workspace.home / "bundles"
    return export.write(folder, workspace.bundle, compared, posts, label=label, name=name)

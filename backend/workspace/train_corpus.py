"""A comparison over the labelled posts of a corpus, and the bundle that it ends in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from backend.bundles.bundle import Bundle
from backend.classifiers import catalogue, export
from backend.settings import settings

if TYPE_CHECKING:
    from backend.classifiers.compare import Compared, ProgressCallback
    from backend.classifiers.dataset import LabelledDataset
    from backend.workspace.context import WorkspaceContext


def compare(
    host: WorkspaceContext,
    posts: LabelledDataset,
    models: Sequence[str],
    *,
    runs: int,
    epochs: int | None,
    weights: Mapping[str, Path] | None = None,
    folder: Path,
    tell: ProgressCallback | None,
) -> Compared:
    """Train and test models on labelled posts; checkpoints are kept in a folder.

    Files of weights are those given, and those in the folder ``weights`` of the workspace.
    """
    from backend.classifiers.compare import Comparison
    from backend.classifiers.context import Context
    from backend.training.feature_cache import FeatureCache

    context = Context(
        host.bundle.encoders,
        cache=FeatureCache(host.home / "cache" / "features.sqlite"),
        folder=folder,
        device=settings().device,
        weights={**catalogue.weights_in(host.home / "weights"), **(weights or {})},
        epochs=epochs,
    )
    chosen = catalogue.resolve(models)
    return Comparison(posts, context, chosen, runs, host.bundle, tell).run()


def keep(
    host: WorkspaceContext, compared: Compared, posts: LabelledDataset, label: str, name: str | None
) -> Bundle:
    """Write the best fusion model into a bundle of the workspace."""
    return export.write(
        host.home / "bundles",
        host.bundle,
        compared,
        posts,
        label=label,
        name=name,
    )

"""The fusion systems of the papers by name, trained on vectors of modalities."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import torch

from backend.classifiers.context import seed_networks
from backend.classifiers.networks.cmfap import CMFAP
from backend.classifiers.networks.fusion import EarlyFusion, Fusion, FusionConfig, LateFusion
from backend.classifiers.networks.joint_fusion import CommonSpaceFusion, JointFusion
from backend.classifiers.tasks import Fuse
from backend.domain import KindredError
from backend.training.loop import LoopConfig, Tell, fit

REDUCED = 64  # principal components of a long vector, before the papers' own layers


@dataclass(frozen=True, slots=True)
class Recipe:
    """How one fusion system is made and trained.

    Attributes
    ----------
    kind : callable
        `FusionConfig` -> `Fusion`.
    shape : mapping
        What its configuration differs in.
    drop : float
        Chance that a modality is hidden in training.
    tuned : bool
        Whether it is trained on from its first weights, and the trust of the
        modalities settled; the plain ones are at their optimum from the start.
    rate : float
        Of learning; higher where more than the first layers is still random.
    """

    kind: Callable[[FusionConfig], Fusion]
    shape: Mapping[str, Any]
    drop: float
    tuned: bool = False
    rate: float = 3e-4


FUSIONS: Mapping[str, Recipe] = MappingProxyType(
    {
        # The baselines as they are known: all of every vector, nothing hidden.
        "early fusion": Recipe(EarlyFusion, {}, 0.0),
        "late fusion": Recipe(LateFusion, {}, 0.0),
        "early fusion, reduced": Recipe(EarlyFusion, {"reduced": REDUCED}, 0.0),
        "JointFusion": Recipe(JointFusion, {"reduced": REDUCED, "dropout": 0.5}, 0.3, True),
        "CommonSpaceFusion": Recipe(
            CommonSpaceFusion, {"reduced": REDUCED, "dropout": 0.5}, 0.5, True
        ),
        "CMF-AP": Recipe(CMFAP, {"reduced": REDUCED, "size": 32, "dropout": 0.3}, 0.3, True, 2e-3),
    }
)
ALONE = Recipe(EarlyFusion, {}, 0.0)
CONFIG = LoopConfig(epochs=30, batch=64, rate=3e-4, decay=1e-2, patience=5)


def recipe(system: str) -> Recipe:
    """One of `FUSIONS`.

    Raises
    ------
    KindredError
        ``no_system``.
    """
    if system not in FUSIONS:
        raise KindredError(
            "no_system", f"There is no fusion {system!r}; there are {', '.join(FUSIONS)}."
        )
    return FUSIONS[system]


def fuse(
    how: Recipe,
    vectors: Mapping[str, np.ndarray],
    labels: np.ndarray,
    seen: np.ndarray,
    stop: np.ndarray,
    classes: int,
    *,
    run: int = 0,
    config: LoopConfig | None = None,
    epochs: int | None = None,
    digest: str = "",
    folder: Path | None = None,
    device: str | None = None,
    tell: Tell | None = None,
) -> Fuse:
    """Train one fusion system.

    Parameters
    ----------
    how : Recipe
    vectors : mapping of str to numpy.ndarray
        ``(n, d)`` float32 for each modality; rows of NaN where it is missing.
    labels : numpy.ndarray
        ``(n,)`` int64.
    seen, stop : numpy.ndarray
        Rows; those without any of the modalities are left out.
    classes : int
    run : int
        Seeds the first weights.
    config : LoopConfig, optional
    epochs : int, optional
        No more than these.
    digest : str
        Names the data.
    folder : pathlib.Path, optional
        For checkpoints.
    device : str, optional
    tell : callable, optional

    Returns
    -------
    Fuse
        Trained: ask it for ``shares`` and ``represent``.
    """
    present = np.stack([~np.isnan(v[:, 0]) for v in vectors.values()], axis=1)
    seed_networks(run)
    inputs = {name: rows.shape[1] for name, rows in vectors.items()}
    module = how.kind(FusionConfig(inputs, classes, **how.shape))
    task = Fuse(
        module,
        vectors,
        present,
        labels,
        seen[present[seen].any(1)],
        stop[present[stop].any(1)],
        digest=f"{digest}|{run}",
        drop=how.drop if len(vectors) > 1 else 0.0,
    )
    if how.tuned and len(vectors) > 1:
        with torch.inference_mode():
            begun = task.score()
        first = {k: v.clone() for k, v in module.state_dict().items()}
        config = config or replace(CONFIG, rate=how.rate)
        config = replace(config, epochs=min(config.epochs, epochs or config.epochs))
        task.history = fit(task, config, folder=folder, device=device, tell=tell)
        with torch.inference_mode():
            ended = task.score()
        if begun is not None and ended is not None and ended < begun:
            module.load_state_dict(first)  # training made it no better
        task.settle_trust()
    module.eval()
    return task

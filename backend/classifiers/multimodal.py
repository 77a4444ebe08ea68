"""The papers' fusion systems by name, trained on one vector for each modality."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

import numpy as np
import torch

from backend.classifiers.context import Context, seed_networks
from backend.classifiers.dataset import Fold
from backend.classifiers.networks.cmfap import CMFAP
from backend.classifiers.networks.fusion import EarlyFusion, Fusion, FusionConfig, LateFusion
from backend.classifiers.networks.joint_fusion import CommonSpaceFusion, JointFusion
from backend.classifiers.tasks import FusionTask
from backend.domain import KindredError
from backend.training.loop import LoopConfig, fit

REDUCED = 64  # principal components of a long vector, before the papers' own layers
CONFIG = LoopConfig(epochs=30, batch=64, rate=3e-4, decay=1e-2, patience=5)


@dataclass(frozen=True, slots=True)
class FusionSystem:
    """A fusion network, and how it is trained.

    Attributes
    ----------
    name : str
    network : callable
        `FusionConfig` -> `Fusion`.
    shape : mapping
        Fields of the `FusionConfig` that are not its defaults.
    drop : float
        Probability that a modality is hidden in training.
    tuned : bool
        Whether it is trained from its initial weights and its modality weights fitted. The plain
        systems are at their optimum from the start.
    rate : float
        Learning rate; higher where more than the first layers starts at random.
    """

    name: str
    network: Callable[[FusionConfig], Fusion]
    shape: Mapping[str, Any] = field(default_factory=dict)
    drop: float = 0.0
    tuned: bool = False
    rate: float = CONFIG.rate


FUSIONS: Mapping[str, FusionSystem] = MappingProxyType(
    {
        system.name: system
        for system in (
            # The common baselines: whole vectors, nothing hidden.
            FusionSystem("early fusion", EarlyFusion),
            FusionSystem("late fusion", LateFusion),
            FusionSystem("early fusion, reduced", EarlyFusion, {"reduced": REDUCED}),
            FusionSystem(
                "JointFusion", JointFusion, {"reduced": REDUCED, "dropout": 0.5}, 0.3, True
            ),
            FusionSystem(
                "CommonSpaceFusion",
                CommonSpaceFusion,
                {"reduced": REDUCED, "dropout": 0.5},
                0.5,
                True,
            ),
            FusionSystem(
                "CMF-AP", CMFAP, {"reduced": REDUCED, "size": 32, "dropout": 0.3}, 0.3, True, 2e-3
            ),
        )
    }
)
ALONE = FusionSystem("alone", EarlyFusion)  # one modality, nothing to fuse


def fusion_system(name: str) -> FusionSystem:
    """Return one of `FUSIONS`.

    Raises
    ------
    KindredError
        ``no_system``.
    """
    if name not in FUSIONS:
        raise KindredError(
            "no_system", f"There is no fusion {name!r}; there are {', '.join(FUSIONS)}."
        )
    return FUSIONS[name]


def fuse(
    system: FusionSystem,
    vectors: Mapping[str, np.ndarray],
    fold: Fold,
    context: Context | None = None,
) -> FusionTask:
    """Train a fusion system.

    Parameters
    ----------
    system : FusionSystem
    vectors : mapping of str to numpy.ndarray
        ``(n, d)`` float32 by modality; rows of NaN where a post lacks it. Posts without
        any of the modalities are left out.
    fold : Fold
        Its run seeds the initial weights.
    context : Context, optional
        Device, checkpoints, limits and callbacks; the settings' device alone otherwise.

    Returns
    -------
    FusionTask
        The trained task, for its ``probabilities`` and ``represent``.
    """
    seed_networks(fold.run)
    inputs = {name: rows.shape[1] for name, rows in vectors.items()}
    module = system.network(FusionConfig(inputs, fold.classes, **system.shape))
    digest = fold.digest
    if context is not None:
        digest = f"{fold.dataset.digest()}|{dict(context.encoders)}|{fold.run}"
    drop = system.drop if len(vectors) > 1 else 0.0
    task = FusionTask(module, vectors, fold, digest=digest, drop=drop)
    if system.tuned and len(vectors) > 1:
        with torch.inference_mode():
            before = task.score()
        initial = {k: v.clone() for k, v in module.state_dict().items()}
        config = replace(CONFIG, rate=system.rate)
        if context is None:
            fit(task, config)
        else:
            context.train(task, config, fold, system.name)
        with torch.inference_mode():
            after = task.score()
        if before is not None and after is not None and after < before:
            module.load_state_dict(initial)  # training did not improve it
        task.fit_modality_weights()
    module.eval()
    return task

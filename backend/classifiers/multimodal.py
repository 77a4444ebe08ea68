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
CONFIG = LoopConfig(epochs=30, batch=64, rate=2e-3, decay=1e-2, patience=5)


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
        Whether it is trained by epochs and its modality weights fitted. The plain systems are
        logistic regressions, whose optimum no start changes.
    rate : float
        Learning rate.
    warm : bool
        Whether training starts at the logistic regressions of the single modalities
        (`warm_start`), not at random, and is undone where it does not improve on them.
    auxiliary : float
        Weight of the auxiliary task of `CommonSpaceFusion`.
    """

    name: str
    network: Callable[[FusionConfig], Fusion]
    shape: Mapping[str, Any] = field(default_factory=dict)
    drop: float = 0.0
    tuned: bool = False
    rate: float = CONFIG.rate
    warm: bool = False
    auxiliary: float = 0.3


def _named(*systems: FusionSystem) -> Mapping[str, FusionSystem]:
    return MappingProxyType({system.name: system for system in systems})


_SHAPE = {"reduced": REDUCED, "dropout": 0.5}
_JOINT = FusionSystem("JointFusion", JointFusion, _SHAPE, 0.3, True)
_COMMON = FusionSystem("CommonSpaceFusion", CommonSpaceFusion, _SHAPE, 0.5, True)
_CMFAP = FusionSystem("CMF-AP", CMFAP, {"reduced": REDUCED, "size": 32, "dropout": 0.3}, 0.3, True)
_GENTLE = 3e-4  # a higher rate would lose what a warm start begins with

FUSIONS: Mapping[str, FusionSystem] = _named(
    # The common baselines: whole vectors, nothing hidden.
    FusionSystem("early fusion", EarlyFusion),
    FusionSystem("late fusion", LateFusion),
    FusionSystem("early fusion, reduced", EarlyFusion, {"reduced": REDUCED}),
    _JOINT,
    _COMMON,
    _CMFAP,
)
# Rows of the table `emotion-fusion` that say what a start or a part of the loss is worth.
VARIANTS: Mapping[str, FusionSystem] = _named(
    replace(_JOINT, name="JointFusion, warm start", warm=True, rate=_GENTLE),
    replace(_COMMON, name="CommonSpaceFusion, warm start", warm=True, rate=_GENTLE),
    replace(_COMMON, name="CommonSpaceFusion, no auxiliary task", auxiliary=0.0),
)
# Tries at keeping CMF-AP, which fits its training posts best and others worst, from overfitting.
RESTRAINED: Mapping[str, FusionSystem] = _named(
    replace(_CMFAP, name="CMF-AP, more dropout", shape={**_CMFAP.shape, "dropout": 0.6}, drop=0.5),
    replace(_CMFAP, name="CMF-AP, a quarter as large", shape={**_CMFAP.shape, "size": 16}),
    replace(_CMFAP, name="CMF-AP, small steps", rate=_GENTLE),
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
    task = FusionTask(module, vectors, fold, digest=digest, drop=drop, auxiliary=system.auxiliary)
    if system.warm or not system.tuned:
        task.start_warm()
    if system.tuned and len(vectors) > 1:
        _train(task, system, fold, context)
        task.fit_modality_weights()
    module.eval()
    return task


def _train(task: FusionTask, system: FusionSystem, fold: Fold, context: Context | None) -> None:
    """Train a system by epochs; a warm start that training does not improve stays."""
    module = task.module
    before = None
    if system.warm:
        with torch.inference_mode():
            before = task.score()
        initial = {k: v.clone() for k, v in module.state_dict().items()}
    config = replace(CONFIG, rate=system.rate)
    if context is None:
        fit(task, config)
    else:
        context.train(task, config, fold, system.name)
    if before is not None:
        with torch.inference_mode():
            after = task.score()
        if after is not None and after < before:
            module.load_state_dict(initial)

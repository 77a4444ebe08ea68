"""Where a fusion model begins: at what logistic regression makes of each modality alone.

Networks that learn several modalities at once must stop when the first of them
overfits (Wang, Tran and Feiszli 2020, "What makes training multi-modal classification
networks hard?"); a modality with few different items, such as pictures of emoji, then
spoils the others. So each modality's layer begins at its own regularised optimum,
found by itself, and training goes on from there.
"""

from __future__ import annotations

import warnings
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor, nn

from backend.classifiers.networks.fusion import EarlyFusion, Fusion, LateFusion
from backend.classifiers.networks.joint_fusion import CommonSpaceFusion, JointFusion

STRENGTHS = (3e-5, 3e-4, 3e-3, 3e-2, 3e-1)
# Spread of the evidence in a layer: small enough that tanh hardly bends it.
SPREAD = 0.4


def warm_start(
    module: Fusion,
    vectors: dict[str, Tensor],
    present: Tensor,
    labels: np.ndarray,
    seen: np.ndarray,
    stop: np.ndarray,
) -> None:
    """Set a fusion model's first weights.

    Parameters
    ----------
    module : Fusion
        Standardised already.
    vectors : dict of str to Tensor
        ``(n, d)`` each.
    present : Tensor
        ``(n, modalities)`` bool.
    labels : numpy.ndarray
        ``(n,)`` int64.
    seen, stop : numpy.ndarray
        Rows; the strength of each regression is chosen by the likelihood of `stop`.
    """
    classes = module.config.classes
    with torch.no_grad():
        inputs = [x.numpy() for x in module.inputs(vectors, present)]
    there = present.numpy()
    prior = np.log((np.bincount(labels[seen], minlength=classes) + 1.0) / (len(seen) + classes))
    if isinstance(module, EarlyFusion):
        if not module.config.hidden:
            rows = np.concatenate(inputs, axis=1)
            _fill(module.classifier, *_regression(rows, labels, seen, stop, classes))
        return
    alone = []
    for column, rows in enumerate(inputs):
        mine, judge = seen[there[seen, column]], stop[there[stop, column]]
        alone.append(_regression(rows, labels, mine, judge, classes))
    if isinstance(module, LateFusion):
        for head, (weight, bias) in zip(module.heads, alone, strict=True):
            _fill(cast(nn.Linear, head), weight, bias)
        return
    spread = max(
        float((rows[seen] @ weight.T).std())
        for rows, (weight, _) in zip(inputs, alone, strict=True)
    )
    scale = SPREAD / max(spread, 1e-6)
    layers = _layers(module)
    if len(layers) != len(alone) or module.config.size < classes:
        return
    with torch.no_grad():
        for layer, (weight, bias) in zip(layers, alone, strict=True):
            # The other directions begin faint: they are there to be learnt, not to be in the way.
            layer.weight.mul_(0.1)
            assert layer.bias is not None
            layer.bias.zero_()
            layer.weight[:classes] = torch.from_numpy(scale * weight).float()
            layer.bias[:classes] = torch.from_numpy(scale * (bias - prior)).float()
        if isinstance(module, JointFusion | CommonSpaceFusion):
            module.classifier.weight.mul_(0.1)
            # What is pooled by its mean must count as if it were added up.
            many = len(alone) if isinstance(module, JointFusion) else 1
            module.classifier.weight[:, :classes] = torch.eye(classes) * many / scale
            module.classifier.bias.copy_(torch.from_numpy(prior))


def _layers(module: Fusion) -> list[nn.Linear]:
    """The linear layer that reads each modality, where every modality has one."""
    # Not of CMF-AP: what it reads are products, in which faint directions vanish.
    parts: Any = module.maps if isinstance(module, JointFusion | CommonSpaceFusion) else []
    found = [layer for part in parts for layer in part.modules() if isinstance(layer, nn.Linear)]
    return found if len(found) == len(parts) else []


def _regression(
    rows: np.ndarray,
    labels: np.ndarray,
    seen: np.ndarray,
    stop: np.ndarray,
    classes: int,
) -> tuple[np.ndarray, np.ndarray]:
    """Weights ``(classes, d)`` and biases ``(classes,)`` of logistic regression."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    weight, bias = np.zeros((classes, rows.shape[1])), np.full(classes, -8.0)
    if len(np.unique(labels[seen])) < 2:
        return weight, np.zeros(classes)
    best: tuple[float, Any] | None = None
    for strength in STRENGTHS:
        with warnings.catch_warnings():
            # The weakest penalty may still be on its way; it then loses to a stronger one.
            warnings.simplefilter("ignore", ConvergenceWarning)
            machine = LogisticRegression(C=strength, max_iter=200).fit(rows[seen], labels[seen])
        loss = _loss(machine, rows[stop], labels[stop])
        if best is None or loss < best[0]:
            best = (loss, machine)
    assert best is not None
    machine = best[1]
    coefficients, intercept = machine.coef_, machine.intercept_
    if len(machine.classes_) == 2:
        coefficients = np.concatenate([-coefficients, coefficients]) / 2
        intercept = np.concatenate([-intercept, intercept]) / 2
    weight[machine.classes_], bias[machine.classes_] = coefficients, intercept
    return weight, bias


def _loss(machine: Any, rows: np.ndarray, labels: np.ndarray) -> float:
    known = np.isin(labels, machine.classes_)
    if not known.any():
        return 0.0
    shares = machine.predict_proba(rows[known])
    places = np.searchsorted(machine.classes_, labels[known])
    return -float(np.log(np.maximum(shares[np.arange(len(places)), places], 1e-9)).mean())


def _fill(layer: nn.Linear, weight: np.ndarray, bias: np.ndarray) -> None:
    with torch.no_grad():
        layer.weight.copy_(torch.from_numpy(weight))
        layer.bias.copy_(torch.from_numpy(bias))

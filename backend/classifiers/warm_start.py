"""Initial weights of fusion models: logistic regression of each modality alone, as an option.

A network that learns several modalities at once must stop when the first of them
overfits (Wang, Tran and Feiszli 2020, "What makes training multi-modal classification
networks hard?"). A modality with few different items, such as pictures of emoji, then
holds back the others. So each modality's layer starts at its own regularised optimum.
"""

from __future__ import annotations

import warnings
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor, nn

from backend.classifiers.dataset import Fold
from backend.classifiers.networks.fusion import EarlyFusion, Fusion, LateFusion
from backend.classifiers.networks.joint_fusion import CommonSpaceFusion, JointFusion

STRENGTHS = (3e-5, 3e-4, 3e-3, 3e-2, 3e-1)  # inverse penalties that are tried
SPREAD = 0.4  # standard deviation of a layer's output: where tanh is nearly linear


def warm_start(module: Fusion, vectors: dict[str, Tensor], present: Tensor, fold: Fold) -> None:
    """Set the initial weights of a fusion model.

    Parameters
    ----------
    module : Fusion
        Already standardised.
    vectors : dict of str to Tensor
        ``(n, d)`` each.
    present : Tensor
        ``(n, modalities)`` bool.
    fold : Fold
        The penalty of each regression is chosen by the likelihood of the validation rows.
    """
    classes, train = fold.classes, fold.train_rows
    with torch.no_grad():
        inputs = [x.numpy() for x in module.inputs(vectors, present)]
    counts = np.bincount(fold.labels[train], minlength=classes)
    prior = np.log((counts + 1.0) / (len(train) + classes))
    if isinstance(module, EarlyFusion):
        if not module.config.hidden:
            _fill(module.classifier, *_regression(np.concatenate(inputs, axis=1), fold))
        return
    alone = [
        _regression(rows, fold.where(present[:, column].numpy()))
        for column, rows in enumerate(inputs)
    ]
    if isinstance(module, LateFusion):
        for head, (weight, bias) in zip(module.heads, alone, strict=True):
            _fill(cast(nn.Linear, head), weight, bias)
        return
    spread = max(
        float((rows[train] @ weight.T).std())
        for rows, (weight, _) in zip(inputs, alone, strict=True)
    )
    scale = SPREAD / max(spread, 1e-6)
    layers = _layers(module)
    if len(layers) != len(alone) or module.config.size < classes:
        return
    with torch.no_grad():
        for layer, (weight, bias) in zip(layers, alone, strict=True):
            # The other directions start small, so that they do not mask these.
            layer.weight.mul_(0.1)
            assert layer.bias is not None
            layer.bias.zero_()
            layer.weight[:classes] = torch.from_numpy(scale * weight).float()
            layer.bias[:classes] = torch.from_numpy(scale * (bias - prior)).float()
        if isinstance(module, JointFusion | CommonSpaceFusion):
            module.classifier.weight.mul_(0.1)
            # JointFusion averages the modalities, where their evidence is to be summed.
            many = len(alone) if isinstance(module, JointFusion) else 1
            module.classifier.weight[:, :classes] = torch.eye(classes) * many / scale
            module.classifier.bias.copy_(torch.from_numpy(prior))


def _layers(module: Fusion) -> list[nn.Linear]:
    """Return the linear layer that reads each modality, or none at all."""
    # CMF-AP starts at random: it multiplies modalities, so small directions would vanish.
    parts: Any = module.maps if isinstance(module, JointFusion | CommonSpaceFusion) else []
    layers = [layer for part in parts for layer in part.modules() if isinstance(layer, nn.Linear)]
    return layers if len(layers) == len(parts) else []


def _regression(inputs: np.ndarray, fold: Fold) -> tuple[np.ndarray, np.ndarray]:
    """Return weights ``(classes, d)`` and biases ``(classes,)`` of logistic regression."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    classes, train, val = fold.classes, fold.train_rows, fold.val_rows
    weight, bias = np.zeros((classes, inputs.shape[1])), np.full(classes, -8.0)
    if len(np.unique(fold.labels[train])) < 2:
        return weight, np.zeros(classes)
    best: tuple[float, Any] | None = None
    for strength in STRENGTHS:
        with warnings.catch_warnings():
            # The weakest penalty may not converge; it then loses to a stronger one.
            warnings.simplefilter("ignore", ConvergenceWarning)
            model = LogisticRegression(C=strength, max_iter=200)
            model.fit(inputs[train], fold.labels[train])
        loss = _loss(model, inputs[val], fold.labels[val])
        if best is None or loss < best[0]:
            best = (loss, model)
    assert best is not None
    model = best[1]
    coefficients, intercept = model.coef_, model.intercept_
    if len(model.classes_) == 2:
        coefficients = np.concatenate([-coefficients, coefficients]) / 2
        intercept = np.concatenate([-intercept, intercept]) / 2
    weight[model.classes_], bias[model.classes_] = coefficients, intercept
    return weight, bias


def _loss(model: Any, inputs: np.ndarray, labels: np.ndarray) -> float:
    """Return the cross-entropy of the rows whose class the model knows."""
    known = np.isin(labels, model.classes_)
    if not known.any():
        return 0.0
    probabilities = model.predict_proba(inputs[known])
    columns = np.searchsorted(model.classes_, labels[known])
    return -float(np.log(np.maximum(probabilities[np.arange(len(columns)), columns], 1e-9)).mean())


def _fill(layer: nn.Linear, weight: np.ndarray, bias: np.ndarray) -> None:
    with torch.no_grad():
        layer.weight.copy_(torch.from_numpy(weight))
        layer.bias.copy_(torch.from_numpy(bias))

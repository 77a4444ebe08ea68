"""The base of all fusion models, and the two baselines: early and late fusion.

Every model reads a vector for each modality and a mask of those that are present. The
vector of a missing modality, NaN included, is replaced before the first operation, so
it changes neither the output nor a gradient.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from scipy.linalg import eigh
from torch import Tensor, nn

_NOTHING = 1e-10  # share of the largest variance below which a component is rounding


@dataclass(frozen=True, slots=True)
class FusionConfig:
    """Shape of a fusion model.

    Attributes
    ----------
    inputs : mapping of str to int
        Length of each modality's vector, in the order of the mask's columns.
    classes : int
    size : int
        Length of the fused vectors.
    dropout : float
    pooling : str
        ``max``, ``mean`` or ``product``; of `JointFusion` and `CommonSpaceFusion`.
    hidden : int
        Units of a hidden layer in `EarlyFusion`; 0 for logistic regression.
    reduced : int
        Principal components that a vector more than four times as long is first reduced
        to, fitted on the training posts; 0 for no reduction.
    """

    inputs: Mapping[str, int]
    classes: int = 2
    size: int = 64
    dropout: float = 0.3
    pooling: str = "mean"
    hidden: int = 0
    reduced: int = 0

    @property
    def widths(self) -> dict[str, int]:
        """Length of each modality's vector after the reduction."""
        few = self.reduced
        return {k: few if few and n > 4 * few else n for k, n in self.inputs.items()}


class Fusion(nn.Module):
    """A classifier over any subset of modalities."""

    def __init__(self, config: FusionConfig) -> None:
        super().__init__()
        self.config = config
        # Weight of each modality; fitted after training.
        self.register_buffer("modality_weights", torch.ones(len(config.inputs)))
        self.register_load_state_dict_pre_hook(_rename_old_tensors)
        for name, size in config.inputs.items():
            self.register_buffer(f"mean_{name}", torch.zeros(size))
            self.register_buffer(f"scale_{name}", torch.ones(size))
            if config.widths[name] != size:
                self.register_buffer(f"basis_{name}", torch.zeros(size, config.widths[name]))

    def standardise(self, vectors: Mapping[str, np.ndarray], present: np.ndarray) -> None:
        """Fit mean, deviation and components of each input to the training posts that have it.

        Parameters
        ----------
        vectors : mapping of str to numpy.ndarray
            ``(n, size)`` each.
        present : numpy.ndarray
            ``(n, modalities)`` bool.
        """
        for column, name in enumerate(self.config.inputs):
            rows = vectors[name][present[:, column]].astype(np.float64)
            if len(rows) < 2:
                continue
            spread = rows.std(0)
            # A dimension that hardly varies is noise: it must not be amplified.
            scale = 1.0 / np.maximum(spread, 0.1 * max(float(spread.mean()), 1e-6))
            with torch.no_grad():
                self.get_buffer(f"mean_{name}").copy_(torch.from_numpy(rows.mean(0)))
                self.get_buffer(f"scale_{name}").copy_(torch.from_numpy(scale))
            if self.config.widths[name] != self.config.inputs[name]:
                basis = _components((rows - rows.mean(0)) * scale, self.config.widths[name])
                with torch.no_grad():
                    self.get_buffer(f"basis_{name}").copy_(torch.from_numpy(basis))

    def inputs(self, vectors: Mapping[str, Tensor], present: Tensor) -> list[Tensor]:
        """Return the standardised vectors ``(n, width)``, zeros where one is missing."""
        inputs = []
        for column, name in enumerate(self.config.inputs):
            mask = present[:, column, None]
            raw = torch.where(mask, vectors[name], self.get_buffer(f"mean_{name}"))
            x = (raw - self.get_buffer(f"mean_{name}")) * self.get_buffer(f"scale_{name}")
            if self.config.widths[name] != self.config.inputs[name]:
                x = x @ self.get_buffer(f"basis_{name}")
            inputs.append(x)
        return inputs

    def represent(self, vectors: Mapping[str, Tensor], present: Tensor) -> Tensor:
        """Return the fused vectors.

        Parameters
        ----------
        vectors : mapping of str to Tensor
            ``(n, size)`` for each of ``config.inputs``.
        present : Tensor
            ``(n, modalities)`` bool.

        Returns
        -------
        Tensor
            ``(n, d)``.
        """
        raise NotImplementedError

    def forward(self, vectors: Mapping[str, Tensor], present: Tensor) -> Tensor:
        """Return scores ``(n, classes)`` before the softmax; inputs as for `represent`."""
        raise NotImplementedError


class EarlyFusion(Fusion):
    """One classifier on the concatenated vectors (emotion-fusion article 2017, Fig. a)."""

    def __init__(self, config: FusionConfig) -> None:
        super().__init__(config)
        wide = sum(config.widths.values())
        self.hidden: nn.Module = nn.Identity()
        if config.hidden:
            self.hidden = nn.Sequential(
                nn.Dropout(config.dropout), nn.Linear(wide, config.hidden), nn.ReLU()
            )
        self.classifier = nn.Linear(config.hidden or wide, config.classes)

    def represent(self, vectors: Mapping[str, Tensor], present: Tensor) -> Tensor:
        """Return the concatenation ``(n, d)``; a missing modality is its training mean."""
        fused: Tensor = self.hidden(torch.cat(self.inputs(vectors, present), dim=1))
        return fused

    def forward(self, vectors: Mapping[str, Tensor], present: Tensor) -> Tensor:
        """Return scores ``(n, classes)`` before the softmax."""
        return self.classifier(self.represent(vectors, present))


class LateFusion(Fusion):
    """One classifier for each modality, decisions averaged (emotion-fusion 2017, Fig. b).

    The decision is the mean of the probabilities of the modalities that are present.
    """

    def __init__(self, config: FusionConfig) -> None:
        super().__init__(config)
        self.heads = nn.ModuleList(
            nn.Linear(size, config.classes) for size in config.widths.values()
        )

    def decisions(self, vectors: Mapping[str, Tensor], present: Tensor) -> Tensor:
        """Return the log-probabilities of each modality, ``(n, modalities, classes)``."""
        inputs = self.inputs(vectors, present)
        each = [head(x).log_softmax(-1) for head, x in zip(self.heads, inputs, strict=True)]
        return torch.stack(each, dim=1)

    def represent(self, vectors: Mapping[str, Tensor], present: Tensor) -> Tensor:
        """Return the mean probabilities, ``(n, classes)``; uniform without any modality."""
        probabilities = self.decisions(vectors, present).exp() * present[..., None]
        count = present.sum(1, keepdim=True)
        uniform = torch.full_like(probabilities[:, 0], 1.0 / self.config.classes)
        return torch.where(count > 0, probabilities.sum(1) / count.clamp(min=1), uniform)

    def forward(self, vectors: Mapping[str, Tensor], present: Tensor) -> Tensor:
        """Return log-probabilities ``(n, classes)``."""
        return self.represent(vectors, present).clamp(min=1e-9).log()


def _rename_old_tensors(
    module: nn.Module, tensors: dict[str, Tensor], prefix: str, *_: object
) -> None:
    """Read older bundles, in which the modality weights are called ``trust``."""
    if f"{prefix}trust" in tensors:
        tensors[f"{prefix}modality_weights"] = tensors.pop(f"{prefix}trust")


def _components(rows: np.ndarray, count: int) -> np.ndarray:
    """Return principal components ``(d, count)``, scaled alike to a mean variance of one.

    Of fewer rows than that, the last components are zeros.
    """
    n, d = rows.shape
    few = n < d  # then the inner products of rows tell the same, in less time
    products = (rows @ rows.T if few else rows.T @ rows) / n
    wanted = [max(len(products) - count, 0), len(products) - 1]
    # SciPy computes only the wanted ones, four times as fast as NumPy computes all.
    values, axes = eigh(products, subset_by_index=wanted, driver="evr")
    values, axes = np.maximum(values[::-1], 0.0), axes[:, ::-1]
    if few:
        known = values > _NOTHING * values[0]
        values = np.where(known, values, 0.0)
        axes = rows.T @ axes / np.sqrt(n * np.where(known, values, np.inf))
        axes = np.pad(axes, ((0, 0), (0, count - axes.shape[1])))
    # Signs are arbitrary: fix them, so that equal data give equal networks everywhere.
    axes = axes * np.sign(axes[np.abs(axes).argmax(0), np.arange(axes.shape[1])])
    return np.asarray(axes / np.sqrt(max(float(values.sum()) / count, 1e-12)))


def pooled(rows: Tensor, present: Tensor, how: str) -> Tensor:
    """Pool the vectors of the modalities that are present.

    Parameters
    ----------
    rows : Tensor
        ``(n, modalities, d)``.
    present : Tensor
        ``(n, modalities)`` bool.
    how : str
        ``max``, ``mean`` or ``product``.

    Returns
    -------
    Tensor
        ``(n, d)``; zeros without any modality.
    """
    mask = present[..., None]
    known = present.any(1, keepdim=True)
    if how == "mean":
        return (rows * mask).sum(1) / mask.sum(1).clamp(min=1)
    if how == "max":
        lowest = torch.finfo(rows.dtype).min
        return torch.where(known, torch.where(mask, rows, lowest).amax(1), 0.0)
    if how == "product":
        return torch.where(known, torch.where(mask, rows, 1.0).prod(1), 0.0)
    raise ValueError(f"pooling is max, mean or product, not {how!r}")

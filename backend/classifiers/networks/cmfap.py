"""CMF-AP: cross-modal fusion and attentive pooling, JTAV (Liang et al. 2018), Eq. 3."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations

import torch
from torch import Tensor, nn

from backend.classifiers.networks.fusion import Fusion, FusionConfig


class Pool(nn.Module):
    """Attentive pooling of one side of a cross-modal matrix (JTAV, Eq. 3).

    ``C_m = tanh(W_m C + b_m); a_m = softmax(C_m' u_m); m^ = act(W^_m C a_m + b^_m)``.
    """

    def __init__(self, size: int) -> None:
        super().__init__()
        self.inner = nn.Linear(size, size)
        self.context = nn.Parameter(torch.randn(size) / size**0.5)
        self.out = nn.Linear(size, size)

    def forward(self, matrix: Tensor) -> Tensor:
        """Pool ``(n, d, d)``, with this side in rows, to ``(n, d)``."""
        inner = torch.tanh(self.inner(matrix.transpose(1, 2)))  # (n, columns, d)
        weights = (inner @ self.context).softmax(-1)
        return torch.tanh(self.out((matrix @ weights[..., None])[..., 0]))


class CMFAP(Fusion):
    """The outer product of each pair of modalities, pooled from both sides (JTAV, Eq. 3).

    For every pair ``C = m n'``; its rows and its columns are pooled attentively to two
    reconstructed vectors. All of them, concatenated, are the unified representation `u`.
    A dense layer first reduces every modality to ``config.size`` (sec. 3.2, "densely
    connected layers are deployed for dimensionality reduction").

    The paper does not treat missing modalities. Here a learnt vector replaces the missing
    side of a pair, so that the other side is passed on; the reconstruction of the missing
    side is zero, and so are both where both sides are missing.
    """

    def __init__(self, config: FusionConfig) -> None:
        super().__init__(config)
        names, size = list(config.inputs), config.size
        self.pairs = list(combinations(range(len(names)), 2)) or [(0, 0)]
        self.reduce = nn.ModuleList(
            nn.Sequential(nn.Dropout(config.dropout), nn.Linear(n, size), nn.Tanh())
            for n in config.widths.values()
        )
        self.absent = nn.Parameter(torch.randn(len(names), size) / size**0.5)
        self.rows = nn.ModuleList(Pool(size) for _ in self.pairs)
        self.columns = nn.ModuleList(Pool(size) for _ in self.pairs)
        self.dense = nn.Sequential(
            nn.Dropout(config.dropout), nn.Linear(2 * size * len(self.pairs), size), nn.ReLU()
        )
        self.classifier = nn.Linear(size, config.classes)

    def represent(self, vectors: Mapping[str, Tensor], present: Tensor) -> Tensor:
        """Return the unified representation `u`, ``(n, 2 * size * pairs)``."""
        inputs = self.inputs(vectors, present)
        weights = self.get_buffer("modality_weights")
        each = [
            torch.where(present[:, i, None], weights[i] * layer(x), self.absent[i])
            for i, (layer, x) in enumerate(zip(self.reduce, inputs, strict=True))
        ]
        pooled = []
        for (m, n), rows, columns in zip(self.pairs, self.rows, self.columns, strict=True):
            matrix = each[m][:, :, None] * each[n][:, None, :]
            pooled.append(rows(matrix) * present[:, m, None])
            pooled.append(columns(matrix.transpose(1, 2)) * present[:, n, None])
        return torch.cat(pooled, dim=1)

    def forward(self, vectors: Mapping[str, Tensor], present: Tensor) -> Tensor:
        """Return scores ``(n, classes)`` before the softmax."""
        return self.classifier(self.dense(self.represent(vectors, present)))

"""CMF-AP: cross-modal fusion and attentive pooling, JTAV (Liang et al. 2018), Eq. 3."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations

import torch
from torch import Tensor, nn

from backend.classifiers.networks.fusion import Fusion, FusionConfig


class Pool(nn.Module):
    """Attentive pooling of one side of a cross-modal matrix.

    ``C_m = tanh(W_m C + b_m); a_m = softmax(C_m' u_m); m^ = act(W^_m C a_m + b^_m)``.
    """

    def __init__(self, size: int) -> None:
        super().__init__()
        self.inner = nn.Linear(size, size)
        self.context = nn.Parameter(torch.randn(size) / size**0.5)
        self.out = nn.Linear(size, size)

    def forward(self, matrix: Tensor) -> Tensor:
        """``(n, d, d)``, this side in rows -> ``(n, d)``."""
        inner = torch.tanh(self.inner(matrix.transpose(1, 2)))  # (n, columns, d)
        shares = (inner @ self.context).softmax(-1)
        return torch.tanh(self.out((matrix @ shares[..., None])[..., 0]))


class CMFAP(Fusion):
    """Each pair of modalities as an outer product, pooled from both sides.

    For every pair: ``C = m n'``, rows and columns pooled attentively, two
    reconstructed vectors; all of them concatenated are the unified representation
    `u`. A dense layer brings every modality to ``config.size`` first (sec. 3.2,
    "densely connected layers are deployed for dimensionality reduction").

    Missing modalities, which the paper does not treat: in a pair with one side
    missing a learnt vector stands in for it, so that what is known of the other
    side passes; the reconstruction of the missing side is zero, and so is a pair
    that is missing altogether.
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
        """The unified representation `u`, ``(n, 2 * size * pairs)``."""
        some = self.inputs(vectors, present)
        trust = self.get_buffer("trust")
        each = [
            torch.where(present[:, i, None], trust[i] * layer(x), self.absent[i])
            for i, (layer, x) in enumerate(zip(self.reduce, some, strict=True))
        ]
        found = []
        for (m, n), rows, columns in zip(self.pairs, self.rows, self.columns, strict=True):
            matrix = each[m][:, :, None] * each[n][:, None, :]
            found.append(rows(matrix) * present[:, m, None])
            found.append(columns(matrix.transpose(1, 2)) * present[:, n, None])
        return torch.cat(found, dim=1)

    def forward(self, vectors: Mapping[str, Tensor], present: Tensor) -> Tensor:
        """Scores ``(n, classes)`` before the softmax."""
        return self.classifier(self.dense(self.represent(vectors, present)))

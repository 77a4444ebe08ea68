"""A pretrained image network with new dense layers: JTAV (Liang et al. 2018), sec. 3.1.3.

"Fine-tuned on the experimental datasets by modifying the final densely-connected
layers. The last dense layer is used as the visual representation v." The paper's trunks
are VGG-19, ResNet-101 and DenseNet-121; here any of timm, or precomputed features.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn


@dataclass(frozen=True, slots=True)
class FineTunedConfig:
    """Shape of the dense layers.

    Attributes
    ----------
    features : int
        Length of the trunk's features.
    classes : int
    size : int
        Length of the representation `v`.
    dropout : float
    trunk_rate : float
        The trunk's learning rate, relative to the dense layers'; 0 freezes it.
    """

    features: int = 1280
    classes: int = 2
    size: int = 64
    dropout: float = 0.3
    trunk_rate: float = 0.03


class FineTuned(nn.Module):
    """A trunk with new dense layers.

    Parameters
    ----------
    config : FineTunedConfig
    trunk : torch.nn.Module, optional
        Images ``(n, 3, 224, 224)`` -> ``(n, features)``. Without one, the network reads
        precomputed features.
    """

    def __init__(self, config: FineTunedConfig, trunk: nn.Module | None = None) -> None:
        super().__init__()
        self.config = config
        self.trunk = trunk or nn.Identity()
        if not config.trunk_rate:
            self.trunk.requires_grad_(False)
        self.register_buffer("mean", torch.zeros(config.features))
        self.register_buffer("scale", torch.ones(config.features))
        self.dense = nn.Sequential(
            nn.Dropout(config.dropout), nn.Linear(config.features, config.size), nn.ReLU()
        )
        self.classifier = nn.Sequential(
            nn.Dropout(config.dropout), nn.Linear(config.size, config.classes)
        )

    @property
    def dim(self) -> int:
        """Length of the representation."""
        return self.config.size

    def represent(self, images: Tensor) -> Tensor:
        """Return the visual vector `v`, ``(n, size)``."""
        x = self.trunk(images)
        return self.dense((x - self.get_buffer("mean")) * self.get_buffer("scale"))

    def forward(self, images: Tensor) -> Tensor:
        """Return scores ``(n, classes)`` before the softmax."""
        return self.classifier(self.represent(images))

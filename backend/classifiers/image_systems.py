"""The image systems of the papers' tables: JTAV (Liang et al. 2018), sec. 3.1.3."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from backend.classifiers.context import Context, seed_networks
from backend.classifiers.dataset import Fold, LabelledDataset
from backend.classifiers.systems import FrozenEncoder, NetworkSystem, System, encoded
from backend.domain import Modality

if TYPE_CHECKING:
    from torch import nn

    from backend.training.loop import LoopConfig

# The networks that JTAV fine-tunes -> timm's names.
BACKBONES: Mapping[str, str] = MappingProxyType(
    {"F-VGG": "vgg19", "F-ResNet": "resnet101", "F-DenseNet": "densenet121"}
)


def _dense_layers(fold: Fold, context: Context) -> tuple[nn.Module, list[np.ndarray], LoopConfig]:
    """Build new dense layers on the vectors of the frozen image encoder."""
    import torch

    from backend.classifiers.networks.finetuned import FineTuned, FineTunedConfig
    from backend.training.loop import LoopConfig

    features = encoded(fold.dataset, Modality.IMAGE, context)
    seed_networks(fold.run)
    module = FineTuned(FineTunedConfig(features.shape[1], fold.classes, dropout=0.5))
    train = features[fold.train_rows]
    mean, spread = train.mean(0), train.std(0)
    with torch.no_grad():
        module.get_buffer("mean").copy_(torch.from_numpy(mean))
        module.get_buffer("scale").copy_(
            torch.from_numpy(1.0 / np.maximum(spread, 0.1 * spread.mean()))
        )
    config = LoopConfig(epochs=30, batch=64, rate=3e-4, decay=1e-1, patience=4)
    return module, [np.nan_to_num(features)], config


def _backbone(
    fold: Fold, context: Context, *, name: str, arch: str
) -> tuple[nn.Module, list[np.ndarray], LoopConfig]:
    """Build a pretrained network with new dense layers, which is fine-tuned as a whole."""
    from backend.classifiers.finetune import pixels, trunk
    from backend.classifiers.networks.finetuned import FineTuned, FineTunedConfig
    from backend.training.loop import LoopConfig

    network, size = trunk(arch, context.weights.get(name))
    seed_networks(fold.run)
    module = FineTuned(FineTunedConfig(size, fold.classes), network)
    config = LoopConfig(epochs=10, batch=32, rate=1e-3, decay=1e-2, patience=3)
    return module, [pixels(fold.dataset.images)], config


def _encoded(dataset: LabelledDataset, context: Context) -> np.ndarray:
    return encoded(dataset, Modality.IMAGE, context)


def backbone_system(name: str, arch: str) -> System:
    """Return the system that fine-tunes a network of timm."""
    return NetworkSystem(name, Modality.IMAGE, partial(_backbone, name=name, arch=arch))


IMAGE_SYSTEMS: tuple[System, ...] = (
    FrozenEncoder("image encoder", Modality.IMAGE),
    NetworkSystem("F-Lite0", Modality.IMAGE, _dense_layers, _encoded),
    *(backbone_system(name, arch) for name, arch in BACKBONES.items()),
)

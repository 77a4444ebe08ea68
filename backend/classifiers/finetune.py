"""Pretrained image networks to fine-tune as a whole: JTAV (Liang et al. 2018), sec. 3.1.3."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn

from backend.encoders import hub
from backend.media import read_image

SIDE = 224  # pixels


class Normalised(nn.Module):
    """A network that reads raw pixels and scales them as in its pretraining."""

    def __init__(self, network: nn.Module, mean: Any, std: Any) -> None:
        super().__init__()
        self.network = network
        self.register_buffer("pixel_mean", torch.tensor(mean)[None, :, None, None] * 255)
        self.register_buffer("pixel_std", torch.tensor(std)[None, :, None, None] * 255)

    def forward(self, pixels: Tensor) -> Tensor:
        """``(n, 3, h, w)`` uint8 -> ``(n, d)``."""
        x = (pixels - self.get_buffer("pixel_mean")) / self.get_buffer("pixel_std")
        features: Tensor = self.network(x)
        return features


def trunk(arch: str, weights: Path | None) -> tuple[Normalised, int]:
    """Return a pretrained network without its classifier, and the length of its features.

    Parameters
    ----------
    arch : str
        timm's name.
    weights : pathlib.Path, optional
        A file of weights; downloaded from the hub when not given.

    Raises
    ------
    KindredError
        ``no_weights``, ``bad_weights``.
    """
    hub.torchvision_ready()
    import timm

    def build() -> Any:
        model = timm.create_model(arch, pretrained=weights is None, num_classes=0)
        if weights is not None:
            state = timm.models.load_state_dict(str(weights), weights_only=True)
            missing = model.load_state_dict(state, strict=False).missing_keys
            if missing:
                raise ValueError(f"{len(missing)} tensors are missing, such as {missing[0]}.")
        return model

    instead = f"--weights F-NAME=/path/{arch}.safetensors"
    network = hub.load(f"timm:{arch}", build, file=weights, instead=instead)
    data = timm.data.resolve_model_data_config(network)
    network.eval()
    with torch.inference_mode():
        size = network(torch.zeros(1, 3, SIDE, SIDE)).shape[1]
    return Normalised(network, data["mean"], data["std"]), int(size)


def pixels(paths: list[Path | None], side: int = SIDE) -> np.ndarray:
    """Resize images to a square, ``(n, 3, side, side)`` uint8; black where there is none."""
    resized = np.zeros((len(paths), 3, side, side), dtype=np.uint8)
    read: dict[Path, np.ndarray] = {}
    for i, path in enumerate(paths):
        if path is None:
            continue
        if path not in read:
            frame = Image.fromarray(read_image(path).frames[0]).resize((side, side))
            read[path] = np.asarray(frame).transpose(2, 0, 1)
        resized[i] = read[path]
    return resized

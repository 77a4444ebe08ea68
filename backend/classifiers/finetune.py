"""Whole image networks, fine-tuned: JTAV (Liang et al. 2018), sec. 3.1.3, by timm's names."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn

from backend.classifiers.context import Context, checkpoint, seed_networks
from backend.classifiers.dataset import LabelledDataset
from backend.classifiers.networks.finetuned import FineTuned, FineTunedConfig
from backend.classifiers.tasks import Classify
from backend.encoders import hub
from backend.media import read_image
from backend.training.loop import LoopConfig, fit

SIDE = 224


class Normalised(nn.Module):
    """Bytes of pixels -> what a network was trained on -> its features."""

    def __init__(self, network: nn.Module, mean: Any, std: Any) -> None:
        super().__init__()
        self.network = network
        self.register_buffer("pixel_mean", torch.tensor(mean)[None, :, None, None] * 255)
        self.register_buffer("pixel_std", torch.tensor(std)[None, :, None, None] * 255)

    def forward(self, pixels: Tensor) -> Tensor:
        """``(n, 3, h, w)`` uint8 -> ``(n, d)``."""
        x = (pixels - self.get_buffer("pixel_mean")) / self.get_buffer("pixel_std")
        found: Tensor = self.network(x)
        return found


def trunk(arch: str, weights: Path | None) -> tuple[Normalised, int]:
    """A pretrained network without its classifier, and the length of its features.

    Parameters
    ----------
    arch : str
        timm's name.
    weights : pathlib.Path, optional
        A file of weights; the hub is asked when not given.

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
    """Images squeezed into a square, ``(n, 3, side, side)`` uint8; black where there is none."""
    found = np.zeros((len(paths), 3, side, side), dtype=np.uint8)
    read: dict[Path, np.ndarray] = {}
    for place, path in enumerate(paths):
        if path is None:
            continue
        if path not in read:
            frame = Image.fromarray(read_image(path).frames[0]).resize((side, side))
            read[path] = np.asarray(frame).transpose(2, 0, 1)
        found[place] = read[path]
    return found


def fine_tuned(
    system: str,
    arch: str,
    posts: LabelledDataset,
    seen: np.ndarray,
    stop: np.ndarray,
    have: np.ndarray,
    run: int,
    context: Context,
) -> tuple[np.ndarray, nn.Module]:
    """Fine-tune a backbone; arguments and result as for `backend.classifiers.unimodal.learn`."""
    network, size = trunk(arch, context.weights.get(system))
    seed_networks(run)
    module = FineTuned(FineTunedConfig(size, len(posts.classes)), network)
    digest = f"{posts.digest()}|{run}"
    task = Classify(module, [pixels(posts.images)], posts.labels, seen, stop, digest)
    fit(
        task,
        context.capped(LoopConfig(epochs=10, batch=32, rate=1e-3, decay=1e-2, patience=3)),
        folder=checkpoint(context, posts, system, run),
        device=context.device,
        tell=context.tell,
    )
    return task.vectors(have), module

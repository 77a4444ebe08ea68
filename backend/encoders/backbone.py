"""Image encoder around a network and the preprocessing of a library."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import numpy as np
import torch
from PIL import Image

from backend.core.threads import parallel_map, use_threads
from backend.domain import Modality, Picture
from backend.encoders import hub
from backend.encoders.base import Encoder


class Backbone(Encoder):
    """Encodes pictures as pooled features, not normalised; frames are averaged.

    Parameters
    ----------
    name : str
        Registry name.
    network : torch.nn.Module
        ``(n, 3, h, w)`` -> ``(n, dim)``, or a tuple that begins with it.
    transform : callable
        A PIL image -> ``(3, h, w)``.
    size : tuple of int
        ``(h, w)`` of the output of the transform.
    device : str
    """

    modality = Modality.IMAGE
    licence = "see the model's card"
    batch: ClassVar[int] = 64

    def __init__(
        self,
        name: str,
        network: torch.nn.Module,
        transform: Callable[[Image.Image], torch.Tensor],
        size: tuple[int, int],
        device: str,
    ) -> None:
        use_threads()
        self.name = name
        self._device = device
        self._network = network.eval().requires_grad_(False).to(device)
        self._transform = transform
        self.dim = len(self._run(torch.zeros(1, 3, *size))[0])

    def _prepare(self, item: Picture) -> torch.Tensor:
        return torch.stack([self._transform(Image.fromarray(frame)) for frame in item.frames])

    def _forward(self, prepared: list[torch.Tensor]) -> Sequence[np.ndarray]:
        if self._device == "cpu":
            return parallel_map(lambda frames: self._run(frames).mean(0), prepared)
        ends = np.cumsum([len(frames) for frames in prepared])[:-1]
        return [rows.mean(0) for rows in np.split(self._run(torch.cat(prepared)), ends)]

    def _run(self, pixels: torch.Tensor) -> np.ndarray:
        with torch.inference_mode(), hub.half(self._device):
            output: Any = self._network(hub.on_device(pixels, self._device))
        rows = output[0] if isinstance(output, tuple) else output
        return rows.float().cpu().numpy()

    def forward_rate(self, batch: int, *, rounds: int) -> float:
        """Return images a second of the network alone, on tensors that lie on its device."""
        size = self._transform(Image.new("RGB", (64, 64))).shape
        pixels = torch.zeros(batch, *size, device=self._device)

        def run(times: int) -> float:
            start = time.perf_counter()
            with torch.inference_mode(), hub.half(self._device):
                for _ in range(times):
                    self._network(pixels)
            if self._device.startswith("cuda"):
                torch.cuda.synchronize()
            return time.perf_counter() - start

        run(2)
        return batch * rounds / run(rounds)

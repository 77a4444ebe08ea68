"""CLAP: sounds and texts in one space. ``clap:ORG/NAME_OR_FOLDER:audio|text``, of transformers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
import torch

from backend.core.threads import parallel_map, use_threads
from backend.domain import KindredError, Modality, Sound
from backend.encoders import hub
from backend.encoders.base import Encoder
from backend.encoders.presets import check_packages

_TOWERS = (Modality.AUDIO, Modality.TEXT)


def load(name: str, modality: Modality | None, device: str) -> Encoder:
    """Load one tower.

    Raises
    ------
    KindredError
        ``unknown_encoder`` without a tower, ``wrong_modality``, ``no_library``, ``no_weights``.
    """
    model, _, tower = name.removeprefix("clap:").rpartition(":")
    if tower not in _TOWERS:
        model, tower = name.removeprefix("clap:"), modality or ""
    if not model or not tower:
        message = f"Name the tower: {name}:audio or {name}:text."
        raise KindredError("unknown_encoder", message)
    if modality is not None and modality != tower:
        raise KindredError("wrong_modality", f"{name} is the {tower} tower, not {modality}.")
    check_packages(("transformers",), name)
    hub.torchvision_ready()

    def build() -> tuple[Any, Any]:
        from transformers import AutoProcessor, ClapModel

        weights = ClapModel.from_pretrained(model, use_safetensors=True)
        return weights, AutoProcessor.from_pretrained(model)

    network, processor = hub.load(name, build, file=None, instead="clap:/folder:audio")
    canonical = f"clap:{model}:{tower}"
    kind = ClapAudio if tower == Modality.AUDIO else ClapText
    return kind(canonical, network, processor, device)


class _Clap(Encoder):
    """One tower of a model of transformers."""

    licence = "see the model's card"
    batch: ClassVar[int] = 16

    def __init__(self, name: str, network: Any, processor: Any, device: str) -> None:
        use_threads()
        self.name = name
        self._device, self._processor = device, processor
        self._network = network.eval().requires_grad_(False).to(device)
        self.dim = int(network.config.projection_dim)

    def _forward(self, prepared: list[Any]) -> Sequence[np.ndarray]:
        # One by one: padding to the longest of a batch would change the vectors.
        return parallel_map(self._run, prepared)

    def _run(self, inputs: Any) -> np.ndarray:
        with torch.inference_mode(), hub.half(self._device):
            found = self._features({k: v.to(self._device) for k, v in inputs.items()})
        found = getattr(found, "pooler_output", found)
        row: np.ndarray = found.float().cpu().numpy()[0]
        return row

    def _features(self, inputs: dict[str, torch.Tensor]) -> Any:
        raise NotImplementedError


class ClapAudio(_Clap):
    """The audio tower, which hears ten seconds; a longer sound is cut to its middle."""

    modality = Modality.AUDIO

    def _prepare(self, item: Sound) -> Any:
        import librosa

        extractor = self._processor.feature_extractor
        rate = extractor.sampling_rate
        samples = librosa.resample(item.samples, orig_sr=item.rate, target_sr=rate)
        longest = int(extractor.nb_max_samples)
        start = max(0, (len(samples) - longest) // 2)
        cut = samples[start : start + longest]
        return dict(extractor(cut, sampling_rate=rate, return_tensors="pt"))

    def _features(self, inputs: dict[str, torch.Tensor]) -> Any:
        return self._network.get_audio_features(**inputs)


class ClapText(_Clap):
    """The text tower; longer texts are cut to its context."""

    modality = Modality.TEXT

    def _prepare(self, item: str) -> Any:
        text = item.encode("utf-8", "replace").decode()
        return dict(self._processor.tokenizer([text], return_tensors="pt", truncation=True))

    def _features(self, inputs: dict[str, torch.Tensor]) -> Any:
        return self._network.get_text_features(**inputs)

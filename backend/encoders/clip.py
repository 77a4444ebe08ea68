"""Any ``open_clip`` model, one tower at a time.

Names: ``open_clip:ARCH@PRETRAINED_OR_FILE:image|text``. ARCH is a name that
open_clip lists (``ViT-B-32``), a JSON file with a model configuration, or
``hf-hub:org/name`` and ``local-dir:/folder`` without the ``@``.
"""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch

from backend.core.threads import parallel_map, use_threads
from backend.domain import KindredError, Modality
from backend.encoders import hub
from backend.encoders.backbone import Backbone
from backend.encoders.base import Encoder
from backend.encoders.presets import check_packages

INSTEAD = "open_clip:ARCH@/path/file.safetensors"
_TOWERS = (Modality.IMAGE, Modality.TEXT)


@dataclass(frozen=True, slots=True)
class Name:
    """A parsed ``open_clip`` name."""

    arch: str
    weights: str | None
    tower: Modality

    @property
    def canonical(self) -> str:
        """The name in full."""
        weights = f"@{self.weights}" if self.weights else ""
        return f"open_clip:{self.arch}{weights}:{self.tower}"


def parse(name: str, modality: Modality | None = None) -> Name:
    """Parse a name.

    Parameters
    ----------
    name : str
    modality : Modality, optional
        Default tower.

    Raises
    ------
    KindredError
        ``unknown_encoder`` when a part is missing, ``wrong_modality`` when the
        name has another tower.
    """
    rest = name.removeprefix("open_clip:")
    tower = next((m for m in _TOWERS if rest.endswith(f":{m}")), None)
    if tower is not None:
        rest = rest[: -len(tower) - 1]
    if tower and modality and tower != modality:
        raise KindredError("wrong_modality", f"{name} is the {tower} tower, not {modality}.")
    tower = tower or modality
    if tower is None:
        raise KindredError("unknown_encoder", f"Name the tower: {name}:image or {name}:text.")
    arch, _, weights = rest.partition("@")
    if not arch or not (weights or arch.startswith(("hf-hub:", "local-dir:"))):
        raise KindredError(
            "unknown_encoder", f"{name} names no weights: {INSTEAD}:{tower} or ARCH@PRETRAINED."
        )
    return Name(arch, weights or None, tower)


def load(name: str, modality: Modality | None, device: str) -> Encoder:
    """Load one tower; raises KindredError as `parse` does and when there are no weights."""
    parsed = parse(name, modality)
    hub.torchvision_ready()
    import open_clip
    from open_clip.transform import PreprocessCfg, image_transform_v2

    arch = _architecture(open_clip, parsed)
    file = hub.weights_file(parsed.weights) if parsed.weights else None
    if parsed.weights and file is None:
        tags = open_clip.list_pretrained_tags_by_model(arch)
        if parsed.weights not in tags:
            listed = ", ".join(tags) or "none"
            raise KindredError(
                "no_weights",
                f"{parsed.weights!r} is neither a file nor a pretrained tag of {arch} "
                f"(known: {listed}). Give a local file as {INSTEAD}:{parsed.tower}.",
            )
    text = (open_clip.get_model_config(arch) or {}).get("text_cfg", {})
    if text.get("hf_model_name") or (
        parsed.tower is Modality.TEXT and text.get("hf_tokenizer_name")
    ):
        check_packages(("transformers",), parsed.canonical)
    model = hub.load(
        parsed.canonical,
        lambda: open_clip.create_model(
            arch,
            pretrained=str(file) if file else parsed.weights,
            weights_only=True,
            require_pretrained=True,
        ),
        file=file,
        instead=f"open_clip:{parsed.arch}@/path/file.safetensors",
    )
    if parsed.tower is Modality.IMAGE:
        config = PreprocessCfg(**model.visual.preprocess_cfg)
        transform = image_transform_v2(config, is_train=False)
        size = model.visual.image_size
        size = (size, size) if isinstance(size, int) else tuple(size)
        return Backbone(parsed.canonical, model.visual, transform, size, device)
    tokenizer = hub.load(
        f"the tokenizer of {parsed.canonical}",
        lambda: _tokenizer(open_clip, arch),
        file=None,
        instead="open_clip:local-dir:/folder, with the tokenizer's files in it",
    )
    return ClipText(parsed.canonical, model, tokenizer, device)


def _architecture(open_clip: Any, parsed: Name) -> str:
    if parsed.arch.startswith(("hf-hub:", "local-dir:")):
        return parsed.arch
    if parsed.arch.endswith(".json"):
        path = Path(parsed.arch).expanduser()
        if not path.is_file():
            raise KindredError("unknown_encoder", f"There is no model configuration {path}.")
        open_clip.add_model_config(path)
        return path.stem
    arch = parsed.arch.replace("/", "-")
    known = open_clip.list_models()
    if arch not in known:
        similar = difflib.get_close_matches(arch, known, 5, 0.4) or known[:5]
        raise KindredError(
            "unknown_encoder",
            f"open_clip has no model {parsed.arch!r}. Similar: {', '.join(similar)}; or give a "
            "JSON configuration as open_clip:/path/arch.json@/path/file.safetensors.",
        )
    return arch


def _tokenizer(open_clip: Any, arch: str) -> Any:
    """Return the tokenizer of an architecture, also from a repository with nothing else in it."""
    try:
        return open_clip.get_tokenizer(arch)
    except OSError:  # transformers asks for a config.json, and does without where it is given one
        if find_spec("transformers") is None:
            raise
        from transformers import PreTrainedConfig

        return open_clip.get_tokenizer(arch, config=PreTrainedConfig())


class ClipText(Encoder):
    """The text tower; its tokenizer truncates texts to its context."""

    modality = Modality.TEXT
    licence = "see the model's card"
    batch: ClassVar[int] = 64

    def __init__(self, name: str, model: Any, tokenizer: Any, device: str) -> None:
        use_threads()
        self.name = name
        self._device = device
        model.visual = None  # not needed; frees half of the memory
        self._model = model.eval().requires_grad_(False).to(device)
        self._tokenizer = tokenizer
        self.dim = len(self._forward([self._prepare("a")])[0])

    def _prepare(self, item: str) -> torch.Tensor:
        return self._tokenizer([item.encode("utf-8", "replace").decode()])

    def _forward(self, prepared: list[torch.Tensor]) -> Sequence[np.ndarray]:
        if self._device == "cpu":
            return parallel_map(lambda tokens: self._run(tokens)[0], prepared)
        return list(self._run(torch.cat(prepared)))

    def _run(self, tokens: torch.Tensor) -> np.ndarray:
        with torch.inference_mode(), hub.half(self._device):
            there = hub.on_device(tokens, self._device)
            return self._model.encode_text(there).float().cpu().numpy()

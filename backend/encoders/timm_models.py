"""Any timm backbone: ``timm:NAME`` from the hub or ``timm:NAME@FILE``."""

from __future__ import annotations

from typing import Any

from backend.domain import KindredError, Modality
from backend.encoders import hub
from backend.encoders.backbone import Backbone


def load(name: str, modality: Modality | None, device: str) -> Backbone:
    """Load a backbone without its classifier.

    Raises
    ------
    KindredError
        ``unknown_encoder`` for a name unknown to timm, ``no_weights``
        and ``bad_weights`` when its weights are not available or do not fit.
    """
    arch, _, weights = name.removeprefix("timm:").partition("@")
    hub.torchvision_ready()
    import timm

    if not arch.startswith("hf-hub:") and not timm.is_model(arch):
        similar = timm.list_models(f"*{arch.split('_')[0].split('.')[0]}*")[:5]
        near = f" Similar names: {', '.join(similar)}." if similar else ""
        raise KindredError("unknown_encoder", f"timm has no model {arch!r}.{near}")
    file = hub.weights_file(weights) if weights else None
    if weights and file is None:
        raise KindredError("no_weights", f"There is no weights file {weights}.")

    def build() -> Any:
        model = timm.create_model(arch, pretrained=file is None, num_classes=0)
        if file is not None:
            state = timm.models.load_state_dict(str(file), use_ema=True, weights_only=True)
            missing = model.load_state_dict(state, strict=False).missing_keys
            if missing:
                raise ValueError(f"{len(missing)} tensors are missing, such as {missing[0]}.")
        return model

    instead = f"timm:{arch}@/path/file.safetensors"
    model = hub.load(name, build, file=file, instead=instead)
    config = timm.data.resolve_model_data_config(model)
    transform = timm.data.create_transform(**config, is_training=False)
    return Backbone(name, model, transform, tuple(config["input_size"][1:]), device)

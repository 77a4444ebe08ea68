"""The classifiers inside trained bundles: list them, and predict with one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from backend.bundles.bundle import CONFIG, Bundle
from backend.domain import KindredError, Modality

STEM = "classifier"
HELD_OUT = "classified.parquet"  # its predictions, in training, for held-out posts
LEARNT = "learnt.parquet"  # keys of the posts that it was trained on


def trained(home: Path) -> dict[str, dict[str, Any]]:
    """Return the classifier's config of each bundle that has one, by name of the directory.

    Only the bundles' descriptions are read.
    """
    configs = {}
    folder = home / "bundles"
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        try:
            raw = json.loads((path / CONFIG).read_text("utf-8"))
            if not path.name.startswith(".") and STEM in raw["config"]:
                configs[path.name] = raw["config"][STEM]
        except (OSError, ValueError, KeyError, TypeError):
            continue  # opening the bundle raises the error
    return configs


def classify(
    bundle: Bundle, vectors: dict[Modality, np.ndarray]
) -> tuple[tuple[str, ...], np.ndarray]:
    """Return the probabilities of a trained bundle's classifier.

    Parameters
    ----------
    bundle : Bundle
    vectors : dict of Modality to numpy.ndarray
        ``(n, d)`` float32 of the bundle's encoders; rows of NaN where a post lacks it.

    Returns
    -------
    classes : tuple of str
    probabilities : numpy.ndarray
        ``(n, classes)`` float32.

    Raises
    ------
    KindredError
        ``no_classifier`` when the bundle has none.
    """
    if STEM not in bundle.config:
        raise KindredError(
            "no_classifier", f"The bundle {bundle.path.name} has no trained classifier."
        )
    import torch

    from backend.classifiers.multimodal import fusion_system
    from backend.classifiers.networks.fusion import FusionConfig

    config = bundle.config[STEM]
    shape = {**config["shape"], "inputs": dict(config["shape"]["inputs"])}
    module = fusion_system(config["model"]).network(FusionConfig(**shape))
    module.load_state_dict({k: torch.from_numpy(v) for k, v in bundle.tensors(STEM).items()})
    module.eval()
    count = max(len(rows) for rows in vectors.values())
    inputs = {
        name: vectors.get(Modality(name), np.full((count, size), np.nan, dtype=np.float32))
        for name, size in module.config.inputs.items()
    }
    present = np.stack([~np.isnan(rows[:, 0]) for rows in inputs.values()], axis=1)
    with torch.inference_mode():
        scores = module(
            {k: torch.from_numpy(v) for k, v in inputs.items()}, torch.from_numpy(present)
        )
    return tuple(config["classes"]), scores.softmax(-1).numpy()

"""The classifier inside a trained bundle: which there are, and asking one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from backend.bundles.bundle import CONFIG, Bundle
from backend.domain import KindredError, Modality

STEM = "classifier"
HELD_OUT = "classified.parquet"  # what it said, in training, of posts that it had not seen


def trained(home: Path) -> dict[str, dict[str, Any]]:
    """The bundles of a workspace that have a classifier: their directories' names and its config.

    Nothing but each bundle's description is read.
    """
    found = {}
    folder = home / "bundles"
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        try:
            raw = json.loads((path / CONFIG).read_text("utf-8"))
            if not path.name.startswith(".") and STEM in raw["config"]:
                found[path.name] = raw["config"][STEM]
        except (OSError, ValueError, KeyError, TypeError):
            continue  # whoever opens it is told
    return found


def classify(
    bundle: Bundle, vectors: dict[Modality, np.ndarray]
) -> tuple[tuple[str, ...], np.ndarray]:
    """Ask a trained bundle's classifier.

    Parameters
    ----------
    bundle : Bundle
    vectors : dict of Modality to numpy.ndarray
        ``(n, d)`` float32 of the bundle's encoders; rows of NaN where a post lacks it.

    Returns
    -------
    classes : tuple of str
    shares : numpy.ndarray
        ``(n, classes)`` float32 probabilities.

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

    from backend.classifiers.multimodal import recipe
    from backend.classifiers.networks.fusion import FusionConfig

    trained = bundle.config[STEM]
    shape = {**trained["shape"], "inputs": dict(trained["shape"]["inputs"])}
    module = recipe(trained["model"]).kind(FusionConfig(**shape))
    module.load_state_dict({k: torch.from_numpy(v) for k, v in bundle.tensors(STEM).items()})
    module.eval()
    count = max(len(rows) for rows in vectors.values())
    given = {
        name: vectors.get(Modality(name), np.full((count, size), np.nan, dtype=np.float32))
        for name, size in module.config.inputs.items()
    }
    present = np.stack([~np.isnan(rows[:, 0]) for rows in given.values()], axis=1)
    with torch.inference_mode():
        scores = module(
            {k: torch.from_numpy(v) for k, v in given.items()}, torch.from_numpy(present)
        )
    return tuple(trained["classes"]), scores.softmax(-1).numpy()

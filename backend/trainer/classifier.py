"""A trained fusion model inside a bundle: written, and asked."""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from backend.bundle import Bundle, write_bundle
from backend.posts import KindredError, Modality

if TYPE_CHECKING:
    from backend.evaluation import Result
    from backend.training.classify import Fuse
    from backend.training.labelled import Labelled

STEM = "classifier"
KEPT = ("held_out.parquet",)  # what lies beside a bundle's tensors and describes its heads


def write(
    folder: Path,
    base: Bundle,
    model: str,
    task: Fuse,
    posts: Labelled,
    result: Result,
    *,
    label: str,
    name: str | None = None,
) -> Bundle:
    """Write a bundle with a trained classifier beside another bundle's heads.

    Encoders, joint space and affect heads stay those of `base`, and so does the name under
    which corpora keep their vectors; the directory has the new bundle's own.

    Parameters
    ----------
    folder : pathlib.Path
        Of the workspace's bundles.
    base : Bundle
    model : str
    task : Fuse
    posts : Labelled
    result : Result
    label : str
    name : str, optional
        Of the directory.

    Returns
    -------
    Bundle
    """
    tensors = {k: v.detach().cpu().numpy() for k, v in task.module.state_dict().items()}
    shape = asdict(task.module.config)
    trained = {
        "model": model,
        "kind": type(task.module).__name__,
        # In pairs: their order is the network's, and JSON sorts what has keys.
        "shape": {**shape, "inputs": [[m, size] for m, size in shape["inputs"].items()]},
        "classes": list(posts.classes),
        "label": label,
        "posts": posts.name,
    }
    digest = hashlib.sha256(f"{posts.digest()}{model}".encode()).hexdigest()[:8]
    stems = [file.stem for file in base.path.glob("*.safetensors") if file.stem != STEM]
    card = base.card.partition("\n## Classifier: ")[0].rstrip()
    made = write_bundle(
        folder / (name or f"trained-{digest}"),
        name=base.name,
        encoders=base.encoders,
        tensors={stem: base.tensors(stem) for stem in stems} | {STEM: tensors},
        config={**base.config, STEM: trained},
        metrics={**base.metrics, STEM: result.as_json()},
        card=f"{card}\n\n## Classifier: {posts.name}\n\n{model}, trained on {posts.note}. "
        f"It learnt from eight tenths of them and was chosen by these figures.\n\n"
        f"{result.as_text()}\n",
    )
    for kept in KEPT:
        if (base.path / kept).is_file():
            shutil.copyfile(base.path / kept, made.path / kept)
    return made


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

    from backend.models.fusion import FusionConfig
    from backend.training.fusing import recipe

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

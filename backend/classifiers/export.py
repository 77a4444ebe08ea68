"""A trained fusion model written into a bundle."""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from backend.bundles.bundle import Bundle, write_bundle
from backend.classifiers.predict import HELD_OUT, STEM

if TYPE_CHECKING:
    from backend.classifiers.compare import Compared
    from backend.classifiers.dataset import LabelledDataset

KEPT = ("held_out.parquet",)  # what lies beside a bundle's tensors and describes its heads


def write(
    folder: Path,
    base: Bundle,
    compared: Compared,
    posts: LabelledDataset,
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
    compared : Compared
        With a fusion model.
    posts : LabelledDataset
    label : str
    name : str, optional
        Of the directory.

    Returns
    -------
    Bundle
    """
    task, model, result = compared.fused, compared.best, compared.result
    assert task is not None
    tensors = {k: v.detach().cpu().numpy() for k, v in task.module.state_dict().items()}
    shape = asdict(task.module.config)
    trained = {
        "model": model,
        "kind": type(task.module).__name__,
        # In pairs: their order is the network's, and JSON sorts what has keys.
        "shape": {**shape, "inputs": [[m, size] for m, size in shape["inputs"].items()]},
        "classes": list(posts.classes),
        "label": label,
        "corpus": posts.name.removesuffix(f", {label}"),
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
    if compared.shares is not None and posts.ids:
        rows, shares = compared.shares
        ids = [posts.ids[row] for row in rows]
        table = pa.table({"id": ids, "shares": list(shares.astype(np.float32))})
        pq.write_table(table, made.path / HELD_OUT)
    return made

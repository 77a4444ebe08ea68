"""Writing a trained fusion model into a bundle."""

from __future__ import annotations

import hashlib
import io
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from backend.bundles.bundle import Bundle
from backend.bundles.writing import write_bundle
from backend.classifiers.post_keys import post_keys
from backend.classifiers.predict import HELD_OUT, LEARNT, STEM

if TYPE_CHECKING:
    from backend.classifiers.compare import ComparisonResult
    from backend.classifiers.dataset import LabelledDataset

KEPT = ("held_out.parquet",)  # files of a bundle, next to its tensors, that are copied


def write(
    folder: Path,
    base: Bundle,
    compared: ComparisonResult,
    dataset: LabelledDataset,
    *,
    label: str,
    name: str | None = None,
) -> Bundle:
    """Write a bundle with the heads of another one and a trained classifier.

    Encoders, joint space and affect heads are those of `base`, and so is the name by which
    corpora keep their vectors; only the directory has a new name.

    Parameters
    ----------
    folder : pathlib.Path
        The workspace's bundles.
    base : Bundle
    compared : ComparisonResult
        A comparison with a fusion model.
    dataset : LabelledDataset
    label : str
    name : str, optional
        Name of the directory.
    """
    task, model, result = compared.fused, compared.best, compared.result
    assert task is not None
    tensors = {k: v.detach().cpu().numpy() for k, v in task.module.state_dict().items()}
    shape = asdict(task.module.config)
    trained = {
        "model": model,
        "kind": type(task.module).__name__,
        # Pairs: the order matters to the network, and JSON objects are written sorted.
        "shape": {**shape, "inputs": [[m, size] for m, size in shape["inputs"].items()]},
        "classes": list(dataset.classes),
        "label": label,
        "corpus": dataset.name.removesuffix(f", {label}"),
    }
    digest = hashlib.sha256(f"{dataset.digest()}{model}".encode()).hexdigest()[:8]
    stems = [stem for stem in base.stems if stem != STEM]
    files = {kept: base.file(kept) for kept in KEPT}
    card = base.card.partition("\n## Classifier: ")[0].rstrip()
    return write_bundle(
        folder / (name or f"trained-{digest}"),
        name=base.name,
        encoders=base.encoders,
        tensors={stem: base.tensors(stem) for stem in stems} | {STEM: tensors},
        config={**base.config, STEM: trained},
        metrics={**base.metrics, STEM: result.as_json()},
        card=f"{card}\n\n## Classifier: {dataset.name}\n\n{model}, trained on {dataset.note}. "
        f"It learnt from eight tenths of them and was chosen by these figures.\n\n"
        f"{result.as_text()}\n",
        files={name: file.read_bytes() for name, file in files.items() if file.is_file()}
        | _held_out(compared, dataset)
        | {LEARNT: _learnt(dataset)},
    )


def _held_out(compared: ComparisonResult, dataset: LabelledDataset) -> dict[str, bytes]:
    """Return the file of the classifier's predictions for held-out posts, by its name."""
    if compared.held_out is None or not dataset.ids:
        return {}
    rows, probabilities = compared.held_out
    ids = [dataset.ids[row] for row in rows]
    # The column's name is part of the bundle format.
    table = pa.table({"id": ids, "shares": list(probabilities.astype(np.float32))})
    return {HELD_OUT: _as_file(table)}


def _learnt(dataset: LabelledDataset) -> bytes:
    """Return the file of the keys of its posts, see `post_keys`."""
    files = zip(dataset.images, dataset.audios, strict=True)
    texts = zip(dataset.texts, dataset.supports, strict=True)
    keys = {key for both, media in zip(texts, files, strict=True) for key in post_keys(both, media)}
    return _as_file(pa.table({"key": pa.array(sorted(keys), pa.string())}))


def _as_file(table: pa.Table) -> bytes:
    file = io.BytesIO()
    pq.write_table(table, file)
    return file.getvalue()

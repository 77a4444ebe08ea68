"""Fusion models of the papers, trained on a corpus's own labels as classifiers of a probe."""

from __future__ import annotations

import numpy as np

from backend.domain import Modality
from backend.error_analysis.vector_classifier import VectorClassifier, Vectors
from backend.settings import SEED

STOP = 0.15  # share of the groups for early stopping
# Names in addresses and commands -> names in the papers.
SYSTEMS = {
    "early-fusion": "early fusion",
    "late-fusion": "late fusion",
    "joint-fusion": "JointFusion",
    "common-space": "CommonSpaceFusion",
    "cmf-ap": "CMF-AP",
}


def train_fusion(
    system: str,
    vectors: Vectors,
    truth: np.ndarray,
    groups: np.ndarray,
    classes: int,
    *,
    run: int = 0,
) -> VectorClassifier:
    """Train one fusion model.

    Parameters
    ----------
    system : str
        Its name in the papers.
    vectors : mapping of Modality to numpy.ndarray
        ``(n, d)``, rows of NaN where a post has none.
    truth, groups : numpy.ndarray
        ``(n,)`` int64; groups are not split between training and early stopping.
    classes : int
    run : int
        Seed of the weights.
    """
    import torch

    from backend.classifiers.dataset import Fold, LabelledDataset
    from backend.classifiers.multimodal import fuse, fusion_system

    names = np.random.default_rng([SEED, run]).permutation(np.unique(groups))
    stop = np.isin(groups, names[: max(int(STOP * len(names)), 1)])
    inputs = {m.value: np.asarray(v, dtype=np.float32) for m, v in vectors.items()}
    rows = np.arange(len(truth))
    dataset = LabelledDataset.from_labels(truth, classes)
    fold = Fold(dataset, run, rows[~stop], rows[stop], test_rows=rows[:0])
    task = fuse(fusion_system(system), inputs, fold)
    module = task.module.eval()

    @torch.inference_mode()
    def predict(batch: Vectors, count: int) -> np.ndarray:
        tensors, present = {}, []
        for name, width in module.config.inputs.items():
            vectors = batch.get(Modality(name))
            values = np.full((count, width), np.nan, np.float32) if vectors is None else vectors
            present.append(np.isfinite(values[:, 0]))
            tensors[name] = torch.from_numpy(np.nan_to_num(values).astype(np.float32))
        mask = torch.from_numpy(np.stack(present, axis=1))
        device = next(module.parameters()).device
        scores = module({k: v.to(device) for k, v in tensors.items()}, mask.to(device))
        return np.asarray(scores.float().softmax(-1).cpu().numpy())

    return predict

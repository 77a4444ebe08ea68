"""The papers' fusion models on a corpus's own labels, as machines of a probe."""

from __future__ import annotations

import numpy as np

from backend.domain import Modality
from backend.error_analysis.machines import Machine, Vectors
from backend.settings import SEED

STOP = 0.15  # share of the groups by which training is stopped
# How a system is called in addresses and commands -> its name in the papers.
SYSTEMS = {
    "early-fusion": "early fusion",
    "late-fusion": "late fusion",
    "joint-fusion": "JointFusion",
    "common-space": "CommonSpaceFusion",
    "cmf-ap": "CMF-AP",
}


def fused(
    system: str,
    vectors: Vectors,
    truth: np.ndarray,
    groups: np.ndarray,
    classes: int,
    *,
    run: int = 0,
) -> Machine:
    """Train one system.

    Parameters
    ----------
    system : str
        As the papers call it.
    vectors : mapping of Modality to numpy.ndarray
        ``(n, d)``, rows of NaN where a post has none.
    truth, groups : numpy.ndarray
        ``(n,)`` int64; groups are not split between training and stopping.
    classes : int
    run : int
        Seeds the weights.

    Returns
    -------
    Machine
    """
    import torch

    from backend.classifiers.multimodal import fuse, recipe

    names = np.random.default_rng([SEED, run]).permutation(np.unique(groups))
    stop = np.isin(groups, names[: max(int(STOP * len(names)), 1)])
    given = {m.value: np.asarray(v, dtype=np.float32) for m, v in vectors.items()}
    rows = np.arange(len(truth))
    task = fuse(recipe(system), given, truth, rows[~stop], rows[stop], classes, run=run)
    module = task.module.eval()

    @torch.inference_mode()
    def chances(some: Vectors, count: int) -> np.ndarray:
        tensors, there = {}, []
        for name, width in module.config.inputs.items():
            found = some.get(Modality(name))
            values = np.full((count, width), np.nan, np.float32) if found is None else found
            there.append(np.isfinite(values[:, 0]))
            tensors[name] = torch.from_numpy(np.nan_to_num(values).astype(np.float32))
        present = torch.from_numpy(np.stack(there, axis=1))
        where = next(module.parameters()).device
        scores = module({k: v.to(where) for k, v in tensors.items()}, present.to(where))
        return np.asarray(scores.float().softmax(-1).cpu().numpy())

    return chances
